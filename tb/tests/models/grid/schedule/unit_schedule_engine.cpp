// SPDX-License-Identifier: Apache-2.0
// The schedule engine against the naive machine of tb/reference, on every SIMD target.
#include <dlac/common/arithmetic.h>
#include <dlac/grid/operation_check.h>
#include <dlac/grid/schedule/schedule_engine.h>
#include <dlac/grid/schedule/simd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <sstream>
#include <vector>

#include "tb/tests/reference_machine.h"

namespace schedule = dlac::schedule;
using dlac::BeatOrder;
using dlac::bits_of;
using dlac::BufferSlack;
using dlac::BufferView;
using dlac::Config;
using dlac::ErrorCode;
using dlac::has_illegal_code;
using dlac::MmOp;
using dlac::Mode;
using dlac::Policy;
using dlac::PtWiseOp;
using dlac::ReferenceMachine;
using dlac::ScheduleEngine;
using dlac::SegmentResult;

namespace {

using Random = std::mt19937;

[[nodiscard]] std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}
[[nodiscard]] bool chance(Random& random, double probability) {
  return std::uniform_real_distribution<double>(0, 1)(random) < probability;
}
template <typename T>
[[nodiscard]] T one_of(Random& random, const std::vector<T>& values) {
  return values[static_cast<std::size_t>(between(random, 0, static_cast<std::int64_t>(values.size()) - 1))];
}

/// A local buffer with the slack that BufferView promises.
struct Buffer {
  std::vector<std::uint8_t> bytes;
  std::uint64_t size = 0;
  void resize(std::uint64_t count) {
    size = count;
    bytes.assign(count + BufferSlack, 0xA5);
  }
  [[nodiscard]] BufferView view() const { return {bytes.data(), size}; }
  void set_word(const Config& config, std::uint64_t word, std::uint32_t value) {
    std::memcpy(bytes.data() + word * config.word_bytes(), &value, config.word_bytes());
  }
  [[nodiscard]] std::uint32_t word(const Config& config, std::uint64_t index) const {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + index * config.word_bytes(), config.word_bytes());
    return value;
  }
};

struct Recipe {
  Config config;
  Buffer weights, features;
  MmOp op;
};

/// How numbers are drawn.
struct Numbers {
  double zero = 0.5;
  double special = 0;  ///< infinities, NaNs, -0, subnormals, huge
  int exponents = 4;   ///< spread
};

[[nodiscard]] std::uint32_t draw(Random& random, Mode mode, const Numbers& numbers) {
  if (chance(random, numbers.zero)) return chance(random, 0.1) ? (mode == Mode::Train ? 0x80000000U : 0x8000U) : 0;
  if (chance(random, numbers.special)) {
    if (mode == Mode::Infer) {
      return one_of<std::uint32_t>(random, {0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7C01, 1, 0x8001, 0x3FF, 0x7BFF, 0xFBFF,
                                            0x7800, static_cast<std::uint32_t>(between(random, 0, 0xFFFF))});
    }
    return one_of<std::uint32_t>(random, {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7F800001, 1, 0x80000001,
                                          0x7FFFFF, 0x7F7FFFFF, 0xFF7FFFFF, static_cast<std::uint32_t>(random())});
  }
  const auto sign = static_cast<std::uint32_t>(between(random, 0, 1));
  if (mode == Mode::Infer) {
    const auto exponent = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(15 + between(random, -numbers.exponents, numbers.exponents), 0, 30));
    return sign << 15 | exponent << 10 | static_cast<std::uint32_t>(between(random, 0, 0x3FF));
  }
  const auto exponent = static_cast<std::uint32_t>(127 + between(random, -numbers.exponents, numbers.exponents));
  return sign << 31 | exponent << 23 | static_cast<std::uint32_t>(between(random, 0, 0x7FFFFF));
}

struct Scale {
  std::uint32_t beats = 90;
  std::uint32_t pes = 32;
  std::uint32_t buffers = 9;
};

[[nodiscard]] Config random_core(Random& random, const Scale& scale) {
  Config config = Config::defaults(chance(random, 0.5) ? Mode::Train : Mode::Infer);
  config.policy = one_of<Policy>(random, {Policy::None, Policy::Features, Policy::Weights, Policy::Both, Policy::Both});
  const std::uint32_t rows = 1U << between(random, 0, chance(random, 0.1) ? 5 : 3);
  config.rows = rows;
  config.columns = static_cast<std::uint32_t>(between(random, 1, std::max<std::int64_t>(1, scale.pes / rows)));
  config.pes = config.rows * config.columns;
  config.output_buffers = chance(random, 0.3) ? one_of<std::uint32_t>(random, {8, 16})
                                              : static_cast<std::uint32_t>(between(random, 1, scale.buffers));
  config.arithmetic_units = static_cast<std::uint32_t>(between(random, 1, 4));
  config.multiply_units = static_cast<std::uint32_t>(between(random, 1, config.arithmetic_units));
  config.window_beats = chance(random, 0.4) ? one_of<std::uint32_t>(random, {8, 8, 16, 64})
                                            : static_cast<std::uint32_t>(between(random, 1, 9));
  config.row_port_words =
      static_cast<std::uint32_t>(chance(random, 0.5) ? between(random, 1, 4) : config.output_buffers);
  return config;
}

/// A segment for the core, without its view of the feature buffer.
[[nodiscard]] MmOp random_segment(Random& random, const Scale& scale, const Config& config, bool whole_bank) {
  MmOp op;
  op.log2_rows = 0;
  while ((1U << op.log2_rows) < config.rows) ++op.log2_rows;
  const std::uint32_t most = config.rows * config.output_buffers;
  op.bank = static_cast<std::uint32_t>(between(random, 0, 1));
  op.clear = 1;
  op.full_precision = chance(random, 0.35) ? 1 : 0;
  op.order = chance(random, 0.3) ? BeatOrder::PixelBeats : BeatOrder::KernelBeats;
  op.channels = whole_bank || chance(random, 0.5) ? most : static_cast<std::uint32_t>(between(random, 1, most));
  op.columns = whole_bank || chance(random, 0.5) ? config.columns
                                                 : static_cast<std::uint32_t>(between(random, 1, config.columns));
  op.beats = static_cast<std::uint32_t>(between(random, 1, scale.beats));
  op.kernel_height = static_cast<std::uint32_t>(between(random, 1, 4));
  op.kernel_width = static_cast<std::uint32_t>(between(random, 1, 4));
  if (chance(random, 0.05)) op.kernel_width = 300;
  op.out_height = static_cast<std::uint32_t>(between(random, 1, 6));
  op.out_width = static_cast<std::uint32_t>(between(random, 1, chance(random, 0.3) ? 40 : 9));
  op.stride_y = static_cast<std::uint32_t>(between(random, 1, 2));
  op.stride_x = static_cast<std::uint32_t>(chance(random, 0.6) ? 1 : between(random, 1, 3));
  op.step_y = static_cast<std::int32_t>(between(random, -2, 2));
  op.step_x = static_cast<std::int32_t>(chance(random, 0.6) ? 1 : between(random, -2, 2));
  op.offset_y = static_cast<std::int32_t>(between(random, -3, 3));
  op.offset_x = static_cast<std::int32_t>(between(random, -3, 3));
  if (chance(random, 0.3)) {
    op.insert_y = static_cast<std::uint32_t>(between(random, 1, 3));
    op.insert_x = static_cast<std::uint32_t>(between(random, 1, 3));
  }
  op.height = static_cast<std::uint32_t>(between(random, 1, 8));
  op.width = static_cast<std::uint32_t>(between(random, 1, chance(random, 0.3) ? 40 : 8));
  op.first_beat = static_cast<std::uint32_t>(between(random, 0, 50));
  op.first_column = static_cast<std::uint32_t>(between(random, 0, 50));
  return op;
}

/// Gives the segment the smallest view that the command check takes, at a random place: columns count even where the
/// row is padding. Returns the words of the buffer up to its end.
[[nodiscard]] std::uint64_t place_view(Random& random, MmOp& op) {
  std::int64_t first_x = 0, last_x = -1;
  const bool pixel_beats = op.order == BeatOrder::PixelBeats;
  const std::uint64_t kernel = std::uint64_t{op.kernel_height} * op.kernel_width;
  const std::uint64_t first_position = pixel_beats ? op.first_column : op.first_beat;
  const std::uint64_t positions = pixel_beats ? op.columns : op.beats;
  const std::uint64_t first_pixel = pixel_beats ? op.first_beat : op.first_column;
  const std::uint64_t pixels = std::min<std::uint64_t>(pixel_beats ? op.beats : op.columns, op.out_width);
  const bool whole_row = first_pixel % op.out_width + (pixel_beats ? op.beats : op.columns) > op.out_width;
  std::int64_t low = INT64_MAX, high = INT64_MIN;
  for (std::uint64_t i = 0; i < (whole_row ? op.out_width : pixels); ++i) {
    const auto ox = static_cast<std::int64_t>(whole_row ? i : first_pixel % op.out_width + i);
    for (const std::int64_t kw : {std::int64_t{0}, std::int64_t{op.kernel_width} - 1}) {
      low = std::min(low, ox * op.stride_x + kw * op.step_x + op.offset_x);
      high = std::max(high, ox * op.stride_x + kw * op.step_x + op.offset_x);
    }
  }
  for (std::int64_t x = 0; x < op.width; ++x) {
    if (x * op.insert_x < low || x * op.insert_x > high) continue;
    if (last_x < first_x) first_x = x;
    last_x = x;
  }
  op.first_x = static_cast<std::uint32_t>(std::max<std::int64_t>(first_x, 0));
  op.pitch = static_cast<std::uint32_t>(std::max<std::int64_t>(1, last_x - first_x + 1) + between(random, 0, 2));
  op.row_capacity = static_cast<std::uint32_t>(between(random, 1, 12));
  op.first_channel = static_cast<std::uint32_t>(first_position / kernel);
  op.base = static_cast<std::uint32_t>(between(random, 0, 9));
  const std::uint64_t planes = (first_position + positions - 1) / kernel - op.first_channel + 1;
  return op.base + planes * op.row_capacity * op.pitch;
}

void fill_buffers(Random& random, Recipe& recipe, std::uint64_t words) {
  const Config& config = recipe.config;
  MmOp& op = recipe.op;
  Numbers features;
  features.zero = one_of<double>(random, {0, 0.3, 0.5, 0.8, 1});
  features.special = chance(random, 0.15) ? 0.05 : 0;
  features.exponents = one_of<int>(random, {0, 2, 6, 14});
  recipe.features.resize(schedule::round_up(words * config.word_bytes(), 16));
  for (std::uint64_t i = 0; i < words; ++i) recipe.features.set_word(config, i, draw(random, config.mode, features));

  const std::uint64_t bits = op.beats * config.beat_bits(config.rows, op.full_precision != 0);
  op.weights = static_cast<std::uint32_t>(between(random, 0, 3) * 4);
  recipe.weights.resize(op.weights + (bits + 7) / 8);
  Numbers weights = features;
  weights.zero = one_of<double>(random, {0, 0.3, 0.75, 1});
  weights.special = chance(random, 0.15) ? 0.05 : 0;
  const std::uint64_t count = std::uint64_t{op.beats} * config.rows * config.output_buffers;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (op.full_precision != 0) {
      recipe.weights.set_word(config, op.weights / config.word_bytes() + i, draw(random, config.mode, weights));
    } else {
      const auto code = static_cast<std::uint8_t>(chance(random, weights.zero) ? 0 : chance(random, 0.5) ? 1 : 3);
      std::uint8_t& byte = recipe.weights.bytes[op.weights + i / 4];
      byte = static_cast<std::uint8_t>((byte & ~(3 << (2 * (i % 4)))) | code << (2 * (i % 4)));
    }
  }
}

/// A random core, its buffers and a segment whose addresses lie in them.
[[nodiscard]] Recipe random_recipe(Random& random, const Scale& scale, bool whole_bank = false) {
  Recipe recipe;
  recipe.config = random_core(random, scale);
  recipe.op = random_segment(random, scale, recipe.config, whole_bank);
  fill_buffers(random, recipe, place_view(random, recipe.op));
  return recipe;
}

[[nodiscard]] std::string describe(const Recipe& recipe) {
  const Config& c = recipe.config;
  const MmOp& o = recipe.op;
  std::ostringstream text;
  text << to_string(c.mode) << " policy " << to_string(c.policy) << " R " << c.rows << " C " << c.columns << " B "
       << c.output_buffers << " A " << c.arithmetic_units << '/' << c.multiply_units << " D " << c.window_beats
       << " port " << c.row_port_words << " full " << o.full_precision << " order "
       << static_cast<std::uint32_t>(o.order) << " channels " << o.channels << " columns " << o.columns << " beats "
       << o.beats << " kernel " << o.kernel_height << 'x' << o.kernel_width << " insert " << o.insert_y << ','
       << o.insert_x;
  return text.str();
}

void require_same(const SegmentResult& engine, const SegmentResult& naive) {
  CHECK(engine.cycles == naive.cycles);
  CHECK(engine.updates.executed == naive.updates.executed);
  CHECK(engine.updates.skipped_weight == naive.updates.skipped_weight);
  CHECK(engine.updates.skipped_feature == naive.updates.skipped_feature);
  CHECK(engine.updates.skipped_both == naive.updates.skipped_both);
  CHECK(engine.updates.masked_nonfinite == naive.updates.masked_nonfinite);
  CHECK(engine.pe.busy == naive.pe.busy);
  CHECK(engine.pe.starved_row == naive.pe.starved_row);
  CHECK(engine.pe.starved_column == naive.pe.starved_column);
  CHECK(engine.pe.finished_early == naive.pe.finished_early);
}

/// First output that differs, or nullopt.
[[nodiscard]] std::optional<std::string> difference(const ScheduleEngine& engine, const ReferenceMachine& naive,
                                                    const Recipe& recipe, std::uint32_t channels,
                                                    std::uint32_t columns) {
  std::vector<std::uint32_t> out(std::size_t{channels} * columns, 0xDEADBEEF);
  engine.drain(recipe.op.bank, recipe.op.log2_rows, channels, columns, out.data());
  const std::vector<std::uint32_t> expected = naive.drain(recipe.op.bank, recipe.op.log2_rows, channels, columns);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == expected[i]) continue;
    std::ostringstream text;
    text << "channel " << i / columns << " column " << i % columns << std::hex << ": " << out[i] << ", expected "
         << expected[i];
    return text.str();
  }
  return std::nullopt;
}

/// Runs the segment, and with `parts` > 1 the same reduction in several ones.
void check_recipe(const Recipe& recipe, std::uint32_t parts) {
  INFO(describe(recipe));
  const Config& config = recipe.config;
  ScheduleEngine engine(config, recipe.weights.view(), recipe.features.view());
  ReferenceMachine naive(config);
  MmOp op = recipe.op;
  std::uint32_t first = 0;
  for (std::uint32_t part = 0; part < parts && first < recipe.op.beats; ++part) {
    // Multiples of four beats, so that each segment's codes start with a byte.
    op.beats = part + 1 == parts ? recipe.op.beats - first
                                 : std::min(recipe.op.beats - first, recipe.op.beats / parts / 4 * 4 + 4);
    op.first_beat = recipe.op.first_beat + first;
    op.weights = static_cast<std::uint32_t>(recipe.op.weights +
                                            first * config.beat_bits(config.rows, op.full_precision != 0) / 8);
    op.clear = first == 0 ? 1 : 0;
    Config large = config;  // as large as the recipe needs it
    large.weight_buffer_bytes = static_cast<std::uint32_t>(recipe.weights.view().bytes);
    REQUIRE(check(op, large) == ErrorCode::None);
    REQUIRE((op.full_precision != 0 ||
             !has_illegal_code(recipe.weights.view().data + op.weights, weight_bits(op, config))));
    require_same(engine.multiply(op), naive.multiply(op, recipe.weights.bytes, recipe.features.bytes));
    first += op.beats;
  }
  const auto wrong = difference(engine, naive, recipe, recipe.op.channels, recipe.op.columns);
  INFO(wrong.value_or("values agree"));
  CHECK(!wrong);
}

template <typename Body>
void on_every_target(Body body) {
  schedule::force_simd_target(0);
  for (const std::int64_t target : schedule::simd_targets()) {
    schedule::force_simd_target(target);
    INFO(schedule::simd_target_name(target));
    body();
  }
  schedule::force_simd_target(0);
}

}  // namespace

TEST_CASE("random segments have the cycles, counters and bits of the contracts, on every target") {
  on_every_target([] {
    Random random(1);
    for (int i = 0; i < 1200; ++i) {
      const Recipe recipe = random_recipe(random, {});
      check_recipe(recipe, 1);
    }
  });
}

TEST_CASE("a reduction in segments has the bits of the unsplit one") {
  on_every_target([] {
    Random random(2);
    for (int i = 0; i < 150; ++i)
      check_recipe(random_recipe(random, {}), static_cast<std::uint32_t>(between(random, 2, 4)));
  });
}

TEST_CASE("wide tiles and many channels span several vectors and panels") {
  on_every_target([] {
    Random random(3);
    for (int i = 0; i < 60; ++i) check_recipe(random_recipe(random, {150, 256, 24}), 1);
  });
}

TEST_CASE("64 output buffers, one row word per cycle: times need 32 bits") {
  on_every_target([] {
    Random random(4);
    for (int i = 0; i < 40; ++i) {
      Recipe recipe = random_recipe(random, {40, 64, 64});
      recipe.config.window_beats = 64;
      recipe.config.row_port_words = 1;
      check_recipe(recipe, 1);
    }
  });
}

TEST_CASE("the default cores run a convolution of realistic shape") {
  on_every_target([] {
    for (const Mode mode : {Mode::Train, Mode::Infer}) {
      for (const std::uint32_t log2_rows : {2U, 3U, 4U, 5U}) {
        Random random(5 + log2_rows);
        Recipe recipe;
        Config& config = recipe.config;
        config = Config::defaults(mode);
        config.rows = 1U << log2_rows;
        config.columns = config.pes / config.rows;
        MmOp& op = recipe.op;
        op.clear = 1;
        op.log2_rows = log2_rows;
        op.channels = config.rows * config.output_buffers;
        op.columns = config.columns;
        op.first_column = 14 * 3;
        op.beats = 9 * 16;
        op.kernel_height = op.kernel_width = 3;
        op.out_height = op.height = 14;
        op.out_width = op.width = 14;
        op.offset_y = op.offset_x = -1;
        op.row_capacity = 14;
        op.pitch = 14;
        const std::uint64_t words = std::uint64_t{16} * 14 * 14;
        recipe.features.resize(words * config.word_bytes());
        for (std::uint64_t i = 0; i < words; ++i) {
          recipe.features.set_word(config, i, draw(random, mode, {0.55, 0, 3}));
        }
        recipe.weights.resize(op.beats * config.beat_bits(config.rows, false) / 8);
        for (std::uint64_t i = 0; i < recipe.weights.size * 4; ++i) {
          const int code = chance(random, 0.45) ? 0 : chance(random, 0.5) ? 1 : 3;
          std::uint8_t& byte = recipe.weights.bytes[i / 4];
          byte = static_cast<std::uint8_t>((byte & ~(3 << (2 * (i % 4)))) | code << (2 * (i % 4)));
        }
        check_recipe(recipe, 1);
      }
    }
  });
}

TEST_CASE("garbage weights beyond the tile's channels are ignored") {
  Config config = Config::defaults(Mode::Train);
  Buffer weights;
  Buffer features;
  MmOp op;
  op.clear = 1;
  op.log2_rows = 4;
  op.channels = 3;
  op.columns = 1;
  op.beats = 1;
  op.height = op.width = op.row_capacity = op.pitch = 1;
  weights.resize(32);
  std::fill(weights.bytes.begin(), weights.bytes.end(), std::uint8_t{0x55});
  weights.bytes[0] = 0x50 | 0x01;  // +1, 0, +1, and +1 everywhere beyond
  features.resize(16);
  features.set_word(config, 0, bits_of(2.5F));
  ScheduleEngine engine(config, weights.view(), features.view());
  const SegmentResult result = engine.multiply(op);
  // One beat on both streams, visible after one cycle, then two updates with one adder.
  CHECK(result.cycles == 3);
  CHECK(result.updates.executed == 2);
  CHECK(result.updates.skipped_weight == 1);
  CHECK(result.pe.busy == 2);
  CHECK(result.pe.starved_row == 1);
  CHECK(result.pe.starved_column == 0);
  CHECK(result.pe.finished_early == std::uint64_t{511} * 3);
  std::vector<std::uint32_t> out(4);
  engine.drain(0, 4, 4, 1, out.data());
  CHECK(out == std::vector<std::uint32_t>{bits_of(2.5F), 0, bits_of(2.5F), 0});
}

TEST_CASE("a bank keeps its words by PE when the grid is reshaped") {
  Config config = Config::defaults(Mode::Train);
  Buffer weights;
  Buffer features;
  MmOp op;
  op.clear = 1;
  op.log2_rows = 4;
  op.channels = 128;
  op.columns = 32;
  op.beats = 1;
  op.height = op.row_capacity = 1;
  op.out_width = op.width = op.pitch = 32;
  weights.resize(32);
  std::fill(weights.bytes.begin(), weights.bytes.end(), std::uint8_t{0x55});
  features.resize(128);
  for (std::uint32_t i = 0; i < 32; ++i) features.set_word(config, i, bits_of(static_cast<float>(i)));
  ScheduleEngine engine(config, weights.view(), features.view());
  (void)engine.multiply(op);
  // PE r*32 + c holds the number c. On 8 rows of 64 columns, PE (0, 33) is PE (1, 1) of before.
  std::vector<std::uint32_t> out(64);
  engine.drain(0, 3, 1, 64, out.data());
  CHECK(out[33] == bits_of(1));
  engine.drain(0, 4, 1, 32, out.data());
  CHECK(out[31] == bits_of(31));
  engine.reset();
  engine.drain(0, 4, 1, 32, out.data());
  CHECK(out[31] == 0);
}

namespace {

struct PointwiseCase {
  Recipe recipe;
  PtWiseOp op;
};

/// Makes the buffer at least `words` long; what is new is drawn.
void extend(Random& random, const Config& config, Buffer& buffer, std::uint64_t words, const Numbers& numbers) {
  const std::uint64_t old = (buffer.size + config.word_bytes() - 1) / config.word_bytes();
  if (words <= old) return;
  buffer.size = words * config.word_bytes();
  buffer.bytes.resize(buffer.size + BufferSlack, 0xA5);
  for (std::uint64_t w = old; w < words; ++w) buffer.set_word(config, w, draw(random, config.mode, numbers));
}

}  // namespace

TEST_CASE("point-wise operations have the bits and cycles of the architecture, on every target") {
  on_every_target([] {
    Random random(6);
    for (int i = 0; i < 600; ++i) {
      PointwiseCase c;
      c.recipe = random_recipe(random, {20, 32, 9}, true);
      const Config& config = c.recipe.config;
      // The segment gives every output buffer of the bank a value.
      MmOp& mm = c.recipe.op;
      PtWiseOp& op = c.op;
      const auto any = [&](auto& field, int last) {
        field = static_cast<std::decay_t<decltype(field)>>(between(random, 0, last));
      };
      any(op.operation, 4);
      any(op.compare, 5);
      for (auto* input : {&op.select_p, &op.select_q, &op.select_u, &op.select_v}) any(*input, 3);
      for (auto* source : {&op.source_a, &op.source_x, &op.source_y}) any(*source, 3);
      const Numbers numbers{0.1, 0.1, 14};
      for (auto* field : {&op.immediate_a, &op.immediate_x, &op.immediate_y})
        *field = draw(random, config.mode, numbers);
      op.log2_rows = mm.log2_rows;
      op.bank = mm.bank;
      op.channels = static_cast<std::uint32_t>(between(random, 1, std::int64_t{config.rows} * config.output_buffers));
      op.columns = static_cast<std::uint32_t>(between(random, 1, config.columns));
      op.first_column = static_cast<std::uint32_t>(between(random, 0, 30));
      op.out_height = static_cast<std::uint32_t>(between(random, 1, 5));
      op.out_width = static_cast<std::uint32_t>(between(random, 1, 9));
      op.height = static_cast<std::uint32_t>(between(random, 1, 5));
      op.width = static_cast<std::uint32_t>(between(random, 1, 9));
      op.stride_y = static_cast<std::uint32_t>(between(random, 1, 2));
      op.stride_x = static_cast<std::uint32_t>(between(random, 1, 2));
      op.offset_y = static_cast<std::int32_t>(between(random, -1, 1));
      op.offset_x = static_cast<std::int32_t>(between(random, -1, 1));
      op.row_capacity_0 = static_cast<std::uint32_t>(between(random, 1, 7));
      op.row_capacity_1 = static_cast<std::uint32_t>(between(random, 1, 7));
      op.pitch_0 = op.width + static_cast<std::uint32_t>(between(random, 0, 2));
      op.pitch_1 = op.width;
      op.base_0 = static_cast<std::uint32_t>(between(random, 0, 5));
      op.base_1 = static_cast<std::uint32_t>(between(random, 0, 5));
      for (auto* field : {&op.constants_a, &op.constants_x, &op.constants_y}) {
        *field = static_cast<std::uint32_t>(between(random, 0, 8)) * config.word_bytes();
      }
      // Room for both views and the constants, behind what the segment reads.
      extend(random, config, c.recipe.features, 5 + std::uint64_t{op.channels} * 7 * (op.width + 2), numbers);
      extend(random, config, c.recipe.weights, op.channels + 9, numbers);

      ScheduleEngine engine(config, c.recipe.weights.view(), c.recipe.features.view());
      ReferenceMachine naive(config);
      REQUIRE(check(op, config) == ErrorCode::None);
      (void)engine.multiply(mm);
      (void)naive.multiply(mm, c.recipe.weights.bytes, c.recipe.features.bytes);
      const std::uint64_t cycles = engine.pointwise(op);
      const std::uint64_t expected = naive.pointwise(op, c.recipe.weights.bytes, c.recipe.features.bytes);
      INFO(describe(c.recipe));
      CAPTURE(op.operation, op.source_a, op.source_x, op.source_y, op.compare);
      const auto wrong = difference(engine, naive, c.recipe, config.rows * config.output_buffers, config.columns);
      INFO(wrong.value_or("values agree"));
      CHECK(!wrong);

      CHECK(cycles == expected);
    }
  });
}
