// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/counters.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/clocked/grid_status.h>
#include <dlac/grid/clocked/operand_network.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/links/beat_protocol.h>
#include <dlac/links/transport_defaults.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <tlm>

namespace dlac::clocked {

/// What a PE does in a cycle, decided on the state at the cycle's start. (The schedule)
enum class Activity : std::uint8_t { StarvedRow = 0, StarvedColumn = 1, Busy = 2, Finished = 3 };
inline constexpr std::uint32_t Activities = 4;

/// The zero-skip control of one PE: its place in the windows of its two streams and the live updates of the beat there,
/// of which it gives as many to the arithmetic units in a cycle as there are. One activation per cycle of a segment
/// that the PE takes part in, none otherwise.
class ZeroSkip final : public sc_core::sc_module,
                       private BackwardDefaults<RowBeatTypes>,
                       private BackwardDefaults<ColumnBeatTypes>,
                       private BackwardDefaults<UpdateTypes> {
 public:
  tlm::tlm_initiator_socket<32, RowBeatTypes> row{"row"};
  tlm::tlm_initiator_socket<32, ColumnBeatTypes> column{"column"};
  tlm::tlm_initiator_socket<32, UpdateTypes> update{"update"};
  sc_core::sc_port<OperandFlowIf> flow{"flow"};
  /// Beats that this PE is past, on a wire of the grid's; read by the streams that serve it.
  BeatSignal& position;

  /// `settle`: the event that follows the clock's tick when the streams' signals are stable. `positions` and `status`
  /// are the grid's.
  ZeroSkip(const sc_core::sc_module_name& name, std::uint32_t pe, const Config& config, const sc_core::sc_event& settle,
           sc_core::sc_vector<BeatSignal>& positions, GridStatus& status);
  ZeroSkip(const ZeroSkip&) = delete;
  ZeroSkip& operator=(const ZeroSkip&) = delete;

  /// Begins a segment of `beats` beats, with `updates_per_cycle` arithmetic units.
  void start(std::uint32_t beats, std::uint32_t updates_per_cycle);
  /// Leaves the segment, finished or not. The state is that after elaboration.
  void stop();
  /// Has the PE execute a point-wise operation on its first `valid` output buffers, which hold tile channels from
  /// `first_channel` on.
  void pointwise(const PtWiseOp& op, std::uint32_t first_channel, std::uint32_t valid);

  /// Cycles of the segment in which the PE did this; `Finished` only until it fell asleep.
  [[nodiscard]] std::uint64_t cycles(Activity activity) const { return cycles_[static_cast<std::size_t>(activity)]; }
  /// What became of the segment's updates, `executed` under this core's policy.
  [[nodiscard]] UpdateCounts updates() const;
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  SC_HAS_PROCESS(ZeroSkip);

  /// Updates met with features of one kind, by their weight. 32 bits: the weight buffer holds at most 2^29 weights.
  struct Tally {
    std::uint32_t candidates = 0;
    std::uint32_t nonzero = 0;
    std::uint32_t zero = 0;
    std::uint32_t nonfinite = 0;
  };
  /// One clock cycle.
  void settle();
  /// The cycle's updates: those that were ready at its start.
  void execute();
  /// Moves past the dead beats that have arrived on both streams, up to the first live one.
  void advance();
  /// Leaves the present beat.
  void pass() {
    ++position_;
    slot_ = slot_ + 1 == window_beats_ ? 0 : slot_ + 1;
  }
  /// The present beat, directly or by a transaction; nullptr if the answer is an error.
  template <typename Beat, typename Socket>
  [[nodiscard]] const Beat* present(const Beat* window, Socket& socket) {
    return window != nullptr ? window + slot_ : read<Beat>(socket);
  }
  template <typename Beat, typename Socket>
  [[nodiscard]] const Beat* read(Socket& socket);
  /// The words of a point-wise operand, nullptr if the answer is an error.
  template <typename Beat, typename Socket>
  [[nodiscard]] const std::uint32_t* words(Socket& socket, std::uint32_t operand, std::uint32_t first_channel);
  /// A stream's window, if it grants direct access.
  template <typename Beat, typename Socket>
  [[nodiscard]] const Beat* window_of(Socket& socket);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;
  void fail();

  // What a cycle touches comes first and lies together.
  Gate gate_;
  Activity activity_ = Activity::Finished;
  const std::uint32_t window_beats_;
  std::uint32_t beats_ = 0;
  std::uint32_t position_ = 0;
  std::uint32_t slot_ = 0;               ///< of the present beat in both windows
  std::uint32_t updates_per_cycle_ = 1;  ///< A'
  std::uint64_t live_ = 0;               ///< output buffers that the present beat must still update
  Update update_;                        ///< reused
  const RowBeat* row_window_ = nullptr;
  const ColumnBeat* column_window_ = nullptr;
  const BeatSignal* row_delivered_ = nullptr;
  const BeatSignal* column_delivered_ = nullptr;
  GridStatus& status_;
  std::array<std::uint64_t, Activities> cycles_{};
  std::array<Tally, FeatureKinds> tallies_{};
  bool asked_ = false;  ///< for direct access
  const SkipRule rule_;
  const std::uint32_t pe_;
  const int output_buffers_;
};

}  // namespace dlac::clocked
