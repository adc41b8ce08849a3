// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>
#include <random>

#include "tb/reference/convolution.h"
#include "tb/reference/schedule.h"
#include "tb/system/testbench.h"
#include "tb/verification/reference_shape.h"

namespace dlac::tb {

/// What the values of a random tensor may be.
enum class Flavour { Plain, AllZero, AllDense, NonFinite, Tiny, Huge };

/// A random layer with its tensors, small enough for the naive reference.
struct RandomLayer {
  workloads::ConvLayer layer;
  LayerTensors tensors;
};

[[nodiscard]] RandomLayer random_layer(std::mt19937& random, Mode mode, std::uint64_t largest_macs);

/// The elements as words of the mode's format; for Int8 weights use ternary_of().
[[nodiscard]] std::vector<std::uint32_t> words_of(const workloads::Tensor& tensor);
[[nodiscard]] std::vector<std::int8_t> ternary_of(const workloads::Tensor& tensor);
[[nodiscard]] reference::Words reference_outputs(const RandomLayer& random, Mode mode);
/// Cycles and counters of one segment of a plan, from the recurrence.
[[nodiscard]] reference::SegmentCycles reference_cycles(const RandomLayer& random, const Config& config,
                                                        const workloads::LayerPlan& plan,
                                                        const workloads::Segment& segment);

}  // namespace dlac::tb
