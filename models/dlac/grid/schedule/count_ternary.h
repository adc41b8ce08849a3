// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlac::schedule {

/// Ternary weights of consecutive beats, packed without gaps.
struct CountJob {
  const std::uint8_t* packed = nullptr;
  std::uint64_t beat_bits = 0;   ///< between beats
  std::uint32_t rows = 0;        ///< that take part
  std::uint32_t buffers = 0;     ///< weights per row and beat, at most 64
  std::uint32_t last_valid = 0;  ///< of the last row's weights, those that belong to the layer
  std::uint32_t units = 1;       ///< updates per cycle
  std::uint32_t beats = 0;
  std::uint16_t* counts = nullptr;  ///< out: [beats][count_stride], ceil(non-zero weights / units) per row
  std::size_t count_stride = 0;     ///< a multiple of LanePad; entries up to the next vector behind the rows become 0
  std::uint32_t* live = nullptr;    ///< out: [beats], non-zero weights
};
/// Fast for 8 and 16 buffers when beats are whole bytes.
void count_ternary(const CountJob& job);

}  // namespace dlac::schedule
