// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace dlac::workloads {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). Integer arithmetic
/// only: the same numbers on every platform, which the distributions of the standard library do not promise.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}
  /// A stream of its own for a purpose, so that what one layer draws does not depend on the layers before it.
  Random(std::uint64_t seed, std::string_view purpose) : state_(mix(seed)) {
    for (const char c : purpose) state_ = mix(state_ ^ static_cast<unsigned char>(c));
  }

  [[nodiscard]] constexpr std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    return mix(state_);
  }
  /// Roughly normal with mean 0 and variance 1: the sum of four uniform 16-bit numbers, within +-3.47. Exact.
  [[nodiscard]] double normal() {
    const std::uint64_t bits = next();
    const auto sum =
        static_cast<std::int64_t>((bits & 0xFFFFU) + (bits >> 16U & 0xFFFFU) + (bits >> 32U & 0xFFFFU) + (bits >> 48U));
    return static_cast<double>(sum - 131070) * InverseDeviation;
  }
  /// Below `bound`, which is small against 2^32.
  [[nodiscard]] constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((next() >> 32U) * bound >> 32U);
  }

 private:
  static constexpr double InverseDeviation = 1.0 / 37837.22747;  // sqrt(4 * (2^32 - 1) / 12)

  [[nodiscard]] static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  std::uint64_t state_;
};

}  // namespace dlac::workloads
