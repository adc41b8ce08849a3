// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/settings/given_options.h"
#include "tb/settings/layer_sources.h"

namespace dlac::tb {

/// --weights, --features and the shape of a layer on given tensors.
[[nodiscard]] boost::program_options::options_description layer_options();
/// What they say. Throws InputError.
[[nodiscard]] LayerFiles layer_files(const Given& given);

}  // namespace dlac::tb
