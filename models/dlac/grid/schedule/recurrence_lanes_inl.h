// SPDX-License-Identifier: Apache-2.0
// The vector operations of the recurrence, for the target being compiled.
#if defined(DLAC_RECURRENCE_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_RECURRENCE_LANES_INL_H
#undef DLAC_RECURRENCE_LANES_INL_H
#else
#define DLAC_RECURRENCE_LANES_INL_H
#endif

#include <dlac/common/simd_config.h>

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vector = hn::Vec<Tag<T>>;

[[nodiscard]] HWY_INLINE Vector<std::uint16_t> difference_or_zero(Vector<std::uint16_t> a, Vector<std::uint16_t> b) {
  return hn::SaturatedSub(a, b);
}
[[nodiscard]] HWY_INLINE Vector<std::uint32_t> difference_or_zero(Vector<std::uint32_t> a, Vector<std::uint32_t> b) {
  return hn::Sub(hn::Max(a, b), b);
}

/// One vector of counts or masks; masks are sign-extended.
[[nodiscard]] HWY_INLINE Vector<std::uint16_t> load_operand(Tag<std::uint16_t> d, const std::uint16_t* from) {
  return hn::LoadU(d, from);
}
[[nodiscard]] HWY_INLINE Vector<std::uint32_t> load_operand(Tag<std::uint32_t> d, const std::uint16_t* from) {
  const hn::RebindToSigned<Tag<std::uint32_t>> d32;
  const hn::Rebind<std::int16_t, decltype(d32)> d16;
  return hn::BitCast(d, hn::PromoteTo(d32, hn::LoadU(d16, reinterpret_cast<const std::int16_t*>(from))));
}

/// A time or operand in all lanes: 16-bit ones are stored twice in a 32-bit word, since a 32-bit broadcast is a load.
template <typename T>
[[nodiscard]] HWY_INLINE Vector<T> broadcast(Tag<T> d, const std::uint32_t* from) {
  const Tag<std::uint32_t> d32;
  return hn::BitCast(d, hn::Set(d32, *from));
}

/// Maximum of `a` and of `b` in lanes that alternate between the two, a first; Lane is the unit that alternates.
template <typename Lane, typename T>
[[nodiscard]] HWY_INLINE Vector<T> merge(Tag<T> d, Vector<T> a, Vector<T> b) {
  const Tag<Lane> dl;
  const auto x = hn::BitCast(dl, a);
  const auto y = hn::BitCast(dl, b);
  return hn::Max(hn::BitCast(d, hn::InterleaveLower(dl, x, y)), hn::BitCast(d, hn::InterleaveUpper(dl, x, y)));
}

/// In every 128-bit block, lane k (mod N) holds the maximum of that block's lanes of x[k].
template <typename T, int N>
[[nodiscard]] HWY_INLINE Vector<T> transposed_max(Tag<T> d, Vector<T> (&x)[N]) {
  constexpr int N2 = N >= 2 ? N / 2 : 1;
  constexpr int N4 = N2 >= 2 ? N2 / 2 : 1;
  if constexpr (sizeof(T) == 2) {
    Vector<T> y[N2];
#pragma GCC unroll 8
    for (int i = 0; i < N2; ++i) y[i] = merge<std::uint16_t, T>(d, x[2 * i], x[N >= 2 ? 2 * i + 1 : 0]);
    Vector<T> z[N4];
#pragma GCC unroll 8
    for (int i = 0; i < N4; ++i) z[i] = merge<std::uint32_t, T>(d, y[2 * i], y[N2 >= 2 ? 2 * i + 1 : 0]);
    return merge<std::uint64_t, T>(d, z[0], z[N4 - 1]);
  } else {
    static_assert(N <= 4);
    Vector<T> y[N2];
#pragma GCC unroll 8
    for (int i = 0; i < N2; ++i) y[i] = merge<std::uint32_t, T>(d, x[2 * i], x[N >= 2 ? 2 * i + 1 : 0]);
    return merge<std::uint64_t, T>(d, y[0], y[N2 - 1]);
  }
}

/// Block i of the result is the maximum over the blocks of y[i].
template <typename T, int Blocks>
[[nodiscard]] HWY_INLINE Vector<T> max_of_blocks(Tag<T> d, Vector<T> (&y)[Blocks]) {
  if constexpr (Blocks == 1) {
    (void)d;
    return y[0];
  } else if constexpr (Blocks == 2) {
    return hn::Max(hn::ConcatLowerLower(d, y[1], y[0]), hn::ConcatUpperUpper(d, y[1], y[0]));
  } else {
    static_assert(Blocks == 4);
    const auto even = hn::Max(hn::ConcatLowerLower(d, y[2], y[0]), hn::ConcatUpperUpper(d, y[2], y[0]));
    const auto odd = hn::Max(hn::ConcatLowerLower(d, y[3], y[1]), hn::ConcatUpperUpper(d, y[3], y[1]));
    return hn::OddEvenBlocks(hn::Max(odd, hn::SwapAdjacentBlocks(odd)), hn::Max(even, hn::SwapAdjacentBlocks(even)));
  }
}

/// Lane k of every block is at(k) for k < N, else 0.
template <typename T, int N, typename At>
[[nodiscard]] HWY_INLINE Vector<T> block_pattern(Tag<T> d, At at) {
  constexpr int BlockLanes = 16 / static_cast<int>(sizeof(T));
  HWY_ALIGN T lanes[HWY_LANES(T)] = {};
  for (int i = 0; i < static_cast<int>(HWY_LANES(T)); ++i) {
    if (i % BlockLanes < N) lanes[i] = static_cast<T>(at(i % BlockLanes));
  }
  return hn::Load(d, lanes);
}

}  // namespace dlac::schedule::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
