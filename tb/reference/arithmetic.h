// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace reference {

/// Format of a word: binary32 bits, or binary16 bits in the low half.
enum class Precision { Binary32, Binary16 };

/// Nearest binary16 value, ties to even. Floating-point arithmetic where the model's has integers: the two have
/// nothing in common but IEEE 754.
[[nodiscard]] double round_to_binary16(double x);
[[nodiscard]] double binary16_value(std::uint32_t bits);  ///< exact; a NaN for every NaN
[[nodiscard]] std::uint32_t binary16_bits(double value);  ///< of a binary16 value; NaN gives 0x7E00
[[nodiscard]] float binary32_value(std::uint32_t bits);   ///< exact
[[nodiscard]] std::uint32_t binary32_bits(float value);   ///< exact
[[nodiscard]] bool is_zero(Precision precision, std::uint32_t word);
[[nodiscard]] bool is_finite(Precision precision, std::uint32_t word);

/// A format as the value loops need it. `Value` holds exactly the values of the format.
struct Binary32 {
  using Value = float;
  [[nodiscard]] static Value load(std::uint32_t word) { return binary32_value(word); }
  /// The word of a value that leaves the accumulator: no -0, one NaN. (The arithmetic)
  [[nodiscard]] static std::uint32_t store(Value value) {
    if (value == 0) return 0;
    return std::isnan(value) ? 0x7FC00000U : binary32_bits(value);
  }
  [[nodiscard]] static Value add(Value a, Value b) { return a + b; }
  [[nodiscard]] static Value multiply(Value a, Value b) { return a * b; }
  [[nodiscard]] static Value fused_multiply_add(Value a, Value b, Value c) { return std::fma(a, b, c); }
};
struct Binary16 {
  using Value = double;
  [[nodiscard]] static Value load(std::uint32_t word) { return binary16_value(word); }
  [[nodiscard]] static std::uint32_t store(Value value) { return value == 0 ? 0 : binary16_bits(value); }
  /// The binary64 sum of two binary16 values is exact: multiples of 2^-24 below 2^17.
  [[nodiscard]] static Value add(Value a, Value b) { return round_to_binary16(a + b); }
  /// The binary64 product of two 11-bit significands is exact.
  [[nodiscard]] static Value multiply(Value a, Value b) { return round_to_binary16(a * b); }
  /// One rounding in effect. The binary64 product is exact (22 bits), and the sum is, too, but in two cases: above
  /// 2^28, where all is infinity, and where |c| is above 2^30 times the product. There neither the product nor its
  /// rounding reaches from c to the nearest midpoint of two binary16 values, |c|/2^13 away or more.
  [[nodiscard]] static Value fused_multiply_add(Value a, Value b, Value c) { return round_to_binary16(a * b + c); }
};

}  // namespace reference
