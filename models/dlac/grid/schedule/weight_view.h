// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/grid/schedule/buffer_view.h>

#include <cstdint>
#include <cstring>

namespace dlac::schedule {

/// Weights and constants as they lie in the weight buffer. A weight's index counts from its operation's first one.
class WeightView {
 public:
  WeightView(const Config& config, BufferView buffer)
      : buffer_(buffer), word_bytes_(config.word_bytes()), arithmetic_(config.mode) {}
  void set_buffer(BufferView buffer) { buffer_ = buffer; }

  [[nodiscard]] const std::uint8_t* data() const { return buffer_.data; }
  [[nodiscard]] std::uint32_t word(std::uint64_t byte) const {
    std::uint32_t word = 0;
    if (word_bytes_ == 2) {
      std::uint16_t half;
      std::memcpy(&half, buffer_.data + byte, sizeof half);
      word = half;
    } else {
      std::memcpy(&word, buffer_.data + byte, sizeof word);
    }
    return word;
  }
  [[nodiscard]] bool is_zero(const MmOp& op, std::uint64_t index) const {
    return op.full_precision != 0 ? arithmetic_.is_zero(word(op.weights + index * word_bytes_)) : code(op, index) == 0;
  }
  [[nodiscard]] float value(const MmOp& op, std::uint64_t index) const {
    if (op.full_precision != 0) return arithmetic_.to_float(word(op.weights + index * word_bytes_));
    const std::uint32_t ternary = code(op, index);
    return ternary == 0 ? 0.0F : (ternary == 1 ? 1.0F : -1.0F);
  }

 private:
  [[nodiscard]] std::uint32_t code(const MmOp& op, std::uint64_t index) const {
    const std::uint64_t bit = op.weights * std::uint64_t{8} + 2 * index;
    return buffer_.data[bit / 8] >> (bit % 8) & 3U;
  }

  BufferView buffer_;
  const std::uint32_t word_bytes_;
  const Arithmetic arithmetic_;
};

}  // namespace dlac::schedule
