// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/settings/input_error.h"
#include "workloads/settings/machine_settings.h"

namespace dlac {

/// KEY = VALUE as somebody wrote it.
struct Assignment {
  enum class Kind : unsigned char {
    Text,    ///< on the command line: a number or a name
    Number,  ///< a JSON number
    Name,    ///< a JSON string
    Other,   ///< anything else in JSON, which no key takes
  };
  std::string source;  ///< the file or the option, for error messages
  std::string key;
  std::string value;
  Kind kind = Kind::Text;
};

/// A report: it names the program that wrote it. assignments_of() needs its configuration, too.
[[nodiscard]] bool is_report(const nlohmann::json& document);

/// Reads a configuration file: one JSON object, key -> value, or key -> {"value": ..., "description": ..., "origin":
/// ...} as `dlac-tb config` prints it, or a report of dlac-tb, of which the object `configuration` counts. Throws
/// InputError for a file that cannot be read, is no such object, or names a key twice.
[[nodiscard]] std::vector<Assignment> read_config_file(const std::string& path);
/// The same of a document. `name`: for error messages.
[[nodiscard]] std::vector<Assignment> assignments_of(const nlohmann::json& document, const std::string& name);
/// The same of a text.
[[nodiscard]] std::vector<Assignment> parse_config_text(std::string_view text, const std::string& name);

/// "KEY=VALUE". Throws InputError.
[[nodiscard]] Assignment parse_assignment(std::string_view text, const std::string& source);

/// Applies assignments in order, a later one overriding an earlier one, to the defaults of the mode that results from
/// them. What the last place that says something of `pes`, `rows` or `columns` leaves open of rows and columns follows
/// from `pes`: the squarest grid that has no more rows than columns, if neither is set there; rows or columns set there
/// also fix grid_rows, unless that is set there itself. Throws InputError for an
/// unknown key, a value of the wrong kind or out of range, and for a core that cannot be built.
[[nodiscard]] MachineSettings resolve(const std::vector<Assignment>& assignments);

/// The same error with the file or option that set the key.
[[nodiscard]] InputError explain(const ConfigError& error, const MachineSettings& settings);

/// Every key: {"value", "description", "origin"}. read_config_file() and resolve() give the same settings again.
[[nodiscard]] nlohmann::ordered_json describe(const MachineSettings& settings);
/// Every key and its value.
[[nodiscard]] nlohmann::ordered_json plain_values(const MachineSettings& settings);

}  // namespace dlac
