// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/models/grid/clocked/sc_clocked_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace clocked_model {
namespace {

float float_of(std::uint32_t word) {
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}
std::uint32_t word_of(float value) {
  std::uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return word;
}
std::int64_t floor_modulo(std::int64_t a, std::int64_t b) { return ((a % b) + b) % b; }
std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

long double Numbers::value(std::uint32_t word) const {
  if (!half_) return static_cast<long double>(float_of(word));
  const int exponent = static_cast<int>(word >> 10 & 31U);
  const auto mantissa = static_cast<long double>(word & 1023U);
  long double magnitude = 0;
  if (exponent == 31) {
    magnitude =
        mantissa == 0 ? std::numeric_limits<long double>::infinity() : std::numeric_limits<long double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(mantissa, -24);
  } else {
    magnitude = std::ldexp(mantissa + 1024, exponent - 25);
  }
  return (word & 0x8000U) != 0 ? -magnitude : magnitude;
}

std::uint32_t Numbers::word(long double value) const {
  if (!half_) return word_of(static_cast<float>(value));
  if (std::isnan(value)) return 0x7E00;
  const std::uint32_t sign = std::signbit(value) ? 0x8000U : 0U;
  const long double magnitude = std::fabs(value);
  if (magnitude == 0) return sign;
  if (std::isinf(magnitude)) return sign | 0x7C00U;
  // The spacing of binary16 numbers around the value; 2^-24 among subnormals.
  const int ulp = std::max(std::ilogb(magnitude), -14) - 10;
  const long double rounded = std::ldexp(std::nearbyint(std::ldexp(magnitude, -ulp)), ulp);
  if (rounded >= 65536.0L) return sign | 0x7C00U;
  if (rounded < std::ldexp(1.0L, -14)) return sign | static_cast<std::uint32_t>(std::ldexp(rounded, 24));
  const int exponent = std::ilogb(rounded);
  return sign | (static_cast<std::uint32_t>(exponent + 15) << 10) |
         (static_cast<std::uint32_t>(std::ldexp(rounded, 10 - exponent)) & 1023U);
}

std::uint32_t Numbers::add(std::uint32_t a, std::uint32_t b) const {
  return half_ ? word(value(a) + value(b)) : word_of(float_of(a) + float_of(b));
}
std::uint32_t Numbers::subtract(std::uint32_t a, std::uint32_t b) const {
  return half_ ? word(value(a) - value(b)) : word_of(float_of(a) - float_of(b));
}
std::uint32_t Numbers::multiply(std::uint32_t a, std::uint32_t b) const {
  return half_ ? word(value(a) * value(b)) : word_of(float_of(a) * float_of(b));
}
std::uint32_t Numbers::fused_multiply_add(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
  return half_ ? word(value(a) * value(b) + value(c)) : word_of(std::fma(float_of(a), float_of(b), float_of(c)));
}
std::uint32_t Numbers::canonical(std::uint32_t word) const {
  if (value(word) == 0) return 0;
  if (std::isnan(value(word))) return half_ ? 0x7E00U : 0x7FC00000U;
  return word;
}

std::uint32_t word_at(const Bytes& bytes, std::uint64_t word, dlac::Mode mode) {
  const unsigned size = mode == dlac::Mode::Train ? 4 : 2;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::uint32_t{bytes.at(word * size + i)} << (8 * i);
  return value;
}
void set_word(Bytes& bytes, std::uint64_t word, dlac::Mode mode, std::uint32_t value) {
  const unsigned size = mode == dlac::Mode::Train ? 4 : 2;
  for (unsigned i = 0; i < size; ++i) bytes.at(word * size + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

Feature feature_at(const dlac::MmOp& op, std::uint32_t column, std::uint32_t beat) {
  const bool kernel_beats = op.order == dlac::BeatOrder::KernelBeats;
  const std::int64_t t = std::int64_t{op.first_beat} + beat;
  const std::int64_t along = std::int64_t{op.first_column} + column;
  const std::int64_t q = kernel_beats ? along : t;
  const std::int64_t j = kernel_beats ? t : along;
  const std::int64_t ox = q % op.out_width;
  const std::int64_t oy = q / op.out_width % op.out_height;
  const std::int64_t n = q / op.out_width / op.out_height;
  const std::int64_t kw = j % op.kernel_width;
  const std::int64_t kh = j / op.kernel_width % op.kernel_height;
  const std::int64_t c = j / op.kernel_width / op.kernel_height;
  const std::int64_t u = oy * op.stride_y + kh * op.step_y + op.offset_y;
  const std::int64_t v = ox * op.stride_x + kw * op.step_x + op.offset_x;
  Feature feature;
  if (floor_modulo(u, op.insert_y) != 0 || floor_modulo(v, op.insert_x) != 0) {
    feature.inserted = true;
    return feature;
  }
  const std::int64_t y = u / op.insert_y;
  const std::int64_t x = v / op.insert_x;
  if (y < 0 || y >= std::int64_t{op.height} || x < 0 || x >= std::int64_t{op.width}) return feature;
  feature.address = op.base +
                    ((c - op.first_channel) * op.row_capacity + (n * op.height + y) % op.row_capacity) * op.pitch + x -
                    op.first_x;
  return feature;
}

dlac::SegmentResult Machine::multiply(const dlac::MmOp& op, const Bytes& weights, const Bytes& features) {
  const std::int64_t buffers = config_.output_buffers;
  const std::int64_t grid_rows = std::int64_t{1} << op.log2_rows;
  const std::int64_t rows = ceil_divide(op.channels, buffers);
  const std::int64_t columns = op.columns;
  const std::int64_t beats = op.beats;
  const std::int64_t window = config_.window_beats;
  const bool full = op.full_precision != 0;
  const std::int64_t units = full ? config_.multiply_units : config_.arithmetic_units;
  const std::uint32_t weight_bits = full ? (config_.mode == dlac::Mode::Train ? 32 : 16) : 2;
  const std::int64_t port_bits = std::int64_t{config_.row_port_words} * (config_.mode == dlac::Mode::Train ? 32 : 16);
  const std::int64_t p = std::max<std::int64_t>(1, ceil_divide(buffers * std::int64_t{weight_bits}, port_bits));

  const auto weight = [&](std::int64_t k, std::int64_t t) -> std::uint32_t {
    const auto index = static_cast<std::uint64_t>(t * grid_rows * buffers + k);
    if (full) return word_at(weights, op.weights / (weight_bits / 8) + index, config_.mode);
    const std::uint32_t code = weights.at(op.weights + index / 4) >> (2 * (index % 4)) & 3U;
    return numbers_.word(code == 1 ? 1.0L : code == 3 ? -1.0L : 0.0L);
  };

  dlac::SegmentResult result;
  if (op.clear != 0) {
    for (std::uint32_t k = 0; k < op.channels; ++k) {
      for (std::uint32_t c = 0; c < op.columns; ++c) outputs_[{op.bank, k, c}] = 0;
    }
  }

  // Values, update counts, and n(r,c,t).
  std::vector<std::int64_t> n(static_cast<std::size_t>(rows * columns * beats));
  const auto at = [&](std::int64_t r, std::int64_t c, std::int64_t t) {
    return static_cast<std::size_t>((r * columns + c) * beats + t);
  };
  for (std::int64_t t = 0; t < beats; ++t) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const Feature place = feature_at(op, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(t));
      if (place.inserted) continue;
      const std::uint32_t feature_word =
          place.address ? word_at(features, static_cast<std::uint64_t>(*place.address), config_.mode) : 0;
      const long double feature = numbers_.value(feature_word);
      std::vector<std::int64_t> live(static_cast<std::size_t>(rows));
      for (std::uint32_t k = 0; k < op.channels; ++k) {
        const std::uint32_t weight_word = weight(k, t);
        const long double w = numbers_.value(weight_word);
        const bool feature_zero = feature == 0;
        const bool weight_zero = w == 0;
        bool executed = true;
        switch (config_.policy) {
          case dlac::Policy::None: break;
          case dlac::Policy::Features: executed = !feature_zero; break;
          case dlac::Policy::Weights: executed = !weight_zero; break;
          case dlac::Policy::Both: executed = !feature_zero && !weight_zero; break;
        }
        if (executed) {
          ++result.updates.executed;
          ++live[static_cast<std::size_t>(k / buffers)];
        } else if (weight_zero && feature_zero) {
          ++result.updates.skipped_both;
        } else if (weight_zero) {
          ++result.updates.skipped_weight;
        } else {
          ++result.updates.skipped_feature;
        }
        if ((weight_zero && !std::isfinite(feature)) || (feature_zero && !std::isfinite(w))) {
          ++result.updates.masked_nonfinite;
        }
        if (weight_zero || feature_zero) continue;
        std::uint32_t& output = outputs_[{op.bank, k, static_cast<std::uint32_t>(c)}];
        if (full) {
          output = numbers_.fused_multiply_add(weight_word, feature_word, output);
        } else {
          output = w > 0 ? numbers_.add(output, feature_word) : numbers_.subtract(output, feature_word);
        }
      }
      for (std::int64_t r = 0; r < rows; ++r) n[at(r, c, t)] = ceil_divide(live[static_cast<std::size_t>(r)], units);
    }
  }

  // The recurrence. Times before the first beat are 0.
  std::vector<std::int64_t> done(n.size());
  const auto done_at = [&](std::int64_t r, std::int64_t c, std::int64_t t) { return t < 0 ? 0 : done[at(r, c, t)]; };
  std::vector<std::int64_t> row_time(static_cast<std::size_t>(rows)), column_time(static_cast<std::size_t>(columns));
  for (std::int64_t t = 0; t < beats; ++t) {
    for (std::int64_t r = 0; r < rows; ++r) {
      std::int64_t& time = row_time[static_cast<std::size_t>(r)];
      for (std::int64_t c = 0; c < columns; ++c) time = std::max(time, done_at(r, c, t - window));
      time += p;
    }
    for (std::int64_t c = 0; c < columns; ++c) {
      std::int64_t& time = column_time[static_cast<std::size_t>(c)];
      for (std::int64_t r = 0; r < rows; ++r) time = std::max(time, done_at(r, c, t - window));
      time += 1;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const std::int64_t free = done_at(r, c, t - 1);
        const std::int64_t row = std::max(free, row_time[static_cast<std::size_t>(r)]);
        const std::int64_t both = std::max(row, column_time[static_cast<std::size_t>(c)]);
        result.pe.starved_row += static_cast<std::uint64_t>(row - free);
        result.pe.starved_column += static_cast<std::uint64_t>(both - row);
        result.pe.busy += static_cast<std::uint64_t>(n[at(r, c, t)]);
        done[at(r, c, t)] = both + n[at(r, c, t)];
      }
    }
  }
  std::int64_t cycles = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) cycles = std::max(cycles, done_at(r, c, beats - 1));
  }
  result.cycles = static_cast<std::uint64_t>(cycles);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      result.pe.finished_early += static_cast<std::uint64_t>(cycles - done_at(r, c, beats - 1));
    }
  }
  result.pe.finished_early += static_cast<std::uint64_t>((config_.pes - rows * columns) * cycles);
  return result;
}

std::uint64_t Machine::pointwise(const dlac::PtWiseOp& op, const Bytes& weights, const Bytes& features) {
  using Source = dlac::OperandSource;
  using Input = dlac::SelectInput;
  using Op = dlac::PointwiseOp;
  const unsigned word_size = config_.mode == dlac::Mode::Train ? 4 : 2;
  const auto streamed = [&](std::int64_t k, std::int64_t q, std::int64_t base, std::int64_t capacity,
                            std::int64_t pitch, std::int64_t first_x) -> std::uint32_t {
    const std::int64_t x = q % op.out_width * op.stride_x + op.offset_x;
    const std::int64_t y = q / op.out_width % op.out_height * op.stride_y + op.offset_y;
    const std::int64_t n = q / op.out_width / op.out_height;
    if (y < 0 || y >= std::int64_t{op.height} || x < 0 || x >= std::int64_t{op.width}) return 0;
    const std::int64_t word = base + (k * capacity + (n * op.height + y) % capacity) * pitch + x - first_x;
    return word_at(features, static_cast<std::uint64_t>(word), config_.mode);
  };
  for (std::uint32_t k = 0; k < op.channels; ++k) {
    for (std::uint32_t c = 0; c < op.columns; ++c) {
      std::uint32_t& output = outputs_[{op.bank, k, c}];
      const std::int64_t q = std::int64_t{op.first_column} + c;
      const std::uint32_t view_0 = op.source_a == Source::Stream || op.source_x == Source::Stream
                                       ? streamed(k, q, op.base_0, op.row_capacity_0, op.pitch_0, op.first_x_0)
                                       : 0;
      const std::uint32_t view_1 =
          op.source_y == Source::Stream ? streamed(k, q, op.base_1, op.row_capacity_1, op.pitch_1, op.first_x_1) : 0;
      const auto operand = [&](Source source, std::uint32_t immediate, std::uint32_t constants, std::uint32_t stream) {
        if (source == Source::Accumulator) return numbers_.canonical(output);
        if (source == Source::Immediate) return immediate;
        if (source == Source::Constant) return word_at(weights, constants / word_size + k, config_.mode);
        return stream;
      };
      const std::uint32_t a = operand(op.source_a, op.immediate_a, op.constants_a, view_0);
      const std::uint32_t x = operand(op.source_x, op.immediate_x, op.constants_x, view_0);
      const std::uint32_t y = operand(op.source_y, op.immediate_y, op.constants_y, view_1);
      const auto input = [&](Input which) {
        return which == Input::A ? a : which == Input::X ? x : which == Input::Y ? y : 0U;
      };
      if (op.operation == Op::Add) output = numbers_.add(a, x);
      if (op.operation == Op::Sub) output = numbers_.subtract(a, x);
      if (op.operation == Op::Mul) output = numbers_.multiply(a, x);
      if (op.operation == Op::MulAdd) output = numbers_.fused_multiply_add(a, x, y);
      if (op.operation == Op::Select) {
        const long double left = numbers_.value(input(op.select_p));
        const long double right = numbers_.value(input(op.select_q));
        const bool conditions[] = {left<right, left <= right, left> right, left >= right, left == right,
                                   left < right || left > right};
        output = conditions[static_cast<std::size_t>(op.compare)] ? input(op.select_u) : input(op.select_v);
      }
    }
  }
  const std::int64_t buffers = config_.output_buffers;
  const std::int64_t units =
      op.operation == Op::Mul || op.operation == Op::MulAdd ? config_.multiply_units : config_.arithmetic_units;
  const std::int64_t constants =
      (op.source_a == Source::Constant) + (op.source_x == Source::Constant) + (op.source_y == Source::Constant);
  const std::int64_t streams = (op.source_a == Source::Stream || op.source_x == Source::Stream ? 1 : 0) +
                               (op.source_y == Source::Stream ? 1 : 0);
  const std::int64_t live_rows = ceil_divide(op.channels, buffers);
  return static_cast<std::uint64_t>(
      std::max({ceil_divide(buffers, units), constants * ceil_divide(buffers, config_.row_port_words),
                ceil_divide(live_rows * buffers * streams, config_.column_port_words)}));
}

std::vector<std::uint32_t> Machine::drain(std::uint32_t bank, std::uint32_t channels, std::uint32_t columns) const {
  std::vector<std::uint32_t> words;
  for (std::uint32_t k = 0; k < channels; ++k) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      const auto found = outputs_.find({bank, k, c});
      words.push_back(found == outputs_.end() ? 0 : numbers_.canonical(found->second));
    }
  }
  return words;
}

}  // namespace clocked_model
