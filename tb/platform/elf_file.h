// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlac::platform {

/// A piece of a program as it lies in memory before the program starts.
struct ElfSegment {
  std::uint32_t address = 0;  ///< physical: start-up code copies initialised data to where it is used
  std::vector<std::uint8_t> bytes;
};

/// A bare-metal program for a 32-bit RISC-V processor.
struct ElfProgram {
  std::uint32_t entry = 0;
  std::vector<ElfSegment> segments;
};

/// Reads an ELF file. Throws InputError when it cannot be read or is something else.
[[nodiscard]] ElfProgram read_elf(const std::string& path);

}  // namespace dlac::platform
