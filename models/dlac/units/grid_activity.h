// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace dlac {

/// What the grid does in a cycle. (Counters)
enum class GridState : std::uint32_t { Compute, Pointwise, WaitWeights, WaitFeatures, WaitDrain, Idle };
inline constexpr std::uint32_t GridStateCount = 6;

/// Charges every cycle of a command list to exactly one state.
class GridActivity {
 public:
  void start(std::uint64_t cycle) {
    running_ = true;
    since_ = cycle;
    change(GridState::Idle, cycle);
  }
  void change(GridState state, std::uint64_t cycle) {
    waits_for_operands_ = false;
    set(state, cycle);
  }
  /// The grid has a command whose operands are not loaded: charged to what the load queue is busy with, now and as it
  /// changes.
  void wait_for_operands(std::uint64_t cycle) {
    waits_for_operands_ = true;
    set(awaited_, cycle);
  }
  /// What the load queue is busy with: WaitWeights, WaitFeatures, or Idle with nothing.
  void load(GridState awaited, std::uint64_t cycle) {
    awaited_ = awaited;
    if (waits_for_operands_) set(awaited, cycle);
  }
  void stop(std::uint64_t cycle) {
    settle(cycle);
    running_ = false;
  }
  /// Charges the cycles up to now, so that the sums can be read.
  void settle(std::uint64_t cycle) {
    if (running_ && cycle > since_) {
      cycles_[static_cast<std::size_t>(state_)] += cycle - since_;
      since_ = cycle;
    }
  }
  void clear() { cycles_ = {}; }
  void reset() { *this = GridActivity{}; }
  /// The state as a number that a waveform can follow.
  [[nodiscard]] const std::uint32_t& traced_state() const { return traced_state_; }
  [[nodiscard]] std::uint64_t cycles(GridState state) const { return cycles_[static_cast<std::size_t>(state)]; }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t c : cycles_) sum += c;
    return sum;
  }

 private:
  void set(GridState state, std::uint64_t cycle) {
    settle(cycle);
    state_ = state;
    traced_state_ = static_cast<std::uint32_t>(state);
  }

  bool running_ = false;
  bool waits_for_operands_ = false;
  GridState awaited_ = GridState::Idle;
  GridState state_ = GridState::Idle;
  std::uint32_t traced_state_ = static_cast<std::uint32_t>(GridState::Idle);
  std::uint64_t since_ = 0;
  std::array<std::uint64_t, GridStateCount> cycles_{};
};

}  // namespace dlac
