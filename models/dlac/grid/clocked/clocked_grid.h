// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>
#include <dlac/grid/clocked/column_stream.h>
#include <dlac/grid/clocked/grid_status.h>
#include <dlac/grid/clocked/operand_network.h>
#include <dlac/grid/clocked/processing_element.h>
#include <dlac/grid/clocked/row_stream.h>
#include <dlac/grid/grid.h>

#include <cstdint>
#include <systemc>

namespace dlac::clocked {

/// The PE grid clock by clock: every PE, row stream, column stream, zero-skip control and data path is a module of its
/// own. It agrees with the recurrence of the schedule to the cycle, and with the arithmetic to the bit.
///
/// The clock runs only while a segment executes; this module alone advances it. A cycle has up to three phases, each in
/// a delta cycle of its own, so that within one the order does not matter: the streams move, which read where the PEs
/// were at the cycle's start and write what they deliver in it; those that need a transaction for their beat make it,
/// rows before columns, in ascending order; the PEs move.
class ClockedGrid final : public Grid, private BackwardDefaults<DrainTypes> {
 public:
  /// `config` must be valid and outlive the grid.
  ClockedGrid(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period);

  void bind(Links& links, Buffer& weights, Buffer& features) override;
  void reset() override;
  /// Per PE: state, window position, live mask, buffer being updated and its value; per stream: beats delivered, beats
  /// in the window, stalled.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  SC_HAS_PROCESS(ClockedGrid);

  /// The PEs that an operation on `channels` x `columns` outputs occupies in a grid of 2^log2_rows rows.
  struct Shape {
    std::uint32_t columns_in_grid = 1;  ///< C
    std::uint32_t live_rows = 0;        ///< rows with channels of the layer
    std::uint32_t live_columns = 0;
    std::uint32_t channels = 0;

    [[nodiscard]] std::size_t live_pes() const { return std::size_t{live_rows} * live_columns; }
    /// The live PE of that number, row by row.
    [[nodiscard]] std::size_t pe(std::size_t live) const {
      return live / live_columns * columns_in_grid + live % live_columns;
    }
  };
  [[nodiscard]] Shape shape_of(std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns) const;
  /// Output buffers of row `row` that hold channels of the layer.
  [[nodiscard]] std::uint32_t valid_buffers(const Shape& shape, std::uint32_t row) const;

  tlm::tlm_sync_enum nb_transport_fw(Operation& operation, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  void b_transport(Drain& request, sc_core::sc_time& delay) override;
  /// Executes a point-wise operation; returns its cycles.
  [[nodiscard]] std::uint64_t pointwise(const PtWiseOp& op);

  /// At every edge: begins a segment, or looks whether it is over.
  void step();
  /// A delta cycle later, when what happened at the edge is settled: moves the streams.
  void tick();
  /// When what the streams did can be seen: makes their transactions, then moves the PEs.
  void follow_streams();
  void start(const MmOp& op);
  [[nodiscard]] bool finished();
  void finish();
  void stop();
  [[nodiscard]] SegmentResult collect() const;

  const Config& config_;
  const sc_core::sc_time period_;
  sc_core::sc_event step_{"edge"};
  sc_core::sc_event tick_{"settled"};
  sc_core::sc_event streams_moved_{"streams_moved"};
  GridStatus status_;

  Operation* running_ = nullptr;  ///< under way, begun or not
  bool begun_ = false;
  sc_dt::uint64 asked_in_ = 0;        ///< delta cycle: the segment begins in a later one
  Shape shape_;                       ///< of it
  std::uint64_t cycles_ = 0;          ///< of it so far
  std::size_t first_unfinished_ = 0;  ///< live PE

  sc_core::sc_vector<BeatSignal> positions_;  ///< [PE]; side by side, for the streams look at many in a cycle
  sc_core::sc_vector<RowStream> row_streams_;
  sc_core::sc_vector<ColumnStream> column_streams_;
  ProcessingElement::Shared shared_;
  sc_core::sc_vector<ProcessingElement> pes_;
  OperandNetwork network_;
  sc_core::sc_vector<tlm::tlm_initiator_socket<32, DrainTypes>> drains_;  ///< [PE]
};

}  // namespace dlac::clocked
