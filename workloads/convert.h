// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlac::workloads {

/// binary32 to binary16 bits, element by element, to nearest even, subnormals and all; overflow gives infinity, every
/// NaN 0x7E00: bit for bit what Half::from_float gives.
void convert_to_half(const float* in, std::size_t count, std::uint16_t* out);

/// binary16 bits to binary32, exact; every NaN gives 0x7FC00000.
void convert_to_float(const std::uint16_t* in, std::size_t count, float* out);

}  // namespace dlac::workloads
