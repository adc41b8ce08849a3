// SPDX-License-Identifier: Apache-2.0
// The zero detection of the row streams, for skip rules that are no policy of ours.
#include <dlac/common/skip_policy.h>
#include <dlac/grid/schedule/weight_counter.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using dlac::Config;
using dlac::MmOp;
using dlac::Mode;
using dlac::Policy;
using dlac::SkipRule;
using dlac::schedule::WeightCounter;
using dlac::schedule::WeightView;

constexpr std::uint32_t Buffers = 6, Log2Rows = 1, Channels = 9, Beats = 25;

[[nodiscard]] bool any_feature(bool) { return true; }
/// What Policy::Weights says, as a rule that the counter does not know.
[[nodiscard]] std::uint64_t like_weights(std::uint64_t nonzero, std::uint64_t) { return nonzero; }
/// An update is skipped only if its neighbour's, too.
[[nodiscard]] std::uint64_t pairs(std::uint64_t nonzero, std::uint64_t valid) {
  constexpr std::uint64_t Even = 0x5555555555555555ULL;
  return (nonzero | (nonzero & Even) << 1U | (nonzero >> 1U & Even)) & valid;
}

struct Weights {
  Config config = Config::defaults(Mode::Train);
  MmOp op;
  std::vector<std::vector<int>> codes;  ///< [beat][slot of the tile], -1, 0 or 1
  std::vector<std::uint8_t> bytes;

  Weights() {
    config.output_buffers = Buffers;
    config.arithmetic_units = 2;
    op.log2_rows = Log2Rows;
    op.channels = Channels;
    op.beats = Beats;
    op.weights = 4;
    std::mt19937 random(11);
    constexpr std::uint32_t Slots = Buffers << Log2Rows;
    bytes.assign(op.weights + (std::size_t{2} * Slots * Beats + 7) / 8 + 64, 0);
    for (std::uint32_t t = 0; t < Beats; ++t) {
      codes.emplace_back();
      for (std::uint32_t i = 0; i < Slots; ++i) {
        const int code = i < Channels && random() % 3 == 0 ? (random() % 2 == 0 ? 1 : -1) : 0;
        codes.back().push_back(code);
        const std::size_t at = std::size_t{t} * Slots + i;
        bytes[op.weights + at / 4] |= static_cast<std::uint8_t>((code & 3) << (2 * (at % 4)));
      }
    }
  }
};

}  // namespace

TEST_CASE("weight counter: a rule that it does not know counts as the same policy does") {
  const Weights weights;
  WeightView view(weights.config, {weights.bytes.data(), weights.bytes.size()});
  WeightCounter known(weights.config, SkipRule(Policy::Weights), view, Beats);
  WeightCounter unknown(weights.config, SkipRule(like_weights, any_feature), view, Beats);
  known.begin(weights.op);
  unknown.begin(weights.op);
  for (const std::uint32_t first : {0U, 8U}) {
    const std::uint32_t beats = first == 0 ? 8 : Beats - 8;
    known.count(first, beats);
    unknown.count(first, beats);
    CHECK(known.panel().nonzero == unknown.panel().nonzero);
    CHECK(known.panel().candidates == unknown.panel().candidates);
    REQUIRE(known.panel().count_stride == unknown.panel().count_stride);
    for (std::uint32_t t = 0; t < beats; ++t) {
      for (std::uint32_t r = 0; r < 2; ++r) {
        const std::size_t at = t * known.panel().count_stride + r;
        CHECK(known.panel().counts[at] == unknown.panel().counts[at]);
      }
    }
  }
}

TEST_CASE("weight counter: pairs of output buffers, counted one by one") {
  const Weights weights;
  WeightView view(weights.config, {weights.bytes.data(), weights.bytes.size()});
  WeightCounter counter(weights.config, SkipRule(pairs, any_feature), view, Beats);
  counter.begin(weights.op);
  counter.count(0, Beats);
  for (std::uint32_t t = 0; t < Beats; ++t) {
    std::uint32_t all = 0;
    for (std::uint32_t r = 0; r < 2; ++r) {
      std::uint32_t live = 0;
      for (std::uint32_t b = 0; b < Buffers; ++b) {
        const std::uint32_t own = r * Buffers + b;
        const std::uint32_t neighbour = r * Buffers + (b ^ 1U);
        if (own >= Channels) continue;
        if (weights.codes[t][own] != 0 || (neighbour < Channels && weights.codes[t][neighbour] != 0)) ++live;
      }
      CHECK(counter.panel().counts[t * counter.panel().count_stride + r] == (live + 1) / 2);
      all += live;
    }
    CHECK(counter.panel().candidates[t] == all);
  }
}
