// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace dlac::tb {

/// Reads a JSON file, which may be a pipe, of at most 1 MiB. Throws InputError for a file that cannot be read, is no
/// JSON, or names a key twice in one object, which JSON leaves open and parsers silently drop.
[[nodiscard]] nlohmann::json read_json(const std::string& path);

/// What an error line shows of a JSON value.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace dlac::tb
