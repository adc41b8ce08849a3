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

/// Updates met with features of one kind, by their weight. 32 bits: the weight buffer holds at most 2^29 weights.
struct UpdateTally {
  std::uint32_t candidates = 0;
  std::uint32_t nonzero = 0;
  std::uint32_t zero = 0;
  std::uint32_t nonfinite = 0;
};

/// What a cycle touches of a zero-skip control. The grid holds those of all PEs side by side, which keeps them in the
/// cache: the modules themselves, with their sockets, are ten times as large.
struct alignas(64) ZeroSkipState {
  bool running = false;  ///< takes part in a segment and is not past its last beat
  Activity activity = Activity::Finished;
  std::uint32_t window_beats = 1;
  std::uint64_t first_beat = 0;
  std::uint32_t beats = 0;
  std::uint32_t position = 0;
  std::uint32_t slot = 0;               ///< of the present beat in both windows
  std::uint32_t updates_per_cycle = 1;  ///< A'
  std::uint64_t live = 0;               ///< output buffers that the present beat must still update
  const BeatSignal* row_delivered = nullptr;
  const BeatSignal* column_delivered = nullptr;
  const RowBeat* row_window = nullptr;
  const ColumnBeat* column_window = nullptr;
  // What is behind the sockets.
  tlm::tlm_blocking_transport_if<BeatRead<RowBeat>>* row = nullptr;
  tlm::tlm_blocking_transport_if<BeatRead<ColumnBeat>>* column = nullptr;
  tlm::tlm_blocking_transport_if<Update>* datapath = nullptr;
  GridStatus* status = nullptr;  ///< the grid's
  Update update;                 ///< reused
  std::array<std::uint64_t, Activities> cycles{};
  std::array<UpdateTally, FeatureKinds> tallies{};
};

/// The zero-skip control of one PE: its place in the windows of its two streams and the live updates of the beat there,
/// of which it gives as many to the arithmetic units in a cycle as there are. One activation per cycle of a segment
/// that the PE takes part in, none otherwise.
class ZeroSkip final : public sc_core::sc_module,
                       private BackwardDefaults<RowBeatTypes>,
                       private BackwardDefaults<ColumnBeatTypes>,
                       private BackwardDefaults<UpdateTypes> {
  ZeroSkipState& state_;  // first, beside what a call needs

 public:
  tlm::tlm_initiator_socket<32, RowBeatTypes> row{"row"};
  tlm::tlm_initiator_socket<32, ColumnBeatTypes> column{"column"};
  tlm::tlm_initiator_socket<32, UpdateTypes> update{"update"};
  sc_core::sc_port<OperandFlowIf> flow{"flow"};
  /// Beats that this PE is past, on a wire of the grid's; read by the streams that serve it.
  BeatSignal& position;

  /// `state` is this PE's, `positions` and `status` are the grid's.
  ZeroSkip(const sc_core::sc_module_name& name, std::uint32_t pe, const Config& config, ZeroSkipState& state,
           sc_core::sc_vector<BeatSignal>& positions, GridStatus& status);
  ZeroSkip(const ZeroSkip&) = delete;
  ZeroSkip& operator=(const ZeroSkip&) = delete;

  /// Begins a segment of `beats` beats from beat `first_beat` of the reduction on, with `updates_per_cycle` arithmetic
  /// units.
  void start(std::uint64_t first_beat, std::uint32_t beats, std::uint32_t updates_per_cycle);
  /// Leaves the segment, finished or not. The state is that after elaboration.
  void stop();
  /// One clock cycle, while the PE is running: executes the updates that were ready at its start, then moves on as far
  /// as what the streams have delivered lets it.
  void settle();
  /// Has the PE execute a point-wise operation on its first `valid` output buffers, which hold tile channels from
  /// `first_channel` on.
  void pointwise(const PtWiseOp& op, std::uint32_t first_channel, std::uint32_t valid);

  /// Cycles of the segment in which the PE did this; `Finished` only until it fell asleep.
  [[nodiscard]] std::uint64_t cycles(Activity activity) const {
    return state_.cycles[static_cast<std::size_t>(activity)];
  }
  /// What became of the segment's updates, `executed` under this core's policy.
  [[nodiscard]] UpdateCounts updates() const;
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  /// The cycle's updates: those that were ready at its start.
  void execute();
  /// Moves past the dead beats that have arrived on both streams, up to the first live one.
  void advance();
  /// Leaves the present beat.
  void pass() {
    ++state_.position;
    state_.slot = state_.slot + 1 == state_.window_beats ? 0 : state_.slot + 1;
  }
  /// The present beat, directly or by a transaction; nullptr if the answer is an error.
  template <typename Beat>
  [[nodiscard]] const Beat* present(const Beat* window, tlm::tlm_blocking_transport_if<BeatRead<Beat>>& stream) {
    return window != nullptr ? window + state_.slot : read(stream);
  }
  template <typename Beat>
  [[nodiscard]] const Beat* read(tlm::tlm_blocking_transport_if<BeatRead<Beat>>& stream);
  /// The words of a point-wise operand, nullptr if the answer is an error.
  template <typename Beat, typename Socket>
  [[nodiscard]] const std::uint32_t* words(Socket& socket, std::uint32_t operand, std::uint32_t first_channel);
  /// A stream's window, if it grants direct access.
  template <typename Beat, typename Socket>
  [[nodiscard]] const Beat* window_of(Socket& socket);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;
  void fail();

  const SkipRule rule_;
  const std::uint32_t pe_;
  const int output_buffers_;
  bool asked_ = false;  ///< for direct access
};

}  // namespace dlac::clocked
