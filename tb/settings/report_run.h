// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dlac::tb {

/// An option, and the key of the report that it comes from.
struct RepeatedOption {
  std::string name, key;
  std::vector<std::string> values;
};

/// The options that repeat the run of a report, but for those that its configuration stands for. None for a document
/// that is no report. Throws InputError for a report that says them wrongly; `file` is what it calls it.
[[nodiscard]] std::vector<RepeatedOption> run_of_report(const nlohmann::json& document, const std::string& file);

}  // namespace dlac::tb
