// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/schedule/simd.h>

#include <cstdint>

namespace dlac::schedule {

/// What the schedule of a segment depends on besides the operands. (The schedule)
struct RecurrenceShape {
  std::uint32_t rows = 1;             ///< rows that take part, 1 .. 64
  std::uint32_t columns = 1;          ///< columns that take part, 1 .. 4096
  std::uint32_t window_beats = 1;     ///< D, 1 .. 64
  std::uint32_t row_beat_cycles = 1;  ///< p, at least 1
  std::uint32_t largest_count = 1;    ///< upper bound of every n(r,c,t)
};

struct RecurrenceResult {
  std::uint64_t cycles = 0;  ///< max over r,c of done(r,c,last t)
  // PE cycles, summed over the PEs that take part. Their sum is the sum of done(r,c,last t).
  std::uint64_t busy = 0;
  std::uint64_t starved_row = 0;
  std::uint64_t starved_column = 0;
};

/// Solves the recurrence (The schedule) chunk by chunk, for live counts of the form
/// n(r,c,t) = counts(t,r) if live(t,c), else 0.
///
/// Times are kept relative to the slowest stream, in 16 bits where a bound on the skew allows it, else in 32: a PE is
/// at most D beats behind its streams, and past the fastest one's beat t - 2D at beat t (one hop along its row, one
/// along a column), so at any beat the times differ by at most 3D(p + largest count).
class Recurrence {
 public:
  /// Chunks have a multiple of this many beats, except the last one.
  static constexpr std::uint32_t BeatBlock = 8;

  void begin(const RecurrenceShape& shape);
  /// Advances by `beats` beats. counts[t*count_stride + r]; live[t*live_stride + c] is 0xFFFF or 0. Both have zeros
  /// where rows and columns are rounded up to a multiple of LanePad; a stride of 0 repeats one beat. live_columns[t] is
  /// the number of columns live at beat t.
  void advance(const std::uint16_t* counts, std::size_t count_stride, const std::uint16_t* live,
               std::size_t live_stride, const std::uint32_t* live_columns, std::uint32_t beats);
  [[nodiscard]] RecurrenceResult result();

  /// The kernels' view of the state; all arrays hold 16-bit or 32-bit times in whole vectors.
  struct State {
    RecurrenceShape shape;
    bool wide = false;        ///< 32-bit times
    bool rows_outer = true;   ///< lanes run over columns, else over rows
    std::uint32_t outer = 0;  ///< number of rows (columns)
    std::uint32_t inner = 0;
    std::uint32_t block = 1;    ///< beats advanced together, divides D: the window's maxima are then known
    std::uint32_t chunk = 0;    ///< beats between two rebasings
    std::uint32_t vectors = 0;  ///< vectors of `inner` lanes
    std::uint32_t groups = 0;   ///< groups of outers, one 128-bit block each
    std::uint32_t slot = 0;     ///< t / block mod D / block
    std::uint64_t base = 0;     ///< what stored times are relative to
    std::uint64_t starved = 0;  ///< by the outer stream
    std::uint64_t busy = 0;
    std::uint64_t cycles = 0;      ///< out: largest done
    std::uint64_t finish_sum = 0;  ///< out: sum of done
    AlignedArray<std::uint8_t> done, inner_time, inner_history, inner_now, outer_time, outer_history, outer_operand,
        starved_lanes;
  };

 private:
  State state_;
};

/// The recurrence as a function: cycles of a segment from its live weights and columns, without values.
/// counts[t*rows + r] = ceil(live weights / A') of row r at beat t, at most shape.largest_count; live[t*columns + c] is
/// non-zero when column c is live at beat t.
[[nodiscard]] RecurrenceResult solve_recurrence(const RecurrenceShape& shape, const std::uint16_t* counts,
                                                const std::uint8_t* live, std::uint64_t beats);

}  // namespace dlac::schedule
