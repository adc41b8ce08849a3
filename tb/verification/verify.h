// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tb/settings/run_settings.h"
#include "tb/system/testbench.h"
#include "workloads/density.h"
#include "workloads/layer.h"

namespace dlac::tb {

/// What comparing a layer with the reference found.
struct Verification {
  std::uint64_t outputs = 0;             ///< compared
  std::uint64_t differing_outputs = 0;   ///< of them
  std::uint64_t segments = 0;            ///< whose cycles were compared
  std::uint64_t differing_segments = 0;  ///< of them
  std::uint64_t differing_counters = 0;  ///< performance counters that contradict the tensors or each other
  std::vector<std::string> messages;     ///< one line for each of the first few differences, and one for the rest

  [[nodiscard]] bool passed() const {
    return differing_outputs == 0 && differing_segments == 0 && differing_counters == 0;
  }
};

/// Compares a layer's outputs, segment cycles and counters with the naive reference of tb/reference, and its counters
/// with the operands' zeros.
/// Sample: the corners of the output map, the borders of some tiles and some random outputs, and one or two random
/// segments, drawn with `seed` and the layer's name. All: every output, every segment, every counter.
/// `level` is not None; `tensors` are those that the layer ran on, `counts` theirs.
/// `moved` is told now and then, under All, what share of it is done.
[[nodiscard]] Verification verify_layer(const workloads::ConvLayer& layer, const Config& config,
                                        const LayerTensors& tensors, const workloads::LayerCounts& counts,
                                        const LayerRun& run, VerifyLevel level, std::uint64_t seed,
                                        const std::function<void(double share)>& moved = {});

}  // namespace dlac::tb
