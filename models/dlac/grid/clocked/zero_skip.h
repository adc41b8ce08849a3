// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/counters.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/clocked/column_stream.h>
#include <dlac/grid/clocked/row_stream.h>

#include <array>
#include <cstdint>
#include <systemc>

namespace dlac::clocked {

/// What a PE does in a cycle, decided on the state at the cycle's start. (arch. contract 3)
enum class Activity : std::uint8_t { StarvedRow = 0, StarvedColumn = 1, Busy = 2, Finished = 3 };
inline constexpr std::uint32_t Activities = 4;

/// The zero-skip control of one PE: its place in the windows of its two streams and the live updates of the beat there.
/// Combinational next to the PE's registers, so it has no process of its own: the PE asks it once per cycle.
class ZeroSkip final : public sc_core::sc_module {
 public:
  explicit ZeroSkip(const sc_core::sc_module_name& name, const Config& config);
  ZeroSkip(const ZeroSkip&) = delete;
  ZeroSkip& operator=(const ZeroSkip&) = delete;

  /// Begins a segment of `beats` beats at the windows of `row` and `column`.
  void start(const RowStream& row, const ColumnStream& column, std::uint32_t beats);
  /// Back to the state after elaboration.
  void stop();

  /// Beats that the PE is past.
  [[nodiscard]] std::uint32_t position() const { return position_; }
  /// Place of the present beat in both windows.
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  /// Output buffers that the present beat must still update.
  [[nodiscard]] std::uint64_t live() const { return live_; }
  [[nodiscard]] Activity activity() const { return activity_; }

  /// The lowest live buffer, which is live no longer.
  [[nodiscard]] std::uint32_t take() {
    const auto buffer = static_cast<std::uint32_t>(__builtin_ctzll(live_));
    live_ &= live_ - 1;
    return buffer;
  }
  /// Leaves the present beat, all of whose updates have been executed.
  void retire() { pass(); }
  /// Moves past the dead beats that have arrived on both streams, up to the first live one.
  void advance();

  /// What became of the segment's updates, `executed` under this core's policy.
  [[nodiscard]] UpdateCounts updates() const;
  void trace(sc_core::sc_trace_file* file) const;

 private:
  /// Updates met with features of one kind, by their weight. 32 bits: the weight buffer holds at most 2^29 weights.
  struct Tally {
    std::uint32_t candidates = 0;
    std::uint32_t nonzero = 0;
    std::uint32_t zero = 0;
    std::uint32_t nonfinite = 0;
  };
  void pass() {
    ++position_;
    slot_ = slot_ + 1 == window_beats_ ? 0 : slot_ + 1;
  }

  const SkipRule rule_;
  Activity activity_ = Activity::Finished;
  const std::uint32_t window_beats_;
  std::uint32_t beats_ = 0;
  std::uint32_t position_ = 0;
  std::uint32_t slot_ = 0;
  std::uint64_t live_ = 0;
  const RowStream* row_ = nullptr;
  const ColumnStream* column_ = nullptr;
  std::array<Tally, FeatureKinds> tallies_{};
};

}  // namespace dlac::clocked
