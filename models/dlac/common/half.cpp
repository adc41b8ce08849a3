// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/half.h>

#include <algorithm>
#include <cstring>

namespace dlac {
namespace {

// Every finite binary16 is an integer multiple of 2^-24 below 2^40 of them, so sums are exact in 64 bits and, in
// multiples of 2^-48, products and fused sums are exact in 128 bits. One rounding is left, in `round`.

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

constexpr std::uint16_t SignBit = 0x8000;
constexpr std::uint16_t InfinityBits = 0x7C00;
constexpr std::uint16_t NanBits = 0x7E00;
constexpr int UnitExponent = 24;     // the subnormals' unit is 2^-24
constexpr int SignificandBits = 11;  // the hidden one included

[[nodiscard]] constexpr bool is_finite(Half h) { return (h.bits() & InfinityBits) != InfinityBits; }
[[nodiscard]] constexpr bool is_negative(Half h) { return (h.bits() & SignBit) != 0; }
[[nodiscard]] constexpr Half negate(Half h) { return Half::from_bits(h.bits() ^ SignBit); }
[[nodiscard]] constexpr Half nan() { return Half::from_bits(NanBits); }
[[nodiscard]] constexpr Half infinity(bool negative) {
  return Half::from_bits(negative ? SignBit | InfinityBits : InfinityBits);
}

/// A finite value in multiples of 2^-24.
[[nodiscard]] constexpr std::int64_t to_fixed(Half h) {
  const int exponent = (h.bits() >> 10) & 0x1F;
  const std::int64_t fraction = h.bits() & 0x3FF;
  const std::int64_t magnitude = exponent == 0 ? fraction : (fraction | 0x400) << (exponent - 1);
  return is_negative(h) ? -magnitude : magnitude;
}

[[nodiscard]] int bit_width(std::uint64_t x) { return x == 0 ? 0 : 64 - __builtin_clzll(x); }
[[nodiscard]] int bit_width(UInt128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return high != 0 ? 64 + bit_width(high) : bit_width(static_cast<std::uint64_t>(x));
}

/// Nearest binary16, ties to even, of magnitude * 2^-(24 + extra_bits).
template <typename Magnitude>
[[nodiscard]] Half round(bool negative, Magnitude magnitude, int extra_bits) {
  const int shift = std::max(bit_width(magnitude) - SignificandBits, extra_bits);
  if (shift > 0) {
    const Magnitude below_half = (Magnitude{1} << (shift - 1)) - 1;
    magnitude = (magnitude + below_half + ((magnitude >> shift) & 1)) >> shift;
  }
  // The significand's top bit adds one to the exponent of a normal number, and so does a carry out of the rounding.
  const std::uint32_t bits =
      (static_cast<std::uint32_t>(shift - extra_bits) << 10) + static_cast<std::uint32_t>(magnitude);
  if (bits >= InfinityBits) return infinity(negative);
  return Half::from_bits(static_cast<std::uint16_t>(negative ? bits | SignBit : bits));
}

/// Rounds a sum of two terms with the given signs; an exact zero is -0 only when both terms were negative.
template <typename Magnitude, typename Sum>
[[nodiscard]] Half round_sum(Sum sum, bool negative_a, bool negative_b, int extra_bits) {
  if (sum == 0) return Half::from_bits(negative_a && negative_b ? SignBit : 0);
  return round(sum < 0, static_cast<Magnitude>(sum < 0 ? -sum : sum), extra_bits);
}

}  // namespace

Half Half::from_double(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const bool negative = (bits >> 63) != 0;
  const int exponent = static_cast<int>((bits >> 52) & 0x7FF);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  if (exponent == 0x7FF && fraction != 0) return nan();
  if (exponent > 1023 + 15) return infinity(negative);
  // Below half of the smallest subnormal; what is left shifts by less than 64 bits.
  if (exponent < 1023 - 25) return from_bits(negative ? SignBit : 0);
  return round(negative, fraction | (std::uint64_t{1} << 52), 1023 + 52 - UnitExponent - exponent);
}

Half Half::from_float(float value) { return from_double(static_cast<double>(value)); }

float Half::to_float() const {
  if ((bits_ & InfinityBits) == 0) {
    const float magnitude = static_cast<float>(bits_ & 0x3FFU) * 0x1p-24F;  // exact
    return is_negative(*this) ? -magnitude : magnitude;
  }
  // The same fields, wider; the exponent is rebiased, and stays all ones for infinities and NaNs.
  const std::uint32_t rebias = is_finite(*this) ? (127U - 15U) << 23U : (255U - 31U) << 23U;
  const std::uint32_t bits = ((bits_ & 0x8000U) << 16U) | (((bits_ & 0x7FFFU) << 13U) + rebias);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Half add(Half a, Half b) {
  if (is_finite(a) && is_finite(b)) {
    return round_sum<std::uint64_t>(to_fixed(a) + to_fixed(b), is_negative(a), is_negative(b), 0);
  }
  if (a.is_nan() || b.is_nan()) return nan();
  if (a.is_infinite() && b.is_infinite() && is_negative(a) != is_negative(b)) return nan();
  return a.is_infinite() ? a : b;
}

Half subtract(Half a, Half b) { return add(a, negate(b)); }

Half multiply(Half a, Half b) {
  const bool negative = is_negative(a) != is_negative(b);
  if (is_finite(a) && is_finite(b)) {
    const Int128 product = Int128{to_fixed(a)} * to_fixed(b);
    return round_sum<UInt128>(product, negative, negative, UnitExponent);
  }
  if (a.is_nan() || b.is_nan() || a.is_zero() || b.is_zero()) return nan();
  return infinity(negative);
}

Half fused_multiply_add(Half a, Half b, Half c) {
  const bool negative = is_negative(a) != is_negative(b);
  if (is_finite(a) && is_finite(b) && is_finite(c)) {
    const Int128 sum = Int128{to_fixed(a)} * to_fixed(b) + Int128{to_fixed(c)} * (Int128{1} << UnitExponent);
    return round_sum<UInt128>(sum, negative, is_negative(c), UnitExponent);
  }
  if (a.is_nan() || b.is_nan() || c.is_nan()) return nan();
  if (is_finite(a) && is_finite(b)) return c;
  if (a.is_zero() || b.is_zero()) return nan();
  return c.is_infinite() && is_negative(c) != negative ? nan() : infinity(negative);
}

}  // namespace dlac
