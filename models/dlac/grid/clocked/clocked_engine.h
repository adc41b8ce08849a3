// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>
#include <dlac/grid/clocked/column_stream.h>
#include <dlac/grid/clocked/processing_element.h>
#include <dlac/grid/clocked/row_stream.h>
#include <dlac/grid/engine.h>

#include <cstdint>
#include <systemc>

namespace dlac {

/// The PE grid clock by clock: every PE, row stream, column stream and zero-skip control is a module of its own. It
/// agrees with the recurrence of arch. contract 3 to the cycle, and with contract 4 to the bit.
///
/// The clock runs only while a segment executes. A cycle has two phases: `tick` moves the streams, which read where the
/// PEs were at the cycle's start and write what they deliver in it; one delta later `settle` moves the PEs.
///
/// PEs are numbered r*C + c. A grid shape is a choice of wires: PE (r, c) is served by row stream r and column stream
/// c.
class ClockedEngine final : public sc_core::sc_module, public Engine {
 public:
  /// `config` must be valid and outlive the engine, the buffers too.
  ClockedEngine(const sc_core::sc_module_name& name, const Config& config, BufferView weights, BufferView features);

  /// Lets exactly `cycles` clock periods pass. The calling SC_THREAD may be reset or killed meanwhile: the grid then
  /// stands still, and reset() makes it usable again.
  SegmentResult multiply(const MmOp& op) override;
  std::uint64_t pointwise(const PtWiseOp& op) override;
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out) const override;
  void reset() override;
  /// Per PE: window position, live mask, buffer being updated and its value; per stream: beats delivered, beats in the
  /// window, stalled. Before the simulation starts.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  SC_HAS_PROCESS(ClockedEngine);

  /// The PEs that an operation on `channels` x `columns` outputs occupies in a grid of 2^log2_rows rows.
  struct Shape {
    std::uint32_t columns_in_grid;  ///< C
    std::uint32_t live_rows;        ///< rows with channels of the layer
    std::uint32_t live_columns;
    std::uint32_t channels;
  };
  [[nodiscard]] Shape shape_of(std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns) const;
  /// Output buffers of row `row` that hold channels of the layer.
  [[nodiscard]] std::uint32_t valid_buffers(const Shape& shape, std::uint32_t row) const;
  [[nodiscard]] static std::size_t index(const Shape& shape, std::uint32_t row, std::uint32_t column) {
    return std::size_t{row} * shape.columns_in_grid + column;
  }

  /// Stops the grid at the end of a segment, also when the calling process is reset in the middle of it.
  class StopAtExit {
   public:
    explicit StopAtExit(ClockedEngine& engine) : engine_(engine) {}
    ~StopAtExit() { engine_.stop(); }
    StopAtExit(const StopAtExit&) = delete;
    StopAtExit& operator=(const StopAtExit&) = delete;

   private:
    ClockedEngine& engine_;
  };

  void start(const MmOp& op, const Shape& shape);
  void stop();
  void follow_tick();
  [[nodiscard]] SegmentResult collect(const Shape& shape, std::uint64_t cycles) const;

  const Config& config_;
  const sc_core::sc_time period_;
  sc_core::sc_event tick_{"tick"};
  sc_core::sc_event settle_{"settle"};
  bool running_ = false;
  sc_core::sc_vector<clocked::RowStream> row_streams_;
  sc_core::sc_vector<clocked::ColumnStream> column_streams_;
  sc_core::sc_vector<clocked::ProcessingElement> pes_;
};

}  // namespace dlac
