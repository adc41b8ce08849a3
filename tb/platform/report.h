// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "tb/platform/options.h"
#include "tb/platform/platform.h"

namespace dlac::platform {

/// Writes what a run of the platform gave as JSON or, a line per command list, as CSV, by the ending of the name; whole
/// or not at all. Every key is explained in docs/platform.md. `code`: of Platform::run(). Throws workloads::FileError.
void write_report(const std::string& path, const Options& options, Platform& platform, const std::optional<int>& code,
                  double wall_seconds);

}  // namespace dlac::platform
