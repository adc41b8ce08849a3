// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/simd_config.h>
#include <dlac/grid/schedule/drain_words.h>

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(bugprone-macro-parentheses): not an expression
#define HWY_TARGET_INCLUDE <dlac/grid/schedule/drain_words.cpp>
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;

void drain_words_on_target(const float* accumulators, std::size_t channel_stride, std::uint32_t channels,
                           std::uint32_t columns, bool half, std::uint32_t* out) {
  const DF df;
  const DU du;
  const DI di;
  const std::size_t lanes = hn::Lanes(df);
  HWY_ALIGN std::uint32_t tile[16][16];
  for (std::uint32_t k = 0; k < channels; k += static_cast<std::uint32_t>(lanes)) {
    const std::uint32_t live_channels = std::min<std::uint32_t>(static_cast<std::uint32_t>(lanes), channels - k);
    for (std::uint32_t c0 = 0; c0 < columns; c0 += 16) {
      const std::uint32_t count = std::min<std::uint32_t>(16, columns - c0);
      for (std::uint32_t c = 0; c < count; ++c) {
        const auto bits = hn::BitCast(du, hn::Load(df, accumulators + (c0 + c) * channel_stride + k));
        const auto magnitude = hn::And(bits, hn::Set(du, 0x7FFFFFFFU));
        const auto signed_magnitude = hn::BitCast(di, magnitude);
        const auto zero = hn::RebindMask(du, hn::Eq(signed_magnitude, hn::Zero(di)));
        const auto nan = hn::RebindMask(du, hn::Gt(signed_magnitude, hn::Set(di, 0x7F800000)));
        auto word = hn::IfThenZeroElse(zero, bits);
        if (half) {
          // The value is a binary16 one. Times 2^-112 its bits lie in place, those of subnormals too.
          const VF scaled = hn::Mul(hn::BitCast(df, magnitude), hn::Set(df, 0x1p-112F));
          const auto infinite = hn::RebindMask(du, hn::Eq(signed_magnitude, hn::Set(di, 0x7F800000)));
          auto h = hn::ShiftRight<13>(hn::BitCast(du, scaled));
          h = hn::IfThenElse(infinite, hn::Set(du, 0x7C00U), h);
          h = hn::Or(h, hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 0x8000U)));
          word = hn::IfThenElse(nan, hn::Set(du, 0x7E00U), hn::IfThenZeroElse(zero, h));
        } else {
          word = hn::IfThenElse(nan, hn::Set(du, 0x7FC00000U), word);
        }
        hn::Store(word, du, tile[c]);
      }
      for (std::uint32_t i = 0; i < live_channels; ++i) {
        std::uint32_t* to = out + std::size_t{k + i} * columns + c0;
        for (std::uint32_t c = 0; c < count; ++c) to[c] = tile[c][i];
      }
    }
  }
}

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac::schedule {

HWY_EXPORT(drain_words_on_target);

void drain_words(const float* accumulators, std::size_t channel_stride, std::uint32_t channels, std::uint32_t columns,
                 bool half, std::uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(drain_words_on_target)(accumulators, channel_stride, channels, columns, half, out);
}

}  // namespace dlac::schedule
#endif
