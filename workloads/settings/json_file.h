// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace dlac {

/// Reads a JSON file, which may be a pipe, of at most 64 MiB. Throws InputError for a file that cannot be read, is no
/// JSON, or names a key twice in one object, which JSON leaves open and parsers silently drop.
[[nodiscard]] nlohmann::json read_json(const std::string& path);
/// The same of a text. `name`: for error messages.
[[nodiscard]] nlohmann::json parse_json(const std::string& name, std::string_view text);

/// What an error line shows of a JSON value.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace dlac
