// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <cstdint>

namespace dlac::clocked {

/// What a column reads at a beat. (command.h, MmOp)
struct FeatureAddress {
  enum class Kind : std::uint8_t {
    Stored,   ///< word `word` of the feature buffer
    Padding,  ///< a zero that counts as a beat and as a multiply-accumulate
    Inserted  ///< a zero between the rows or columns of a strided layer's gradient: never live, never counted
  };
  Kind kind = Kind::Padding;
  std::uint64_t word = 0;  ///< Stored only
};

/// The address generator of one column stream: three nested counters that visit the beats of a segment in order. The
/// divisions (by the kernel, the map, the insertion, the circular rows) are made once, at the start of the segment;
/// from beat to beat there are only additions and comparisons, as in hardware.
///
/// The two beat orders are one walk with different counters (The schedule):
///   KernelBeats: kw, kh, channel;  PixelBeats: ox, oy, image.
class AddressGenerator {
 public:
  /// Positions the generator at the op's first beat, for tile column `column` (0 .. op.columns-1).
  void start(const MmOp& op, std::uint32_t column);
  /// The address of the present beat.
  [[nodiscard]] FeatureAddress current() const;
  /// Moves to the next beat.
  void advance();

 private:
  /// A coordinate of the map with inserted zeros, u = index*insert + phase with 0 <= phase < insert.
  struct Coordinate {
    std::int64_t index = 0;
    std::int64_t phase = 0;
  };
  /// A counter of `count` steps and the coordinate it moves.
  struct Axis {
    Coordinate first, step, now;
    std::int64_t insert = 1;
    std::uint32_t count = 1;
    std::uint32_t position = 0;

    void start(std::int64_t first_coordinate, std::int64_t step_coordinate, std::uint32_t insertion,
               std::uint32_t steps, std::uint32_t initial);
    void rewind();
  };
  [[nodiscard]] std::int64_t wrapped(std::int64_t row) const {
    return row >= row_capacity_ ? row - row_capacity_ : row;
  }

  Axis x_, y_;
  std::int64_t plane_ = 0;       ///< words from `base` to the present channel's plane
  std::int64_t plane_step_ = 0;  ///< words to the next channel's plane, 0 when the outer counter counts images
  std::int64_t row_ = 0;         ///< circular row that holds y
  std::int64_t first_row_ = 0;   ///< circular row that holds y at the start of the y counter
  std::int64_t row_step_ = 0;    ///< circular rows per step of y, without the carry of the phase
  std::int64_t image_rows_ = 0;  ///< circular rows per image, 0 when the outer counter counts channels
  std::int64_t row_capacity_ = 1;
  std::int64_t pitch_ = 0;
  std::int64_t origin_ = 0;  ///< base - first_x
  std::uint64_t height_ = 0, width_ = 0;
};

}  // namespace dlac::clocked
