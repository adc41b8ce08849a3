// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac {

/// ceil(value / divisor) of a divisor that is not 0.
[[nodiscard]] constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t divisor) {
  return value / divisor + (value % divisor != 0 ? 1 : 0);
}

}  // namespace dlac
