// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/clocked_engine.h>
#include <dlac/grid/pointwise_cycles.h>

#include <algorithm>
#include <memory>

namespace dlac {
namespace {

constexpr std::uint32_t MaximumGridRows = 64;

[[nodiscard]] std::uint64_t divide_up(std::uint64_t value, std::uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

/// Makes the modules of a vector; sc_vector takes ownership.
template <typename Module, typename... Arguments>
[[nodiscard]] auto creator(Arguments&&... arguments) {
  return [&](const char* name, std::size_t) { return std::make_unique<Module>(name, arguments...).release(); };
}

}  // namespace

ClockedEngine::ClockedEngine(const sc_core::sc_module_name& name, const Config& config, BufferView weights,
                             BufferView features)
    : sc_module(name),
      config_(config),
      period_(config.clock_period_ps, sc_core::SC_PS),
      row_streams_("row_stream"),
      column_streams_("column_stream"),
      pes_("pe") {
  row_streams_.init(std::min(MaximumGridRows, config.pes), creator<clocked::RowStream>(config, weights, tick_));
  column_streams_.init(config.pes, creator<clocked::ColumnStream>(config, features, tick_));
  pes_.init(config.pes, creator<clocked::ProcessingElement>(config, settle_));
  SC_METHOD(follow_tick);
  sensitive << tick_;
  dont_initialize();
}

ClockedEngine::Shape ClockedEngine::shape_of(std::uint32_t log2_rows, std::uint32_t channels,
                                             std::uint32_t columns) const {
  return {config_.pes >> log2_rows, static_cast<std::uint32_t>(divide_up(channels, config_.output_buffers)), columns,
          channels};
}

std::uint32_t ClockedEngine::valid_buffers(const Shape& shape, std::uint32_t row) const {
  return std::min(shape.channels - row * config_.output_buffers, config_.output_buffers);
}

void ClockedEngine::start(const MmOp& op, const Shape& shape) {
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) row_streams_[r].start(op, r, valid_buffers(shape, r));
  for (std::uint32_t c = 0; c < shape.live_columns; ++c) column_streams_[c].start(op, c);
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) {
    for (std::uint32_t c = 0; c < shape.live_columns; ++c) {
      clocked::ProcessingElement& pe = pes_[index(shape, r, c)];
      pe.start(op, row_streams_[r], column_streams_[c], valid_buffers(shape, r));
      row_streams_[r].add_reader(pe.position);
      column_streams_[c].add_reader(pe.position);
    }
  }
  running_ = true;
}

void ClockedEngine::stop() {
  running_ = false;
  tick_.cancel();
  settle_.cancel();
  for (auto& stream : row_streams_) stream.stop();
  for (auto& stream : column_streams_) stream.stop();
  for (auto& pe : pes_) pe.stop();
}

void ClockedEngine::follow_tick() {
  if (running_) settle_.notify(sc_core::SC_ZERO_TIME);
}

SegmentResult ClockedEngine::multiply(const MmOp& op) {
  const Shape shape = shape_of(op.log2_rows, op.channels, op.columns);
  // Whatever an interrupted segment left runnable runs now and finds closed gates.
  wait(sc_core::SC_ZERO_TIME);
  const StopAtExit stop_at_exit(*this);
  start(op, shape);

  // A segment is over when every PE is past its last beat. PEs seldom finish in order, so only the first unfinished one
  // is watched.
  const std::size_t count = std::size_t{shape.live_rows} * shape.live_columns;
  std::size_t first_unfinished = 0;
  const auto finished = [&](std::size_t i) {
    const auto row = static_cast<std::uint32_t>(i / shape.live_columns);
    const auto column = static_cast<std::uint32_t>(i % shape.live_columns);
    return pes_[index(shape, row, column)].position.read() == op.beats;
  };
  std::uint64_t cycles = 0;
  while (first_unfinished < count) {
    tick_.notify(sc_core::SC_ZERO_TIME);
    wait(period_);
    ++cycles;
    while (first_unfinished < count && finished(first_unfinished)) ++first_unfinished;
  }
  return collect(shape, cycles);
}

SegmentResult ClockedEngine::collect(const Shape& shape, std::uint64_t cycles) const {
  SegmentResult result;
  result.cycles = cycles;
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) {
    for (std::uint32_t c = 0; c < shape.live_columns; ++c) {
      const clocked::ProcessingElement& pe = pes_[index(shape, r, c)];
      result.pe.busy += pe.cycles(clocked::Activity::Busy);
      result.pe.starved_row += pe.cycles(clocked::Activity::StarvedRow);
      result.pe.starved_column += pe.cycles(clocked::Activity::StarvedColumn);
      const UpdateCounts updates = pe.zero_skip.updates();
      result.updates.executed += updates.executed;
      result.updates.skipped_weight += updates.skipped_weight;
      result.updates.skipped_feature += updates.skipped_feature;
      result.updates.skipped_both += updates.skipped_both;
      result.updates.masked_nonfinite += updates.masked_nonfinite;
    }
  }
  // PEs that have finished are asleep and count no more; the others never woke.
  result.pe.finished_early = config_.pes * cycles - result.pe.busy - result.pe.starved_row - result.pe.starved_column;
  return result;
}

std::uint64_t ClockedEngine::pointwise(const PtWiseOp& op) {
  const Shape shape = shape_of(op.log2_rows, op.channels, op.columns);
  for (std::uint32_t r = 0; r < shape.live_rows; ++r) {
    for (std::uint32_t c = 0; c < shape.live_columns; ++c) {
      pes_[index(shape, r, c)].pointwise(op, row_streams_[r], column_streams_[c], r * config_.output_buffers, c,
                                         valid_buffers(shape, r));
    }
  }
  return pointwise_cycles(op, config_);
}

void ClockedEngine::drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
                          std::uint32_t* out) const {
  const Shape shape = shape_of(log2_rows, channels, columns);
  for (std::uint32_t k = 0; k < channels; ++k) {
    const std::uint32_t row = k / config_.output_buffers;
    for (std::uint32_t c = 0; c < columns; ++c) {
      out[std::size_t{k} * columns + c] = pes_[index(shape, row, c)].output(bank, k % config_.output_buffers);
    }
  }
}

void ClockedEngine::reset() {
  stop();
  for (auto& pe : pes_) pe.reset();
}

void ClockedEngine::trace(sc_core::sc_trace_file* file) const {
  for (const auto& stream : row_streams_) stream.trace(file);
  for (const auto& stream : column_streams_) stream.trace(file);
  for (const auto& pe : pes_) pe.trace(file);
}

}  // namespace dlac
