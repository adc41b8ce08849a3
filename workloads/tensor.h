// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/half.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dlac::workloads {

/// What a tensor's elements are. The core knows Int8 (ternary codes), Float16 and Float32; the others only occur in
/// files.
enum class ElementType : std::uint8_t { Int8, UInt8, Int32, Int64, Float16, Float32, Float64 };
[[nodiscard]] constexpr bool is_integer(ElementType type) { return type < ElementType::Float16; }

[[nodiscard]] constexpr std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::Int8:
    case ElementType::UInt8: return 1;
    case ElementType::Float16: return 2;
    case ElementType::Int32:
    case ElementType::Float32: return 4;
    case ElementType::Int64:
    case ElementType::Float64: return 8;
  }
  return 0;
}
/// "int8", "uint8", "int32", "int64", "float16", "float32", "float64".
[[nodiscard]] constexpr std::string_view to_string(ElementType type) {
  switch (type) {
    case ElementType::Int8: return "int8";
    case ElementType::UInt8: return "uint8";
    case ElementType::Int32: return "int32";
    case ElementType::Int64: return "int64";
    case ElementType::Float16: return "float16";
    case ElementType::Float32: return "float32";
    case ElementType::Float64: return "float64";
  }
  return "?";
}

/// A contiguous range of elements that someone else owns (C++17 has no std::span).
template <class T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] constexpr T* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr T* begin() const { return data_; }
  [[nodiscard]] constexpr T* end() const { return data_ + size_; }
  [[nodiscard]] constexpr T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A dense array in C order (last index fastest) that owns its bytes; elements in the machine's own byte order, which
/// is little-endian on every platform this project builds for. Rank 0 is one element. A default-constructed tensor has
/// shape {0}.
class Tensor {
 public:
  Tensor() : shape_{0} {}
  /// All elements zero. Throws std::length_error if the size in bytes does not fit in std::size_t.
  Tensor(ElementType type, std::vector<std::size_t> shape) : type_(type), shape_(std::move(shape)) {
    std::size_t bytes = element_bytes(type);
    bool empty = false;
    for (const std::size_t extent : shape_) {
      if (extent == 0) {
        empty = true;
      } else if (__builtin_mul_overflow(bytes, extent, &bytes)) {
        throw std::length_error("tensor too large");
      }
    }
    bytes_.resize(empty ? 0 : bytes);
  }

  [[nodiscard]] ElementType type() const { return type_; }
  [[nodiscard]] const std::vector<std::size_t>& shape() const { return shape_; }
  [[nodiscard]] std::size_t rank() const { return shape_.size(); }
  [[nodiscard]] std::size_t extent(std::size_t axis) const { return shape_.at(axis); }
  [[nodiscard]] std::size_t elements() const { return bytes_.size() / element_bytes(type_); }
  [[nodiscard]] std::size_t size_in_bytes() const { return bytes_.size(); }

  [[nodiscard]] std::uint8_t* bytes() { return bytes_.data(); }
  [[nodiscard]] const std::uint8_t* bytes() const { return bytes_.data(); }

  /// The elements as T: the C++ type of `type()`; Float16 as dlac::Half or as its bits, std::uint16_t.
  /// Throws std::logic_error if T is another type.
  template <class T>
  [[nodiscard]] Span<T> span() {
    require<T>();
    return {reinterpret_cast<T*>(bytes_.data()), elements()};
  }
  template <class T>
  [[nodiscard]] Span<const T> span() const {
    require<T>();
    return {reinterpret_cast<const T*>(bytes_.data()), elements()};
  }

  /// Another shape for the same elements. Throws std::logic_error if the number of elements differs.
  void reshape(std::vector<std::size_t> shape) {
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    if (count != elements()) throw std::logic_error("reshape changes the number of elements");
    shape_ = std::move(shape);
  }

 private:
  template <class T>
  void require() const {
    constexpr bool Known = std::is_same_v<T, std::int8_t> || std::is_same_v<T, std::uint8_t> ||
                           std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> ||
                           std::is_same_v<T, std::uint16_t> || std::is_same_v<T, Half> || std::is_same_v<T, float> ||
                           std::is_same_v<T, double>;
    static_assert(Known && sizeof(Half) == 2);
    bool right = false;
    switch (type_) {
      case ElementType::Int8: right = std::is_same_v<T, std::int8_t>; break;
      case ElementType::UInt8: right = std::is_same_v<T, std::uint8_t>; break;
      case ElementType::Int32: right = std::is_same_v<T, std::int32_t>; break;
      case ElementType::Int64: right = std::is_same_v<T, std::int64_t>; break;
      case ElementType::Float16: right = std::is_same_v<T, Half> || std::is_same_v<T, std::uint16_t>; break;
      case ElementType::Float32: right = std::is_same_v<T, float>; break;
      case ElementType::Float64: right = std::is_same_v<T, double>; break;
    }
    if (!right) throw std::logic_error("tensor accessed as another element type");
  }

  ElementType type_ = ElementType::Float32;
  std::vector<std::size_t> shape_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace dlac::workloads
