// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac {

/// Read access to a local buffer: little-endian bytes. At least `BufferSlack` readable bytes follow the last one that
/// an operation names, so that a vector load of the last word stays inside the allocation.
struct BufferView {
  const std::uint8_t* data = nullptr;
  std::uint64_t bytes = 0;
};
inline constexpr std::uint64_t BufferSlack = 64;

}  // namespace dlac
