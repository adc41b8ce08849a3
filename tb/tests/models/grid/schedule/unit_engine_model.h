// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>
#include <dlac/grid/schedule/simd.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

/// What the tests of the schedule engine share: buffers, texts, random numbers, the SIMD targets.
namespace engine_model {

using Bytes = std::vector<std::uint8_t>;
using Words = std::vector<std::uint32_t>;

void store_word(Bytes& bytes, std::uint64_t word, dlac::Mode mode, std::uint32_t value);
/// Ternary codes, four a byte, in the order of the weight buffer.
void store_code(Bytes& bytes, std::uint64_t first_byte, std::uint64_t index, int weight);

[[nodiscard]] bool equal(const dlac::SegmentResult& a, const dlac::SegmentResult& b);
[[nodiscard]] std::string text(const dlac::SegmentResult& result);
[[nodiscard]] std::string text(const dlac::Config& config);
[[nodiscard]] std::string text(const dlac::MmOp& op);

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// Uniform in [low, high].
  std::int64_t operator()(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::uint32_t natural(std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>((*this)(low, high));
  }
  /// Natural number in [1, high], every power of two as likely as any other.
  std::uint32_t scale(std::uint32_t high) {
    std::uint32_t bits = 0;
    while (high >> bits != 0) ++bits;
    const std::uint32_t limit = std::uint32_t{1} << natural(0, bits);
    return natural(1, limit < high ? limit : high);
  }
  bool chance(double percent) { return static_cast<double>((*this)(0, 99'999)) < 1000 * percent; }
  template <class T>
  const T& pick(const std::vector<T>& values) {
    return values[static_cast<std::size_t>((*this)(0, static_cast<std::int64_t>(values.size()) - 1))];
  }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

/// Back to the best SIMD target however a test ends.
class TargetGuard {
 public:
  TargetGuard() = default;
  ~TargetGuard() { dlac::schedule::force_simd_target(0); }
  TargetGuard(const TargetGuard&) = delete;
  TargetGuard& operator=(const TargetGuard&) = delete;
};

}  // namespace engine_model
