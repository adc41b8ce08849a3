// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlac::workloads {

/// CRC-32 of IEEE 802.3 as zlib computes it: polynomial 0x04C11DB7 reflected, initial value and final XOR 0xFFFFFFFF.
/// `before`: the CRC of what precedes these bytes, so that a range can be taken in pieces.
[[nodiscard]] std::uint32_t crc32(const void* bytes, std::size_t size, std::uint32_t before = 0);

}  // namespace dlac::workloads
