// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/zero_skip.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

ZeroSkip::ZeroSkip(const sc_core::sc_module_name& name, std::uint32_t pe, const Config& config, ZeroSkipState& state,
                   sc_core::sc_vector<BeatSignal>& positions, GridStatus& status)
    : sc_module(name),
      state_(state),
      position(positions[pe]),
      rule_(config.policy),
      pe_(pe),
      output_buffers_(static_cast<int>(config.output_buffers)) {
  row.bind(static_cast<tlm::tlm_bw_transport_if<RowBeatTypes>&>(*this));
  column.bind(static_cast<tlm::tlm_bw_transport_if<ColumnBeatTypes>&>(*this));
  update.bind(static_cast<tlm::tlm_bw_transport_if<UpdateTypes>&>(*this));
  state_.window_beats = config.window_beats;
  state_.status = &status;
  state_.update.pe = pe;
}

void ZeroSkip::start(std::uint64_t first_beat, std::uint32_t beats, std::uint32_t updates_per_cycle) {
  if (!asked_) {
    asked_ = true;
    state_.row_window = window_of<RowBeat>(row);
    state_.column_window = window_of<ColumnBeat>(column);
  }
  state_.row_delivered = &flow->row_delivered(pe_);
  state_.column_delivered = &flow->column_delivered(pe_);
  state_.row = row.operator->();
  state_.column = column.operator->();
  state_.datapath = update.operator->();
  state_.updates_per_cycle = updates_per_cycle;
  state_.first_beat = first_beat;
  state_.beats = beats;
  state_.activity = Activity::StarvedRow;  // both windows are empty
  state_.running = true;
}

void ZeroSkip::stop() {
  state_.running = false;
  state_.activity = Activity::Finished;
  state_.beats = state_.position = state_.slot = 0;
  state_.live = 0;
  state_.cycles = {};
  state_.tallies = {};
  position.write(0);
}

template <typename Beat, typename Socket>
const Beat* ZeroSkip::window_of(Socket& socket) {
  BeatRead<Beat> request;
  request.pe = pe_;
  tlm::tlm_dmi dmi;
  if (!socket->get_direct_mem_ptr(request, dmi) || !dmi.is_read_allowed()) return nullptr;
  return reinterpret_cast<const Beat*>(dmi.get_dmi_ptr());
}

void ZeroSkip::invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) {
  state_.row_window = nullptr;
  state_.column_window = nullptr;
  asked_ = false;
}

template <typename Beat>
const Beat* ZeroSkip::read(tlm::tlm_blocking_transport_if<BeatRead<Beat>>& stream) {
  BeatRead<Beat> request;
  request.pe = pe_;
  request.number = state_.first_beat + state_.position;
  request.slot = state_.slot;
  request.cycle = state_.status->cycle;
  sc_core::sc_time delay;
  stream.b_transport(request, delay);
  return request.response == tlm::TLM_OK_RESPONSE ? request.beat : nullptr;
}

void ZeroSkip::fail() {
  state_.status->failed = true;
  state_.activity = Activity::Finished;
}

void ZeroSkip::settle() {
  ++state_.cycles[static_cast<std::size_t>(state_.activity)];
  if (state_.activity == Activity::Busy) {
    execute();
    if (state_.live != 0) return;
    pass();
  }
  advance();
  position.write(state_.position);
  if (state_.activity == Activity::Finished) state_.running = false;
}

void ZeroSkip::execute() {
  std::uint64_t rest = state_.live;
  for (std::uint32_t unit = 0; unit < state_.updates_per_cycle && rest != 0; ++unit) rest &= rest - 1;
  state_.update.buffers = state_.live ^ rest;
  state_.update.cycle = state_.status->cycle;
  state_.update.number = state_.first_beat + state_.position;
  state_.live = rest;
  sc_core::sc_time delay;
  state_.update.response = tlm::TLM_INCOMPLETE_RESPONSE;
  state_.datapath->b_transport(state_.update, delay);
  if (state_.update.response != tlm::TLM_OK_RESPONSE) state_.status->failed = true;
}

void ZeroSkip::advance() {
  const std::uint32_t row_delivered = state_.row_delivered->read();
  const std::uint32_t column_delivered = state_.column_delivered->read();
  const std::uint32_t arrived = std::min(row_delivered, column_delivered);
  while (state_.position < arrived) {
    const RowBeat* const weights = present(state_.row_window, *state_.row);
    const ColumnBeat* const feature = present(state_.column_window, *state_.column);
    if (weights == nullptr || feature == nullptr) return fail();
    UpdateTally& tally = state_.tallies[static_cast<std::size_t>(feature->kind)];
    tally.candidates += weights->candidate_count;
    tally.nonzero += weights->nonzero_count;
    tally.zero += weights->zero_count;
    tally.nonfinite += weights->nonfinite_count;
    if (feature->passes && weights->candidates != 0) {
      state_.live = weights->candidates;
      state_.update.weights = weights;
      state_.update.feature = feature;
      state_.activity = Activity::Busy;
      return;
    }
    pass();
  }
  state_.activity = state_.position == state_.beats    ? Activity::Finished
                    : state_.position == row_delivered ? Activity::StarvedRow
                                                       : Activity::StarvedColumn;
}

template <typename Beat, typename Socket>
const std::uint32_t* ZeroSkip::words(Socket& socket, std::uint32_t operand, std::uint32_t first_channel) {
  BeatRead<Beat> request;
  request.pe = pe_;
  request.cycle = state_.status->cycle;
  request.pointwise = true;
  request.operand = operand;
  request.first = first_channel;
  sc_core::sc_time delay;
  socket->b_transport(request, delay);
  if (request.response != tlm::TLM_OK_RESPONSE) state_.status->failed = true;
  return request.words;
}

void ZeroSkip::pointwise(const PtWiseOp& op, std::uint32_t first_channel, std::uint32_t valid) {
  const auto operand = [&](OperandSource source, std::uint32_t number, std::uint32_t view) -> const std::uint32_t* {
    if (source == OperandSource::Constant) return words<RowBeat>(row, number, first_channel);
    if (source == OperandSource::Stream) return words<ColumnBeat>(column, view, first_channel);
    return nullptr;
  };
  Update request;
  request.pe = pe_;
  request.buffers = valid == 0 ? 0 : ~std::uint64_t{0} >> (64 - valid);
  request.cycle = state_.status->cycle;
  request.pointwise = &op;
  request.words_a = operand(op.source_a, 0, 0);
  request.words_x = operand(op.source_x, 1, 0);
  request.words_y = operand(op.source_y, 2, 1);
  if (state_.status->failed) return;
  sc_core::sc_time delay;
  update->b_transport(request, delay);
  if (request.response != tlm::TLM_OK_RESPONSE) state_.status->failed = true;
}

UpdateCounts ZeroSkip::updates() const {
  UpdateCounts counts;
  const UpdateTally& zero = state_.tallies[static_cast<std::size_t>(FeatureKind::Zero)];
  const UpdateTally& finite = state_.tallies[static_cast<std::size_t>(FeatureKind::Finite)];
  const UpdateTally& nonfinite = state_.tallies[static_cast<std::size_t>(FeatureKind::NonFinite)];

  // Of the updates with a feature that passes, those that are no candidates have a zero weight.
  const auto others = [](const UpdateTally& tally) {
    return std::uint64_t{tally.zero} + tally.nonzero - tally.candidates;
  };
  counts.executed = std::uint64_t{finite.candidates} + nonfinite.candidates;
  counts.skipped_weight = others(finite) + others(nonfinite);
  if (rule_.passes(true)) {
    counts.executed += zero.candidates;
    counts.skipped_both = others(zero);
  } else {
    counts.skipped_feature = zero.nonzero;
    counts.skipped_both = zero.zero;
  }
  counts.masked_nonfinite = std::uint64_t{zero.nonfinite} + nonfinite.zero;
  return counts;
}

void ZeroSkip::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  sc_core::sc_trace(file, state_.position, prefix + "position");
  sc_core::sc_trace(file, state_.live, prefix + "live", output_buffers_);
  sc_core::sc_trace(file, reinterpret_cast<const std::uint8_t&>(state_.activity), prefix + "state", 2);
}

}  // namespace dlac::clocked
