// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/divide_up.h>
#include <dlac/grid/clocked/clocked_grid.h>
#include <dlac/grid/pointwise_cycles.h>

#include <algorithm>
#include <array>
#include <memory>

namespace dlac::clocked {
namespace {

/// Makes the modules of a vector, each with its number; sc_vector takes ownership.
template <typename Module, typename... Arguments>
[[nodiscard]] auto creator(Arguments&... arguments) {
  return [&](const char* name, std::size_t number) {
    return std::make_unique<Module>(name, static_cast<std::uint32_t>(number), arguments...).release();
  };
}

}  // namespace

ClockedGrid::ClockedGrid(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period)
    : Grid(name),
      config_(config),
      period_(period),
      positions_("position", config.pes),
      row_streams_("row_stream", std::min(MaximumGridRows, config.pes), creator<RowStream>(config, status_)),
      column_streams_("column_stream", config.pes, creator<ColumnStream>(config, status_)),
      shared_{config,
              positions_,
              status_,
              std::vector<ZeroSkipState>(config.pes),
              std::vector<DatapathState>(config.pes),
              std::vector<std::uint32_t>(std::size_t{2} * config.pes * config.output_buffers)},
      pes_("pe", config.pes, creator<ProcessingElement>(shared_)),
      network_("operand_network", config.pes, std::min(MaximumGridRows, config.pes), config.pes),
      drains_("drain_pe", config.pes) {
  for (auto& socket : drains_) socket.bind(static_cast<tlm::tlm_bw_transport_if<DrainTypes>&>(*this));
  SC_METHOD(step);
  sensitive << step_;
  dont_initialize();
  SC_METHOD(tick);
  sensitive << tick_;
  dont_initialize();
  SC_METHOD(follow_streams);
  sensitive << streams_moved_;
  dont_initialize();
}

void ClockedGrid::bind(Links& links, Buffer& weights, Buffer& features) {
  for (std::size_t r = 0; r < row_streams_.size(); ++r) {
    links.bind(Protocol::Buffer, row_streams_[r].buffer.socket, weights.socket);
    links.bind<RowBeatTypes>(Protocol::RowBeat, network_.row_out[r], row_streams_[r].beats);
    network_.add_row(row_streams_[r].delivered);
  }
  for (std::size_t c = 0; c < column_streams_.size(); ++c) {
    links.bind(Protocol::Buffer, column_streams_[c].buffer.socket, features.socket);
    links.bind<ColumnBeatTypes>(Protocol::ColumnBeat, network_.column_out[c], column_streams_[c].beats);
    network_.add_column(column_streams_[c].delivered);
  }
  for (std::size_t n = 0; n < pes_.size(); ++n) {
    links.bind<RowBeatTypes>(Protocol::RowBeat, pes_[n].zero_skip.row, network_.row_in[n]);
    links.bind<ColumnBeatTypes>(Protocol::ColumnBeat, pes_[n].zero_skip.column, network_.column_in[n]);
    pes_[n].zero_skip.flow.bind(network_);
    pes_[n].bind(links);
    links.bind<DrainTypes>(Protocol::Drain, drains_[n], pes_[n].datapath.drain);
  }
}

ClockedGrid::Shape ClockedGrid::shape_of(std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns) const {
  return {config_.pes >> log2_rows, static_cast<std::uint32_t>(divide_up(channels, config_.output_buffers)), columns,
          channels};
}

std::uint32_t ClockedGrid::valid_buffers(const Shape& shape, std::uint32_t row) const {
  return std::min(shape.channels - row * config_.output_buffers, config_.output_buffers);
}

tlm::tlm_sync_enum ClockedGrid::nb_transport_fw(Operation& operation, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
  status_.failed = false;
  if (const auto* const op = std::get_if<PtWiseOp>(&operation.command)) {
    status_.cycle = operation.start;
    operation.cycles = pointwise(*op);
    operation.response = status_.failed ? tlm::TLM_GENERIC_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
    delay += sc_core::sc_time::from_value(operation.cycles * period_.value());
    return tlm::TLM_COMPLETED;
  }
  // In the next delta cycle: what an interrupted segment left runnable runs first and finds nothing to do.
  running_ = &operation;
  asked_in_ = sc_core::sc_delta_count();
  step_.notify(sc_core::SC_ZERO_TIME);
  return tlm::TLM_ACCEPTED;
}

void ClockedGrid::start(const MmOp& op) {
  shape_ = shape_of(op.log2_rows, op.channels, op.columns);
  cycles_ = first_unfinished_ = 0;
  begun_ = true;
  network_.connect(shape_.columns_in_grid);
  const std::uint32_t updates_per_cycle = config_.updates_per_cycle(op.full_precision != 0);
  for (std::uint32_t r = 0; r < shape_.live_rows; ++r) row_streams_[r].start(op, r, valid_buffers(shape_, r));
  for (std::uint32_t c = 0; c < shape_.live_columns; ++c) column_streams_[c].start(op, c);
  for (std::uint32_t r = 0; r < shape_.live_rows; ++r) {
    for (std::uint32_t c = 0; c < shape_.live_columns; ++c) {
      ProcessingElement& pe = pes_[std::size_t{r} * shape_.columns_in_grid + c];
      pe.start(op, updates_per_cycle, valid_buffers(shape_, r));
      row_streams_[r].add_reader(pe.zero_skip.position);
      column_streams_[c].add_reader(pe.zero_skip.position);
    }
  }
}

void ClockedGrid::step() {
  if (running_ == nullptr) return;
  if (!begun_ && sc_core::sc_delta_count() == asked_in_) return;  // left over from an interrupted segment
  if (!begun_) {
    start(std::get<MmOp>(running_->command));
  } else {
    ++cycles_;
    if (finished() || status_.failed) {
      finish();
      return;
    }
  }
  tick_.notify(sc_core::SC_ZERO_TIME);
  step_.notify(period_);
}

void ClockedGrid::tick() {
  if (!begun_) return;
  status_.cycle = running_->start + cycles_ + 1;
  for (std::uint32_t r = 0; r < shape_.live_rows; ++r) row_streams_[r].tick();
  for (std::uint32_t c = 0; c < shape_.live_columns; ++c) column_streams_[c].tick();
  streams_moved_.notify(sc_core::SC_ZERO_TIME);
}

void ClockedGrid::follow_streams() {
  if (!begun_) return;
  if (status_.requests != 0) {
    status_.requests = 0;
    for (std::uint32_t r = 0; r < shape_.live_rows; ++r) row_streams_[r].fetch();
    for (std::uint32_t c = 0; c < shape_.live_columns; ++c) column_streams_[c].fetch();
    streams_moved_.notify(sc_core::SC_ZERO_TIME);  // when what they have delivered can be seen, too
    return;
  }
  for (std::size_t first = 0; first < std::size_t{shape_.live_rows} * shape_.columns_in_grid;
       first += shape_.columns_in_grid) {
    for (std::size_t n = first; n < first + shape_.live_columns; ++n) {
      if (shared_.zero_skips[n].running) pes_[n].zero_skip.settle();
    }
  }
}

/// A segment is over when every PE is past its last beat. PEs seldom finish in order, so only the first unfinished one
/// is watched.
bool ClockedGrid::finished() {
  const std::uint32_t beats = std::get<MmOp>(running_->command).beats;
  while (first_unfinished_ < shape_.live_pes() &&
         pes_[shape_.pe(first_unfinished_)].zero_skip.position.read() == beats) {
    ++first_unfinished_;
  }
  return first_unfinished_ == shape_.live_pes();
}

void ClockedGrid::finish() {
  Operation& done = *running_;
  done.segment = collect();
  done.cycles = cycles_;
  done.response = status_.failed ? tlm::TLM_GENERIC_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
  stop();
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay;
  (void)operation->nb_transport_bw(done, phase, delay);
}

void ClockedGrid::stop() {
  running_ = nullptr;
  begun_ = false;
  status_.requests = 0;
  step_.cancel();
  tick_.cancel();
  streams_moved_.cancel();
  for (auto& stream : row_streams_) stream.stop();
  for (auto& stream : column_streams_) stream.stop();
  for (auto& pe : pes_) pe.stop();
}

SegmentResult ClockedGrid::collect() const {
  SegmentResult result;
  result.cycles = cycles_;
  for (std::size_t i = 0; i < shape_.live_pes(); ++i) {
    const ZeroSkip& pe = pes_[shape_.pe(i)].zero_skip;
    result.pe.busy += pe.cycles(Activity::Busy);
    result.pe.starved_row += pe.cycles(Activity::StarvedRow);
    result.pe.starved_column += pe.cycles(Activity::StarvedColumn);
    result.updates += pe.updates();
  }
  // PEs that have finished are asleep and count no more; the others never woke.
  result.pe.finished_early = config_.pes * cycles_ - result.pe.busy - result.pe.starved_row - result.pe.starved_column;
  return result;
}

std::uint64_t ClockedGrid::pointwise(const PtWiseOp& op) {
  const Shape shape = shape_of(op.log2_rows, op.channels, op.columns);
  network_.connect(shape.columns_in_grid);
  std::uint64_t row_delay = 0;
  std::uint64_t column_delay = 0;
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) {
    row_delay = std::max(row_delay, row_streams_[r].load_constants(op, r, valid_buffers(shape, r)));
  }
  for (std::uint32_t c = 0; c < shape.live_columns; ++c) {
    column_delay = std::max(column_delay, column_streams_[c].load_operands(op, c));
  }
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) {
    for (std::uint32_t c = 0; c < shape.live_columns; ++c) {
      pes_[std::size_t{r} * shape.columns_in_grid + c].zero_skip.pointwise(op, r * config_.output_buffers,
                                                                           valid_buffers(shape, r));
    }
  }
  return pointwise_cycles(op, config_, row_delay, column_delay);
}

void ClockedGrid::b_transport(Drain& request, sc_core::sc_time&) {
  const Shape shape = shape_of(request.log2_rows, request.channels, request.columns);
  std::array<std::uint32_t, 64> words{};  // of a PE
  request.response = tlm::TLM_OK_RESPONSE;
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) {
    const std::uint32_t first = r * config_.output_buffers;
    for (std::uint32_t c = 0; c < shape.live_columns; ++c) {
      Drain part;
      part.bank = request.bank;
      part.channels = valid_buffers(shape, r);
      part.columns = 1;
      part.cycle = request.cycle;
      part.words = words.data();
      sc_core::sc_time delay;
      drains_[std::size_t{r} * shape.columns_in_grid + c]->b_transport(part, delay);
      if (part.response != tlm::TLM_OK_RESPONSE) request.response = part.response;
      for (std::uint32_t b = 0; b < part.channels; ++b) {
        request.words[std::size_t{first + b} * request.columns + c] = words[b];
      }
    }
  }
}

void ClockedGrid::reset() {
  stop();
  for (auto& pe : pes_) pe.reset();
}

void ClockedGrid::trace(sc_core::sc_trace_file* file) const {
  for (const auto& stream : row_streams_) stream.trace(file);
  for (const auto& stream : column_streams_) stream.trace(file);
  for (const auto& pe : pes_) pe.trace(file);
}

}  // namespace dlac::clocked
