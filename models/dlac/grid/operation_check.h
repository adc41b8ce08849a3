// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/register_map.h>

#include <cstdint>

namespace dlac {

/// Whether this core can execute an operation: every field in range, every address that it forms inside the buffers.
/// Engines rely on it, and on legal ternary codes. Returns ErrorCode::None or the reason.
///
/// Sizes of maps, kernels, pixel grids, strides, steps, offsets and insertions are limited to 2^24, pixel and beat
/// indices to 2^32. The feature columns [x_min, x_max] that the tile's pixels and the whole kernel name inside the map
/// must be held: first_x <= x_min and x_max < first_x + pitch.
[[nodiscard]] ErrorCode check(const MmOp& op, const Config& config);
[[nodiscard]] ErrorCode check(const PtWiseOp& op, const Config& config);
[[nodiscard]] ErrorCode check(const Store& store, const Config& config);

/// Bits of the weight buffer that an mmOp names, from its byte `weights` on.
[[nodiscard]] std::uint64_t weight_bits(const MmOp& op, const Config& config);
/// Whether `bits` bits from byte `first` on hold the ternary code 10, which is none.
[[nodiscard]] bool has_illegal_code(const std::uint8_t* first, std::uint64_t bits);

}  // namespace dlac
