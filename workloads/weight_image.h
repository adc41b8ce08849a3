// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>

#include "layer.h"
#include "layer_plan.h"
#include "tensor.h"

namespace dlac::workloads {

/// Packs the weights of every block into `image` (weight_image_bytes long). Codes are [K, C/groups, KH, KW] in
/// {-1,0,1}; others are not looked for here (check_ternary() in packing.h does so). Throws LayerError when the layer
/// has weights of another kind, or when the plan was made for another layer or configuration.
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::int8_t* codes,
                  std::uint8_t* image);
/// The same for full-precision weights: binary32 bits (train).
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint32_t* words,
                  std::uint8_t* image);
/// The same for full-precision weights: binary16 bits (infer).
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint16_t* words,
                  std::uint8_t* image);
/// One of these by the kind of the layer's weights: Int8 codes, Float32 (train) or Float16 (infer).
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const Tensor& weights,
                  std::uint8_t* image);

}  // namespace dlac::workloads
