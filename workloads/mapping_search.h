// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mapper.h"
#include "mapping.h"

namespace dlac::workloads {

/// The mapping of lowest estimated cost. Throws what plan_layer() throws.
[[nodiscard]] Mapping cheapest_mapping(const MappedLayer& mapped, const MapperOptions& options);

}  // namespace dlac::workloads
