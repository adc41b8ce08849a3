// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlac::schedule {

/// Transposes a bank's accumulators [columns][channel_stride] to words out[channel*columns + column], canonical.
void drain_words(const float* accumulators, std::size_t channel_stride, std::uint32_t channels, std::uint32_t columns,
                 bool half, std::uint32_t* out);

}  // namespace dlac::schedule
