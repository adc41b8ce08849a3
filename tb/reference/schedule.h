// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/convolution.h"
#include "tb/reference/policy.h"

#include <cstdint>
#include <vector>

namespace reference {

/// A grid of processing elements as the recurrence sees it; all at least 1.
struct Grid {
  std::int64_t rows = 1;         ///< R
  std::int64_t columns = 1;      ///< C
  std::int64_t buffers = 1;      ///< B, output buffers per PE
  std::int64_t units = 1;        ///< A', updates per cycle and PE
  std::int64_t window = 1;       ///< D, beats
  std::int64_t beat_cycles = 1;  ///< p, cycles per beat of a row stream
};

/// The operands of one segment. Tile channel i sits in output buffer i % B of PE row i / B, tile column j in PE column
/// j.
struct Segment {
  std::int64_t channels = 0;  ///< inside the layer, at most R*B
  std::int64_t columns = 0;   ///< inside the layer, at most C
  std::int64_t beats = 0;
  std::vector<Operand> weights;   ///< [beats][channels]
  std::vector<Operand> features;  ///< [beats][columns]
};

struct SegmentCycles {
  std::int64_t cycles = 0;

  // Updates; their sum is the multiply-accumulates, padding included, inserted zeros excluded.
  std::int64_t executed = 0;          ///< live under the policy
  std::int64_t skipped_weight = 0;    ///< not live, only the weight is zero
  std::int64_t skipped_feature = 0;   ///< not live, only the feature is zero
  std::int64_t skipped_both = 0;      ///< not live, both are zero
  std::int64_t masked_nonfinite = 0;  ///< one operand zero, the other infinite or NaN, under every policy

  // PE cycles; their sum is R*C*cycles.
  std::int64_t busy = 0;
  std::int64_t starved_row = 0;     ///< the row stream has not delivered the PE's next beat
  std::int64_t starved_column = 0;  ///< the row stream has, the column stream has not
  std::int64_t finished_early = 0;  ///< past the last beat, or no part in the segment

  [[nodiscard]] bool operator==(const SegmentCycles& o) const;

  SegmentCycles& operator+=(const SegmentCycles& o) {
    cycles += o.cycles;
    executed += o.executed;
    skipped_weight += o.skipped_weight;
    skipped_feature += o.skipped_feature;
    skipped_both += o.skipped_both;
    masked_nonfinite += o.masked_nonfinite;
    busy += o.busy;
    starved_row += o.starved_row;
    starved_column += o.starved_column;
    finished_early += o.finished_early;
    return *this;
  }
};

/// The recurrence. (The schedule)
/// Throws std::invalid_argument for a segment that does not fit the grid or its own sizes, as all that take one.
[[nodiscard]] SegmentCycles segment_cycles(const Grid& grid, Policy policy, const Segment& segment);

/// A part of a pass that one segment reduces: half-open ranges in the numbers of `Pass`.
struct SegmentRange {
  std::int64_t group = 0;
  std::int64_t channel_from = 0, channel_to = 0;  ///< within the group
  std::int64_t column_from = 0, column_to = 0;
  std::int64_t beat_from = 0, beat_to = 0;
};

/// The operands of a segment. `weights` and `features` are the row and the column operand that operands.h lists for the
/// pass. Where software has reordered channels, the weights must come in that order.
[[nodiscard]] Segment make_segment(Pass pass, const Convolution& shape, const Weights& weights, const Words& features,
                                   Precision precision, const SegmentRange& range);

}  // namespace reference
