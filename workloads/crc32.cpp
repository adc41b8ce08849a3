// SPDX-License-Identifier: Apache-2.0
#include "workloads/crc32.h"

#include <array>

namespace dlac::workloads {
namespace {

/// What a byte that leaves the register adds to it.
constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t Reflected = 0xEDB88320U;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? value >> 1U ^ Reflected : value >> 1U;
    table[byte] = value;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> Table = make_table();

}  // namespace

std::uint32_t crc32(const void* bytes, std::size_t size, std::uint32_t before) {
  const auto* data = static_cast<const std::uint8_t*>(bytes);
  std::uint32_t value = ~before;
  for (std::size_t i = 0; i < size; ++i) value = value >> 8U ^ Table[(value ^ data[i]) & 0xFFU];
  return ~value;
}

}  // namespace dlac::workloads
