// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/divide_up.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/schedule/simd.h>
#include <dlac/grid/schedule/weight_view.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dlac::schedule {

/// What the row streams deliver in a run of beats, as far as cycles and counters go.
struct WeightPanel {
  AlignedArray<std::uint16_t> counts;     ///< [beats][count_stride]: n of a row's PEs whose column is live
  std::size_t count_stride = 0;           ///< 0: all beats are alike
  std::vector<std::uint32_t> nonzero;     ///< per beat: weights of the layer other than +-0
  std::vector<std::uint32_t> candidates;  ///< per beat: updates of a column that passes (SkipRule)
  std::vector<std::uint32_t> nonfinite;   ///< per beat: weights that are infinite or NaN
  bool any_nonfinite = false;
};

/// The zero detection of the row streams for one segment: from beats to panels.
class WeightCounter {
 public:
  /// Fills at most `most_beats` beats at once.
  WeightCounter(const Config& config, const SkipRule& rule, const WeightView& weights, std::uint32_t most_beats);

  void begin(const MmOp& op);
  /// Fills the panel with beats [first, first + beats) of the segment.
  void count(std::uint32_t first, std::uint32_t beats);
  [[nodiscard]] const WeightPanel& panel() const { return panel_; }

 private:
  void count_words(std::uint32_t first, std::uint32_t beats);
  void count_codes(std::uint32_t first, std::uint32_t beats);
  void count_candidates(std::uint32_t first, std::uint32_t beats);
  /// Output buffers of a row that hold channels of the layer.
  [[nodiscard]] std::uint32_t valid_buffers(std::uint32_t row) const {
    return row + 1 == live_rows_ ? last_valid_ : config_.output_buffers;
  }
  /// Cycles of a PE for a number of updates.
  [[nodiscard]] std::uint16_t cycles(std::uint32_t updates) const {
    return static_cast<std::uint16_t>(divide_up(updates, units_));
  }

  const Config& config_;
  const SkipRule rule_;
  const Arithmetic arithmetic_;
  const WeightView& weights_;
  const std::uint32_t most_beats_;
  MmOp op_;
  std::uint32_t units_ = 1;         ///< A'
  std::uint32_t live_rows_ = 0;     ///< with channels of the layer
  std::uint32_t last_valid_ = 0;    ///< channels of the layer in the last of them
  std::uint32_t counted_rows_ = 0;  ///< rows behind these are 0 in the counts
  std::size_t stride_ = 0;
  WeightPanel panel_;
};

}  // namespace dlac::schedule
