// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace dlac::tb {

/// The options that repeat the run of a report, but for those that its configuration stands for: name and values. None
/// for a document that is no report.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> run_of_report(
    const nlohmann::json& document);

}  // namespace dlac::tb
