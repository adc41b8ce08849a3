// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac::clocked {

/// What the modules of the grid know of each other beside their links.
struct GridStatus {
  std::uint64_t cycle = 0;     ///< number of the clock edge that ends the present cycle
  std::uint32_t requests = 0;  ///< streams that want a beat out of a buffer by a transaction
  bool failed = false;         ///< a link answered with an error
};

}  // namespace dlac::clocked
