// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac::clocked {

/// Eight little-endian bytes.
[[nodiscard]] inline std::uint64_t load_uint64(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

/// Word `index` of little-endian words of `word_bytes` (4 or 2) bytes.
[[nodiscard]] inline std::uint32_t load_word(const std::uint8_t* bytes, std::uint64_t index, std::uint32_t word_bytes) {
  bytes += index * word_bytes;
  const std::uint32_t low = bytes[0] | std::uint32_t{bytes[1]} << 8;
  return word_bytes == 2 ? low : low | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24;
}

/// A mask of output buffers 0 .. count-1, count from 0 to 64.
[[nodiscard]] inline std::uint64_t first_buffers(std::uint32_t count) {
  return count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count);
}

}  // namespace dlac::clocked
