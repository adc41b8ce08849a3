// SPDX-License-Identifier: Apache-2.0
// The three passes of the schedule as hand-written command lists through the whole core, without the mapper.
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "tb/reference/schedule.h"
#include "tb/system/testbench.h"
#include "tb/tests/random_layers.h"
#include "workloads/packing.h"

namespace workloads = dlac::workloads;
using dlac::BeatOrder;
using dlac::Command;
using dlac::Config;
using dlac::End;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::Store;
using dlac::Token;
using dlac::tb::random_layer;
using dlac::tb::RandomLayer;
using dlac::tb::reference_shape;
using dlac::tb::ternary_of;
using dlac::tb::Testbench;
using dlac::tb::words_of;

namespace {

constexpr std::uint64_t WeightsAt = 1 << 20;
constexpr std::uint64_t FeaturesAt = 2 << 20;
constexpr std::uint64_t OutputsAt = 3 << 20;

/// The column operand's map and how a (pixel, kernel position) names its elements.
struct Map {
  std::int64_t images, channels, height, width;
};

void put_words(std::uint8_t* to, const std::vector<std::uint32_t>& words, std::uint32_t word_bytes) {
  for (const std::uint32_t word : words) {
    std::memcpy(to, &word, word_bytes);
    to += word_bytes;
  }
}

/// Computes one pass of a convolution with one group on the core: every tile is one segment.
class PassRun {
 public:
  PassRun(Testbench& bench, reference::Pass pass, const reference::Convolution& shape, std::uint32_t log2_rows)
      : bench_(bench),
        config_(bench.config()),
        pass_(pass),
        shape_(shape),
        log2_rows_(log2_rows),
        tile_channels_(config_.output_buffers << log2_rows),
        tile_columns_(config_.pes >> log2_rows),
        channels_(reference::channel_count(pass, shape)),
        columns_(reference::column_count(pass, shape)),
        beats_(reference::beat_count(pass, shape)),
        map_(pass == reference::Pass::BackwardData ? Map{shape.n, shape.k, shape.oh(), shape.ow()}
                                                   : Map{shape.n, shape.c, shape.h, shape.w}) {}

  /// `row_words`: the row operand as words ([k,c,kh,kw] or the output gradient); ternary: its codes as well.
  std::vector<std::uint32_t> run(const reference::Words& row_words, const std::vector<std::int8_t>* codes,
                                 const reference::Words& column_words) {
    const std::uint32_t word = config_.word_bytes();
    put_words(bench_.memory.data() + FeaturesAt, column_words, word);
    std::vector<Command> list{load_features()};
    std::uint64_t weights_at = WeightsAt;
    std::uint32_t tag = 0;
    for (std::int64_t k = 0; k < channels_; k += tile_channels_) {
      const auto live_channels = static_cast<std::uint32_t>(std::min<std::int64_t>(tile_channels_, channels_ - k));
      const LoadWeights weights = load_weights(k, live_channels, row_words, codes, weights_at);
      weights_at += (std::uint64_t{weights.bytes} + 15U) / 16U * 16U;
      list.emplace_back(weights);
      for (std::int64_t q = 0; q < columns_; q += tile_columns_) {
        MmOp op = multiply(tag, k, q, codes != nullptr);
        op.channels = live_channels;
        list.emplace_back(op);
        list.emplace_back(store(op, k));
        reference::SegmentRange range;
        range.channel_from = k;
        range.channel_to = k + live_channels;
        range.column_from = q;
        range.column_to = q + op.columns;
        range.beat_to = beats_;
        ranges_.push_back(range);
        ++tag;
      }
    }
    list.emplace_back(End{});
    REQUIRE(bench_.run_list(list) == ErrorCode::None);

    std::vector<std::uint32_t> outputs(static_cast<std::size_t>(channels_ * columns_), 0);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      std::memcpy(&outputs[i], bench_.memory.data() + OutputsAt + i * word, word);
    }
    check_cycles(row_words, codes, column_words);
    return outputs;
  }

 private:
  /// The whole column operand.
  [[nodiscard]] LoadFeatures load_features() const {
    const std::uint32_t word = config_.word_bytes();
    LoadFeatures features;
    features.address = FeaturesAt;
    features.channels = static_cast<std::uint32_t>(map_.channels);
    features.channel_stride = static_cast<std::uint32_t>(map_.height * map_.width * word);
    features.image_stride = static_cast<std::uint32_t>(map_.channels * map_.height * map_.width * word);
    features.row_stride = static_cast<std::uint32_t>(map_.width * word);
    features.width = features.pitch = static_cast<std::uint32_t>(map_.width);
    features.height = static_cast<std::uint32_t>(map_.height);
    features.rows = features.row_capacity = static_cast<std::uint32_t>(map_.images * map_.height);
    return features;
  }

  /// The row operand of a tile from channel `k` on; puts it into memory.
  [[nodiscard]] LoadWeights load_weights(std::int64_t k, std::uint32_t live_channels, const reference::Words& row_words,
                                         const std::vector<std::int8_t>* codes, std::uint64_t address) {
    const bool ternary = codes != nullptr;
    // Beats by channels, padded to the tile.
    std::vector<std::int8_t> tile_codes(static_cast<std::size_t>(tile_channels_ * beats_), 0);
    std::vector<std::uint32_t> tile_words(tile_codes.size(), 0);
    for (std::int64_t i = 0; i < live_channels; ++i) {
      for (std::int64_t t = 0; t < beats_; ++t) {
        const auto index = static_cast<std::size_t>(reference::weight_index(pass_, shape_, 0, k + i, t));
        if (ternary) {
          tile_codes[static_cast<std::size_t>(i * beats_ + t)] = (*codes)[index];
        } else {
          tile_words[static_cast<std::size_t>(t * tile_channels_ + i)] = row_words[index];
        }
      }
    }
    LoadWeights weights;
    weights.address = address;
    if (ternary) {
      workloads::TileSlice slice{0, live_channels, 0, static_cast<std::size_t>(beats_), tile_channels_};
      workloads::pack_ternary(tile_codes.data(), static_cast<std::size_t>(beats_), slice,
                              bench_.memory.data() + address);
      weights.bytes = static_cast<std::uint32_t>(
          workloads::packed_ternary_bytes(static_cast<std::uint64_t>(beats_), tile_channels_));
    } else {
      put_words(bench_.memory.data() + address, tile_words, config_.word_bytes());
      weights.bytes = static_cast<std::uint32_t>(tile_words.size() * config_.word_bytes());
    }
    if (k != 0) weights.header.pop = token_bit(Token::ComputeToLoad);
    weights.header.push = token_bit(Token::LoadToCompute);
    return weights;
  }

  /// The segment from channel `k` and column `q` on.
  [[nodiscard]] MmOp multiply(std::uint32_t tag, std::int64_t k, std::int64_t q, bool ternary) const {
    MmOp op;
    op.header.tag = tag;
    if (q == 0) op.header.pop |= token_bit(Token::LoadToCompute);
    if (tag >= 1) op.header.pop |= token_bit(Token::StoreToCompute);
    op.header.push = token_bit(Token::ComputeToStore);
    if (q + tile_columns_ >= columns_ && k + tile_channels_ < channels_) {
      op.header.push |= token_bit(Token::ComputeToLoad);
    }
    op.log2_rows = log2_rows_;
    op.bank = tag % 2;
    op.clear = 1;
    op.full_precision = ternary ? 0 : 1;
    op.order = pass_ == reference::Pass::BackwardWeights ? BeatOrder::PixelBeats : BeatOrder::KernelBeats;
    op.first_column = static_cast<std::uint32_t>(q);
    op.columns = static_cast<std::uint32_t>(std::min<std::int64_t>(tile_columns_, columns_ - q));
    op.beats = static_cast<std::uint32_t>(beats_);
    op.row_capacity = static_cast<std::uint32_t>(map_.images * map_.height);
    op.pitch = op.width = static_cast<std::uint32_t>(map_.width);
    op.height = static_cast<std::uint32_t>(map_.height);
    op.kernel_height = static_cast<std::uint32_t>(shape_.kh);
    op.kernel_width = static_cast<std::uint32_t>(shape_.kw);
    set_steps(op);
    return op;
  }

  /// How beats and columns walk over the map.
  void set_steps(MmOp& op) const {
    if (pass_ == reference::Pass::BackwardData) {
      op.out_height = static_cast<std::uint32_t>(shape_.h);
      op.out_width = static_cast<std::uint32_t>(shape_.w);
      op.step_y = -static_cast<std::int32_t>(shape_.dilation_h);
      op.step_x = -static_cast<std::int32_t>(shape_.dilation_w);
      op.offset_y = static_cast<std::int32_t>(shape_.pad_h);
      op.offset_x = static_cast<std::int32_t>(shape_.pad_w);
      op.insert_y = static_cast<std::uint32_t>(shape_.stride_h);
      op.insert_x = static_cast<std::uint32_t>(shape_.stride_w);
    } else {
      op.out_height = static_cast<std::uint32_t>(shape_.oh());
      op.out_width = static_cast<std::uint32_t>(shape_.ow());
      op.stride_y = static_cast<std::uint32_t>(shape_.stride_h);
      op.stride_x = static_cast<std::uint32_t>(shape_.stride_w);
      op.step_y = static_cast<std::int32_t>(shape_.dilation_h);
      op.step_x = static_cast<std::int32_t>(shape_.dilation_w);
      op.offset_y = -static_cast<std::int32_t>(shape_.pad_h);
      op.offset_x = -static_cast<std::int32_t>(shape_.pad_w);
    }
  }

  /// The outputs of a segment from channel `k` on.
  [[nodiscard]] Store store(const MmOp& op, std::int64_t k) const {
    const std::uint32_t word = config_.word_bytes();
    const std::int64_t image_columns = pass_ == reference::Pass::BackwardWeights ? columns_ : columns_ / shape_.n;
    Store store;
    store.header.pop = token_bit(Token::ComputeToStore);
    store.header.push = token_bit(Token::StoreToCompute);
    store.address = OutputsAt + static_cast<std::uint64_t>(k * image_columns) * word;
    store.channel_stride = static_cast<std::uint32_t>(image_columns * word);
    store.image_stride = static_cast<std::uint32_t>(image_columns * channels_ * word);
    store.image_pixels = static_cast<std::uint32_t>(image_columns);
    store.first_pixel = op.first_column;
    store.log2_rows = log2_rows_;
    store.bank = op.bank;
    store.channels = op.channels;
    store.columns = op.columns;
    return store;
  }

  void check_cycles(const reference::Words& row_words, const std::vector<std::int8_t>* codes,
                    const reference::Words& column_words) {
    const auto precision =
        config_.mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16;
    reference::Grid grid;
    grid.rows = 1U << log2_rows_;
    grid.columns = config_.pes >> log2_rows_;
    grid.buffers = config_.output_buffers;
    grid.window = config_.window_beats;
    grid.units = codes != nullptr ? config_.arithmetic_units : config_.multiply_units;
    grid.beat_cycles = 1;  // the row port carries B words per cycle
    const reference::Weights weights = codes != nullptr ? reference::Weights(*codes) : reference::Weights(row_words);
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const auto expected = segment_cycles(grid, static_cast<reference::Policy>(static_cast<int>(config_.policy)),
                                           make_segment(pass_, shape_, weights, column_words, precision, ranges_[i]));
      CHECK(bench_.segment_cycles()[i] == static_cast<std::uint64_t>(expected.cycles));
    }
  }

  Testbench& bench_;
  const Config& config_;
  reference::Pass pass_;
  reference::Convolution shape_;
  std::uint32_t log2_rows_;
  std::uint32_t tile_channels_, tile_columns_;
  std::int64_t channels_, columns_, beats_;
  Map map_;
  std::vector<reference::SegmentRange> ranges_;
};

void run_passes(Mode mode, EngineKind engine, unsigned seed) {
  Config config = Config::defaults(mode);
  config.engine = engine;
  config.pes = 16;
  config.rows = config.columns = 4;
  config.output_buffers = 3;
  config.row_port_words = 3;
  config.weight_buffer_bytes = config.feature_buffer_bytes = 1 << 20;  // every tile is one segment
  const auto precision = mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16;
  const auto program = [&](Testbench& bench) {
    std::mt19937 random(seed);
    for (int i = 0; i < 25; ++i) {
      RandomLayer input;
      do {
        input = random_layer(random, mode, 15000);
      } while (input.layer.groups != 1);
      const reference::Convolution shape = reference_shape(input.layer);
      CAPTURE(i, shape.n, shape.c, shape.h, shape.w, shape.k, shape.kh, shape.kw, shape.stride_h, shape.stride_w,
              shape.pad_h, shape.pad_w, shape.dilation_h, shape.dilation_w);
      const std::uint32_t log2_rows = std::uniform_int_distribution<std::uint32_t>(0, 4)(random);
      const reference::Words features = words_of(input.tensors.features);
      // An output gradient: values of another random map.
      reference::Words gradient(static_cast<std::size_t>(shape.output_count()));
      for (auto& word : gradient)
        word = features[std::uniform_int_distribution<std::size_t>(0, features.size() - 1)(random)];

      const bool ternary = input.layer.weights == workloads::WeightKind::Ternary;
      const std::vector<std::int8_t> codes = ternary ? ternary_of(input.tensors.weights) : std::vector<std::int8_t>{};
      const reference::Words words = ternary ? reference::Words{} : words_of(input.tensors.weights);
      const reference::Weights weights = ternary ? reference::Weights(codes) : reference::Weights(words);
      const std::vector<std::int8_t>* const codes_or_null = ternary ? &codes : nullptr;

      CHECK(PassRun(bench, reference::Pass::Forward, shape, log2_rows).run(words, codes_or_null, features) ==
            convolve(shape, weights, features, precision));
      CHECK(PassRun(bench, reference::Pass::BackwardData, shape, log2_rows).run(words, codes_or_null, gradient) ==
            backward_data(shape, weights, gradient, precision));
      CHECK(PassRun(bench, reference::Pass::BackwardWeights, shape, log2_rows).run(gradient, nullptr, features) ==
            backward_weights(shape, features, gradient, precision));
    }
  };
  Testbench bench("bench", config, 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), program);
  bench.run();
}

}  // namespace

TEST_CASE("forward and both backward passes in training mode on the schedule engine") {
  run_passes(Mode::Train, EngineKind::Schedule, 21);
}
TEST_CASE("forward and both backward passes in training mode on the clocked engine") {
  run_passes(Mode::Train, EngineKind::Clocked, 21);
}
TEST_CASE("forward and both backward passes in inference mode on the schedule engine") {
  run_passes(Mode::Infer, EngineKind::Schedule, 22);
}
TEST_CASE("forward and both backward passes in inference mode on the clocked engine") {
  run_passes(Mode::Infer, EngineKind::Clocked, 22);
}
