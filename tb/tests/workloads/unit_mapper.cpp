// SPDX-License-Identifier: Apache-2.0
// The command lists of the mapper against a symbolic machine that lets loads run as far ahead as the tokens allow.
#include <catch2/catch.hpp>

#include <array>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tb/tests/random_layers.h"
#include "workloads/mapper.h"

namespace workloads = dlac::workloads;
using dlac::Command;
using dlac::CommandHeader;
using dlac::Config;
using dlac::ConfigError;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::Policy;
using dlac::Store;
using dlac::TokenCount;
using dlac::tb::random_layer;
using workloads::ConvLayer;
using workloads::LayerPlan;

namespace {

/// Where a plan's tensors are put so that addresses tell them apart.
constexpr workloads::LayerAddresses Addresses{1ULL << 40, 2ULL << 40, 3ULL << 40};

/// Executes commands on addresses instead of values: every buffer byte or word remembers which address it came from.
class SymbolicMachine {
 public:
  SymbolicMachine(const ConvLayer& layer, const Config& config, const LayerPlan& plan)
      : layer_(layer),
        config_(config),
        plan_(plan),
        weights_(config.weight_buffer_bytes, 0),
        features_(config.feature_buffer_bytes / config.word_bytes(), 0) {
    for (const Command& command : plan.commands) {
      if (std::holds_alternative<LoadWeights>(command) || std::holds_alternative<LoadFeatures>(command)) {
        loads_.push_back(&command);
      } else if (std::holds_alternative<MmOp>(command)) {
        computes_.push_back(&command);
      } else if (std::holds_alternative<Store>(command)) {
        stores_.push_back(&command);
      }
    }
  }

  /// Loads first, stores last: the order that shows every missing wait.
  void run() {
    for (;;) {
      if (step(loads_, [this](const Command& c) { load(c); })) continue;
      if (step(computes_, [this](const Command& c) { compute(std::get<MmOp>(c)); })) continue;
      if (step(stores_, [this](const Command& c) { store(std::get<Store>(c)); })) continue;
      break;
    }
    CHECK((loads_.empty() && computes_.empty() && stores_.empty()));  // else a deadlock
    for (const std::uint32_t count : tokens_) CHECK(count == 0);      // nothing left over for the next list
  }

  std::uint64_t feature_words_loaded = 0;
  std::uint64_t outputs_stored = 0;

 private:
  template <typename Execute>
  bool step(std::deque<const Command*>& queue, Execute execute) {
    if (queue.empty()) return false;
    const CommandHeader& header = header_of(*queue.front());
    for (std::uint32_t i = 0; i < TokenCount; ++i) {
      if ((header.pop >> i & 1U) != 0 && tokens_[i] == 0) return false;
    }
    for (std::uint32_t i = 0; i < TokenCount; ++i) tokens_[i] -= header.pop >> i & 1U;
    execute(*queue.front());
    for (std::uint32_t i = 0; i < TokenCount; ++i) {
      tokens_[i] += header.push >> i & 1U;
      CHECK(tokens_[i] <= config_.token_limit);
    }
    queue.pop_front();
    return true;
  }

  void load(const Command& command) {
    if (const auto* w = std::get_if<LoadWeights>(&command)) {
      REQUIRE(w->destination % 16 == 0);
      REQUIRE(std::uint64_t{w->destination} + w->bytes <= weights_.size());
      for (std::uint32_t i = 0; i < w->bytes; ++i) weights_[w->destination + i] = w->address + i;
      return;
    }
    const auto& f = std::get<LoadFeatures>(command);
    for (std::uint64_t c = 0; c < f.channels; ++c) {
      for (std::uint64_t g = f.first_row; g < std::uint64_t{f.first_row} + f.rows; ++g) {
        for (std::uint64_t x = 0; x < f.width; ++x) {
          const std::uint64_t to = f.base + (c * f.row_capacity + g % f.row_capacity) * f.pitch + x;
          REQUIRE(to < features_.size());
          features_[to] = f.address + g / f.height * f.image_stride + c * f.channel_stride +
                          g % f.height * f.row_stride + x * config_.word_bytes();
          ++feature_words_loaded;
        }
      }
    }
  }

  void compute(const MmOp& op) {
    const workloads::Segment& segment = plan_.segments.at(op.header.tag);
    const workloads::WeightBlock& block = plan_.blocks.at(segment.block);
    CHECK(op.beats == segment.beats);
    CHECK((op.first_beat == 0) == (op.clear == 1));
    for (std::uint32_t i = 0; i < block.bytes; ++i) {
      if (weights_[op.weights + i] != Addresses.weights + block.offset + i) {
        FAIL_CHECK("segment " << op.header.tag << " reads weights that are not there");
        break;
      }
    }
    // Every feature of the segment, straight from the definition of a convolution.
    const std::uint64_t group_out = layer_.out_channels / layer_.groups;
    const std::uint64_t group_in = layer_.in_channels / layer_.groups;
    const std::uint64_t group = segment.first_channel / group_out;
    for (std::uint64_t q = segment.first_pixel; q < std::uint64_t{segment.first_pixel} + segment.pixels; ++q) {
      const std::uint64_t n = q / (std::uint64_t{layer_.out_height()} * layer_.out_width());
      const std::int64_t oy = q / layer_.out_width() % layer_.out_height();
      const std::int64_t ox = q % layer_.out_width();
      for (std::uint64_t t = op.first_beat; t < std::uint64_t{op.first_beat} + op.beats; ++t) {
        const std::uint64_t c = t / (std::uint64_t{layer_.kernel_h} * layer_.kernel_w);
        const std::int64_t y =
            oy * layer_.stride_h + t / layer_.kernel_w % layer_.kernel_h * layer_.dilation_h - layer_.pad_h;
        const std::int64_t x = ox * layer_.stride_w + t % layer_.kernel_w * layer_.dilation_w - layer_.pad_w;
        if (y < 0 || y >= layer_.height || x < 0 || x >= layer_.width) continue;
        const std::uint64_t element =
            ((n * layer_.in_channels + group * group_in + c) * layer_.height + y) * layer_.width + x;
        const std::uint64_t word =
            op.base +
            ((c - op.first_channel) * op.row_capacity + (n * layer_.height + y) % op.row_capacity) * op.pitch + x -
            op.first_x;
        REQUIRE(word < features_.size());
        if (features_[word] != Addresses.features + element * config_.word_bytes()) {
          FAIL_CHECK("segment " << op.header.tag << " beat " << t << " pixel " << q << " reads another feature");
          return;
        }
      }
    }
    // The bank must have been stored before it is cleared.
    if (op.clear == 1) {
      CHECK(bank_full_[op.bank] == false);
      bank_full_[op.bank] = true;
      reduced_[op.bank] = 0;
    }
    CHECK(op.first_beat == reduced_[op.bank]);
    reduced_[op.bank] += op.beats;
    bank_segment_[op.bank] = &segment;
  }

  void store(const Store& s) {
    REQUIRE(bank_full_[s.bank]);
    CHECK(reduced_[s.bank] == layer_.beats());
    bank_full_[s.bank] = false;
    const workloads::Segment& segment = *bank_segment_[s.bank];
    CHECK(s.channels == segment.channels);
    CHECK(s.columns == segment.pixels);
    for (std::uint64_t k = 0; k < s.channels; ++k) {
      for (std::uint64_t j = 0; j < s.columns; ++j) {
        const std::uint64_t q = s.first_pixel + j;
        const std::uint64_t pixels = std::uint64_t{layer_.out_height()} * layer_.out_width();
        const std::uint64_t address =
            s.address + q / pixels * s.image_stride + k * s.channel_stride + q % pixels * config_.word_bytes();
        const std::uint64_t element =
            (q / pixels * layer_.out_channels + segment.first_channel + k) * pixels + q % pixels;
        if (address != Addresses.outputs + element * config_.word_bytes()) {
          FAIL_CHECK("output " << element << " stored elsewhere");
          return;
        }
        CHECK(stored_.insert(element).second);  // once
        ++outputs_stored;
      }
    }
  }

  const ConvLayer& layer_;
  const Config& config_;
  const LayerPlan& plan_;
  std::vector<std::uint64_t> weights_;
  std::vector<std::uint64_t> features_;
  std::deque<const Command*> loads_, computes_, stores_;
  std::array<std::uint32_t, TokenCount> tokens_{};
  std::array<bool, 2> bank_full_{};
  std::array<std::uint64_t, 2> reduced_{};
  std::array<const workloads::Segment*, 2> bank_segment_{};
  std::set<std::uint64_t> stored_;
};

void check_plan(const ConvLayer& layer, const Config& config, const workloads::MapperOptions& options = {}) {
  LayerPlan plan = workloads::plan_layer(layer, config, options);
  plan.relocate(Addresses);
  SymbolicMachine machine(layer, config, plan);
  machine.run();
  CHECK(machine.outputs_stored == layer.output_count());
}

[[nodiscard]] Config small_core() {
  Config config = Config::defaults(Mode::Train);
  config.pes = 16;
  config.rows = 4;
  config.columns = 4;
  config.output_buffers = 3;
  config.weight_buffer_bytes = 128;
  config.feature_buffer_bytes = 2048;
  return config;
}

}  // namespace

TEST_CASE("no load overtakes a segment that still needs what it overwrites") {
  std::mt19937 random(11);
  for (int i = 0; i < 120; ++i) {
    Config config = small_core();
    config.weight_buffer_bytes = 16U * std::uniform_int_distribution<std::uint32_t>(24, 200)(random);
    config.feature_buffer_bytes = 16U * std::uniform_int_distribution<std::uint32_t>(200, 900)(random);
    config.token_limit = std::uniform_int_distribution<std::uint32_t>(2, 6)(random);
    const ConvLayer layer = random_layer(random, Mode::Train, 40000).layer;
    CAPTURE(i, layer.batch, layer.in_channels, layer.height, layer.width, layer.out_channels, layer.kernel_h,
            layer.kernel_w, layer.stride_h, layer.pad_h, layer.dilation_h, layer.groups);
    workloads::MapperOptions options;
    if (i % 3 == 1) options.order = workloads::LoopOrder::WeightsOuter;
    if (i % 3 == 2) options.order = workloads::LoopOrder::FeaturesOuter;
    check_plan(layer, config, options);
  }
}

TEST_CASE("a tile waits for the store that empties its bank, so that the one before may drain meanwhile") {
  // Tile i takes the token of the store of tile i - 2. (Tiles in sequence)
  std::mt19937 random(12);
  for (int i = 0; i < 40; ++i) {
    const LayerPlan plan = workloads::plan_layer(random_layer(random, Mode::Train, 40000).layer, small_core(), {});
    constexpr std::uint32_t Bit = token_bit(dlac::Token::StoreToCompute);
    std::vector<std::uint32_t> givers, takers;  // numbers of the tiles
    std::uint32_t stores = 0;
    for (const Command& command : plan.commands) {
      const CommandHeader& header = header_of(command);
      if (std::holds_alternative<Store>(command)) {
        if ((header.push & Bit) != 0) givers.push_back(stores);
        ++stores;
      } else if ((header.pop & Bit) != 0) {
        takers.push_back(plan.segments.at(header.tag).tile);
      }
    }
    REQUIRE(stores == plan.tiles);
    REQUIRE(takers.size() == (plan.tiles < 2 ? 0 : plan.tiles - 2));
    REQUIRE(givers.size() == takers.size());
    for (std::size_t k = 0; k < takers.size(); ++k) {
      CHECK(takers[k] == k + 2);
      CHECK(givers[k] == k);
    }
  }
}

TEST_CASE("rows that neighbouring tiles share are loaded once") {
  // 8 channels of 32x32, 3x3 kernel, all 16 filters in one channel tile: every feature enters the core exactly once.
  ConvLayer layer;
  layer.name = "halo";
  layer.in_channels = 8;
  layer.out_channels = 16;
  layer.height = layer.width = 32;
  layer.kernel_h = layer.kernel_w = 3;
  layer.pad_h = layer.pad_w = 1;
  Config config = Config::defaults(Mode::Train);
  config.feature_buffer_bytes = 8 * 32 * 8 * 4;  // room for 8 of the 32 rows
  LayerPlan plan = workloads::plan_layer(layer, config, {});
  plan.relocate(Addresses);
  REQUIRE(plan.strips == 1);
  SymbolicMachine machine(layer, config, plan);
  machine.run();
  CHECK(machine.feature_words_loaded == std::uint64_t{8} * 32 * 32);
}

TEST_CASE("a layer wider than the feature buffer is cut into strips or channel chunks") {
  ConvLayer layer;
  layer.name = "wide";
  layer.in_channels = 24;
  layer.out_channels = 20;
  layer.height = 6;
  layer.width = 90;
  layer.kernel_h = layer.kernel_w = 3;
  layer.pad_h = layer.pad_w = 1;
  const Config config = small_core();
  check_plan(layer, config);
}

TEST_CASE("buffers too small for one double-buffered segment of one beat are refused with the key") {
  ConvLayer layer;
  layer.name = "any";
  layer.in_channels = layer.out_channels = 4;
  layer.height = layer.width = 8;
  layer.kernel_h = layer.kernel_w = 3;
  Config config = small_core();
  config.weight_buffer_bytes = 16;
  try {
    (void)workloads::plan_layer(layer, config, {});
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(error.key() == "weight_buffer_bytes");
  }
  config = small_core();
  config.feature_buffer_bytes = 64;  // 16 words; one pixel of one channel needs 3x3, twice 18
  try {
    (void)workloads::plan_layer(layer, config, {});
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(error.key() == "feature_buffer_bytes");
  }
}

TEST_CASE("a plan does not depend on the policy") {
  std::mt19937 random(5);
  const ConvLayer layer = random_layer(random, Mode::Train, 40000).layer;
  Config config = small_core();
  config.weight_buffer_bytes = 1024;
  const LayerPlan both = workloads::plan_layer(layer, config, {});
  config.policy = Policy::None;
  const LayerPlan none = workloads::plan_layer(layer, config, {});
  REQUIRE(both.commands.size() == none.commands.size());
  for (std::size_t i = 0; i < both.commands.size(); ++i) {
    CHECK(encode(both.commands[i]) == encode(none.commands[i]));
  }
}

TEST_CASE("weights are packed only for the layer, the kind and the configuration that the plan was made for") {
  const Config config = Config::defaults(Mode::Train);
  ConvLayer layer;
  layer.name = "conv";
  layer.in_channels = layer.out_channels = 16;
  layer.height = layer.width = 8;
  layer.kernel_h = layer.kernel_w = 3;
  const LayerPlan plan = workloads::plan_layer(layer, config);
  std::vector<std::uint8_t> image(plan.weight_image_bytes);
  const std::vector<std::int8_t> codes(layer.weight_count(), 1);
  const std::vector<std::uint32_t> words(layer.weight_count());
  const std::vector<std::uint16_t> halves(layer.weight_count());
  CHECK_NOTHROW(workloads::pack_weights(plan, layer, config, codes.data(), image.data()));
  CHECK_THROWS_AS(workloads::pack_weights(plan, layer, config, words.data(), image.data()), workloads::LayerError);

  Config other = config;
  other.output_buffers = 64;
  CHECK_THROWS_AS(workloads::pack_weights(plan, layer, other, codes.data(), image.data()), workloads::LayerError);

  layer.weights = workloads::WeightKind::FullPrecision;
  const LayerPlan words_plan = workloads::plan_layer(layer, config);
  image.resize(words_plan.weight_image_bytes);
  CHECK_NOTHROW(workloads::pack_weights(words_plan, layer, config, words.data(), image.data()));
  CHECK_THROWS_AS(workloads::pack_weights(words_plan, layer, config, codes.data(), image.data()),
                  workloads::LayerError);
  CHECK_THROWS_AS(workloads::pack_weights(words_plan, layer, config, halves.data(), image.data()),
                  workloads::LayerError);
  CHECK_THROWS_AS(workloads::pack_weights(plan, layer, config, words.data(), image.data()), workloads::LayerError);
}
