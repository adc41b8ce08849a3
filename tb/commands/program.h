// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tb/commands/subcommand.h"

namespace dlac::tb {

/// dlac-tb without its main(): everything from the command line (without the program's name) to the exit code. To be
/// called in sc_main(), once per process.
[[nodiscard]] ExitCode run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                                   const ResultHook& on_result = {});

}  // namespace dlac::tb
