// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tb/settings/input_error.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// KEY = VALUE as somebody wrote it.
struct Assignment {
  enum class Kind : unsigned char {
    Text,    ///< on the command line: a number or a name
    Number,  ///< a JSON number
    Name,    ///< a JSON string
  };
  std::string source;  ///< the file or the option, for error messages
  std::string key;
  std::string value;
  Kind kind = Kind::Text;
};

/// Reads a configuration file: one JSON object, key -> value, or key -> {"value": ..., "description": ..., "origin":
/// ...} as `dlac-tb config` prints it. Throws InputError for a file that cannot be read, is no such object, or names a
/// key twice.
[[nodiscard]] std::vector<Assignment> read_config_file(const std::string& path);

/// "KEY=VALUE". Throws InputError.
[[nodiscard]] Assignment parse_assignment(std::string_view text, const std::string& source);

/// Applies assignments in order, a later one overriding an earlier one, to the defaults of the mode that results from
/// them. Throws InputError for an unknown key, a value of the wrong kind or out of range, and for a core that cannot be
/// built.
[[nodiscard]] MachineSettings resolve(const std::vector<Assignment>& assignments);

/// The same error with the file or option that set the key.
[[nodiscard]] InputError explain(const ConfigError& error, const MachineSettings& settings);

/// Every key: {"value", "description", "origin"}. read_config_file() and resolve() give the same settings again.
[[nodiscard]] nlohmann::ordered_json describe(const MachineSettings& settings);
/// Every key and its value.
[[nodiscard]] nlohmann::ordered_json plain_values(const MachineSettings& settings);

}  // namespace dlac::tb
