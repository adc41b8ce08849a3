// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac {

/// Multiply-accumulates of a segment by what became of them. Their sum is the segment's
/// multiply-accumulates, padding included, inserted zeros excluded. (Counters)
struct UpdateCounts {
  std::uint64_t executed = 0;         ///< live under the policy
  std::uint64_t skipped_weight = 0;   ///< not executed; only the weight is zero
  std::uint64_t skipped_feature = 0;  ///< not executed; only the feature is zero
  std::uint64_t skipped_both = 0;     ///< not executed; both are zero
  /// Updates with a zero operand whose other operand is infinite or NaN (under every policy they leave the
  /// accumulator untouched). Not part of the sum. (Counters)
  std::uint64_t masked_nonfinite = 0;

  UpdateCounts& operator+=(const UpdateCounts& o) {
    executed += o.executed;
    skipped_weight += o.skipped_weight;
    skipped_feature += o.skipped_feature;
    skipped_both += o.skipped_both;
    masked_nonfinite += o.masked_nonfinite;
    return *this;
  }
  [[nodiscard]] bool operator==(const UpdateCounts& o) const {
    return executed == o.executed && skipped_weight == o.skipped_weight && skipped_feature == o.skipped_feature &&
           skipped_both == o.skipped_both && masked_nonfinite == o.masked_nonfinite;
  }
};

/// PE cycles of a segment; their sum is PEs x cycles of the segment. (Counters)
struct PeCycles {
  std::uint64_t busy = 0;            ///< executing updates
  std::uint64_t starved_row = 0;     ///< next beat not yet delivered by the row stream (also when neither delivered it)
  std::uint64_t starved_column = 0;  ///< delivered by the row stream, not yet by the column stream
  std::uint64_t finished_early = 0;  ///< past the last beat, or a PE that takes no part

  PeCycles& operator+=(const PeCycles& o) {
    busy += o.busy;
    starved_row += o.starved_row;
    starved_column += o.starved_column;
    finished_early += o.finished_early;
    return *this;
  }
  [[nodiscard]] bool operator==(const PeCycles& o) const {
    return busy == o.busy && starved_row == o.starved_row && starved_column == o.starved_column &&
           finished_early == o.finished_early;
  }
};

/// What one mmOp (segment) did.
struct SegmentResult {
  std::uint64_t cycles = 0;  ///< the cycles of its recurrence (The schedule)
  UpdateCounts updates;
  PeCycles pe;
};

}  // namespace dlac
