// SPDX-License-Identifier: Apache-2.0
// The schedule engine, on every SIMD target, against naive loops: every counter and every output bit.
#include <dlac/grid/operation_check.h>
#include <dlac/grid/schedule/buffer_view.h>
#include <dlac/grid/schedule/schedule_engine.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

#include "tb/tests/models/grid/schedule/unit_engine_model.h"
#include "tb/tests/reference_machine.h"

namespace {

using dlac::Mode;
using dlac::Policy;
using engine_model::Bytes;
using engine_model::Dice;
using engine_model::equal;
using engine_model::store_code;
using engine_model::store_word;
using engine_model::TargetGuard;
using engine_model::text;
using engine_model::Words;

/// What numbers are like.
struct Numbers {
  double zeros = 50;    ///< percent
  double specials = 0;  ///< percent: infinities and NaNs, few NaNs among them
  enum class Kind { Ordinary, AnyExponent, Subnormal, Large } kind = Kind::Ordinary;
};

[[nodiscard]] Numbers random_numbers(Dice& dice) {
  Numbers numbers;
  numbers.zeros = dice.pick<double>({0, 10, 30, 50, 70, 85, 95, 100});
  if (dice.chance(35)) numbers.specials = dice.pick<double>({0.3, 2, 30});
  if (dice.chance(50)) numbers.kind = static_cast<Numbers::Kind>(dice(1, 3));
  return numbers;
}

[[nodiscard]] std::uint32_t random_word(Dice& dice, Mode mode, const Numbers& numbers) {
  const bool half = mode == Mode::Infer;
  const std::uint32_t sign = dice.chance(50) ? (half ? 0x8000U : 0x8000'0000U) : 0U;
  const std::uint32_t infinity = half ? 0x7C00U : 0x7F80'0000U;
  const std::uint32_t least_normal = half ? 0x400U : 0x80'0000U;
  if (dice.chance(numbers.zeros)) return dice.chance(80) ? 0 : sign;
  if (dice.chance(numbers.specials)) {
    return sign | (dice.chance(70) ? infinity : dice.natural(infinity + 1, infinity + least_normal - 1));
  }
  switch (numbers.kind) {
    case Numbers::Kind::Ordinary: break;
    case Numbers::Kind::AnyExponent: return sign | dice.natural(0, infinity - 1);
    case Numbers::Kind::Subnormal: return sign | dice.natural(0, 2 * least_normal);
    case Numbers::Kind::Large: return sign | dice.natural(infinity - 3 * least_normal, infinity - 1);
  }
  // Exponents around 1, so that sums round.
  return half ? sign | dice.natural(0x2C00, 0x4BFF) : sign | dice.natural(0x3D80'0000, 0x417F'FFFF);
}

/// Buffers, the model, and an engine for every target on the same buffers.
class Bench {
 public:
  explicit Bench(const dlac::Config& configuration)
      : config(configuration),
        weights(config.weight_buffer_bytes + dlac::BufferSlack, 0xFF),
        features(config.feature_buffer_bytes + dlac::BufferSlack, 0xFF),
        targets_(dlac::schedule::simd_targets()),
        model_(config) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      engines_.push_back(std::make_unique<dlac::ScheduleEngine>(
          config, weight_view(), dlac::BufferView{features.data(), config.feature_buffer_bytes}));
    }
  }
  [[nodiscard]] dlac::BufferView weight_view() const { return {weights.data(), config.weight_buffer_bytes}; }

  /// Whether all targets do with a segment what the model does; else `error` says what happened.
  [[nodiscard]] bool multiply(const dlac::MmOp& op) {
    REQUIRE(check(op, config) == dlac::ErrorCode::None);
    const bool illegal =
        op.full_precision == 0 && dlac::has_illegal_code(&weights[op.weights], dlac::weight_bits(op, config));
    REQUIRE(!illegal);
    const dlac::SegmentResult expected = model_.multiply(op, weights, features);
    total.executed += expected.updates.executed;
    total.masked_nonfinite += expected.updates.masked_nonfinite;
    for_all([&](dlac::ScheduleEngine& engine) {
      const dlac::SegmentResult result = engine.multiply(op);
      if (!equal(result, expected)) error += "\n  got      " + text(result) + "\n  expected " + text(expected);
    });
    compare_outputs(op.bank, op.log2_rows, op.channels, op.columns);
    if (!error.empty()) error += "\n  " + text(config) + "\n  " + text(op);
    return error.empty();
  }
  [[nodiscard]] bool pointwise(const dlac::PtWiseOp& op) {
    REQUIRE(check(op, config) == dlac::ErrorCode::None);
    const std::uint64_t expected = model_.pointwise(op, weights, features);
    for_all([&](dlac::ScheduleEngine& engine) {
      const std::uint64_t cycles = engine.pointwise(op);
      if (cycles != expected)
        error += "\n  point-wise cycles " + std::to_string(cycles) + ", not " + std::to_string(expected);
    });
    compare_outputs(op.bank, op.log2_rows, op.channels, op.columns);
    if (!error.empty()) {
      using Catch::Detail::stringify;
      error += "\n  " + text(config) + "\n  operation " + stringify(op.operation) + " compare " +
               stringify(op.compare) + " sources " + stringify(op.source_a) + stringify(op.source_x) +
               stringify(op.source_y);
    }
    return error.empty();
  }
  void compare_outputs(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns) {
    const Words expected = model_.drain(bank, log2_rows, channels, columns);
    constexpr std::uint32_t Untouched = 0xA5A5A5A5U;
    Words words(expected.size() + 1);
    for_all([&](dlac::ScheduleEngine& engine) {
      std::fill(words.begin(), words.end(), Untouched);
      engine.drain(bank, log2_rows, channels, columns, words.data());
      const auto differs = std::mismatch(expected.begin(), expected.end(), words.begin());
      if (differs.first != expected.end()) {
        const auto index = static_cast<std::uint64_t>(differs.first - expected.begin());
        error += "\n  channel " + std::to_string(index / columns) + " column " + std::to_string(index % columns) +
                 ": got " + std::to_string(*differs.second) + ", expected " + std::to_string(*differs.first);
      } else if (words.back() != Untouched) {
        error += "\n  drain wrote beyond its output";
      }
    });
  }
  void reset() {
    model_.reset();
    for (auto& engine : engines_) engine->reset();
  }

  const dlac::Config config;
  Bytes weights, features;
  std::string error;
  dlac::UpdateCounts total;

 private:
  template <class Body>
  void for_all(const Body& body) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const std::size_t before = error.size();
      dlac::schedule::force_simd_target(targets_[i]);
      body(*engines_[i]);
      if (error.size() != before) error.insert(before, "\n" + dlac::schedule::simd_target_name(targets_[i]) + ':');
    }
  }

  const TargetGuard guard_;
  const std::vector<std::int64_t> targets_;
  dlac::ReferenceMachine model_;
  std::vector<std::unique_ptr<dlac::ScheduleEngine>> engines_;
};

/// A core of `pes` PEs. Row ports such that p is 1 to 3 with full-precision weights.
[[nodiscard]] dlac::Config random_config(Dice& dice, Mode mode, Policy policy, std::uint32_t pes) {
  dlac::Config config;
  config.mode = mode;
  config.policy = policy;
  config.pes = pes;
  config.rows = 1;
  config.columns = pes;
  config.output_buffers = dice.pick<std::uint32_t>({1, 2, 3, 5, 8, 8, 16, 16, 17, 33});
  config.arithmetic_units = dice.natural(1, 4);
  config.multiply_units = dice.natural(1, config.arithmetic_units);
  config.window_beats = dice.natural(1, 10);
  if (dice.chance(5)) config.window_beats = dice.natural(11, 64);
  const std::uint32_t p = dice.natural(1, 3);
  config.row_port_words = (config.output_buffers + p - 1) / p;
  if (dice.chance(10)) config.row_port_words = 1;  // p up to 33, and more than 1 for ternary weights
  config.column_port_words = dice.natural(1, 3);
  config.weight_buffer_bytes = 1U << 21;
  config.feature_buffer_bytes = 1U << 17;
  config.validate();
  return config;
}

/// Fills a segment's place in the weight buffer, channels outside the layer included.
void fill_weights(Dice& dice, Bench& bench, const dlac::MmOp& op, const Numbers& numbers) {
  const std::uint64_t per_beat = std::uint64_t{bench.config.output_buffers} << op.log2_rows;
  // Some rows and beats denser than others.
  const int spread = static_cast<int>(dice(0, 40));
  for (std::uint64_t t = 0; t < op.beats; ++t) {
    const double of_beat = numbers.zeros + static_cast<double>(dice(-spread, spread));
    for (std::uint64_t k = 0; k < per_beat; ++k) {
      Numbers here = numbers;
      if (k >= op.channels)
        here = {10, 60, Numbers::Kind::AnyExponent};
      else
        here.zeros = numbers.zeros == 0 || numbers.zeros == 100 ? numbers.zeros : of_beat;
      const std::uint64_t index = t * per_beat + k;
      if (op.full_precision != 0) {
        store_word(bench.weights, op.weights / bench.config.word_bytes() + index, bench.config.mode,
                   random_word(dice, bench.config.mode, here));
      } else {
        store_code(bench.weights, op.weights, index, dice.chance(here.zeros) ? 0 : dice.chance(50) ? 1 : -1);
      }
    }
  }
}

/// Limits of a random tile.
struct Limits {
  std::uint32_t beats_from = 1, beats_to = 40;
  std::uint64_t updates = 20'000;  ///< roughly
};

/// A tile and its whole reduction as one operation, but for the weights' place; fills the features it reads.
[[nodiscard]] dlac::MmOp random_tile(Dice& dice, Bench& bench, const Limits& limits) {
  const dlac::Config& config = bench.config;
  const std::uint64_t words = config.feature_buffer_bytes / config.word_bytes();
  for (;;) {
    dlac::MmOp op;
    do {
      op.log2_rows = dice.natural(0, 6);
    } while (!config.has_grid(1U << op.log2_rows));
    const std::uint32_t most_channels = config.output_buffers << op.log2_rows;
    const std::uint32_t most_columns = config.pes >> op.log2_rows;
    op.channels = dice.chance(40) ? most_channels : dice.natural(1, most_channels);
    op.columns = dice.chance(40) ? most_columns : dice.natural(1, most_columns);
    op.beats = dice.natural(limits.beats_from, limits.beats_to);
    const std::uint64_t outputs = std::uint64_t{op.channels} * op.columns;
    if (outputs * limits.beats_from > limits.updates) {
      if (dice.chance(97)) continue;
      op.beats = limits.beats_from;
    } else {
      op.beats = std::min<std::uint32_t>(op.beats, static_cast<std::uint32_t>(limits.updates / outputs));
    }
    op.full_precision = dice.chance(40) ? 1 : 0;
    op.order = dice.natural(0, 1) == 1 ? dlac::BeatOrder::PixelBeats : dlac::BeatOrder::KernelBeats;
    op.first_column = dice.natural(0, 30);
    op.first_beat = dice.natural(0, 30);
    op.kernel_height = dice.natural(1, 4);
    op.kernel_width = dice.natural(1, 4);
    op.out_height = dice.chance(90) ? dice.natural(1, 6) : dice.natural(1, 40);
    op.out_width = dice.chance(80) ? dice.natural(1, 9) : dice.natural(10, 60);
    op.height = dice.natural(1, 9);
    op.width = dice.chance(80) ? dice.natural(1, 9) : dice.natural(10, 60);
    op.stride_y = dice.natural(1, 3);
    op.stride_x = dice.chance(60) ? 1 : dice.natural(2, 3);
    op.step_y = static_cast<std::int32_t>(dice.chance(50) ? 1 : dice(-3, 3));
    op.step_x = static_cast<std::int32_t>(dice.chance(50) ? 1 : dice(-3, 3));
    op.offset_y = static_cast<std::int32_t>(dice(-5, 5));
    op.offset_x = static_cast<std::int32_t>(dice(-5, 5));
    op.insert_y = dice.chance(70) ? 1 : dice.natural(2, 3);
    op.insert_x = dice.chance(70) ? 1 : dice.natural(2, 3);
    op.row_capacity = dice.natural(1, op.height + 2);
    const bool pixel_beats = op.order == dlac::BeatOrder::PixelBeats;
    const std::uint32_t kernel = op.kernel_height * op.kernel_width;
    const std::uint32_t first = pixel_beats ? op.first_column : op.first_beat;
    const std::uint32_t last = first + (pixel_beats ? op.columns : op.beats) - 1;
    op.first_channel = dice.natural(0, first / kernel);
    const std::uint64_t planes = last / kernel - op.first_channel + 1;

    // A part of the row if all that is read lies in it, else the whole row.
    op.pitch = dice.natural(1, op.width);
    op.first_x = dice.natural(0, op.width - op.pitch);
    if (planes * op.row_capacity * op.pitch > words) continue;
    const auto held = [&] {
      dlac::MmOp bare = op;
      bare.weights = 0;
      dlac::Config endless = config;  // the weights' place is no matter here
      endless.weight_buffer_bytes = UINT32_MAX;
      return check(bare, endless) == dlac::ErrorCode::None;
    };
    if (!held()) {
      op.first_x = 0;
      op.pitch = op.width + dice.natural(0, 3);
    }
    const std::uint64_t held_words = planes * op.row_capacity * op.pitch;
    if (held_words > words) continue;
    op.base = dice.chance(20) ? static_cast<std::uint32_t>(words - held_words)
                              : dice.natural(0, static_cast<std::uint32_t>(words - held_words));
    const Numbers numbers = random_numbers(dice);
    for (std::uint64_t i = 0; i < held_words; ++i) {
      store_word(bench.features, op.base + i, config.mode, random_word(dice, config.mode, numbers));
    }
    return op;
  }
}

/// Whether the segment's weights fit, at a random place.
[[nodiscard]] bool place_weights(Dice& dice, const dlac::Config& config, dlac::MmOp& op) {
  const std::uint64_t bytes = (config.beat_bits(1U << op.log2_rows, op.full_precision != 0) * op.beats + 7) / 8;
  if (bytes > config.weight_buffer_bytes) return false;
  const std::uint32_t unit = op.full_precision != 0 ? config.word_bytes() : 1;
  const auto most = static_cast<std::uint32_t>((config.weight_buffer_bytes - bytes) / unit);
  op.weights = unit * (dice.chance(20) ? most : dice.natural(0, most));
  return true;
}

[[nodiscard]] dlac::PtWiseOp random_pointwise(Dice& dice, Bench& bench, const dlac::MmOp& tile) {
  const dlac::Config& config = bench.config;
  const std::uint64_t words = config.feature_buffer_bytes / config.word_bytes();
  constexpr auto Constant = dlac::OperandSource::Constant;
  constexpr auto Stream = dlac::OperandSource::Stream;
  dlac::PtWiseOp op;
  op.log2_rows = tile.log2_rows;
  op.bank = tile.bank;
  op.channels = dice.chance(60) ? tile.channels : dice.natural(1, tile.channels);
  op.columns = dice.chance(60) ? tile.columns : dice.natural(1, tile.columns);
  op.first_column = dice.natural(0, 40);
  const auto any = [&](auto& field, std::uint32_t last) {
    field = static_cast<std::decay_t<decltype(field)>>(dice.natural(0, last));
  };
  any(op.operation, 4);
  any(op.compare, 5);
  for (auto* input : {&op.select_p, &op.select_q, &op.select_u, &op.select_v}) any(*input, 3);
  if (!dice.chance(60)) any(op.source_a, 3);
  any(op.source_x, 3);
  any(op.source_y, 3);
  const Numbers numbers = random_numbers(dice);
  op.immediate_a = random_word(dice, config.mode, numbers);
  op.immediate_x = random_word(dice, config.mode, numbers);
  op.immediate_y = random_word(dice, config.mode, numbers);
  for (auto [source, place] : {std::pair{op.source_a, &op.constants_a}, std::pair{op.source_x, &op.constants_x},
                               std::pair{op.source_y, &op.constants_y}}) {
    if (source != Constant) continue;
    const std::uint32_t most = config.weight_buffer_bytes / config.word_bytes() - op.channels;
    const std::uint32_t first = dice.chance(30) ? most : dice.natural(0, most);
    *place = first * config.word_bytes();
    for (std::uint32_t k = 0; k < op.channels; ++k) {
      store_word(bench.weights, first + k, config.mode, random_word(dice, config.mode, numbers));
    }
  }
  op.out_height = dice.natural(1, 5);
  op.out_width = dice.natural(1, 9);
  op.height = dice.natural(1, 6);
  op.width = dice.natural(1, 9);
  op.stride_y = dice.natural(1, 3);
  op.stride_x = dice.natural(1, 3);
  op.offset_y = static_cast<std::int32_t>(dice(-4, 4));
  op.offset_x = static_cast<std::int32_t>(dice(-4, 4));
  const auto place = [&](std::uint32_t& base, std::uint32_t& capacity, std::uint32_t& pitch, std::uint32_t& first_x) {
    capacity = dice.natural(1, 4);
    first_x = 0;
    pitch = op.width + dice.natural(0, 2);
    while (std::uint64_t{op.channels} * capacity * pitch > words) {
      if (capacity > 1)
        --capacity;
      else if (pitch > 1)
        op.width = --pitch;
    }
    const auto held = static_cast<std::uint32_t>(std::uint64_t{op.channels} * capacity * pitch);
    base = dice.natural(0, static_cast<std::uint32_t>(words) - held);
    for (std::uint64_t i = 0; i < held; ++i) {
      store_word(bench.features, base + i, config.mode, random_word(dice, config.mode, numbers));
    }
  };
  if (op.source_a == Stream || op.source_x == Stream) place(op.base_0, op.row_capacity_0, op.pitch_0, op.first_x_0);
  if (op.source_y == Stream) {
    place(op.base_1, op.row_capacity_1, op.pitch_1, op.first_x_1);
    op.pitch_0 = std::max(op.pitch_0, op.width);
  }
  if (op.stride_x == 1 && op.offset_x > 0 && op.source_a != Stream && op.source_x != Stream) {
    op.first_x_1 = static_cast<std::uint32_t>(std::min<std::int64_t>(op.offset_x, op.width - 1));
  }
  return op;
}

/// Tiles on both banks, in segments that interleave, with point-wise operations and resets in between.
void run_tiles(Dice& dice, Bench& bench, int pairs, const Limits& limits) {
  for (int i = 0; i < pairs; ++i) {
    struct Reduction {
      dlac::MmOp next;
      std::uint32_t left = 0;
    } reductions[2];
    for (std::uint32_t bank = 0; bank < 2; ++bank) {
      dlac::MmOp& op = reductions[bank].next;
      do {
        op = random_tile(dice, bench, limits);
      } while (!place_weights(dice, bench.config, op));
      op.bank = bank;
      op.clear = dice.chance(90) ? 1 : 0;  // else on top of what the PEs hold, whatever grid computed it
      reductions[bank].left = op.beats;
    }
    while (reductions[0].left + reductions[1].left != 0) {
      std::uint32_t bank = dice.natural(0, 1);
      if (reductions[bank].left == 0) bank = 1 - bank;
      Reduction& reduction = reductions[bank];
      dlac::MmOp& op = reduction.next;
      op.beats = dice.chance(60) ? reduction.left : dice.natural(1, reduction.left);
      REQUIRE(place_weights(dice, bench.config, op));
      fill_weights(dice, bench, op, random_numbers(dice));
      if (!bench.multiply(op)) return;
      reduction.left -= op.beats;
      op.first_beat += op.beats;
      op.clear = 0;
      if (dice.chance(25) && !bench.pointwise(random_pointwise(dice, bench, op))) return;
    }
    if (dice.chance(5)) bench.reset();
    for (std::uint32_t bank = 0; bank < 2; ++bank) {
      if (dice.chance(20)) bench.compare_outputs(bank, 0, bench.config.output_buffers, bench.config.pes);
    }
    if (!bench.error.empty()) return;
  }
}

}  // namespace

TEST_CASE("schedule engine: random small segments agree with the contracts on every target", "[engine]") {
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    Dice dice(mode == Mode::Train ? 1 : 2);
    std::uint64_t executed = 0;
    std::uint64_t masked = 0;
    for (int i = 0; i < 400; ++i) {
      const auto pes = dice.pick<std::uint32_t>({1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100});
      Bench bench(random_config(dice, mode, static_cast<Policy>(i % dlac::policy_names().size()), pes));
      run_tiles(dice, bench, 20, {1, 40, 20'000});
      INFO("core " << i << bench.error);
      CHECK(bench.error.empty());
      executed += bench.total.executed;
      masked += bench.total.masked_nonfinite;
    }
    CHECK(executed > 1'000'000);
    CHECK(masked > 100'000);
  }
}

TEST_CASE("schedule engine: more than 32 rows and more than 512 columns", "[engine]") {
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    Dice dice(mode == Mode::Train ? 3 : 4);
    for (int i = 0; i < 24; ++i) {
      const auto pes = dice.pick<std::uint32_t>({64, 128, 192, 512, 640, 1024, 2048, 4096});
      Bench bench(random_config(dice, mode, static_cast<Policy>(i % dlac::policy_names().size()), pes));
      run_tiles(dice, bench, 4, {2, 40, 150'000});
      INFO("core " << i << bench.error);
      CHECK(bench.error.empty());
    }
  }
}

TEST_CASE("schedule engine: segments longer than its chunks", "[engine]") {
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    Dice dice(mode == Mode::Train ? 5 : 6);
    for (int i = 0; i < 24; ++i) {
      const auto pes = dice.pick<std::uint32_t>({4, 8, 16, 32, 64});
      Bench bench(random_config(dice, mode, static_cast<Policy>(i % dlac::policy_names().size()), pes));
      run_tiles(dice, bench, 2, {300, 3000, 400'000});
      INFO("core " << i << bench.error);
      CHECK(bench.error.empty());
    }
  }
}

TEST_CASE("schedule engine: times beyond 16 bits of skew", "[engine]") {
  // 64 rows of up to 64 updates per beat: times of one lane, summed over the rows, leave 16 bits within a window.
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    Dice dice(mode == Mode::Train ? 7 : 8);
    for (int i = 0; i < 8; ++i) {
      dlac::Config config = random_config(dice, mode, static_cast<Policy>(i % dlac::policy_names().size()), 4096);
      config.output_buffers = i < 4 ? 64 : 33;
      config.arithmetic_units = config.multiply_units = 1;
      config.window_beats = dice.pick<std::uint32_t>({1, 3, 6, 8, 10, 12, 64});
      config.row_port_words = dice.pick<std::uint32_t>({1, 32, 64});
      config.weight_buffer_bytes = 1U << 22;
      Bench bench(config);
      dlac::MmOp op;
      op.log2_rows = 6;
      op.channels = (64 << 6) * config.output_buffers / 64 - dice.natural(0, 40);
      op.columns = dice.natural(57, 64);
      op.clear = 1;
      op.beats = dice.natural(20, 60);
      op.height = op.row_capacity = op.out_height = 1;
      op.width = op.pitch = op.out_width = op.columns;
      op.full_precision = i % 2 != 0 ? 1 : 0;
      REQUIRE(place_weights(dice, config, op));
      Numbers numbers;
      numbers.zeros = dice.pick<double>({0, 20, 60, 95});
      for (std::uint64_t word = 0; word < std::uint64_t{op.beats} * op.columns; ++word) {
        store_word(bench.features, word, mode, random_word(dice, mode, numbers));
      }
      fill_weights(dice, bench, op, numbers);
      static_cast<void>(bench.multiply(op));
      INFO("core " << i << bench.error);
      CHECK(bench.error.empty());
    }
  }
}

TEST_CASE("schedule engine: every policy gives the same bits and the same sum of updates", "[engine]") {
  // All zero, all dense, and in between, on one core shape; the outputs are those of the model under each policy.
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    for (const double zeros : {0.0, 50.0, 100.0}) {
      for (const std::uint32_t full : {0U, 1U}) {
        Words outputs;
        std::uint64_t updates = 0;
        for (const Policy policy : {Policy::None, Policy::Features, Policy::Weights, Policy::Both}) {
          dlac::Config config = dlac::Config::defaults(mode);
          config.policy = policy;
          const TargetGuard guard;
          Bench bench(config);
          Dice dice(9);
          dlac::MmOp op;
          op.log2_rows = 2;
          op.channels = config.output_buffers * 4 - 3;
          op.columns = config.pes / 4 - 1;
          op.clear = 1;
          op.full_precision = full;
          op.beats = 60;
          op.height = op.row_capacity = op.out_height = 1;
          op.width = op.pitch = op.out_width = op.columns;
          const Numbers numbers{zeros, 1, Numbers::Kind::Ordinary};
          for (std::uint64_t word = 0; word < std::uint64_t{op.beats} * op.columns; ++word) {
            store_word(bench.features, word, mode, random_word(dice, mode, numbers));
          }
          fill_weights(dice, bench, op, numbers);
          static_cast<void>(bench.multiply(op));
          INFO(bench.error);
          CHECK(bench.error.empty());
          dlac::ScheduleEngine engine(config, bench.weight_view(),
                                      {bench.features.data(), config.feature_buffer_bytes});
          const dlac::SegmentResult result = engine.multiply(op);
          Words words(std::size_t{op.channels} * op.columns);
          engine.drain(0, op.log2_rows, op.channels, op.columns, words.data());
          const std::uint64_t sum = result.updates.executed + result.updates.skipped_weight +
                                    result.updates.skipped_feature + result.updates.skipped_both;
          CHECK(sum == std::uint64_t{op.channels} * op.columns * op.beats);
          CHECK(result.pe.busy + result.pe.starved_row + result.pe.starved_column + result.pe.finished_early ==
                config.pes * result.cycles);
          if (policy == Policy::None) {
            outputs = words;
            updates = sum;
          }
          CHECK(words == outputs);
          CHECK(sum == updates);
        }
      }
    }
  }
}

TEST_CASE("schedule engine: a binary16 sum overflows beside a NaN that a zero weight keeps out", "[engine]") {
  // Column 0 reads 60000, NaN, 60000; channel 0 has weights 1, 0, 1 and becomes infinite; channel 1 has 0, 1, 0.
  // Then infinity, NaN; channel 0 with weights 1, 0 stays infinite.
  dlac::Config config = dlac::Config::defaults(Mode::Infer);
  Bench bench(config);
  dlac::MmOp op;
  op.log2_rows = 0;
  op.channels = 2;
  op.columns = 1;
  op.clear = 1;
  op.beats = 3;
  op.height = op.row_capacity = op.width = op.pitch = 1;
  std::fill(bench.weights.begin(), bench.weights.end(), std::uint8_t{0});
  for (std::uint64_t t = 0; t < 3; ++t) store_code(bench.weights, 0, t * config.output_buffers + t % 2, 1);
  const std::uint32_t sixty_thousand = 0x7B53;  // (1024 + 851) * 2^5
  const std::uint32_t nan = 0x7E00;
  const std::uint32_t infinity = 0x7C00;
  for (const Words& column : {Words{sixty_thousand, nan, sixty_thousand}, Words{infinity, nan, 0x3C00}}) {
    for (std::uint64_t t = 0; t < 3; ++t) store_word(bench.features, t, config.mode, column[t]);
    bench.error.clear();
    CHECK(bench.multiply(op));
    INFO(bench.error);
    CHECK(bench.error.empty());
  }
}

TEST_CASE("schedule engine: a binary16 sum grows beyond the sum of its terms by rounding", "[engine]") {
  // From 32768 on, numbers are 32 apart: every 17 counts as 32. 1024 of them make infinity, although 32768 + 1024*17 is
  // far from it; taking 64 away afterwards does not bring it back.
  const dlac::Config config = dlac::Config::defaults(Mode::Infer);
  Bench bench(config);
  dlac::MmOp op;
  op.log2_rows = 0;
  op.channels = 1;
  op.columns = 1;
  op.clear = 1;
  op.height = op.row_capacity = op.width = op.pitch = 1;
  std::fill(bench.weights.begin(), bench.weights.end(), std::uint8_t{0});
  for (const auto& [beats, expected] : {std::pair{1025U, 0x7BFDU}, std::pair{1026U, 0x7C00U}}) {
    op.beats = beats;
    for (std::uint64_t t = 0; t < beats; ++t) {
      const bool last = t + 1 == beats;
      store_code(bench.weights, 0, t * config.output_buffers, last ? -1 : 1);
      store_word(bench.features, t, config.mode, t == 0 ? 0x7800 : last ? 0x5400 : 0x4C40);
    }
    CHECK(bench.multiply(op));
    INFO(bench.error);
    CHECK(bench.error.empty());
    dlac::ScheduleEngine engine(config, bench.weight_view(), {bench.features.data(), config.feature_buffer_bytes});
    static_cast<void>(engine.multiply(op));
    std::uint32_t word = 0;
    engine.drain(0, 0, 1, 1, &word);
    CHECK(word == expected);
  }
}

TEST_CASE("schedule engine: a NaN among the outputs does not hide the large ones from the next segment", "[engine]") {
  // Outputs of one segment: 60000 or infinity in column 0, NaN in column 1, 1 in column 2. The next adds 60000.
  dlac::Config config = dlac::Config::defaults(Mode::Infer);
  Bench bench(config);
  dlac::MmOp op;
  op.log2_rows = 0;
  op.channels = 1;
  op.columns = 3;
  op.beats = 1;
  op.height = op.row_capacity = op.out_height = 1;
  op.width = op.pitch = op.out_width = 3;
  std::fill(bench.weights.begin(), bench.weights.end(), std::uint8_t{0});
  store_code(bench.weights, 0, 0, 1);
  for (const std::uint32_t first : {0x7B53U, 0x7C00U}) {
    const Words before{first, 0x7E00, 0x3C00};
    for (std::uint64_t c = 0; c < 3; ++c) store_word(bench.features, c, config.mode, before[c]);
    op.clear = 1;
    bench.error.clear();
    CHECK(bench.multiply(op));
    const Words added{0x7B53, 0x3C00, 0x3C00};
    for (std::uint64_t c = 0; c < 3; ++c) store_word(bench.features, c, config.mode, added[c]);
    op.clear = 0;
    CHECK(bench.multiply(op));
    INFO(bench.error);
    CHECK(bench.error.empty());
  }
}

TEST_CASE("schedule engine: outputs outside a ragged tile hold what they held", "[engine]") {
  // "Output channels and pixels outside the layer are never live" (The schedule); weights behind the last channel may
  // be anything. A later operation or store may name these outputs.
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    for (const std::uint32_t full : {0U, 1U}) {
      const dlac::Config config = dlac::Config::defaults(mode);
      Bench bench(config);
      Dice dice(10);
      dlac::MmOp op;
      op.log2_rows = 4;
      op.channels = 16 * config.output_buffers;
      op.columns = config.pes / 16;
      op.beats = 9;
      op.clear = 1;
      op.full_precision = full;
      op.height = op.row_capacity = op.out_height = 1;
      op.width = op.pitch = op.out_width = op.columns;
      const Numbers numbers;
      for (std::uint64_t word = 0; word < std::uint64_t{op.beats} * op.columns; ++word) {
        store_word(bench.features, word, mode, random_word(dice, mode, numbers));
      }
      fill_weights(dice, bench, op, numbers);
      CHECK(bench.multiply(op));
      const std::uint32_t all_channels = op.channels;
      const std::uint32_t all_columns = op.columns;
      for (const std::uint32_t clear : {0U, 1U}) {
        op.clear = clear;
        op.channels = all_channels - 5;
        op.columns = all_columns - 3;
        fill_weights(dice, bench, op, numbers);
        CHECK(bench.multiply(op));
        bench.compare_outputs(0, op.log2_rows, all_channels, all_columns);
      }
      INFO(bench.error);
      CHECK(bench.error.empty());
    }
  }
}

TEST_CASE("schedule engine: every binary16 feature arrives, side by side or not", "[engine]") {
  // One row of 4096 PEs adds each feature to 0: the outputs are the features, canonical.
  dlac::Config config = dlac::Config::defaults(Mode::Infer);
  config.pes = config.columns = 4096;
  config.rows = 1;
  config.feature_buffer_bytes = 1U << 18;
  Bench bench(config);
  std::fill(bench.weights.begin(), bench.weights.end(), std::uint8_t{0});
  store_code(bench.weights, 0, 0, 1);
  for (std::uint32_t pattern = 0; pattern < 0x10000; ++pattern)
    store_word(bench.features, pattern, config.mode, pattern);
  dlac::MmOp op;
  op.channels = op.beats = op.clear = 1;
  op.columns = op.out_width = 4096;
  op.row_capacity = op.height = 1;
  op.width = op.pitch = 0x10000;
  for (const dlac::BeatOrder order : {dlac::BeatOrder::KernelBeats, dlac::BeatOrder::PixelBeats}) {
    op.order = order;
    if (order == dlac::BeatOrder::PixelBeats) {  // columns are kernel positions
      op.out_width = 1;
      op.kernel_width = 4096;
    }
    for (const std::uint32_t stride : {1U, 3U}) {
      op.stride_x = stride;
      op.step_x = static_cast<std::int32_t>(stride);
      for (std::uint32_t first = 0; first < 0x10000; first += 4095 * stride) {
        // The last ones reach beyond the map: padding.
        op.offset_x = static_cast<std::int32_t>(first);
        if (!bench.multiply(op)) break;
      }
    }
  }
  INFO(bench.error);
  CHECK(bench.error.empty());
}

TEST_CASE("schedule engine: a kernel may be as large as the core accepts", "[engine]") {
  // The work of a command is bounded by its beats and columns, whatever its other fields say.
  for (const dlac::BeatOrder order : {dlac::BeatOrder::KernelBeats, dlac::BeatOrder::PixelBeats}) {
    Bench bench(dlac::Config::defaults(Mode::Train));
    std::fill(bench.weights.begin(), bench.weights.end(), std::uint8_t{0x55});
    dlac::MmOp op;
    op.log2_rows = 2;
    op.channels = 3;
    op.columns = 20;
    op.beats = 5;
    op.clear = 1;
    op.order = order;
    op.height = op.width = op.row_capacity = 4;
    op.pitch = 4;
    op.kernel_height = op.kernel_width = 1U << 24;
    op.out_height = op.out_width = 1U << 24;
    bool agrees = false;
    REQUIRE_NOTHROW(agrees = bench.multiply(op));
    INFO(bench.error);
    CHECK(agrees);
  }
}

TEST_CASE("schedule engine: every point-wise operation on every kind of operand", "[engine]") {
  for (const Mode mode : {Mode::Train, Mode::Infer}) {
    Dice dice(mode == Mode::Train ? 11 : 12);
    Bench bench(random_config(dice, mode, Policy::Both, 32));
    dlac::MmOp tile;
    tile.log2_rows = 2;
    tile.channels = bench.config.output_buffers * 4;
    tile.columns = 8;
    bool fine = true;
    for (std::uint32_t combination = 0; fine && combination < 5 * 64 * 8; ++combination) {
      tile.bank = combination % 2;
      dlac::PtWiseOp op;
      do {
        op = random_pointwise(dice, bench, tile);
      } while (static_cast<std::uint32_t>(op.operation) != combination % 5);
      // New values now and then, else all would be NaN before long.
      if (dice.chance(30)) {
        dlac::PtWiseOp fresh = op;
        fresh.operation = dlac::PointwiseOp::Select;
        fresh.compare = dlac::Compare::Equal;
        fresh.select_p = fresh.select_q = fresh.select_v = fresh.select_u = dlac::SelectInput::X;
        fine = bench.pointwise(fresh);
      }
      fine = fine && bench.pointwise(op);
    }
    INFO(bench.error);
    CHECK(fine);
  }
}
