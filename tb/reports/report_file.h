// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tb/reports/layer_report.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// A whole run. Every key of the files is explained in docs/report.md.
struct RunReport {
  std::optional<std::string> network;                        ///< nullopt: tensors from files
  std::vector<std::pair<std::string, std::string>> options;  ///< what else decided the run: files, densities, ...
  std::uint32_t batch = 1;
  RunSettings settings;
  std::vector<LayerReport> layers;
  double wall_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::uint64_t expected_memory_bytes = 0;  ///< what was expected of it before the run
};

/// Version of the program.
[[nodiscard]] std::string program_version();
/// "none", "sample", "all".
[[nodiscard]] std::string to_string(VerifyLevel level);

[[nodiscard]] nlohmann::ordered_json report_json(const RunReport& report);
/// One line per layer with the same scalars as in the JSON report, behind a line with their names.
[[nodiscard]] std::string report_csv(const RunReport& report);

/// Writes the JSON or the CSV report, by the ending of the name; whole or not at all. Throws workloads::FileError.
void write_report(const std::string& path, const RunReport& report);

}  // namespace dlac::tb
