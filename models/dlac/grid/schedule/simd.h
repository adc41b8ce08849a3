// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dlac::schedule {

/// The instruction sets that the kernels were compiled for and this machine can run, best first.
[[nodiscard]] std::vector<std::int64_t> simd_targets();
[[nodiscard]] std::string simd_target_name(std::int64_t target);
/// For tests: all kernels use `target` (one of `simd_targets()`) from now on; 0 returns to the best. Process-wide, and
/// not while a Recurrence is between begin() and result().
void force_simd_target(std::int64_t target);

/// Elements per vector that arrays are padded to, whatever the target: 64 bytes of 16-bit words and some slack.
inline constexpr std::size_t LanePad = 64;
[[nodiscard]] constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// An array aligned for every vector type.
template <typename T>
class AlignedArray {
 public:
  /// Makes room for `count` elements; contents become zero when `count` exceeds the present size.
  void resize(std::size_t count) {
    if (count <= size_) return;
    lines_.assign(round_up(count * sizeof(T), sizeof(Line)) / sizeof(Line), Line{});
    size_ = count;
  }
  [[nodiscard]] T* data() { return reinterpret_cast<T*>(lines_.data()); }
  [[nodiscard]] const T* data() const { return reinterpret_cast<const T*>(lines_.data()); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t i) { return data()[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return data()[i]; }

 private:
  struct alignas(64) Line {
    unsigned char bytes[64];
  };
  std::vector<Line> lines_;
  std::size_t size_ = 0;
};

}  // namespace dlac::schedule
