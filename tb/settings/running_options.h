// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/settings/given_options.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// --seed, --verify, --segments, and output_options(): how layers are run, whatever they are.
[[nodiscard]] boost::program_options::options_description running_options();
/// What they say, and machine_options(). Throws InputError.
[[nodiscard]] RunSettings run_settings(const Given& given);

}  // namespace dlac::tb
