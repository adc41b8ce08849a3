// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace dlac::workloads {

/// A regular file, opened at its first byte.
struct InputFile {
  std::ifstream stream;
  std::uint64_t bytes = 0;
};

/// Throws FileError, with `expected` as what was expected, for a file that is missing, unreadable or not a regular one.
[[nodiscard]] InputFile open_input_file(const std::string& path, const std::string& expected);

}  // namespace dlac::workloads
