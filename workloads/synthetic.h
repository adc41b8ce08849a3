// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "density_profile.h"
#include "layer.h"
#include "tensor.h"

namespace dlac::workloads {

// Seeded synthetic tensors. The model:
//
// An element is non-zero with its own local chance p, drawn independently of all others, given p. The logit of p is
//
//   weights [k,c,..]:   m + 4 s_filter a_k + 4 s_channel b_c
//   features [n,c,y,x]: m + 4 s_feature_channel a_c + 4 s_feature_pixel F_n(y,x) + 4 s_feature_local G_n,c(y,x)
//
// with a, b independent and roughly normal (mean 0, variance 1), F and G smooth random fields of mean 0 and variance 1
// (roughly normal values on a lattice of 4 and 2 pixels, bilinear in between, so that pixels correlate with their
// neighbours), s the spreads of DensitySpread. m is solved for so that the mean of p over the tensor is the density
// asked for, at whatever spread: the density comes out within the sampling error of independent draws. Chances are
// multiples of 2^-16.
//
// Values. Non-zero ternary codes are +1 or -1 with equal chance. Full-precision weights are roughly normal with
// variance 2 / beats and at least 2^-10 of their deviation away from zero. Post-ReLU features are 0.1 + 2 u^2, u
// uniform in [0,1): a ReLU with a threshold of 0.1. Image features are a smooth field plus noise, in [-4.2, 4.2], never
// zero at density 1. Float16 tensors are the Float32 ones rounded to nearest even; no non-zero value rounds to zero.
//
// The same seed, layer name, sizes and densities give the same bits on every platform, for each tensor whatever else is
// drawn: only integer arithmetic and correctly rounded +, -, *, / are used. Weights do not depend on the batch.

/// Ternary codes: Int8 [out_channels, in_channels / groups, kernel_h, kernel_w].
[[nodiscard]] Tensor synthetic_codes(const ConvLayer& layer, const DensityProfile& densities, std::uint64_t seed);

/// Full-precision weights of the same shape: `type` Float32 or Float16.
[[nodiscard]] Tensor synthetic_weights(const ConvLayer& layer, const DensityProfile& densities, ElementType type,
                                       std::uint64_t seed);

/// Input features: `type` Float32 or Float16, [batch, in_channels, height, width]. Zeros are at the same places for
/// both types.
[[nodiscard]] Tensor synthetic_features(const ConvLayer& layer, const DensityProfile& densities, ElementType type,
                                        std::uint64_t seed);

}  // namespace dlac::workloads
