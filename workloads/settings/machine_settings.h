// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace dlac {

/// The core and what a host puts around it: everything that a configuration file can say.
struct MachineSettings {
  Config core;
  std::uint32_t memory_latency_ns = 100;  ///< of the testbench's memory [A]
  std::optional<std::uint32_t>
      grid_rows;  ///< for workloads::MapperOptions; nullopt: the mapper chooses, layer by layer [A]

  /// Where a key got its value ("file.json", "--set", "--mode"); keys with their default are not in it.
  std::map<std::string, std::string> sources;
};

}  // namespace dlac
