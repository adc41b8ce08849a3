// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tb/settings/given_options.h"
#include "tb/settings/layer_sources.h"

namespace dlac::tb {

/// --network, --layer, --batch and densities: the layers of a network.
[[nodiscard]] boost::program_options::options_description network_options();
/// What they say. Throws InputError, also for a layer that the network has not.
[[nodiscard]] NetworkSelection network_selection(const Given& given);

/// The network of --network. Throws InputError for what is no network's name.
[[nodiscard]] std::string network_name(const Given& given);

}  // namespace dlac::tb
