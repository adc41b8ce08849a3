// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/zero_skip.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

ZeroSkip::ZeroSkip(const sc_core::sc_module_name& name, std::uint32_t pe, const Config& config,
                   const sc_core::sc_event& settle, sc_core::sc_vector<BeatSignal>& positions, GridStatus& status)
    : sc_module(name),
      position(positions[pe]),
      window_beats_(config.window_beats),
      status_(status),
      rule_(config.policy),
      pe_(pe),
      output_buffers_(static_cast<int>(config.output_buffers)) {
  row.bind(static_cast<tlm::tlm_bw_transport_if<RowBeatTypes>&>(*this));
  column.bind(static_cast<tlm::tlm_bw_transport_if<ColumnBeatTypes>&>(*this));
  update.bind(static_cast<tlm::tlm_bw_transport_if<UpdateTypes>&>(*this));
  update_.pe = pe;
  SC_METHOD(settle);
  sensitive << settle;
  dont_initialize();
  gate_.attach(sc_core::sc_get_last_created_process_handle());
  gate_.close();
}

void ZeroSkip::start(std::uint32_t beats, std::uint32_t updates_per_cycle) {
  if (!asked_) {
    asked_ = true;
    row_window_ = window_of<RowBeat>(row);
    column_window_ = window_of<ColumnBeat>(column);
  }
  row_delivered_ = &flow->row_delivered(pe_);
  column_delivered_ = &flow->column_delivered(pe_);
  updates_per_cycle_ = updates_per_cycle;
  beats_ = beats;
  activity_ = Activity::StarvedRow;  // both windows are empty
  gate_.open();
}

void ZeroSkip::stop() {
  gate_.close();
  activity_ = Activity::Finished;
  beats_ = position_ = slot_ = 0;
  live_ = 0;
  cycles_ = {};
  tallies_ = {};
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
  row_window_ = nullptr;
  column_window_ = nullptr;
  asked_ = false;
}

template <typename Beat, typename Socket>
const Beat* ZeroSkip::read(Socket& socket) {
  BeatRead<Beat> request;
  request.pe = pe_;
  request.number = position_;
  request.slot = slot_;
  request.cycle = status_.cycle;
  sc_core::sc_time delay;
  socket->b_transport(request, delay);
  return request.response == tlm::TLM_OK_RESPONSE ? request.beat : nullptr;
}

void ZeroSkip::fail() {
  status_.failed = true;
  activity_ = Activity::Finished;
}

void ZeroSkip::settle() {
  if (!gate_.is_open()) return;
  ++cycles_[static_cast<std::size_t>(activity_)];
  if (activity_ == Activity::Busy) {
    execute();
    if (live_ != 0) return;
    pass();
  }
  advance();
  position.write(position_);
  if (activity_ == Activity::Finished) gate_.close();
}

void ZeroSkip::execute() {
  std::uint64_t rest = live_;
  for (std::uint32_t unit = 0; unit < updates_per_cycle_ && rest != 0; ++unit) rest &= rest - 1;
  update_.buffers = live_ ^ rest;
  update_.cycle = status_.cycle;
  update_.number = position_;
  live_ = rest;
  sc_core::sc_time delay;
  update_.response = tlm::TLM_INCOMPLETE_RESPONSE;
  update->b_transport(update_, delay);
  if (update_.response != tlm::TLM_OK_RESPONSE) status_.failed = true;
}

void ZeroSkip::advance() {
  const std::uint32_t row_delivered = row_delivered_->read();
  const std::uint32_t column_delivered = column_delivered_->read();
  const std::uint32_t arrived = std::min(row_delivered, column_delivered);
  while (position_ < arrived) {
    const RowBeat* const weights = present(row_window_, row);
    const ColumnBeat* const feature = present(column_window_, column);
    if (weights == nullptr || feature == nullptr) return fail();
    Tally& tally = tallies_[static_cast<std::size_t>(feature->kind)];
    tally.candidates += weights->candidate_count;
    tally.nonzero += weights->nonzero_count;
    tally.zero += weights->zero_count;
    tally.nonfinite += weights->nonfinite_count;
    if (feature->passes && weights->candidates != 0) {
      live_ = weights->candidates;
      update_.weights = weights;
      update_.feature = feature;
      activity_ = Activity::Busy;
      return;
    }
    pass();
  }
  activity_ = position_ == beats_          ? Activity::Finished
              : position_ == row_delivered ? Activity::StarvedRow
                                           : Activity::StarvedColumn;
}

template <typename Beat, typename Socket>
const std::uint32_t* ZeroSkip::words(Socket& socket, std::uint32_t operand, std::uint32_t first_channel) {
  BeatRead<Beat> request;
  request.pe = pe_;
  request.cycle = status_.cycle;
  request.pointwise = true;
  request.operand = operand;
  request.first = first_channel;
  sc_core::sc_time delay;
  socket->b_transport(request, delay);
  if (request.response != tlm::TLM_OK_RESPONSE) status_.failed = true;
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
  request.cycle = status_.cycle;
  request.pointwise = &op;
  request.words_a = operand(op.source_a, 0, 0);
  request.words_x = operand(op.source_x, 1, 0);
  request.words_y = operand(op.source_y, 2, 1);
  if (status_.failed) return;
  sc_core::sc_time delay;
  update->b_transport(request, delay);
  if (request.response != tlm::TLM_OK_RESPONSE) status_.failed = true;
}

UpdateCounts ZeroSkip::updates() const {
  UpdateCounts counts;
  const Tally& zero = tallies_[static_cast<std::size_t>(FeatureKind::Zero)];
  const Tally& finite = tallies_[static_cast<std::size_t>(FeatureKind::Finite)];
  const Tally& nonfinite = tallies_[static_cast<std::size_t>(FeatureKind::NonFinite)];

  // Of the updates with a feature that passes, those that are no candidates have a zero weight.
  const auto others = [](const Tally& tally) { return std::uint64_t{tally.zero} + tally.nonzero - tally.candidates; };
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
  sc_core::sc_trace(file, position_, prefix + "position");
  sc_core::sc_trace(file, live_, prefix + "live", output_buffers_);
  sc_core::sc_trace(file, reinterpret_cast<const std::uint8_t&>(activity_), prefix + "state", 2);
}

}  // namespace dlac::clocked
