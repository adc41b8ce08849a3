// SPDX-License-Identifier: Apache-2.0
// The clocked engine against the naive model, on random segments.
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "tb/tests/models/grid/clocked/sc_clocked_rig.h"

namespace {

using clocked_model::Rig;
using dlac::Mode;
using dlac::Policy;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  /// Uniform in [low, high].
  std::int64_t operator()(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::uint32_t natural(std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>((*this)(low, high));
  }
  bool chance(int percent) { return (*this)(0, 99) < percent; }

 private:
  std::mt19937_64 engine_;
};

/// A word: zeros of both signs, small integers, ordinary and subnormal numbers, overflowing ones, infinities, NaNs.
std::uint32_t random_word(Dice& dice, Mode mode, int zero_percent, bool wild) {
  const bool half = mode == Mode::Infer;
  const std::uint32_t sign = dice.chance(50) ? (half ? 0x8000U : 0x8000'0000U) : 0U;
  if (dice.chance(zero_percent)) return dice.chance(80) ? 0 : sign;
  if (wild && dice.chance(30)) {
    const std::uint32_t exponent = half ? 0x7C00U : 0x7F80'0000U;
    switch (dice(0, 3)) {
      case 0: return sign | exponent;                                                         // infinity
      case 1: return sign | exponent | dice.natural(1, half ? 0x3FF : 0x7F'FFFF);             // NaN
      case 2: return sign | dice.natural(1, half ? 0x3FF : 0x7F'FFFF);                        // subnormal
      default: return sign | (exponent - (half ? 0x400U : 0x80'0000U)) | dice.natural(0, 9);  // near the largest
    }
  }
  // Exponents around 1, so that sums round.
  return half ? sign | dice.natural(0x2C00, 0x4BFF) : sign | dice.natural(0x3D80'0000, 0x417F'FFFF);
}

void fill_features(Dice& dice, Rig& rig) {
  const int zeros = static_cast<int>(dice(0, 95));
  const bool wild = dice.chance(30);
  const std::uint64_t words = rig.config.feature_buffer_bytes / rig.config.word_bytes();
  for (std::uint64_t i = 0; i < words; ++i) {
    clocked_model::set_word(rig.features, i, rig.config.mode, random_word(dice, rig.config.mode, zeros, wild));
  }
}

void fill_ternary(Dice& dice, Rig& rig) {
  const int zeros = static_cast<int>(dice(0, 95));
  for (std::uint8_t& byte : rig.weights) {
    byte = 0;
    for (int i = 0; i < 4; ++i) {
      const unsigned code = dice.chance(zeros) ? 0U : dice.chance(50) ? 1U : 3U;
      byte = static_cast<std::uint8_t>(byte | code << (2 * i));
    }
  }
}

void fill_words(Dice& dice, Rig& rig) {
  const int zeros = static_cast<int>(dice(0, 95));
  const bool wild = dice.chance(30);
  const std::uint64_t words = rig.config.weight_buffer_bytes / rig.config.word_bytes();
  for (std::uint64_t i = 0; i < words; ++i) {
    clocked_model::set_word(rig.weights, i, rig.config.mode, random_word(dice, rig.config.mode, zeros, wild));
  }
}

/// A tile and its whole reduction, as one op; the map is laid out so that every address lies in the feature buffer.
dlac::MmOp random_tile(Dice& dice, const dlac::Config& config) {
  const auto words = static_cast<std::int64_t>(config.feature_buffer_bytes / config.word_bytes());
  for (;;) {
    dlac::MmOp op;
    do {
      op.log2_rows = dice.natural(0, 6);
    } while (config.pes % (1U << op.log2_rows) != 0);
    const std::uint32_t most_channels = config.output_buffers << op.log2_rows;
    const std::uint32_t most_columns = config.pes >> op.log2_rows;
    op.channels = dice.chance(40) ? most_channels : dice.natural(1, most_channels);
    op.columns = dice.chance(40) ? most_columns : dice.natural(1, most_columns);
    op.beats = dice.natural(1, 40);
    op.full_precision = dice.chance(40) ? 1 : 0;
    op.order = dice.natural(0, 1) == 1 ? dlac::BeatOrder::PixelBeats : dlac::BeatOrder::KernelBeats;
    op.first_column = dice.natural(0, 20);
    op.first_beat = dice.natural(0, 20);
    op.kernel_height = dice.natural(1, 4);
    op.kernel_width = dice.natural(1, 4);
    op.out_height = dice.natural(1, 6);
    op.out_width = dice.natural(1, 6);
    op.height = dice.natural(1, 8);
    op.width = dice.natural(1, 8);
    op.stride_y = dice.natural(1, 3);
    op.stride_x = dice.natural(1, 3);
    op.step_y = static_cast<std::int32_t>(dice(-3, 3));
    op.step_x = static_cast<std::int32_t>(dice(-3, 3));
    op.offset_y = static_cast<std::int32_t>(dice(-5, 5));
    op.offset_x = static_cast<std::int32_t>(dice(-5, 5));
    op.insert_y = dice.chance(60) ? 1 : dice.natural(2, 3);
    op.insert_x = dice.chance(60) ? 1 : dice.natural(2, 3);
    op.row_capacity = dice.natural(1, 9);
    op.pitch = dice.natural(1, 9);
    op.first_x = dice.natural(0, 3);
    op.first_channel = dice.natural(0, 2);
    op.base = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;
    const dlac::CommandImage words_of_op = encode(op);
    for (std::uint32_t c = 0; c < op.columns; ++c) {
      for (std::uint32_t t = 0; t < op.beats; ++t) {
        const auto address = reference::feature_place(words_of_op, c, t).address;
        if (!address) continue;
        least = std::min(least, *address);
        most = std::max(most, *address);
      }
    }
    if (most - least >= words) continue;
    op.base = static_cast<std::uint32_t>(dice(-least, words - 1 - most));
    return op;
  }
}

/// Where a segment's weights lie, given that they fit.
std::uint32_t random_weights_offset(Dice& dice, const dlac::Config& config, const dlac::MmOp& op) {
  const std::uint64_t bits = config.beat_bits(1U << op.log2_rows, op.full_precision != 0) * op.beats;
  const std::uint64_t free = config.weight_buffer_bytes - (bits + 7) / 8;
  const std::uint32_t unit = op.full_precision != 0 ? config.word_bytes() : 1;
  return unit * dice.natural(0, static_cast<std::uint32_t>(free / unit));
}

bool fits(const dlac::Config& config, const dlac::MmOp& op) {
  return (config.beat_bits(1U << op.log2_rows, op.full_precision != 0) * op.beats + 7) / 8 <=
         config.weight_buffer_bytes;
}

dlac::Config random_config(Dice& dice, Mode mode, Policy policy) {
  constexpr std::uint32_t Pes[] = {4, 8, 12, 16, 32};
  dlac::Config config = clocked_model::small_config(Pes[dice(0, 4)], dice.natural(1, 9), 1, dice.natural(1, 9));
  if (dice.chance(10)) config.output_buffers = dice.natural(33, 64);
  config.mode = mode;
  config.policy = policy;
  config.arithmetic_units = dice.natural(1, 4);
  config.multiply_units = dice.natural(1, config.arithmetic_units);
  config.row_port_words = dice.natural(std::max(1U, (config.output_buffers + 2) / 3), config.output_buffers);
  if (dice.chance(20)) config.row_port_words = 1;
  config.column_port_words = dice.natural(1, 3);
  config.clock_period_ps = dice.natural(1, 3000);
  return config;
}

/// A tile under reduction: its next segment and what is left.
struct Reduction {
  dlac::MmOp next;
  std::uint32_t left = 0;
};

/// Runs `tiles` tiles; adds what they did to `total`.
void run_tiles(Dice& dice, Rig& rig, dlac::ReferenceMachine& model, int tiles, dlac::SegmentResult& total) {
  for (int i = 0; i < tiles; ++i) {
    fill_features(dice, rig);
    // Two tiles, one per bank, whose segments interleave.
    Reduction reductions[2];
    for (std::uint32_t bank = 0; bank < 2; ++bank) {
      Reduction& reduction = reductions[bank];
      do {
        reduction.next = random_tile(dice, rig.config);
      } while (!fits(rig.config, reduction.next));
      reduction.next.bank = bank;
      reduction.next.clear = 1;
      reduction.left = reduction.next.beats;
    }
    while (reductions[0].left + reductions[1].left != 0) {
      std::uint32_t bank = dice.natural(0, 1);
      if (reductions[bank].left == 0) bank = 1 - bank;
      Reduction& reduction = reductions[bank];
      dlac::MmOp& op = reduction.next;
      op.beats = dice.chance(60) ? reduction.left : dice.natural(1, reduction.left);
      op.full_precision != 0 ? fill_words(dice, rig) : fill_ternary(dice, rig);
      op.weights = random_weights_offset(dice, rig.config, op);

      const std::uint64_t begin = sc_core::sc_time_stamp().value();  // picoseconds, the default resolution
      const dlac::SegmentResult result = rig.engine.multiply(op);
      const std::uint64_t elapsed = sc_core::sc_time_stamp().value() - begin;
      const dlac::SegmentResult expected = model.multiply(op, rig.weights, rig.features);
      std::vector<std::uint32_t> words(std::size_t{op.channels} * op.columns);
      rig.engine.drain(bank, op.log2_rows, op.channels, op.columns, words.data());

      INFO(rig.engine.name() << " tile " << i << " B " << rig.config.output_buffers << " D " << rig.config.window_beats
                             << " R " << (1U << op.log2_rows) << " channels " << op.channels << " columns "
                             << op.columns << " beats " << op.beats << " order " << static_cast<std::uint32_t>(op.order)
                             << " full " << op.full_precision);
      CHECK(result.cycles == expected.cycles);
      CHECK(result.updates == expected.updates);
      CHECK(result.pe == expected.pe);
      CHECK(words == model.drain(bank, op.log2_rows, op.channels, op.columns));
      CHECK(elapsed == rig.config.clock_period_ps * expected.cycles);
      if (result.cycles != expected.cycles || !(result.pe == expected.pe)) return;  // one failure tells enough

      total.updates += result.updates;
      total.pe += result.pe;

      op.first_beat += op.beats;
      reduction.left -= op.beats;
      op.clear = 0;
    }
  }
}

void compare(Mode mode, std::uint32_t seed) {
  constexpr std::size_t DesignsPerPolicy = 6;
  constexpr int Tiles = 60;
  Dice dice(seed);
  std::vector<std::unique_ptr<Rig>> rigs;
  for (std::size_t i = 0; i < DesignsPerPolicy * dlac::policy_names().size(); ++i) {
    const auto policy = static_cast<Policy>(i / DesignsPerPolicy);
    rigs.push_back(std::make_unique<Rig>(("engine_" + std::to_string(i)).c_str(), random_config(dice, mode, policy)));
  }
  dlac::SegmentResult total;
  clocked_model::Thread thread("thread", [&] {
    for (auto& rig : rigs) {
      dlac::ReferenceMachine model(rig->config, reference::Timing::ClockByClock);
      run_tiles(dice, *rig, model, Tiles, total);
    }
  });
  sc_core::sc_start();
  // The segments were varied enough to exercise every counter.
  CHECK(total.updates.executed > 10'000);
  CHECK(total.updates.skipped_weight > 10'000);
  CHECK(total.updates.skipped_feature > 10'000);
  CHECK(total.updates.skipped_both > 10'000);
  CHECK(total.updates.masked_nonfinite > 10'000);
  CHECK(total.pe.busy > 10'000);
  CHECK(total.pe.starved_row > 10'000);
  CHECK(total.pe.starved_column > 10'000);
  CHECK(total.pe.finished_early > 10'000);
}

}  // namespace

TEST_CASE("clocked engine: random segments agree with the contracts in binary32") { compare(Mode::Train, 20170308); }

TEST_CASE("clocked engine: random segments agree with the contracts in binary16") { compare(Mode::Infer, 20170309); }
