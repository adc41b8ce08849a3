// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dlac::workloads {

/// What a synthetic feature map stands for.
enum class FeatureKind : unsigned char {
  PostRelu,  ///< non-negative, zeros where a ReLU clipped
  Image,     ///< dense, signed, normalised like an ImageNet image: the input of a first layer
};

/// How unevenly the non-zeros lie: standard deviations of the logit of the local density, divided by 4. One spread s
/// alone makes local densities deviate by about 4 s d (1 - d) around a density d, that is by s around one half; several
/// together flatten each other. Independent draws have spread 0.
///
/// Defaults: the synthetic tensors then look, measured in the same way, like the ternary convolutions of a trained
/// ternary ResNet-20 (CIFAR-10, threshold 0.7 mean|W|, ReLU threshold 0.1). Its medians, sampling variance subtracted,
/// in units of 4 d (1 - d): filters deviate by 0.10, input channels by 0.10, feature channels by 0.15, pixels (from the
/// covariance of neighbours) by 0.05; within a channel the non-zeros of a pixel correlate with those of the next one by
/// 0.38 and of the one after it by 0.12 (synthetic: 0.32 to 0.37 and 0.09 to 0.12).
struct DensitySpread {
  double filter = 0.10;           ///< weights: over output channels
  double channel = 0.10;          ///< weights: over input channels
  double feature_channel = 0.35;  ///< features: over channels
  double feature_pixel = 0.12;    ///< features: over pixels, the same in all channels
  double feature_local = 0.90;    ///< features: over pixels, each channel its own pattern

  /// Independent draws: every weight and every feature has the same chance.
  [[nodiscard]] static constexpr DensitySpread none() { return {0, 0, 0, 0, 0}; }
};

/// How sparse one layer's tensors are.
struct DensityProfile {
  double weight_density = 1;   ///< non-zero weights / weights, 0 to 1
  double feature_density = 1;  ///< non-zero features / features of the stored input map, 0 to 1
  FeatureKind features = FeatureKind::PostRelu;
  DensitySpread spread;
};

}  // namespace dlac::workloads
