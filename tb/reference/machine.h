// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/arithmetic.h"
#include "tb/reference/pointwise.h"
#include "tb/reference/policy.h"
#include "tb/reference/schedule.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace reference {

/// A command as it lies in memory.
using CommandWords = std::array<std::uint32_t, 32>;
/// A local buffer: little-endian.
using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] std::uint32_t load_word(Precision precision, const Bytes& bytes, std::uint64_t word);
void store_word(Precision precision, Bytes& bytes, std::uint64_t word, std::uint32_t value);

/// What a column reads at a beat of an mmOp, both counted from the operation's first one.
struct FeaturePlace {
  bool inserted = false;
  std::optional<std::int64_t> address;  ///< word of the feature buffer; none: padding
};
[[nodiscard]] FeaturePlace feature_place(const CommandWords& mm_op, std::int64_t column, std::int64_t beat);

[[nodiscard]] Pointwise pointwise_of(const CommandWords& pt_wise_op);

/// What a core is built with, by the symbols of Organisation.
struct Core {
  Precision precision = Precision::Binary32;
  Policy policy = Policy::Both;
  std::int64_t pes = 1;
  std::int64_t buffers = 1;      ///< B
  std::int64_t adders = 1;       ///< A
  std::int64_t multipliers = 1;  ///< those that multiply
  std::int64_t window = 1;       ///< D
  std::int64_t row_port_words = 1;
  std::int64_t column_port_words = 1;
};

/// Where the machine takes its time from.
enum class Timing { Recurrence, ClockByClock };

/// The grid with both banks of output buffers: executes mmOp and ptWiseOp out of local buffers, one update at a time,
/// as docs/machine.md tells it. PE r*C + c keeps its output buffers when a later command reshapes the grid.
class Machine {
 public:
  explicit Machine(const Core& core, Timing timing = Timing::Recurrence);

  SegmentCycles multiply(const CommandWords& mm_op, const Bytes& weights, const Bytes& features);
  /// Cycles.
  std::int64_t pointwise(const CommandWords& pt_wise_op, const Bytes& weights, const Bytes& features);
  /// Words of a tile, [channel][column], as they leave the accumulators.
  [[nodiscard]] std::vector<std::uint32_t> drain(std::uint32_t bank, std::uint32_t log2_rows, std::int64_t channels,
                                                 std::int64_t columns) const;
  void reset();

 private:
  struct MmOp;
  struct PtWiseOp;
  struct Operands;
  [[nodiscard]] Operands operands_of(const MmOp& op, const CommandWords& words, const Bytes& weights,
                                     const Bytes& features) const;
  template <class Format>
  void accumulate(const MmOp& op, const Operands& operands);
  [[nodiscard]] Grid grid_of(const MmOp& op) const;
  [[nodiscard]] std::size_t index(std::uint32_t log2_rows, std::int64_t channel, std::int64_t column) const {
    const std::int64_t pe = channel / core_.buffers * (core_.pes >> log2_rows) + column;
    return static_cast<std::size_t>(pe * core_.buffers + channel % core_.buffers);
  }

  const Core core_;
  const Timing timing_;
  std::array<std::vector<std::uint32_t>, 2> banks_;  ///< words as they leave the accumulators
};

}  // namespace reference
