// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/machine.h"

#include "tb/reference/clocked_machine.h"

#include <algorithm>

namespace reference {
namespace {

/// Bits of a command, as the tables of Organisation number them.
[[nodiscard]] std::uint32_t bits(const CommandWords& words, unsigned word, unsigned low, unsigned count) {
  return words.at(word) >> low & ((1U << count) - 1);
}
[[nodiscard]] std::int64_t natural(const CommandWords& words, unsigned word) { return words.at(word); }
[[nodiscard]] std::int64_t integer(const CommandWords& words, unsigned word) {
  return static_cast<std::int32_t>(words.at(word));
}

[[nodiscard]] Operand classify(Precision precision, std::uint32_t word) {
  if (is_zero(precision, word)) return Operand::Zero;
  return is_finite(precision, word) ? Operand::NonZero : Operand::NonFinite;
}

[[nodiscard]] std::int64_t word_bytes(Precision precision) { return precision == Precision::Binary32 ? 4 : 2; }

}  // namespace

std::uint32_t load_word(Precision precision, const Bytes& bytes, std::uint64_t word) {
  const auto size = static_cast<unsigned>(word_bytes(precision));
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::uint32_t{bytes.at(word * size + i)} << (8 * i);
  return value;
}

void store_word(Precision precision, Bytes& bytes, std::uint64_t word, std::uint32_t value) {
  const auto size = static_cast<unsigned>(word_bytes(precision));
  for (unsigned i = 0; i < size; ++i) bytes.at(word * size + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

FeaturePlace feature_place(const CommandWords& words, std::int64_t column, std::int64_t beat) {
  const std::int64_t base = natural(words, 9), row_capacity = natural(words, 10), pitch = natural(words, 11);
  const std::int64_t first_x = natural(words, 12), first_channel = natural(words, 13);
  const std::int64_t height = natural(words, 14), width = natural(words, 15);
  const std::int64_t kernel_height = natural(words, 16), kernel_width = natural(words, 17);
  const std::int64_t out_height = natural(words, 18), out_width = natural(words, 19);
  const std::int64_t insert_y = natural(words, 26), insert_x = natural(words, 27);

  const bool pixel_beats = bits(words, 2, 11, 1) == 1;
  const std::int64_t along = natural(words, 5) + column;
  const std::int64_t t = natural(words, 7) + beat;
  const std::int64_t pixel = pixel_beats ? t : along;
  const std::int64_t position = pixel_beats ? along : t;
  const std::int64_t ox = pixel % out_width;
  const std::int64_t oy = pixel / out_width % out_height;
  const std::int64_t n = pixel / out_width / out_height;
  const std::int64_t kw = position % kernel_width;
  const std::int64_t kh = position / kernel_width % kernel_height;
  const std::int64_t c = position / kernel_width / kernel_height;

  const std::int64_t u = oy * natural(words, 20) + kh * integer(words, 22) + integer(words, 24);
  const std::int64_t v = ox * natural(words, 21) + kw * integer(words, 23) + integer(words, 25);
  if (u % insert_y != 0 || v % insert_x != 0) return {true, std::nullopt};
  const std::int64_t y = u / insert_y;
  const std::int64_t x = v / insert_x;
  if (y < 0 || y >= height || x < 0 || x >= width) return {false, std::nullopt};
  const std::int64_t row = (c - first_channel) * row_capacity + (n * height + y) % row_capacity;
  return {false, base + row * pitch + x - first_x};
}

Pointwise pointwise_of(const CommandWords& words) {
  Pointwise op;
  op.operation = bits(words, 2, 0, 3);
  op.compare = bits(words, 2, 3, 3);
  op.select_p = bits(words, 2, 6, 2);
  op.select_q = bits(words, 2, 8, 2);
  op.select_u = bits(words, 2, 10, 2);
  op.select_v = bits(words, 2, 12, 2);
  op.source_a = bits(words, 2, 14, 2);
  op.source_x = bits(words, 2, 16, 2);
  op.source_y = bits(words, 2, 18, 2);
  return op;
}

/// The fields that concern the grid rather than the features.
struct Machine::MmOp {
  explicit MmOp(const CommandWords& words)
      : log2_rows(bits(words, 2, 0, 8)),
        bank(bits(words, 2, 8, 1)),
        clear(bits(words, 2, 9, 1) == 1),
        full_precision(bits(words, 2, 10, 1) == 1),
        weights(natural(words, 3)),
        channels(natural(words, 4)),
        columns(natural(words, 6)),
        beats(natural(words, 8)) {}

  std::uint32_t log2_rows, bank;
  bool clear, full_precision;
  std::int64_t weights;  ///< byte
  std::int64_t channels, columns, beats;
};

/// Values as words; ternary weights -1, 0 and 1, missing features 0.
struct Machine::Operands {
  Segment segment;
  std::vector<std::int64_t> weights;    ///< [beats][channels]
  std::vector<std::uint32_t> features;  ///< [beats][columns]
};

Machine::Machine(const Core& core, Timing timing) : core_(core), timing_(timing) { reset(); }

void Machine::reset() {
  for (auto& bank : banks_) bank.assign(static_cast<std::size_t>(core_.pes * core_.buffers), 0);
}

Machine::Operands Machine::operands_of(const MmOp& op, const CommandWords& words, const Bytes& weights,
                                       const Bytes& features) const {
  const Precision precision = core_.precision;
  Operands operands;
  Segment& segment = operands.segment;
  segment.channels = op.channels;
  segment.columns = op.columns;
  segment.beats = op.beats;
  for (std::int64_t t = 0; t < op.beats; ++t) {
    for (std::int64_t k = 0; k < op.channels; ++k) {
      const auto index = static_cast<std::uint64_t>(t * (core_.buffers << op.log2_rows) + k);
      if (op.full_precision) {
        const auto first = static_cast<std::uint64_t>(op.weights / word_bytes(precision));
        const std::uint32_t word = load_word(precision, weights, first + index);
        operands.weights.push_back(word);
        segment.weights.push_back(classify(precision, word));
      } else {
        const unsigned code = weights.at(static_cast<std::uint64_t>(op.weights) + index / 4) >> (2 * (index % 4)) & 3U;
        operands.weights.push_back(code == 1 ? 1 : code == 3 ? -1 : 0);
        segment.weights.push_back(code == 0 ? Operand::Zero : Operand::NonZero);
      }
    }
    for (std::int64_t c = 0; c < op.columns; ++c) {
      const FeaturePlace place = feature_place(words, c, t);
      const std::uint32_t word =
          place.address ? load_word(precision, features, static_cast<std::uint64_t>(*place.address)) : 0;
      operands.features.push_back(word);
      segment.features.push_back(place.inserted ? Operand::Inserted : classify(precision, word));
    }
  }
  return operands;
}

template <class Format>
void Machine::accumulate(const MmOp& op, const Operands& operands) {
  using Value = typename Format::Value;
  std::vector<Value> x;
  for (const std::uint32_t word : operands.features) x.push_back(Format::load(word));
  std::vector<Value> w;
  for (const std::int64_t weight : operands.weights) {
    w.push_back(op.full_precision ? Format::load(static_cast<std::uint32_t>(weight)) : static_cast<Value>(weight));
  }
  for (std::int64_t k = 0; k < op.channels; ++k) {
    for (std::int64_t c = 0; c < op.columns; ++c) {
      std::uint32_t& output = banks_.at(op.bank).at(index(op.log2_rows, k, c));
      Value sum = op.clear ? Value{0} : Format::load(output);
      for (std::int64_t t = 0; t < op.beats; ++t) {
        const Value weight = w[static_cast<std::size_t>(t * op.channels + k)];
        const Value feature = x[static_cast<std::size_t>(t * op.columns + c)];
        if (weight == 0 || feature == 0) continue;
        if (op.full_precision) {
          sum = Format::fused_multiply_add(weight, feature, sum);
        } else {
          sum = Format::add(sum, weight < 0 ? -feature : feature);
        }
      }
      output = Format::store(sum);
    }
  }
}

Grid Machine::grid_of(const MmOp& op) const {
  const std::int64_t word_bits = 8 * word_bytes(core_.precision);
  const std::int64_t beat_bits = core_.buffers * (op.full_precision ? word_bits : 2);
  const std::int64_t port_bits = core_.row_port_words * word_bits;
  Grid grid;
  grid.rows = std::int64_t{1} << op.log2_rows;
  grid.columns = core_.pes >> op.log2_rows;
  grid.buffers = core_.buffers;
  grid.units = op.full_precision ? core_.multipliers : core_.adders;
  grid.window = core_.window;
  grid.beat_cycles = std::max<std::int64_t>(1, (beat_bits + port_bits - 1) / port_bits);
  return grid;
}

SegmentCycles Machine::multiply(const CommandWords& words, const Bytes& weights, const Bytes& features) {
  const MmOp op(words);
  const Operands operands = operands_of(op, words, weights, features);
  if (core_.precision == Precision::Binary32) {
    accumulate<Binary32>(op, operands);
  } else {
    accumulate<Binary16>(op, operands);
  }
  const Grid grid = grid_of(op);
  return timing_ == Timing::Recurrence ? segment_cycles(grid, core_.policy, operands.segment)
                                       : clock_by_clock(grid, core_.policy, operands.segment);
}

/// The fields with the views' apart.
struct Machine::PtWiseOp {
  struct View {
    std::int64_t base, row_capacity, pitch, first_x;
  };

  explicit PtWiseOp(const CommandWords& words)
      : operation(pointwise_of(words)),
        bank(bits(words, 2, 20, 1)),
        log2_rows(bits(words, 2, 24, 8)),
        channels(natural(words, 9)),
        first_column(natural(words, 10)),
        columns(natural(words, 11)),
        view_0{natural(words, 12), natural(words, 13), natural(words, 14), natural(words, 15)},
        view_1{natural(words, 16), natural(words, 17), natural(words, 18), natural(words, 19)} {}

  /// Word of the feature buffer; none outside the map.
  [[nodiscard]] static std::optional<std::uint64_t> streamed(const CommandWords& words, const View& view,
                                                             std::int64_t channel, std::int64_t pixel) {
    const std::int64_t height = natural(words, 20), width = natural(words, 21);
    const std::int64_t out_height = natural(words, 22), out_width = natural(words, 23);
    const std::int64_t x = pixel % out_width * natural(words, 25) + integer(words, 27);
    const std::int64_t y = pixel / out_width % out_height * natural(words, 24) + integer(words, 26);
    const std::int64_t n = pixel / out_width / out_height;
    if (y < 0 || y >= height || x < 0 || x >= width) return std::nullopt;
    const std::int64_t row = channel * view.row_capacity + (n * height + y) % view.row_capacity;
    return static_cast<std::uint64_t>(view.base + row * view.pitch + x - view.first_x);
  }

  Pointwise operation;
  std::uint32_t bank, log2_rows;
  std::int64_t channels, first_column, columns;
  View view_0, view_1;
};

std::int64_t Machine::pointwise(const CommandWords& words, const Bytes& weights, const Bytes& features) {
  const PtWiseOp op(words);
  const Precision precision = core_.precision;
  for (std::int64_t k = 0; k < op.channels; ++k) {
    for (std::int64_t c = 0; c < op.columns; ++c) {
      std::uint32_t& output = banks_.at(op.bank).at(index(op.log2_rows, k, c));
      const auto operand = [&](std::uint32_t source, std::uint32_t immediate, std::int64_t constants,
                               const PtWiseOp::View& view) -> std::uint32_t {
        if (source == 0) return output;
        if (source == 1) return precision == Precision::Binary32 ? immediate : immediate & 0xFFFFU;
        if (source == 2) {
          return load_word(precision, weights, static_cast<std::uint64_t>(constants / word_bytes(precision) + k));
        }
        const std::optional<std::uint64_t> word = PtWiseOp::streamed(words, view, k, op.first_column + c);
        return word ? load_word(precision, features, *word) : 0;
      };
      const std::uint32_t a = operand(op.operation.source_a, words[3], natural(words, 6), op.view_0);
      const std::uint32_t x = operand(op.operation.source_x, words[4], natural(words, 7), op.view_0);
      const std::uint32_t y = operand(op.operation.source_y, words[5], natural(words, 8), op.view_1);
      output = apply(op.operation, precision, a, x, y);
    }
  }
  return pointwise_cycles(
      op.operation, {core_.buffers, core_.adders, core_.multipliers, core_.row_port_words, core_.column_port_words},
      op.channels);
}

std::vector<std::uint32_t> Machine::drain(std::uint32_t bank, std::uint32_t log2_rows, std::int64_t channels,
                                          std::int64_t columns) const {
  std::vector<std::uint32_t> words;
  for (std::int64_t k = 0; k < channels; ++k) {
    for (std::int64_t c = 0; c < columns; ++c) words.push_back(banks_.at(bank).at(index(log2_rows, k, c)));
  }
  return words;
}

}  // namespace reference
