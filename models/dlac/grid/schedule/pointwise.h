// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/grid/schedule/buffer_view.h>
#include <dlac/grid/schedule/weight_view.h>

#include <cstddef>
#include <cstdint>

namespace dlac::schedule {

/// The values of a point-wise operation. (Organisation, The arithmetic)
class Pointwise {
 public:
  Pointwise(const Config& config, const PtWiseOp& op, const WeightView& weights, BufferView features);

  /// Replaces the outputs of a tile in a bank, [column][channel_stride].
  void apply(float* bank, std::size_t channel_stride) const;

 private:
  /// Where streamed words of an operand lie.
  struct View {
    std::uint32_t base, row_capacity, pitch, first_x;
  };
  /// An output: tile channel and pixel.
  struct Place {
    std::uint32_t channel;
    std::uint64_t pixel;
  };
  [[nodiscard]] std::uint32_t streamed(const View& view, Place place) const;
  [[nodiscard]] std::uint32_t operand(OperandSource source, std::uint32_t immediate, std::uint32_t constants,
                                      const View& view, std::uint32_t accumulator, Place place) const;
  [[nodiscard]] std::uint32_t result(std::uint32_t a, std::uint32_t x, std::uint32_t y) const;
  [[nodiscard]] std::uint32_t word_of(float value) const;

  const Config& config_;
  const PtWiseOp& op_;
  const WeightView& weights_;
  const BufferView features_;
  const Arithmetic arithmetic_;
};

}  // namespace dlac::schedule
