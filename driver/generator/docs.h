// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace dlac::generator {

/// The register map as a markdown table, made from dlac::registers().
[[nodiscard]] std::string register_table();
/// Every command's fields as markdown tables, made from dlac::command_fields().
[[nodiscard]] std::string command_tables();
/// `text` with what stands between the lines <!-- NAME:begin --> and <!-- NAME:end --> replaced, for the names
/// `registers` and `commands`. Throws std::runtime_error if a marker is missing.
[[nodiscard]] std::string with_interface_tables(const std::string& text);

}  // namespace dlac::generator
