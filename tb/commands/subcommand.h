// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string_view>
#include <vector>

#include "tb/settings/given_options.h"
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

/// Where a subcommand writes, and who else looks at results.
struct Console {
  std::ostream& out;
  std::ostream& err;
  const ResultHook& on_result;
};

/// One of dlac-tb's commands. Another one is a file beside the others, and its name in table.cpp.
struct Subcommand {
  std::string_view name;
  std::string_view synopsis;      ///< what follows the name in `dlac-tb --help`
  std::string_view summary;       ///< what it does, in a few words, there
  const char* usage = nullptr;    ///< the beginning of its own --help, which goes on with the options
  const char* operand = nullptr;  ///< the option whose name may be left out
  void (*add_options)(boost::program_options::options_description& options) = nullptr;
  /// May throw whatever run_program() makes an exit code of.
  ExitCode (*run)(const Given& given, const Console& console) = nullptr;
  const char* less_memory = nullptr;  ///< what makes it take less memory, for the line about that
};

/// All of them, in the order of `dlac-tb --help`.
[[nodiscard]] const std::vector<Subcommand>& subcommands();

}  // namespace dlac::tb
