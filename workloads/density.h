// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "layer.h"
#include "tensor.h"

namespace dlac::workloads {

/// Elements other than +0 and -0 (a NaN is non-zero), for every element type.
[[nodiscard]] std::uint64_t count_nonzero(const Tensor& tensor);

/// Non-zero counts of a layer's tensors, exact. Densities are their ratios.
struct LayerCounts {
  std::uint64_t weights = 0, nonzero_weights = 0;
  std::uint64_t features = 0, nonzero_features = 0;   ///< of the stored map
  std::uint64_t column_beats = 0, nonzero_beats = 0;  ///< (pixel, group, beat) features that the column streams carry,
                                                      ///< padding included: batch * OH * OW * in_channels * KH * KW
  std::uint64_t macs = 0;                             ///< padding included
  std::uint64_t live_weight = 0;                      ///< macs whose weight is non-zero
  std::uint64_t live_feature = 0;                     ///< macs whose feature is non-zero
  std::uint64_t live_both = 0;                        ///< macs with both non-zero

  [[nodiscard]] double weight_density() const { return ratio(nonzero_weights, weights); }
  [[nodiscard]] double feature_density() const { return ratio(nonzero_features, features); }
  [[nodiscard]] double beat_density() const { return ratio(nonzero_beats, column_beats); }
  [[nodiscard]] double live_density() const { return ratio(live_both, macs); }

 private:
  [[nodiscard]] static double ratio(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

/// Counts of a forward pass: features [N,C,H,W], weights [K,C/groups,KH,KW], any element type. Time is proportional to
/// the sizes of the tensors plus C*KH*KW*OH*N, not to the multiply-accumulates. Throws std::invalid_argument if a
/// tensor has not as many elements as the layer says.
[[nodiscard]] LayerCounts count_layer(const ConvLayer& layer, const Tensor& features, const Tensor& weights);

}  // namespace dlac::workloads
