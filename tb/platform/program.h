// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace dlac::platform {

/// The whole of dlac-platform: reads the command line, builds the platform, runs it and prints. Returns the exit code.
[[nodiscard]] int run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace dlac::platform
