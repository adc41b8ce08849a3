// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>
#include <optional>

#include "layer.h"
#include "layer_plan.h"
#include "weight_image.h"

namespace dlac::workloads {

/// What a caller may prescribe; what is left open the mapper chooses.
struct MapperOptions {
  std::optional<std::uint32_t> grid_rows;
  std::optional<LoopOrder> order;
};

/// Maps a layer onto a core: chooses grid shape and loop order by an estimate of compute and memory cycles, cuts the
/// layer into tiles, segments, weight blocks and feature strips that fit the buffers, and orders the loads so that
/// each overwrites only what earlier segments no longer need (tokens compute->load). With room for it, loads run ahead
/// of the grid (double buffering), and rows that neighbouring tiles share are loaded once.
///
/// Throws LayerError when the layer is none or too large for the command encoding, ConfigError when a buffer cannot
/// hold one double-buffered segment of one beat.
[[nodiscard]] LayerPlan plan_layer(const ConvLayer& layer, const Config& config, const MapperOptions& options = {});

/// How long the lists of a plan are, without the plan.
struct PlanSize {
  std::uint64_t tiles = 0;
  std::uint64_t segments = 0;
  /// At least: an mmOp for each segment, a store for each tile, and the end; loads come on top.
  [[nodiscard]] std::uint64_t commands() const { return segments + tiles + 1; }
};

/// The size of what plan_layer() will return. Throws what it throws.
[[nodiscard]] PlanSize plan_size(const ConvLayer& layer, const Config& config, const MapperOptions& options = {});

}  // namespace dlac::workloads
