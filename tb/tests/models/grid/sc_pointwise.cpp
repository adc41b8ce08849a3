// SPDX-License-Identifier: Apache-2.0
// ptWiseOp through the whole core: tensors and constants in memory, a command list, results in memory. Values against a
// scalar loop, cycles against the formula (Point-wise operations):
//   max( ceil(B / A"), constant operands * ceil(B / row port), ceil(live rows * B * streams / column port) )
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "tb/reference/arithmetic.h"
#include "tb/reference/machine.h"
#include "tb/tests/models/sc_core_rig.h"

namespace {

using core_rig::ComputeToStore;
using core_rig::counter;
using core_rig::LoadToCompute;
using core_rig::on_both_engines;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::Command;
using dlac::CommandRecord;
using dlac::Compare;
using dlac::Config;
using dlac::Counter;
using dlac::End;
using dlac::ErrorCode;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::OperandSource;
using dlac::PointwiseOp;
using dlac::PtWiseOp;
using dlac::SelectInput;
using dlac::Store;

using Word = std::uint32_t;

constexpr std::uint64_t WeightsAt = 0x8000;
constexpr std::uint64_t ConstantsAt = 0xC000;
constexpr std::uint64_t FeaturesAt = 0x10000;
constexpr std::uint64_t StreamsAt = 0x18000;
constexpr std::uint64_t OutputsAt = 0x20000;

// Where they go in the local buffers: weights from byte 0, three vectors of constants behind them; the features from
// word 0, two streamed maps behind them.
constexpr std::uint32_t ConstantsIn = 2048;
constexpr std::uint32_t MostChannels = 32;
constexpr std::uint32_t FeatureWords = 300;
constexpr std::uint32_t StreamWords = 600;

constexpr OperandSource Accumulator = OperandSource::Accumulator;
constexpr OperandSource Immediate = OperandSource::Immediate;
constexpr OperandSource Constant = OperandSource::Constant;
constexpr OperandSource Stream = OperandSource::Stream;

/// The scalar machine: one operation on three words, in binary32 or binary16.
class Scalar {
 public:
  explicit Scalar(Mode mode) : train_(mode == Mode::Train) {}

  [[nodiscard]] Word apply(const PtWiseOp& op, Word a, Word x, Word y) const {
    return reference::apply(reference::pointwise_of(encode(op)), precision(), a, x, y);
  }
  /// The word of a real number, rounded once from binary64.
  [[nodiscard]] Word word(double value) const {
    return train_ ? reference::binary32_bits(static_cast<float>(value))
                  : reference::binary16_bits(reference::round_to_binary16(value));
  }
  /// acc + w * f for a ternary weight; a zero operand leaves the accumulator.
  [[nodiscard]] Word accumulate(Word accumulator, int weight, Word feature) const {
    return train_ ? accumulate_as<reference::Binary32>(accumulator, weight, feature)
                  : accumulate_as<reference::Binary16>(accumulator, weight, feature);
  }

 private:
  [[nodiscard]] reference::Precision precision() const {
    return train_ ? reference::Precision::Binary32 : reference::Precision::Binary16;
  }
  template <typename Format>
  [[nodiscard]] static Word accumulate_as(Word accumulator, int weight, Word feature) {
    const auto f = Format::load(feature);
    if (weight == 0 || f == 0) return accumulator;
    return Format::store(Format::add(Format::load(accumulator), weight > 0 ? f : -f));
  }
  bool train_;
};

/// A tile: `channels` x `columns` outputs over a pixel grid that spans images, a 1x1 convolution, two streamed maps,
/// and point-wise operations on it. Memory holds the tensors, the core computes, and so does the scalar loop.
class Tile {
 public:
  Tile(const Config& config, std::uint32_t seed) : config_(config), scalar_(config.mode), random_(seed) {
    log2_rows = pick(0, 4);
    channels = pick(1, std::min(MostChannels, config.output_buffers << log2_rows));
    columns = pick(1, config.pes >> log2_rows);
    out_height = pick(1, 4);
    out_width = pick(1, 4);
    images = 3;
    const std::uint32_t pixels = images * out_height * out_width;
    columns = std::min(columns, pixels);
    first_column = pick(0, pixels - columns);
    inputs = pick(1, FeatureWords / (images * 16));
    weights_.resize(std::size_t{inputs} * channels);
    for (auto& w : weights_) w = static_cast<int>(pick(0, 2)) - 1;
    features_ = words(inputs * pixels, 0.05);
    // The streamed map: strided and offset against the pixel grid, so that some pixels lie outside.
    stride_y = pick(1, 2);
    stride_x = pick(1, 2);
    offset_y = static_cast<std::int32_t>(pick(0, 2)) - 1;
    offset_x = static_cast<std::int32_t>(pick(0, 2)) - 1;
    height = pick(1, 6);
    width = pick(1, 6);
    // One stream holds all rows of the batch, the other fewer: row g is in slot g mod capacity.
    for (Map& map : maps_) {
      map.row_capacity = pick(1, images * height);
      map.pitch = width + pick(0, 2);
      while (channels * map.row_capacity * map.pitch > StreamWords / 2) --map.row_capacity;
      map.words = words(channels * map.row_capacity * map.pitch, 0.2);
    }
    for (auto& c : constants_) c = words(channels, 0.2);
  }

  /// An operation on the whole tile; the caller chooses what it does.
  [[nodiscard]] PtWiseOp pointwise() const {
    PtWiseOp op;
    op.log2_rows = log2_rows;
    op.bank = bank;
    op.channels = channels;
    op.first_column = first_column;
    op.columns = columns;
    op.constants_a = constants_at(0);
    op.constants_x = constants_at(1);
    op.constants_y = constants_at(2);
    op.base_0 = FeatureWords;
    op.row_capacity_0 = maps_[0].row_capacity;
    op.pitch_0 = maps_[0].pitch;
    op.base_1 = FeatureWords + StreamWords / 2;
    op.row_capacity_1 = maps_[1].row_capacity;
    op.pitch_1 = maps_[1].pitch;
    op.height = height;
    op.width = width;
    op.out_height = out_height;
    op.out_width = out_width;
    op.stride_y = stride_y;
    op.stride_x = stride_x;
    op.offset_y = offset_y;
    op.offset_x = offset_x;
    return op;
  }

  /// Loads, mmOp, the operations, store; the outputs as they lie in memory, [channel][column].
  std::vector<Word> run(Testbench& bench, const std::vector<PtWiseOp>& operations) const {
    std::uint8_t* memory = bench.memory.data();
    put_tensors(memory);
    std::vector<Command> list = loads();
    MmOp op = multiply();
    if (operations.empty()) op.header.push = ComputeToStore;
    list.emplace_back(op);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      PtWiseOp operation = operations[i];
      if (i + 1 == operations.size()) operation.header.push = ComputeToStore;
      list.emplace_back(operation);
    }
    list.emplace_back(store());
    list.emplace_back(End{});
    CHECK(bench.run_list(list) == ErrorCode::None);
    const std::uint32_t word = config_.word_bytes();
    std::vector<Word> outputs(std::size_t{channels} * columns, 0);
    for (std::size_t i = 0; i < outputs.size(); ++i) std::memcpy(&outputs[i], memory + OutputsAt + i * word, word);
    return outputs;
  }

  /// The same by the scalar loop.
  [[nodiscard]] std::vector<Word> expected(const std::vector<PtWiseOp>& operations) const {
    std::vector<Word> outputs;
    const std::uint32_t pixels = images * out_height * out_width;
    for (std::uint32_t k = 0; k < channels; ++k) {
      for (std::uint32_t c = 0; c < columns; ++c) {
        const std::uint32_t q = first_column + c;
        Word value = 0;
        for (std::uint32_t t = 0; t < inputs; ++t) {
          value = scalar_.accumulate(value, weights_[t * channels + k], features_[t * pixels + q]);
        }
        for (const PtWiseOp& op : operations) {
          const auto operand = [&](OperandSource source, Word immediate, std::uint32_t vector, std::uint32_t view) {
            switch (source) {
              case OperandSource::Accumulator: return value;
              case OperandSource::Immediate: return immediate;
              case OperandSource::Constant: return constants_[vector][k];
              case OperandSource::Stream: return streamed(view, k, q);
            }
            return Word{0};
          };
          value = scalar_.apply(op, operand(op.source_a, op.immediate_a, 0, 0),
                                operand(op.source_x, op.immediate_x, 1, 0), operand(op.source_y, op.immediate_y, 2, 1));
        }
        outputs.push_back(value);
      }
    }
    return outputs;
  }

  /// Cycles of one operation, from the formula.
  [[nodiscard]] std::uint64_t cycles(const PtWiseOp& op) const {
    const reference::PointwiseMachine machine{config_.output_buffers, config_.arithmetic_units, config_.multiply_units,
                                              config_.row_port_words, config_.column_port_words};
    return static_cast<std::uint64_t>(
        reference::pointwise_cycles(reference::pointwise_of(encode(op)), machine, channels));
  }

  /// Runs the operations on the core and compares outputs, cycles and the counter.
  void check(Testbench& bench, const std::vector<PtWiseOp>& operations) const {
    CAPTURE(log2_rows, channels, columns, first_column, out_height, out_width, inputs);
    std::vector<std::uint64_t> cycles_of;
    bench.accelerator.observe([&cycles_of](const CommandRecord& record) {
      if (std::holds_alternative<PtWiseOp>(record.command)) cycles_of.push_back(record.end - record.start);
    });
    const std::vector<Word> outputs = run(bench, operations);
    bench.accelerator.observe({});
    CHECK(outputs == expected(operations));
    std::vector<std::uint64_t> expected_cycles;
    std::uint64_t sum = 0;
    for (const PtWiseOp& op : operations) {
      expected_cycles.push_back(cycles(op));
      sum += expected_cycles.back();
    }
    CHECK(cycles_of == expected_cycles);
    CHECK(counter(bench, Counter::PointwiseCycles) == sum);
  }

  [[nodiscard]] std::uint32_t pick(std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random_);
  }
  /// A number, or with probability `special` a zero, an infinity, a NaN, or the smallest or a large number.
  [[nodiscard]] Word word(double special) {
    if (std::bernoulli_distribution(special)(random_)) {
      static constexpr std::array<Word, 12> Train{0,          0x80000000, 0x7F800000, 0xFF800000,
                                                  0x7FC00000, 0xFFC00123, 0x7F800001, 1,
                                                  0x80000001, 0x7F7FFFFF, 0x00800000, 0x3F800000};
      static constexpr std::array<Word, 12> Infer{0,      0x8000, 0x7C00, 0xFC00, 0x7E00, 0xFE12,
                                                  0x7C01, 1,      0x8001, 0x7BFF, 0x0400, 0x3C00};
      const std::uint32_t i = pick(0, 11);
      return config_.mode == Mode::Train ? Train[i] : Infer[i];
    }
    return scalar_.word(std::normal_distribution<double>(0, 2)(random_));
  }
  [[nodiscard]] Word number(double value) const { return scalar_.word(value); }

  std::uint32_t log2_rows, channels, columns, first_column, out_height, out_width, images, inputs;
  std::uint32_t height, width, stride_y, stride_x;
  std::int32_t offset_y, offset_x;
  std::uint32_t bank = 0;

 private:
  [[nodiscard]] std::uint32_t weights_per_beat() const { return config_.output_buffers << log2_rows; }
  [[nodiscard]] std::uint32_t weight_bytes() const { return (inputs * weights_per_beat() * 2 + 7) / 8; }

  void put_tensors(std::uint8_t* memory) const {
    const auto put = [memory, word = config_.word_bytes()](std::uint64_t address, const std::vector<Word>& values) {
      for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(memory + address + i * word, &values[i], word);
    };
    std::memset(memory + WeightsAt, 0, weight_bytes());
    for (std::uint32_t t = 0; t < inputs; ++t) {
      for (std::uint32_t k = 0; k < channels; ++k) {
        const std::uint32_t code = t * weights_per_beat() + k;
        const unsigned bits = static_cast<unsigned>(weights_[t * channels + k]) & 3U;  // 0, 01, 11
        memory[WeightsAt + code / 4] = static_cast<std::uint8_t>(memory[WeightsAt + code / 4] | bits << 2 * (code % 4));
      }
    }
    std::vector<Word> constants;
    for (const auto& c : constants_) {
      constants.insert(constants.end(), c.begin(), c.end());
      constants.resize(constants.size() + MostChannels - channels);
    }
    put(ConstantsAt, constants);
    put(FeaturesAt, features_);
    put(StreamsAt, maps_[0].words);
    put(StreamsAt + 0x4000, maps_[1].words);
  }

  [[nodiscard]] std::vector<Command> loads() const {
    const std::uint32_t word = config_.word_bytes();
    std::vector<Command> list;
    LoadWeights weights;
    weights.address = WeightsAt;
    weights.bytes = weight_bytes();
    list.emplace_back(weights);
    weights.address = ConstantsAt;
    weights.bytes = static_cast<std::uint32_t>(constants_.size()) * MostChannels * word;
    weights.destination = ConstantsIn;
    list.emplace_back(weights);
    LoadFeatures features;
    features.address = FeaturesAt;
    features.channels = inputs;
    features.width = features.pitch = out_width;
    features.height = features.rows = features.row_capacity = images * out_height;  // the batch as one tall image
    features.row_stride = out_width * word;
    features.channel_stride = features.rows * features.row_stride;
    list.emplace_back(features);
    for (std::uint32_t view = 0; view < 2; ++view) {
      // What the buffer shall hold, slot by slot: a map of `row_capacity` rows.
      LoadFeatures map;
      map.address = StreamsAt + std::uint64_t{view} * 0x4000;
      map.channels = channels;
      map.width = map.pitch = maps_[view].pitch;
      map.height = map.rows = map.row_capacity = maps_[view].row_capacity;
      map.row_stride = map.width * word;
      map.channel_stride = map.rows * map.row_stride;
      map.base = FeatureWords + view * StreamWords / 2;
      if (view == 1) map.header.push = LoadToCompute;
      list.emplace_back(map);
    }
    return list;
  }

  [[nodiscard]] MmOp multiply() const {
    MmOp op;
    op.header.pop = LoadToCompute;
    op.log2_rows = log2_rows;
    op.bank = bank;
    op.clear = 1;
    op.channels = channels;
    op.first_column = first_column;
    op.columns = columns;
    op.beats = inputs;
    op.row_capacity = op.height = images * out_height;
    op.pitch = op.width = op.out_width = out_width;
    op.out_height = images * out_height;
    return op;
  }

  [[nodiscard]] Store store() const {
    Store store;
    store.header.pop = ComputeToStore;
    store.address = OutputsAt;
    store.channel_stride = columns * config_.word_bytes();
    store.image_pixels = columns;
    store.log2_rows = log2_rows;
    store.bank = bank;
    store.channels = channels;
    store.columns = columns;
    return store;
  }

  struct Map {
    std::uint32_t row_capacity = 1, pitch = 1;
    std::vector<Word> words;
  };
  [[nodiscard]] std::vector<Word> words(std::uint32_t count, double special) {
    std::vector<Word> result(count);
    for (Word& w : result) w = word(special);
    return result;
  }
  [[nodiscard]] std::uint32_t constants_at(std::uint32_t vector) const {
    return ConstantsIn + vector * MostChannels * config_.word_bytes();
  }
  /// The streamed feature of channel k at pixel q, +0 outside the map.
  [[nodiscard]] Word streamed(std::uint32_t view, std::uint32_t k, std::uint32_t q) const {
    const std::uint32_t n = q / (out_height * out_width);
    const auto oy = static_cast<std::int64_t>(q / out_width % out_height);
    const auto ox = static_cast<std::int64_t>(q % out_width);
    const std::int64_t y = oy * stride_y + offset_y;
    const std::int64_t x = ox * stride_x + offset_x;
    if (y < 0 || y >= height || x < 0 || x >= width) return 0;
    const Map& map = maps_[view];
    const std::uint64_t slot = (std::uint64_t{n} * height + static_cast<std::uint64_t>(y)) % map.row_capacity;
    return map.words[(std::uint64_t{k} * map.row_capacity + slot) * map.pitch + static_cast<std::uint64_t>(x)];
  }

  const Config& config_;
  Scalar scalar_;
  std::mt19937 random_;
  std::vector<int> weights_;  ///< [beat][channel]
  std::vector<Word> features_;
  std::array<Map, 2> maps_;
  std::array<std::vector<Word>, 3> constants_;
};

// The operations of a network, as mapping software writes them.

[[nodiscard]] PtWiseOp batch_normalisation(const Tile& tile) {
  PtWiseOp op = tile.pointwise();  // accumulator * scale + shift
  op.operation = PointwiseOp::MulAdd;
  op.source_a = Accumulator;
  op.source_x = op.source_y = Constant;
  return op;
}
[[nodiscard]] PtWiseOp residual(const Tile& tile) {
  PtWiseOp op = tile.pointwise();
  op.operation = PointwiseOp::Add;
  op.source_x = Stream;
  return op;
}
/// a > threshold ? a : 0
[[nodiscard]] PtWiseOp relu(const Tile& tile, double threshold) {
  PtWiseOp op = tile.pointwise();
  op.operation = PointwiseOp::Select;
  op.compare = Compare::Greater;
  op.select_p = op.select_u = SelectInput::A;
  op.select_q = SelectInput::X;
  op.select_v = SelectInput::Zero;
  op.source_x = Immediate;
  op.immediate_x = tile.number(threshold);
  return op;
}
/// a > x ? a : x
[[nodiscard]] PtWiseOp maximum(const Tile& tile, OperandSource source) {
  PtWiseOp op = relu(tile, 0);
  op.select_v = SelectInput::X;
  op.source_x = source;
  return op;
}
/// The gradient a passes where the activation y was above the threshold: y > x ? a : 0
[[nodiscard]] PtWiseOp relu_backward(const Tile& tile, double threshold) {
  PtWiseOp op = relu(tile, threshold);
  op.select_p = SelectInput::Y;
  op.source_y = Stream;
  return op;
}

using Operations = std::function<std::vector<PtWiseOp>(Tile&)>;

/// Checks operations on many random tiles, on both engines.
void on_tiles(Mode mode, const Operations& operations, unsigned tiles = 12) {
  Config config = small_config(mode);
  config.output_buffers = mode == Mode::Train ? 3 : 5;
  config.row_port_words = 2;
  on_both_engines(config, [&](Testbench& bench) {
    for (unsigned i = 0; i < tiles; ++i) {
      Tile tile(bench.config(), 1000 + i);
      tile.bank = i % 2;
      CAPTURE(i);
      tile.check(bench, operations(tile));
    }
  });
}

[[nodiscard]] std::vector<PtWiseOp> residual_block_end(Tile& tile) {
  return {batch_normalisation(tile), residual(tile), relu(tile, 0.1)};
}

/// Every comparison with every pair of a set of operands that has NaN, infinities and both zeros in it.
void check_comparisons(Mode mode) {
  Config config = small_config(mode);
  on_both_engines(config, [](Testbench& bench) {
    Tile tile(bench.config(), 5);
    const double numbers[] = {0.0,
                              -0.0,
                              1.0,
                              -1.0,
                              1.0009765625,
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()};
    for (std::uint32_t compare = 0; compare < 6; ++compare) {
      for (const double p : numbers) {
        for (const double q : numbers) {
          PtWiseOp op = tile.pointwise();
          op.operation = PointwiseOp::Select;
          op.compare = static_cast<Compare>(compare);
          op.source_a = op.source_x = Immediate;
          op.source_y = Accumulator;
          op.immediate_a = tile.number(p);
          op.immediate_x = tile.number(q);
          op.select_p = SelectInput::A;
          op.select_q = SelectInput::X;
          op.select_u = SelectInput::Zero;
          op.select_v = SelectInput::Y;
          CAPTURE(compare, p, q);
          // By hand: what C++ says of the comparison, except that != is ordered.
          const bool holds = std::array<bool, 6>{p<q, p <= q, p> q, p >= q, p == q, p < q || p > q}[compare];
          const std::vector<Word> plain = tile.expected({});
          const std::vector<Word> outputs = tile.run(bench, {op});
          CHECK(outputs == (holds ? std::vector<Word>(plain.size(), 0) : plain));
        }
      }
    }
  });
}

/// Operations of every kind with operands from everywhere, several in a row.
void check_random(Mode mode, std::uint32_t buffers, std::uint32_t row_port, std::uint32_t column_port, unsigned tiles) {
  Config config = small_config(mode);
  config.output_buffers = buffers;
  config.row_port_words = row_port;
  config.column_port_words = column_port;
  config.arithmetic_units = 2;
  config.multiply_units = 1;
  on_both_engines(config, [tiles](Testbench& bench) {
    for (unsigned i = 0; i < tiles; ++i) {
      Tile tile(bench.config(), 2000 + i);
      tile.bank = i % 2;
      std::vector<PtWiseOp> operations(tile.pick(1, 4), tile.pointwise());
      for (PtWiseOp& op : operations) {
        const auto any = [&](auto& field, std::uint32_t last) {
          field = static_cast<std::decay_t<decltype(field)>>(tile.pick(0, last));
        };
        any(op.operation, 4);
        any(op.compare, 5);
        for (auto* input : {&op.select_p, &op.select_q, &op.select_u, &op.select_v}) any(*input, 3);
        for (auto* source : {&op.source_a, &op.source_x, &op.source_y}) any(*source, 3);
        op.immediate_a = tile.word(0.3);
        op.immediate_x = tile.word(0.3);
        op.immediate_y = tile.word(0.3);
      }
      CAPTURE(i);
      tile.check(bench, operations);
    }
  });
}

}  // namespace

TEST_CASE("point-wise: mmOp alone, training") {
  on_tiles(Mode::Train, [](Tile&) { return std::vector<PtWiseOp>{}; });
}
TEST_CASE("point-wise: mmOp alone, inference") {
  on_tiles(Mode::Infer, [](Tile&) { return std::vector<PtWiseOp>{}; });
}
TEST_CASE("point-wise: batch normalisation, residual and ReLU with a threshold, training") {
  on_tiles(Mode::Train, residual_block_end, 40);
}
TEST_CASE("point-wise: batch normalisation, residual and ReLU with a threshold, inference") {
  on_tiles(Mode::Infer, residual_block_end, 40);
}
TEST_CASE("point-wise: maximum with an immediate, a constant and a stream, training") {
  on_tiles(Mode::Train, [](Tile& tile) {
    return std::vector<PtWiseOp>{maximum(tile, Immediate), maximum(tile, Constant), maximum(tile, Stream)};
  });
}
TEST_CASE("point-wise: maximum with an immediate, a constant and a stream, inference") {
  on_tiles(Mode::Infer, [](Tile& tile) {
    return std::vector<PtWiseOp>{maximum(tile, Immediate), maximum(tile, Constant), maximum(tile, Stream)};
  });
}
TEST_CASE("point-wise: the backward pass of a ReLU, training") {
  on_tiles(Mode::Train, [](Tile& tile) { return std::vector<PtWiseOp>{relu_backward(tile, 0.25)}; });
}
TEST_CASE("point-wise: the backward pass of a ReLU, inference") {
  on_tiles(Mode::Infer, [](Tile& tile) { return std::vector<PtWiseOp>{relu_backward(tile, 0.25)}; });
}
TEST_CASE("point-wise: a - x, a * x and a * x + y with immediates, training") {
  on_tiles(Mode::Train, [](Tile& tile) {
    std::vector<PtWiseOp> list(3, tile.pointwise());
    list[0].operation = PointwiseOp::Sub;
    list[1].operation = PointwiseOp::Mul;
    list[2].operation = PointwiseOp::MulAdd;
    for (PtWiseOp& op : list) {
      op.source_x = op.source_y = Immediate;
      op.immediate_x = tile.word(0);
      op.immediate_y = tile.word(0);
    }
    return list;
  });
}
TEST_CASE("point-wise: a - x, a * x and a * x + y with immediates, inference") {
  on_tiles(Mode::Infer, [](Tile& tile) {
    std::vector<PtWiseOp> list(3, tile.pointwise());
    list[0].operation = PointwiseOp::Sub;
    list[1].operation = PointwiseOp::Mul;
    list[2].operation = PointwiseOp::MulAdd;
    for (PtWiseOp& op : list) {
      op.source_x = op.source_y = Immediate;
      op.immediate_x = tile.word(0);
      op.immediate_y = tile.word(0);
    }
    return list;
  });
}

TEST_CASE("point-wise: the multiplication of mul-add is not rounded") {
  // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24 in binary32; minus (1 + 2^-11) leaves 2^-24. In two roundings: 0.
  on_both_engines(small_config(Mode::Train), [](Testbench& bench) {
    Tile tile(bench.config(), 1);
    PtWiseOp op = tile.pointwise();
    op.operation = PointwiseOp::MulAdd;
    op.source_a = op.source_x = op.source_y = Immediate;
    op.immediate_a = op.immediate_x = 0x3F800800;
    op.immediate_y = 0xBF801000;
    for (const Word word : tile.run(bench, {op})) CHECK(word == 0x33800000);
  });
}
TEST_CASE("point-wise: the multiplication of mul-add is not rounded, binary16") {
  // 1 + 2^-6 squared is 1 + 2^-5 + 2^-12; minus (1 + 2^-5) leaves 2^-12, 0x0C00. In two roundings: 0.
  on_both_engines(small_config(Mode::Infer), [](Testbench& bench) {
    Tile tile(bench.config(), 1);
    PtWiseOp op = tile.pointwise();
    op.operation = PointwiseOp::MulAdd;
    op.source_a = op.source_x = op.source_y = Immediate;
    op.immediate_a = op.immediate_x = 0x3C10;
    op.immediate_y = 0xBC20;
    for (const Word word : tile.run(bench, {op})) CHECK(word == 0x0C00);
  });
}

TEST_CASE("point-wise: comparisons are ordered and false on NaN, training") { check_comparisons(Mode::Train); }
TEST_CASE("point-wise: comparisons are ordered and false on NaN, inference") { check_comparisons(Mode::Infer); }

TEST_CASE("point-wise: an operation touches its tile of its bank alone") {
  // Bank 0 holds 1 everywhere, bank 1 holds 2; then 4 is added to 5 channels in 2 columns of bank 0.
  on_both_engines(small_config(Mode::Train), [](Testbench& bench) {
    const auto fill = [](std::uint32_t bank, Word word) {
      PtWiseOp op;
      op.operation = PointwiseOp::Select;
      op.select_u = op.select_v = SelectInput::X;
      op.source_x = Immediate;
      op.immediate_x = word;
      op.log2_rows = 2;
      op.bank = bank;
      op.channels = 16;
      op.columns = 4;
      return op;
    };
    PtWiseOp add = fill(0, 0x40800000);
    add.operation = PointwiseOp::Add;
    add.channels = 5;
    add.columns = 2;
    Store store;
    store.log2_rows = 2;
    store.channels = 16;
    store.columns = store.image_pixels = 4;
    store.channel_stride = 16;
    store.header.fence = 1;
    std::vector<Command> list{fill(0, 0x3F800000), fill(1, 0x40000000), add};
    for (const std::uint32_t bank : {0U, 1U}) {
      store.bank = bank;
      store.address = OutputsAt + std::uint64_t{bank} * 256;
      list.emplace_back(store);
    }
    list.emplace_back(End{});
    REQUIRE(bench.run_list(list) == ErrorCode::None);
    for (std::uint32_t k = 0; k < 16; ++k) {
      for (std::uint32_t c = 0; c < 4; ++c) {
        Word words[2];
        std::memcpy(&words[0], bench.memory.data() + OutputsAt + 4 * (std::size_t{k} * 4 + c), 4);
        std::memcpy(&words[1], bench.memory.data() + OutputsAt + 256 + 4 * (std::size_t{k} * 4 + c), 4);
        CAPTURE(k, c);
        CHECK(words[0] == (k < 5 && c < 2 ? 0x40A00000 : 0x3F800000));
        CHECK(words[1] == 0x40000000);
      }
    }
  });
}

TEST_CASE("point-wise: -0 and NaN are canonical where they leave the accumulator") {
  on_both_engines(small_config(Mode::Train), [](Testbench& bench) {
    Tile tile(bench.config(), 3);
    PtWiseOp op = tile.pointwise();
    op.operation = PointwiseOp::Select;
    op.select_u = op.select_v = SelectInput::X;
    op.source_x = Immediate;
    op.immediate_x = 0x80000000;
    for (const Word word : tile.run(bench, {op})) CHECK(word == 0);
    op.immediate_x = 0xFFC00123;
    for (const Word word : tile.run(bench, {op})) CHECK(word == 0x7FC00000);
    // The accumulator is an operand: +0 by then, so 0 * -1 is -0, which leaves as +0.
    PtWiseOp negate = tile.pointwise();
    negate.operation = PointwiseOp::Mul;
    negate.source_x = Immediate;
    negate.immediate_x = 0xBF800000;
    op.immediate_x = 0x80000000;
    for (const Word word : tile.run(bench, {op, negate})) CHECK(word == 0);
  });
}

TEST_CASE("point-wise: cycles are those of the units or of the busiest port") {
  // B = 8, two adders of which one multiplies, row port 3 words, column port 1 word; 2 x 8 PEs, both rows live.
  Config config = small_config(Mode::Infer);
  config.output_buffers = 8;
  config.row_port_words = 3;
  const struct {
    PointwiseOp operation;
    OperandSource source_a, source_x, source_y;
    std::uint32_t channels;
    std::uint64_t cycles;
  } table[] = {
      {PointwiseOp::Add, Accumulator, Immediate, Immediate, 16, 4},     // 8 buffers, two units
      {PointwiseOp::Sub, Accumulator, Immediate, Immediate, 16, 4},     //
      {PointwiseOp::Select, Accumulator, Immediate, Immediate, 16, 4},  // comparing needs no multiplier
      {PointwiseOp::Mul, Accumulator, Immediate, Immediate, 16, 8},     // one unit multiplies
      {PointwiseOp::MulAdd, Accumulator, Immediate, Immediate, 1, 8},   // also for one channel
      {PointwiseOp::Add, Accumulator, Constant, Immediate, 16, 4},      // 8 words at 3 per cycle: 3 cycles
      {PointwiseOp::Select, Accumulator, Constant, Constant, 16, 6},    // two vectors of constants, 3 cycles each
      {PointwiseOp::Select, Constant, Constant, Constant, 16, 9},       //
      {PointwiseOp::MulAdd, Accumulator, Constant, Constant, 16, 8},    // the multiplier is slower
      {PointwiseOp::Add, Accumulator, Stream, Immediate, 16, 16},       // two live rows x 8 words
      {PointwiseOp::Add, Accumulator, Stream, Immediate, 9, 16},        // the second row has one channel
      {PointwiseOp::Add, Accumulator, Stream, Immediate, 8, 8},         // one live row
      {PointwiseOp::Add, Stream, Stream, Immediate, 16, 16},            // a and x read the same word
      {PointwiseOp::MulAdd, Accumulator, Stream, Stream, 16, 32},       // two streams
      {PointwiseOp::MulAdd, Stream, Constant, Stream, 8, 16},
  };
  on_both_engines(config, [&table](Testbench& bench) {
    for (const auto& row : table) {
      PtWiseOp op;
      op.operation = row.operation;
      op.source_a = row.source_a;
      op.source_x = row.source_x;
      op.source_y = row.source_y;
      op.log2_rows = 1;
      op.channels = row.channels;
      op.columns = 8;
      op.row_capacity_0 = op.row_capacity_1 = op.pitch_0 = op.pitch_1 = 1;
      op.height = op.width = 1;
      CHECK(bench.run_list({op, End{}}) == ErrorCode::None);
      CAPTURE(row.operation, row.source_a, row.source_x, row.source_y, row.channels);
      CHECK(counter(bench, Counter::PointwiseCycles) == row.cycles);
    }
  });
}

TEST_CASE("point-wise: random operations, training, narrow ports") { check_random(Mode::Train, 4, 3, 1, 150); }
TEST_CASE("point-wise: random operations, training, wide ports") { check_random(Mode::Train, 7, 7, 3, 150); }
TEST_CASE("point-wise: random operations, inference, narrow ports") { check_random(Mode::Infer, 5, 2, 1, 150); }
TEST_CASE("point-wise: random operations, inference, wide ports") { check_random(Mode::Infer, 8, 8, 2, 150); }
