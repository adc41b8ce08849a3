// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <vector>

#include "workloads/layer.h"
#include "workloads/tensor.h"

namespace dlac::tb {

/// A convolution of a trained ternary network (ResNet-20 on CIFAR-10) with real activations, two images.
struct RealLayer {
  workloads::ConvLayer layer;
  workloads::Tensor weights;          ///< Int8 or Float32
  workloads::Tensor activations;      ///< Float32
  workloads::Tensor expected;         ///< Float32 or Float64, summed in binary64
  workloads::Tensor integer_inputs;   ///< UInt8; empty for conv1
  workloads::Tensor integer_outputs;  ///< Int32
};

/// The 19 convolutions in order. The data are not part of the product: DLAC_DATA names the folder that holds
/// `ternary-resnet20`. Where it is absent this says SKIPPED on standard output and gives nothing.
[[nodiscard]] std::vector<RealLayer> trained_resnet20();

/// Any numeric tensor in the mode's format.
[[nodiscard]] workloads::Tensor converted(const workloads::Tensor& from, Mode mode);

}  // namespace dlac::tb
