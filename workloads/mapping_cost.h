// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "mapping.h"
#include "pixel_tiles.h"

namespace dlac::workloads {

/// How long a layer takes on a core, estimated: the larger one of its compute and its memory cycles, and of two equally
/// fast mappings less for that with less work on the other side. `resident_tile`: all weights of a channel tile stay in
/// the buffer; `row_capacity`: rows of all channels that the feature buffer holds.
[[nodiscard]] double estimated_cost(const MappedLayer& mapped, const Mapping& mapping, const std::vector<Strip>& strips,
                                    const std::vector<PixelTile>& tiles, bool resident_tile,
                                    std::uint32_t row_capacity);

}  // namespace dlac::workloads
