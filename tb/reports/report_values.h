// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

// What the reports have in common. Their keys are explained in docs/report.md.
namespace dlac::tb {

/// null: not checked.
[[nodiscard]] nlohmann::ordered_json verified_json(const std::optional<bool>& verified);
/// Adds `grid_cycles`, `updates`, `pe_cycles` and the traffic to an object. Index of the counters: Counter.
void add_counters(nlohmann::ordered_json& to, const std::array<std::uint64_t, CounterCount>& counters);

/// Objects of the same keys as lines behind one with the names: nested ones as outer_inner, lists as their elements
/// joined with "x". Empty for no objects.
[[nodiscard]] std::string csv_of(const nlohmann::ordered_json& rows);
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& report);
/// Whole or not at all. Throws workloads::FileError.
void write_report_text(const std::string& path, const std::string& text);

/// The largest resident set of the process until now.
[[nodiscard]] std::uint64_t peak_memory_bytes();

}  // namespace dlac::tb
