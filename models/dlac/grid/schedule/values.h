// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <cstddef>
#include <cstdint>

namespace dlac::schedule {

/// Beats that the values are computed for at a time: the panels of a chunk stay in the level-1 cache, and one 64-bit
/// word tells a column's non-zero features.
inline constexpr std::uint32_t ChunkBeats = 64;
/// Channels of one weight panel.
inline constexpr std::uint32_t PanelChannels = 128;
/// Channels are computed in multiples of this; the weights of those beyond the tile are 0.
inline constexpr std::uint32_t ChannelPad = 16;

/// How an update is rounded. (arch. contract 4)
enum class Update : std::uint8_t {
  Add32,       ///< binary32, ternary weights: a sum
  Fused32,     ///< binary32, full-precision weights: a fused multiply-add
  AddHalf,     ///< binary16, ternary weights; no operand or sum is infinite, NaN, or beyond the largest binary16
  AddHalfAny,  ///< binary16, ternary weights
  FusedHalf,   ///< binary16, full-precision weights
};

/// The updates of a chunk of at most ChunkBeats beats. All numbers are binary32; binary16 ones are held as their equals.
struct ValueChunk {
  /// Channels [128i, 128i + width), width = min(128, channels - 128i), from weights + 128i*ChunkBeats: [beat][width].
  const float* weights = nullptr;
  const float* features = nullptr;  ///< [beat][feature_stride]
  std::size_t feature_stride = 0;
  /// Per column, bit t: the feature of beat t is not zero.
  const std::uint64_t* live = nullptr;
  std::uint32_t beats = 0;
  std::uint32_t columns = 0;
  std::uint32_t channels = 0;  ///< a multiple of ChannelPad
  float* accumulators = nullptr;  ///< [column][accumulator_stride]
  std::size_t accumulator_stride = 0;
  /// Whether every operand is finite, so that an update with a zero operand may be computed as one.
  bool finite = true;
};

/// Adds the products of a chunk to the accumulators in beat order; an update with a zero operand changes nothing but,
/// perhaps, the sign of a zero.
void accumulate(Update update, const ValueChunk& chunk);

/// Largest magnitude in `channels` x `columns` accumulators; infinity if one is NaN.
[[nodiscard]] float largest_magnitude(const float* accumulators, std::size_t stride, std::uint32_t channels,
                                      std::uint32_t columns);

/// What a point-wise operation does with each triple of operands.
struct PointwiseFunction {
  PointwiseOp operation = PointwiseOp::Add;
  Compare compare = Compare::Less;
  SelectInput p = SelectInput::A, q = SelectInput::A, u = SelectInput::A, v = SelectInput::A;
  bool half = false;  ///< binary16, in binary32 clothes
};
/// Replaces -0 by +0 and NaNs by the quiet one, as words leave the accumulator; count is a multiple of ChannelPad.
void canonicalize(const float* from, float* to, std::size_t count);
/// out[i] = f(a[i], x[i], y[i]); count is a multiple of ChannelPad.
void apply_pointwise(const PointwiseFunction& function, const float* a, const float* x, const float* y, float* out,
                     std::size_t count);

/// Canonical words of accumulators[column][channel] to out[channel*columns + column].
void drain_words(const float* accumulators, std::size_t stride, std::uint32_t channels, std::uint32_t columns, bool half,
                 std::uint32_t* out);

}  // namespace dlac::schedule
