// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tb/settings/run_settings.h"

namespace dlac::platform {

/// The command line of dlac-platform.
struct Options {
  std::optional<std::string> help;  ///< print this and nothing else
  std::string firmware;             ///< ELF file
  std::optional<std::string> image;
  bool benchmark = false;
  std::uint32_t ram_bytes = 0;
  std::uint64_t quantum_ns = 0;
  bool dmi = true;
  MachineSettings machine;
  std::optional<std::string> config;  ///< of the machine, already read
  std::optional<std::string> uart;    ///< a file instead of standard output
  tb::OutputSettings outputs;         ///< without records
};

/// Reads the command line, without the program's name. Options are not abbreviated. Throws InputError.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

}  // namespace dlac::platform
