// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/update_sums.h>

#include <cmath>

namespace dlac::schedule {

void UpdateSums::add(const FeaturePanel& features, const WeightPanel& weights, std::uint32_t beats) {
  for (std::uint32_t t = 0; t < beats; ++t) {
    const std::uint64_t counted = features.counted_columns[t];
    const std::uint64_t live = features.nonzero_columns[t];
    counted_ += counted;
    live_features_ += live;
    nonzero_counted_ += weights.nonzero[t] * counted;
    nonzero_live_ += weights.nonzero[t] * live;
    candidates_counted_ += weights.candidates[t] * counted;
    candidates_live_ += weights.candidates[t] * live;
  }
  if (features.nonfinite || weights.any_nonfinite) add_masked(features, weights, beats);
}

void UpdateSums::add_masked(const FeaturePanel& features, const WeightPanel& weights, std::uint32_t beats) {
  for (std::uint32_t t = 0; t < beats; ++t) {
    std::uint64_t nonfinite = 0;
    const float* x = &features.values[t * features.stride];
    for (std::uint32_t c = 0; c < features.columns; ++c) nonfinite += std::isfinite(x[c]) ? 0 : 1;
    const std::uint64_t zero_features = features.counted_columns[t] - features.nonzero_columns[t];
    masked_nonfinite_ += nonfinite * (channels_ - weights.nonzero[t]) + weights.nonfinite[t] * zero_features;
  }
}

UpdateCounts UpdateSums::counts(const SkipRule& rule) const {
  // Candidates are executed where the feature passes; the others have a zero weight there.
  const std::uint64_t zero_features = (counted_ - live_features_) * channels_;
  UpdateCounts updates;
  updates.executed = candidates_live_;
  updates.skipped_weight = live_features_ * channels_ - candidates_live_;
  if (rule.passes(true)) {
    updates.executed = candidates_counted_;
    updates.skipped_both = zero_features - (candidates_counted_ - candidates_live_);
  } else {
    updates.skipped_feature = nonzero_counted_ - nonzero_live_;
    updates.skipped_both = zero_features - updates.skipped_feature;
  }
  updates.masked_nonfinite = masked_nonfinite_;
  return updates;
}

}  // namespace dlac::schedule
