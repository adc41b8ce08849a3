// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tb/system/testbench.h"

namespace dlac::tb {

/// Exit codes of dlac-tb.
enum class ExitCode : int {
  Success = 0,   ///< all is verified, or was not to be
  Mismatch = 1,  ///< a result differs from the reference, or the model failed
  BadInput = 2,  ///< an option, a file or a value; one line on `err` says which
};

/// Gets a layer's results before they are checked, and may change them.
using ResultHook = std::function<void(LayerRun& run)>;

/// dlac-tb without its main(): everything from the command line (without the program's name) to the exit code. To be
/// called in sc_main(), once per process.
[[nodiscard]] ExitCode run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                                   const ResultHook& on_result = {});

}  // namespace dlac::tb
