// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac {

/// Bursts that were issued on the memory port, and their bytes.
struct PortTraffic {
  std::uint64_t bytes_read = 0, bytes_written = 0, read_bursts = 0, write_bursts = 0;
};

/// Whoever counts it.
class TrafficCounter {
 public:
  TrafficCounter() = default;
  TrafficCounter(const TrafficCounter&) = default;
  TrafficCounter& operator=(const TrafficCounter&) = default;
  virtual ~TrafficCounter() = default;
  [[nodiscard]] virtual const PortTraffic& traffic() = 0;
  virtual void clear_traffic() = 0;
};

}  // namespace dlac
