// SPDX-License-Identifier: Apache-2.0
// Vector arithmetic of contract 4, once per SIMD target. binary16 values are held as the binary32 numbers they equal.
#if defined(DLAC_SCHEDULE_NUMERIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_SCHEDULE_NUMERIC_INL_H_
#undef DLAC_SCHEDULE_NUMERIC_INL_H_
#else
#define DLAC_SCHEDULE_NUMERIC_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace dlac::schedule {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Words = hn::RebindToUnsigned<Floats>;
using FloatV = hn::Vec<Floats>;
using WordV = hn::Vec<Words>;
inline constexpr std::size_t FloatLanes = HWY_LANES(float);

[[nodiscard]] HWY_INLINE WordV bits(FloatV v) { return hn::BitCast(Words(), v); }
[[nodiscard]] HWY_INLINE FloatV floats(WordV v) { return hn::BitCast(Floats(), v); }
[[nodiscard]] HWY_INLINE FloatV constant(float value) { return hn::Set(Floats(), value); }

inline constexpr std::uint32_t ExponentBits = 0x7F800000;
/// 1.5 * 2^13: adding and subtracting this times a number's power of two leaves it 11 significant bits.
inline constexpr float HalfMagic = 12288.0F;
inline constexpr float HalfMinNormal = 0x1p-14F;
inline constexpr float HalfOverflow = 65520.0F;  ///< the least magnitude that rounds to infinity
inline constexpr float HalfLargest = 65504.0F;

/// a*b + c with one rounding.
[[nodiscard]] HWY_INLINE FloatV fused(FloatV a, FloatV b, FloatV c) {
#if HWY_NATIVE_FMA
  return hn::MulAdd(a, b, c);
#else
  HWY_ALIGN float x[FloatLanes], y[FloatLanes], z[FloatLanes];
  hn::Store(a, Floats(), x);
  hn::Store(b, Floats(), y);
  hn::Store(c, Floats(), z);
  for (std::size_t i = 0; i < FloatLanes; ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(Floats(), z);
#endif
}

/// Nearest binary16, ties to even, of a sum of two finite binary16 numbers of which the magnitude is below 65520.
/// Such a sum needs no rounding in the subnormal range, so its own exponent decides.
[[nodiscard]] HWY_INLINE FloatV round_sum_to_half(FloatV s) {
  const FloatV power = floats(hn::And(bits(s), hn::Set(Words(), ExponentBits)));
#if HWY_NATIVE_FMA
  return hn::NegMulAdd(power, constant(HalfMagic), hn::MulAdd(power, constant(HalfMagic), s));
#else
  const FloatV magic = hn::Mul(power, constant(HalfMagic));
  return hn::Sub(hn::Add(s, magic), magic);
#endif
}

/// Nearest binary16, ties to even, of any binary32.
[[nodiscard]] HWY_INLINE FloatV round_to_half(FloatV s) {
  const FloatV power = floats(hn::And(bits(s), hn::Set(Words(), ExponentBits)));
  const FloatV magic = hn::Mul(hn::Max(power, constant(HalfMinNormal)), constant(HalfMagic));
  const FloatV rounded = hn::Sub(hn::Add(s, magic), magic);
  // Infinity times a number of 65520 or more is infinite, times NaN is NaN.
  return hn::IfThenElse(hn::Lt(hn::Abs(s), constant(HalfOverflow)), rounded,
                        hn::Mul(s, constant(std::numeric_limits<float>::infinity())));
}

/// Nearest binary16 of a*b + c for binary16 operands. The product is exact in binary32 (22 bits, at least 2^-48); the
/// sum is rounded to odd, after which the second rounding is correct.
[[nodiscard]] HWY_INLINE FloatV fused_half(FloatV a, FloatV b, FloatV c) {
  const FloatV p = hn::Mul(a, b);
  const FloatV s = hn::Add(p, c);
  const FloatV part = hn::Sub(s, p);
  const FloatV error = hn::Add(hn::Sub(p, hn::Sub(s, part)), hn::Sub(c, part));
  // An inexact sum with an even significand moves one unit towards the exact one. (NaN compares false.)
  const auto above = hn::Gt(error, hn::Zero(Floats()));
  const auto below = hn::Lt(error, hn::Zero(Floats()));
  const auto negative = hn::Lt(s, hn::Zero(Floats()));
  const WordV one = hn::Set(Words(), 1);
  const WordV even = hn::AndNot(bits(s), one);
  const WordV inexact = hn::And(bits(hn::VecFromMask(Floats(), hn::Or(above, below))), even);
  const WordV inwards = bits(hn::VecFromMask(Floats(), hn::Xor(above, negative)));  // away from 0: +1, else -1
  const WordV step = hn::Or(inexact, hn::AndNot(inwards, hn::Sub(hn::Zero(Words()), inexact)));
  return round_to_half(floats(hn::Add(bits(s), step)));
}

/// -0 becomes +0 and NaN 0x7FC00000. (contract 4)
[[nodiscard]] HWY_INLINE WordV canonical(FloatV v) {
  const FloatV clean = hn::IfThenElseZero(hn::Not(hn::Eq(v, hn::Zero(Floats()))), v);
  return hn::IfThenElse(hn::RebindMask(Words(), hn::Eq(v, v)), bits(clean), hn::Set(Words(), 0x7FC00000));
}

/// Bits of canonical binary16 numbers, given as their binary32 equals. (contract 4)
[[nodiscard]] HWY_INLINE WordV half_bits(WordV canonical_bits) {
  const WordV magnitude = hn::And(canonical_bits, hn::Set(Words(), 0x7FFFFFFF));
  const WordV sign = hn::And(hn::ShiftRight<16>(canonical_bits), hn::Set(Words(), 0x8000));
  const hn::RebindToSigned<Floats> di;
  const FloatV units = hn::Mul(floats(magnitude), constant(0x1p24F));
  const auto small = hn::Lt(floats(magnitude), constant(HalfMinNormal));
  const WordV subnormal = hn::BitCast(Words(), hn::ConvertTo(di, hn::IfThenElseZero(small, units)));
  const WordV normal =
      hn::Min(hn::Sub(hn::ShiftRight<13>(magnitude), hn::Set(Words(), 112U << 10)), hn::Set(Words(), 0x7C00));
  const WordV number = hn::IfThenElse(hn::RebindMask(Words(), small), subnormal, normal);
  const auto nan = hn::Gt(hn::BitCast(di, magnitude), hn::Set(di, static_cast<std::int32_t>(ExponentBits)));
  return hn::IfThenElse(hn::RebindMask(Words(), nan), hn::Set(Words(), 0x7E00), hn::Or(number, sign));
}

/// The binary32 equals of binary16 words (in the low halves).
[[nodiscard]] HWY_INLINE FloatV half_values(WordV word) {
  const WordV magnitude = hn::And(word, hn::Set(Words(), 0x7FFF));
  const WordV sign = hn::ShiftLeft<16>(hn::And(word, hn::Set(Words(), 0x8000)));
  // 2^112 times the number with the same fields; exact, since binary32 has room for binary16's subnormals.
  const FloatV scaled = hn::Mul(floats(hn::ShiftLeft<13>(magnitude)), constant(0x1p112F));
  const hn::RebindToSigned<Floats> di;
  const auto special = hn::Gt(hn::BitCast(di, magnitude), hn::Set(di, 0x7BFF));
  const WordV not_finite = hn::Or(hn::ShiftLeft<13>(magnitude), hn::Set(Words(), ExponentBits));
  return floats(hn::Or(hn::IfThenElse(hn::RebindMask(Words(), special), not_finite, bits(scaled)), sign));
}

}  // namespace HWY_NAMESPACE
}  // namespace dlac::schedule
HWY_AFTER_NAMESPACE();

#endif  // include guard
