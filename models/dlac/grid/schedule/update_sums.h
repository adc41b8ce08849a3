// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/counters.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/schedule/feature_panel.h>
#include <dlac/grid/schedule/weight_counter.h>

#include <cstdint>

namespace dlac::schedule {

/// What became of a segment's updates, from sums over its beats. (The schedule)
class UpdateSums {
 public:
  explicit UpdateSums(std::uint32_t channels) : channels_(channels) {}

  void add(const FeaturePanel& features, const WeightPanel& weights, std::uint32_t beats);
  [[nodiscard]] UpdateCounts counts(const SkipRule& rule) const;

 private:
  void add_masked(const FeaturePanel& features, const WeightPanel& weights, std::uint32_t beats);

  const std::uint32_t channels_;
  std::uint64_t counted_ = 0;             ///< columns that are no inserted zero
  std::uint64_t live_features_ = 0;       ///< columns with a non-zero feature
  std::uint64_t nonzero_counted_ = 0;     ///< the former times the beat's non-zero weights
  std::uint64_t nonzero_live_ = 0;        ///< the latter times them
  std::uint64_t candidates_counted_ = 0;  ///< the same with the beat's candidates
  std::uint64_t candidates_live_ = 0;
  std::uint64_t masked_nonfinite_ = 0;
};

}  // namespace dlac::schedule
