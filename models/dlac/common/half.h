// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dlac {

/// IEEE 754 binary16 with its own arithmetic: every operation rounds once, to nearest even, subnormals and all.
/// Integer arithmetic only, so that the result depends on no compiler option and no rounding mode.
class Half {
 public:
  constexpr Half() = default;  ///< +0
  [[nodiscard]] static constexpr Half from_bits(std::uint16_t bits) {
    Half h;
    h.bits_ = bits;
    return h;
  }
  /// Nearest, ties to even; overflow to infinity; NaN becomes 0x7E00.
  [[nodiscard]] static Half from_float(float value);
  [[nodiscard]] static Half from_double(double value);

  [[nodiscard]] constexpr std::uint16_t bits() const { return bits_; }
  [[nodiscard]] float to_float() const;  ///< exact

  [[nodiscard]] constexpr bool is_nan() const { return (bits_ & 0x7FFFU) > 0x7C00U; }
  [[nodiscard]] constexpr bool is_infinite() const { return (bits_ & 0x7FFFU) == 0x7C00U; }
  [[nodiscard]] constexpr bool is_zero() const { return (bits_ & 0x7FFFU) == 0; }

 private:
  std::uint16_t bits_ = 0;
};

[[nodiscard]] Half add(Half a, Half b);
[[nodiscard]] Half subtract(Half a, Half b);
[[nodiscard]] Half multiply(Half a, Half b);
/// a*b + c with one rounding.
[[nodiscard]] Half fused_multiply_add(Half a, Half b, Half c);

}  // namespace dlac
