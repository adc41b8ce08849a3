// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/models/grid/schedule/unit_engine_model.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tb/reference/arithmetic.h"
#include "tb/reference/schedule.h"

namespace engine_model {
namespace {

using dlac::Mode;

constexpr std::int64_t Padding = -1;
constexpr std::int64_t Inserted = -2;

/// Word of the feature buffer, Padding or Inserted, as the description of MmOp has it.
[[nodiscard]] std::int64_t feature_address(const dlac::MmOp& op, std::int64_t column, std::int64_t beat) {
  const bool kernel_beats = op.order == dlac::BeatOrder::KernelBeats;
  const std::int64_t pixel = kernel_beats ? op.first_column + column : op.first_beat + beat;
  const std::int64_t position = kernel_beats ? op.first_beat + beat : op.first_column + column;
  const std::int64_t ox = pixel % op.out_width;
  const std::int64_t oy = pixel / op.out_width % op.out_height;
  const std::int64_t n = pixel / op.out_width / op.out_height;
  const std::int64_t kw = position % op.kernel_width;
  const std::int64_t kh = position / op.kernel_width % op.kernel_height;
  const std::int64_t c = position / op.kernel_width / op.kernel_height;
  const std::int64_t u = oy * op.stride_y + kh * op.step_y + op.offset_y;
  const std::int64_t v = ox * op.stride_x + kw * op.step_x + op.offset_x;
  if (u % std::int64_t{op.insert_y} != 0 || v % std::int64_t{op.insert_x} != 0) return Inserted;
  const std::int64_t y = u / std::int64_t{op.insert_y};
  const std::int64_t x = v / std::int64_t{op.insert_x};
  if (y < 0 || y >= op.height || x < 0 || x >= op.width) return Padding;
  const std::int64_t row = (c - op.first_channel) * op.row_capacity + (n * op.height + y) % op.row_capacity;
  return op.base + row * op.pitch + x - op.first_x;
}

[[nodiscard]] reference::Precision precision_of(Mode mode) {
  return mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16;
}

[[nodiscard]] reference::Operand classify(Mode mode, std::uint32_t word) {
  if (reference::is_zero(precision_of(mode), word)) return reference::Operand::Zero;
  return reference::is_finite(precision_of(mode), word) ? reference::Operand::NonZero : reference::Operand::NonFinite;
}

[[nodiscard]] std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

std::uint32_t load_word(const Bytes& bytes, std::uint64_t word, Mode mode) {
  const unsigned size = mode == Mode::Train ? 4 : 2;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::uint32_t{bytes.at(word * size + i)} << (8 * i);
  return value;
}

void store_word(Bytes& bytes, std::uint64_t word, Mode mode, std::uint32_t value) {
  const unsigned size = mode == Mode::Train ? 4 : 2;
  for (unsigned i = 0; i < size; ++i) bytes.at(word * size + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

void store_code(Bytes& bytes, std::uint64_t first_byte, std::uint64_t index, int weight) {
  std::uint8_t& byte = bytes.at(first_byte + index / 4);
  const unsigned shift = 2 * static_cast<unsigned>(index % 4);
  const unsigned code = weight > 0 ? 1U : weight < 0 ? 3U : 0U;
  byte = static_cast<std::uint8_t>((byte & ~(3U << shift)) | code << shift);
}

Model::Model(const dlac::Config& config, const Bytes& weights, const Bytes& features)
    : config_(config), weights_(weights), features_(features) {
  reset();
}

void Model::reset() {
  for (auto& bank : banks_) bank.assign(config_.bank_words(), 0.0);
}

/// Operands are words, ternary weights -1, 0 and 1; Inserted and Padding where there is no feature.
template <class Format>
void Model::accumulate(const dlac::MmOp& op, const std::vector<std::int64_t>& weights,
                       const std::vector<std::int64_t>& features) {
  using Value = typename Format::Value;
  const bool full = op.full_precision != 0;
  std::vector<Value> x;
  for (const std::int64_t word : features) x.push_back(word < 0 ? 0 : Format::load(static_cast<std::uint32_t>(word)));
  std::vector<Value> w;
  for (const std::int64_t word : weights) {
    w.push_back(full ? Format::load(static_cast<std::uint32_t>(word)) : static_cast<Value>(word));
  }
  for (std::uint32_t k = 0; k < op.channels; ++k) {
    for (std::uint32_t c = 0; c < op.columns; ++c) {
      auto sum = op.clear != 0 ? Value{0} : static_cast<Value>(output(op.bank, op.log2_rows, k, c));
      for (std::uint32_t t = 0; t < op.beats; ++t) {
        const Value weight = w[std::size_t{t} * op.channels + k];
        const Value feature = x[std::size_t{t} * op.columns + c];
        if (weight == 0 || feature == 0) continue;
        if (full) {
          sum = Format::fused_multiply_add(weight, feature, sum);
        } else {
          sum = Format::add(sum, weight < 0 ? -feature : feature);
        }
      }
      output(op.bank, op.log2_rows, k, c) = static_cast<double>(sum);
    }
  }
}

dlac::SegmentResult Model::multiply(const dlac::MmOp& op) {
  const bool full = op.full_precision != 0;
  const std::uint64_t tile_channels = std::uint64_t{config_.output_buffers} << op.log2_rows;
  reference::Segment segment;
  segment.channels = op.channels;
  segment.columns = op.columns;
  segment.beats = op.beats;
  std::vector<std::int64_t> weights;
  std::vector<std::int64_t> features;
  for (std::uint32_t t = 0; t < op.beats; ++t) {
    for (std::uint32_t k = 0; k < op.channels; ++k) {
      const std::uint64_t index = t * tile_channels + k;
      if (full) {
        weights.push_back(load_word(weights_, op.weights / config_.word_bytes() + index, config_.mode));
        segment.weights.push_back(classify(config_.mode, static_cast<std::uint32_t>(weights.back())));
      } else {
        const unsigned code = weights_.at(op.weights + index / 4) >> (2 * (index % 4)) & 3U;
        weights.push_back(code == 1 ? 1 : code == 3 ? -1 : 0);
        segment.weights.push_back(code == 0 ? reference::Operand::Zero : reference::Operand::NonZero);
      }
    }
    for (std::uint32_t c = 0; c < op.columns; ++c) {
      const std::int64_t address = feature_address(op, c, t);
      if (address < 0) {
        features.push_back(address);
        segment.features.push_back(address == Inserted ? reference::Operand::Inserted : reference::Operand::Zero);
      } else {
        features.push_back(load_word(features_, static_cast<std::uint64_t>(address), config_.mode));
        segment.features.push_back(classify(config_.mode, static_cast<std::uint32_t>(features.back())));
      }
    }
  }
  if (config_.mode == Mode::Train) {
    accumulate<reference::Binary32>(op, weights, features);
  } else {
    accumulate<reference::Binary16>(op, weights, features);
  }

  const std::int64_t weight_bits = full ? (config_.mode == Mode::Train ? 32 : 16) : 2;
  const std::int64_t port_bits = std::int64_t{config_.row_port_words} * (config_.mode == Mode::Train ? 32 : 16);
  reference::Grid grid;
  grid.rows = std::int64_t{1} << op.log2_rows;
  grid.columns = config_.pes >> op.log2_rows;
  grid.buffers = config_.output_buffers;
  grid.units = full ? config_.multiply_units : config_.arithmetic_units;
  grid.window = config_.window_beats;
  grid.beat_cycles = std::max<std::int64_t>(1, ceil_divide(config_.output_buffers * weight_bits, port_bits));
  const auto policy = static_cast<reference::Policy>(config_.policy);
  const reference::SegmentCycles cycles = segment_cycles(grid, policy, segment);
  const auto natural = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  dlac::SegmentResult result;
  result.cycles = natural(cycles.cycles);
  result.updates = {natural(cycles.executed), natural(cycles.skipped_weight), natural(cycles.skipped_feature),
                    natural(cycles.skipped_both), natural(cycles.masked_nonfinite)};
  result.pe = {natural(cycles.busy), natural(cycles.starved_row), natural(cycles.starved_column),
               natural(cycles.finished_early)};
  return result;
}

template <class Format>
void Model::apply(const dlac::PtWiseOp& op) {
  using Value = typename Format::Value;
  struct View {
    std::int64_t base, capacity, pitch, first_x;
  };
  const View view_0{op.base_0, op.row_capacity_0, op.pitch_0, op.first_x_0};
  const View view_1{op.base_1, op.row_capacity_1, op.pitch_1, op.first_x_1};
  const auto operand = [&](dlac::OperandSource source, std::uint32_t immediate, std::uint32_t constants,
                           const View& view, std::uint32_t k, std::uint32_t c) -> Value {
    switch (source) {
      case dlac::OperandSource::Accumulator: {
        const double value = output(op.bank, op.log2_rows, k, c);
        return value == 0 ? 0 : static_cast<Value>(value);
      }
      case dlac::OperandSource::Immediate: return Format::load(immediate);
      case dlac::OperandSource::Constant:
        return Format::load(load_word(weights_, constants / config_.word_bytes() + k, config_.mode));
      case dlac::OperandSource::Stream: break;
    }
    const std::int64_t q = std::int64_t{op.first_column} + c;
    const std::int64_t x = q % op.out_width * op.stride_x + op.offset_x;
    const std::int64_t y = q / op.out_width % op.out_height * op.stride_y + op.offset_y;
    const std::int64_t n = q / op.out_width / op.out_height;
    if (y < 0 || y >= op.height || x < 0 || x >= op.width) return 0;
    const std::int64_t row = k * view.capacity + (n * op.height + y) % view.capacity;
    return Format::load(load_word(
        features_, static_cast<std::uint64_t>(view.base + row * view.pitch + x - view.first_x), config_.mode));
  };
  for (std::uint32_t k = 0; k < op.channels; ++k) {
    for (std::uint32_t c = 0; c < op.columns; ++c) {
      const Value a = operand(op.source_a, op.immediate_a, op.constants_a, view_0, k, c);
      const Value x = operand(op.source_x, op.immediate_x, op.constants_x, view_0, k, c);
      const Value y = operand(op.source_y, op.immediate_y, op.constants_y, view_1, k, c);
      const Value inputs[] = {a, x, y, 0};
      const auto input = [&](dlac::SelectInput which) { return inputs[static_cast<std::size_t>(which)]; };
      Value value = 0;
      switch (op.operation) {
        case dlac::PointwiseOp::Add: value = Format::add(a, x); break;
        case dlac::PointwiseOp::Sub: value = Format::add(a, -x); break;
        case dlac::PointwiseOp::Mul: value = Format::fused_multiply_add(a, x, 0); break;  // differs in zeros' signs
        case dlac::PointwiseOp::MulAdd: value = Format::fused_multiply_add(a, x, y); break;
        case dlac::PointwiseOp::Select: {
          const Value p = input(op.select_p);
          const Value q = input(op.select_q);
          const bool conditions[] = {p<q, p <= q, p> q, p >= q, p == q, p < q || p > q};
          value = input(conditions[static_cast<std::size_t>(op.compare)] ? op.select_u : op.select_v);
          break;
        }
      }
      output(op.bank, op.log2_rows, k, c) = static_cast<double>(value);
    }
  }
}

std::uint64_t Model::pointwise(const dlac::PtWiseOp& op) {
  if (config_.mode == Mode::Train) {
    apply<reference::Binary32>(op);
  } else {
    apply<reference::Binary16>(op);
  }
  // Cycles = max(ceil(B/A"), words / port), of the row port and of the column port. (arch. 2)
  constexpr auto Constant = dlac::OperandSource::Constant;
  constexpr auto Stream = dlac::OperandSource::Stream;
  const bool multiplies = op.operation == dlac::PointwiseOp::Mul || op.operation == dlac::PointwiseOp::MulAdd;
  const std::int64_t buffers = config_.output_buffers;
  const std::int64_t constants =
      (op.source_a == Constant ? 1 : 0) + (op.source_x == Constant ? 1 : 0) + (op.source_y == Constant ? 1 : 0);
  // a and x are the same view, so the same words.
  const std::int64_t streams =
      (op.source_a == Stream || op.source_x == Stream ? 1 : 0) + (op.source_y == Stream ? 1 : 0);
  const std::int64_t compute = ceil_divide(buffers, multiplies ? config_.multiply_units : config_.arithmetic_units);
  const std::int64_t row_port = constants * ceil_divide(buffers, config_.row_port_words);
  const std::int64_t column_port =
      ceil_divide(ceil_divide(op.channels, buffers) * buffers * streams, config_.column_port_words);
  return static_cast<std::uint64_t>(std::max({compute, row_port, column_port}));
}

Words Model::drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns) const {
  Words words;
  for (std::uint32_t k = 0; k < channels; ++k) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      const double value = banks_[bank][index(log2_rows, k, c)];
      words.push_back(config_.mode == Mode::Train ? reference::Binary32::store(static_cast<float>(value))
                                                  : reference::Binary16::store(value));
    }
  }
  return words;
}

bool equal(const dlac::SegmentResult& a, const dlac::SegmentResult& b) {
  return a.cycles == b.cycles && a.updates == b.updates && a.pe == b.pe;
}

std::string text(const dlac::SegmentResult& result) {
  std::ostringstream out;
  out << "cycles " << result.cycles << ", executed " << result.updates.executed << " weight "
      << result.updates.skipped_weight << " feature " << result.updates.skipped_feature << " both "
      << result.updates.skipped_both << " masked " << result.updates.masked_nonfinite << ", busy " << result.pe.busy
      << " row " << result.pe.starved_row << " column " << result.pe.starved_column << " finished "
      << result.pe.finished_early;
  return out.str();
}

std::string text(const dlac::Config& config) {
  std::ostringstream out;
  out << to_string(config.mode) << ' ' << to_string(config.policy) << " PEs " << config.pes << " B "
      << config.output_buffers << " A " << config.arithmetic_units << '/' << config.multiply_units << " D "
      << config.window_beats << " port " << config.row_port_words;
  return out.str();
}

std::string text(const dlac::MmOp& op) {
  std::ostringstream out;
  out << "R " << (1U << op.log2_rows) << " bank " << op.bank << " clear " << op.clear << " full " << op.full_precision
      << " order " << static_cast<std::uint32_t>(op.order) << " channels " << op.channels << " columns "
      << op.first_column << '+' << op.columns << " beats " << op.first_beat << '+' << op.beats << " map " << op.height
      << 'x' << op.width << " kernel " << op.kernel_height << 'x' << op.kernel_width << " out " << op.out_height << 'x'
      << op.out_width << " stride " << op.stride_y << ',' << op.stride_x << " step " << op.step_y << ',' << op.step_x
      << " offset " << op.offset_y << ',' << op.offset_x << " insert " << op.insert_y << ',' << op.insert_x << " rows "
      << op.row_capacity << " pitch " << op.pitch << " first_x " << op.first_x << " first_channel " << op.first_channel;
  return out.str();
}

}  // namespace engine_model
