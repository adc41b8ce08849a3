// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/pointwise.h>

#include <cstring>

namespace dlac::schedule {

Pointwise::Pointwise(const Config& config, const PtWiseOp& op, const WeightView& weights, BufferView features)
    : config_(config), op_(op), weights_(weights), features_(features), arithmetic_(config.mode) {}

void Pointwise::apply(float* bank, std::size_t channel_stride) const {
  const View view_0{op_.base_0, op_.row_capacity_0, op_.pitch_0, op_.first_x_0};
  const View view_1{op_.base_1, op_.row_capacity_1, op_.pitch_1, op_.first_x_1};
  for (std::uint32_t c = 0; c < op_.columns; ++c) {
    for (std::uint32_t k = 0; k < op_.channels; ++k) {
      const Place place{k, std::uint64_t{op_.first_column} + c};
      float& output = bank[c * channel_stride + k];
      const std::uint32_t old = arithmetic_.canonical(word_of(output));
      const std::uint32_t a = operand(op_.source_a, op_.immediate_a, op_.constants_a, view_0, old, place);
      const std::uint32_t x = operand(op_.source_x, op_.immediate_x, op_.constants_x, view_0, old, place);
      const std::uint32_t y = operand(op_.source_y, op_.immediate_y, op_.constants_y, view_1, old, place);
      output = arithmetic_.to_float(result(a, x, y));
    }
  }
}

std::uint32_t Pointwise::streamed(const View& view, Place place) const {
  const auto ox = static_cast<std::int64_t>(place.pixel % op_.out_width);
  const auto oy = static_cast<std::int64_t>(place.pixel / op_.out_width % op_.out_height);
  const std::uint64_t image = place.pixel / op_.out_width / op_.out_height;
  const std::int64_t y = oy * op_.stride_y + op_.offset_y;
  const std::int64_t x = ox * op_.stride_x + op_.offset_x;
  if (y < 0 || y >= op_.height || x < 0 || x >= op_.width) return 0;
  const std::uint64_t slot = (image * op_.height + static_cast<std::uint64_t>(y)) % view.row_capacity;
  const std::uint64_t word = view.base + (std::uint64_t{place.channel} * view.row_capacity + slot) * view.pitch +
                             static_cast<std::uint64_t>(x) - view.first_x;
  std::uint32_t bits = 0;
  std::memcpy(&bits, features_.data + word * config_.word_bytes(), config_.word_bytes());
  return bits;
}

std::uint32_t Pointwise::operand(OperandSource source, std::uint32_t immediate, std::uint32_t constants,
                                 const View& view, std::uint32_t accumulator, Place place) const {
  switch (source) {
    case OperandSource::Accumulator: return accumulator;
    case OperandSource::Immediate: return arithmetic_.immediate(immediate);
    case OperandSource::Constant: return weights_.word(constants + std::uint64_t{place.channel} * config_.word_bytes());
    case OperandSource::Stream: return streamed(view, place);
  }
  return 0;
}

std::uint32_t Pointwise::result(std::uint32_t a, std::uint32_t x, std::uint32_t y) const {
  const auto input = [a, x, y](SelectInput which) {
    switch (which) {
      case SelectInput::A: return a;
      case SelectInput::X: return x;
      case SelectInput::Y: return y;
      case SelectInput::Zero: break;
    }
    return std::uint32_t{0};
  };
  switch (op_.operation) {
    case PointwiseOp::Add: return arithmetic_.add(a, x);
    case PointwiseOp::Sub: return arithmetic_.subtract(a, x);
    case PointwiseOp::Mul: return arithmetic_.multiply(a, x);
    case PointwiseOp::MulAdd: return arithmetic_.fused_multiply_add(a, x, y);
    case PointwiseOp::Select:
      return input(arithmetic_.compare(op_.compare, input(op_.select_p), input(op_.select_q)) ? op_.select_u
                                                                                              : op_.select_v);
  }
  return 0;
}

std::uint32_t Pointwise::word_of(float value) const {
  return config_.mode == Mode::Infer ? Half::from_float(value).bits() : bits_of(value);
}

}  // namespace dlac::schedule
