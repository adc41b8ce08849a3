// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "input_error.h"
#include "machine_settings.h"

namespace dlac {

/// Reads a configuration file, as `dlac-tb --config` does: one JSON object of keys and values, what `dlac-tb config`
/// prints, or a report of dlac-tb, whose configuration counts. Keys that it does not name have the defaults of its
/// mode. `.core` is valid: an Accelerator can be made of it.
/// Throws InputError for a file that cannot be read or is no such object, for an unknown key, a value of the wrong kind
/// or out of range, and for a core that cannot be built.
[[nodiscard]] MachineSettings load_config(const std::string& path);

/// The same of a text in memory. `name` is what error messages call it.
[[nodiscard]] MachineSettings parse_config(std::string_view json, const std::string& name = "configuration");

}  // namespace dlac
