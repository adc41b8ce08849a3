// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <tlm>
#include <vector>

namespace dlac {

/// A range of memory that may be read or written through a pointer.
struct DmiRegion {
  std::uint64_t first = 0, last = 0;  ///< addresses, both included
  std::uint8_t* pointer = nullptr;    ///< of the byte at `first`
  bool read = false, write = false;
  std::uint64_t read_latency = 0, write_latency = 0;  ///< cycles
};

/// The ranges that memory has granted and not taken back.
class DmiMap {
 public:
  /// The range that covers all of [address, address + bytes) for this kind of access, or nullptr.
  [[nodiscard]] const DmiRegion* find(std::uint64_t address, std::uint32_t bytes, bool write) const;
  /// The newer grant replaces those that it overlaps and that allow no more than it does.
  void add(const DmiRegion& region);
  /// Drops every grant that has a byte in [first, last]; also when there is none. An empty range drops nothing.
  void invalidate(std::uint64_t first, std::uint64_t last);

 private:
  std::vector<DmiRegion> regions_;
};

}  // namespace dlac
