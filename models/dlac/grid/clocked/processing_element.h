// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>
#include <dlac/grid/clocked/column_stream.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/grid/clocked/row_stream.h>
#include <dlac/grid/clocked/zero_skip.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

namespace dlac::clocked {

/// One processing element: arithmetic units, two banks of B output buffers, zero-skip control. One activation per
/// cycle of a segment it takes part in, none otherwise. (arch. 2, contracts 3 and 4)
class ProcessingElement final : public sc_core::sc_module {
 public:
  /// Beats that this PE is past; read by the streams that serve it.
  BeatSignal position{"position"};
  ZeroSkip zero_skip;

  /// `settle`: the event that follows the clock's tick when the streams' signals are stable.
  ProcessingElement(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_event& settle);
  ProcessingElement(const ProcessingElement&) = delete;
  ProcessingElement& operator=(const ProcessingElement&) = delete;

  /// Begins a segment at the streams that the grid shape gives to this PE. The first `valid` output buffers hold
  /// channels of the layer.
  void start(const MmOp& op, const RowStream& row, const ColumnStream& column, std::uint32_t valid);
  /// Leaves the segment, finished or not. Accumulators stay.
  void stop();
  /// Back to the state after elaboration.
  void reset();

  /// Cycles of the segment in which the PE did this; `Finished` only until it fell asleep.
  [[nodiscard]] std::uint64_t cycles(Activity activity) const { return cycles_[static_cast<std::size_t>(activity)]; }

  /// Executes a point-wise operation on the first `valid` output buffers, which hold tile channels from
  /// `first_channel` on of tile column `column_index`.
  void pointwise(const PtWiseOp& op, const RowStream& row, const ColumnStream& column, std::uint32_t first_channel,
                 std::uint32_t column_index, std::uint32_t valid);
  /// The word that leaves output buffer `buffer` of `bank` (canonical, contract 4).
  [[nodiscard]] std::uint32_t output(std::uint32_t bank, std::uint32_t buffer) const {
    return arithmetic_.canonical(accumulators_[bank * output_buffers_ + buffer]);
  }
  void trace(sc_core::sc_trace_file* file) const;

 private:
  SC_HAS_PROCESS(ProcessingElement);
  /// One clock cycle.
  void settle();
  /// The cycle's updates: those that were ready at its start.
  void execute();

  // What a cycle touches comes first and lies together.
  Gate gate_;
  const Arithmetic arithmetic_;
  bool full_precision_ = false;
  std::uint32_t updates_per_cycle_ = 1;  ///< A'
  std::uint32_t buffer_ = 0;             ///< last output buffer updated (traced)
  std::uint32_t value_ = 0;              ///< and its value, as a word
  float real_ = 0;                       ///< and as a number, when traced
  mutable bool traced_ = false;
  std::uint32_t* bank_ = nullptr;  ///< accumulators of the segment's bank
  const RowStream* row_ = nullptr;
  const ColumnStream* column_ = nullptr;
  std::array<std::uint64_t, Activities> cycles_{};
  std::vector<std::uint32_t> accumulators_;  ///< [bank][buffer]
  const Config& config_;
  const std::uint32_t output_buffers_;
};

}  // namespace dlac::clocked
