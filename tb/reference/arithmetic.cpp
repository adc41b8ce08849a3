// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/arithmetic.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace reference {
namespace {

constexpr double Infinity = std::numeric_limits<double>::infinity();

[[nodiscard]] std::uint64_t bits_of(double x) {
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// Largest power of two not above |x|; something below 2^-1000 for zeros and subnormals of binary64.
[[nodiscard]] double power_of_two_below(double x) {
  const std::uint64_t bits = bits_of(x) & 0x7FF0000000000000U;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

}  // namespace

double round_to_binary16(double x) {
  if (!std::isfinite(x)) return x;
  // Neighbouring binary16 values around x are `quantum` apart; those of binary64 around `big` are, too.
  const double quantum = std::max(power_of_two_below(x), 0x1p-14) * 0x1p-10;
  const double big = quantum * 0x1.8p52;
  const double rounded = (x + big) - big;
  return std::copysign(std::abs(rounded) < 0x1p16 ? rounded : Infinity, x);
}

double binary16_value(std::uint32_t bits) {
  const int exponent = static_cast<int>(bits >> 10U & 0x1FU);
  const double fraction = bits & 0x3FFU;
  double magnitude;
  if (exponent == 0x1F) {
    magnitude = fraction == 0 ? Infinity : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = fraction * 0x1p-24;
  } else {
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  }
  return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

std::uint32_t binary16_bits(double value) {
  if (std::isnan(value)) return 0x7E00;
  const std::uint32_t sign = std::signbit(value) ? 0x8000U : 0;
  const double magnitude = std::abs(value);
  if (magnitude == Infinity) return sign | 0x7C00U;
  if (magnitude < 0x1p-14) return sign | static_cast<std::uint32_t>(magnitude * 0x1p24);
  const int exponent = std::ilogb(magnitude);
  return sign | static_cast<std::uint32_t>((exponent + 15) * 1024 + (std::ldexp(magnitude, 10 - exponent) - 1024));
}

float binary32_value(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::uint32_t binary32_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

bool is_zero(Precision precision, std::uint32_t word) {
  return precision == Precision::Binary32 ? binary32_value(word) == 0 : (word & 0x7FFFU) == 0;
}

bool is_finite(Precision precision, std::uint32_t word) {
  return precision == Precision::Binary32 ? std::isfinite(binary32_value(word)) : (word & 0x7C00U) != 0x7C00U;
}

}  // namespace reference
