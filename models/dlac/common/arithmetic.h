// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/half.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace dlac {

[[nodiscard]] inline float float_from_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
[[nodiscard]] inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// The arithmetic, scalar, on words: binary32 bits (train) or binary16 bits in the low half (infer).
/// One rounding per operation, to nearest even.
class Arithmetic {
 public:
  explicit Arithmetic(Mode mode) : half_(mode == Mode::Infer) {}

  [[nodiscard]] std::uint32_t add(std::uint32_t a, std::uint32_t b) const {
    if (half_) return dlac::add(h(a), h(b)).bits();
    return bits_of(float_from_bits(a) + float_from_bits(b));
  }
  [[nodiscard]] std::uint32_t subtract(std::uint32_t a, std::uint32_t b) const {
    if (half_) return dlac::subtract(h(a), h(b)).bits();
    return bits_of(float_from_bits(a) - float_from_bits(b));
  }
  [[nodiscard]] std::uint32_t multiply(std::uint32_t a, std::uint32_t b) const {
    if (half_) return dlac::multiply(h(a), h(b)).bits();
    return bits_of(float_from_bits(a) * float_from_bits(b));
  }
  [[nodiscard]] std::uint32_t fused_multiply_add(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
    if (half_) return dlac::fused_multiply_add(h(a), h(b), h(c)).bits();
    return bits_of(std::fma(float_from_bits(a), float_from_bits(b), float_from_bits(c)));
  }
  /// Ordered comparison: false when either side is NaN.
  [[nodiscard]] bool compare(Compare how, std::uint32_t a, std::uint32_t b) const {
    const float x = to_float(a);
    const float y = to_float(b);
    switch (how) {
      case Compare::Less: return x < y;
      case Compare::LessEqual: return x <= y;
      case Compare::Greater: return x > y;
      case Compare::GreaterEqual: return x >= y;
      case Compare::Equal: return x == y;
      case Compare::NotEqual: return x < y || x > y;
    }
    return false;
  }
  [[nodiscard]] float to_float(std::uint32_t word) const { return half_ ? h(word).to_float() : float_from_bits(word); }
  [[nodiscard]] bool is_zero(std::uint32_t word) const { return (word & (half_ ? 0x7FFFU : 0x7FFFFFFFU)) == 0; }
  [[nodiscard]] bool is_finite(std::uint32_t word) const {
    return half_ ? (word & 0x7C00U) != 0x7C00U : (word & 0x7F800000U) != 0x7F800000U;
  }
  /// A 32-bit field of a command as a word: binary16 takes its low half.
  [[nodiscard]] std::uint32_t immediate(std::uint32_t field) const { return half_ ? field & 0xFFFFU : field; }
  /// What a value becomes when it leaves the accumulator: -0 -> +0, NaN -> 0x7E00 / 0x7FC00000. (The arithmetic)
  [[nodiscard]] std::uint32_t canonical(std::uint32_t word) const {
    if (is_zero(word)) return 0;
    const std::uint32_t magnitude = word & (half_ ? 0x7FFFU : 0x7FFFFFFFU);
    if (magnitude > (half_ ? 0x7C00U : 0x7F800000U)) return half_ ? 0x7E00U : 0x7FC00000U;
    return word;
  }

 private:
  [[nodiscard]] static Half h(std::uint32_t word) { return Half::from_bits(static_cast<std::uint16_t>(word)); }
  bool half_;
};

}  // namespace dlac
