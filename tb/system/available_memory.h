// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace dlac::tb {

/// How much memory this process can have in all, with what it has already.
struct AvailableMemory {
  std::uint64_t bytes = 0;
  std::string limited_by;  ///< what sets that bound, as an error line names it
};

/// The least of what the machine has left (MemAvailable), what the process's control groups have left (memory.max of
/// version 2, memory.limit_in_bytes of version 1, of the group and those above it, page cache not counted as used), and
/// the limit on its address space (RLIMIT_AS). What cannot be found out bounds nothing. `root`: where /proc and /sys
/// are, for tests.
[[nodiscard]] AvailableMemory available_memory(const std::string& root = "");

/// Memory that this process has now, and the most it ever had: resident bytes.
[[nodiscard]] std::uint64_t resident_memory(const std::string& root = "");
[[nodiscard]] std::uint64_t peak_memory();

/// Bytes as "1,234 MiB", for people.
[[nodiscard]] std::string mebibytes(std::uint64_t bytes);

}  // namespace dlac::tb
