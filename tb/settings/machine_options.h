// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/settings/given_options.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// --mode, --engine, --policy, --config, --set: the core, and what the testbench puts around it.
[[nodiscard]] boost::program_options::options_description machine_options();
/// What they say. Throws InputError.
[[nodiscard]] MachineSettings machine_settings(const Given& given);

}  // namespace dlac::tb
