// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/register_map.h>
#include <dlac/grid/engine.h>

namespace dlac {

/// Whether this core can execute an operation: every field in range, every address that it forms inside the buffers,
/// every ternary code legal. Engines rely on it. Returns ErrorCode::None or the reason.
///
/// Sizes of maps, kernels, pixel grids, strides, steps, offsets and insertions are limited to 2^24, pixel and beat
/// indices to 2^32. The feature columns [x_min, x_max] that the tile's pixels and the whole kernel name inside the map
/// must be held: first_x <= x_min and x_max < first_x + pitch.
[[nodiscard]] ErrorCode check(const MmOp& op, const Config& config, const BufferView& weights);
[[nodiscard]] ErrorCode check(const PtWiseOp& op, const Config& config);
[[nodiscard]] ErrorCode check(const Store& store, const Config& config);

}  // namespace dlac
