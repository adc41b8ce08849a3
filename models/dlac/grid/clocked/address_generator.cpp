// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/address_generator.h>

#include <algorithm>

namespace dlac::clocked {
namespace {

/// Mathematical modulo: the result lies in [0, divisor).
[[nodiscard]] std::int64_t modulo(std::int64_t value, std::int64_t divisor) {
  const std::int64_t remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

/// A flat index taken apart by a row-major pair of extents.
struct Position {
  std::uint64_t outer;
  std::uint32_t y, x;
};
[[nodiscard]] Position position_of(std::uint64_t flat, std::uint32_t extent_y, std::uint32_t extent_x) {
  const std::uint64_t line = flat / extent_x;
  return {line / extent_y, static_cast<std::uint32_t>(line % extent_y), static_cast<std::uint32_t>(flat % extent_x)};
}

}  // namespace

void AddressGenerator::Axis::start(std::int64_t first_coordinate, std::int64_t step_coordinate, std::uint32_t insertion,
                                   std::uint32_t steps, std::uint32_t initial) {
  insert = insertion;
  count = steps;
  position = initial;
  const auto split = [this](std::int64_t u) {
    const std::int64_t phase = modulo(u, insert);
    return Coordinate{(u - phase) / insert, phase};
  };
  first = split(first_coordinate);
  step = split(step_coordinate);
  now = split(first_coordinate + step_coordinate * initial);
}

void AddressGenerator::Axis::rewind() {
  position = 0;
  now = first;
}

void AddressGenerator::start(const MmOp& op, std::uint32_t column) {
  const bool kernel_beats = op.order == BeatOrder::KernelBeats;
  const std::uint64_t flat_column = std::uint64_t{op.first_column} + column;
  const Position pixel = position_of(kernel_beats ? flat_column : op.first_beat, op.out_height, op.out_width);
  const Position kernel = position_of(kernel_beats ? op.first_beat : flat_column, op.kernel_height, op.kernel_width);

  if (kernel_beats) {
    x_.start(std::int64_t{pixel.x} * op.stride_x + op.offset_x, op.step_x, op.insert_x, op.kernel_width, kernel.x);
    y_.start(std::int64_t{pixel.y} * op.stride_y + op.offset_y, op.step_y, op.insert_y, op.kernel_height, kernel.y);
  } else {
    x_.start(std::int64_t{kernel.x} * op.step_x + op.offset_x, op.stride_x, op.insert_x, op.out_width, pixel.x);
    y_.start(std::int64_t{kernel.y} * op.step_y + op.offset_y, op.stride_y, op.insert_y, op.out_height, pixel.y);
  }

  // A map that is all padding may have no rows in the buffer at all.
  row_capacity_ = std::max<std::int64_t>(op.row_capacity, 1);
  pitch_ = op.pitch;
  origin_ = std::int64_t{op.base} - op.first_x;
  height_ = op.height;
  width_ = op.width;

  const std::int64_t plane_words = row_capacity_ * pitch_;
  plane_ = (static_cast<std::int64_t>(kernel.outer) - op.first_channel) * plane_words;
  plane_step_ = kernel_beats ? plane_words : 0;

  const std::int64_t image_row = modulo(static_cast<std::int64_t>(pixel.outer) * op.height, row_capacity_);
  first_row_ = modulo(image_row + y_.first.index, row_capacity_);
  row_ = modulo(image_row + y_.now.index, row_capacity_);
  row_step_ = modulo(y_.step.index, row_capacity_);
  image_rows_ = kernel_beats ? 0 : modulo(op.height, row_capacity_);
}

FeatureAddress AddressGenerator::current() const {
  if (x_.now.phase != 0 || y_.now.phase != 0) return {FeatureAddress::Kind::Inserted, 0};
  // Negative coordinates become large ones.
  if (static_cast<std::uint64_t>(y_.now.index) >= height_ || static_cast<std::uint64_t>(x_.now.index) >= width_) {
    return {FeatureAddress::Kind::Padding, 0};
  }
  return {FeatureAddress::Kind::Stored, static_cast<std::uint64_t>(origin_ + plane_ + row_ * pitch_ + x_.now.index)};
}

void AddressGenerator::advance() {
  if (++x_.position < x_.count) {
    x_.now.index += x_.step.index;
    x_.now.phase += x_.step.phase;
    if (x_.now.phase >= x_.insert) {
      x_.now.phase -= x_.insert;
      ++x_.now.index;
    }
    return;
  }
  x_.rewind();
  if (++y_.position < y_.count) {
    y_.now.index += y_.step.index;
    y_.now.phase += y_.step.phase;
    row_ = wrapped(row_ + row_step_);
    if (y_.now.phase >= y_.insert) {
      y_.now.phase -= y_.insert;
      ++y_.now.index;
      row_ = wrapped(row_ + 1);
    }
    return;
  }
  y_.rewind();
  plane_ += plane_step_;
  first_row_ = wrapped(first_row_ + image_rows_);
  row_ = first_row_;
}

}  // namespace dlac::clocked
