// SPDX-License-Identifier: Apache-2.0
// The kernels that compute values, on every SIMD target. Binary16 is compared with dlac::Half, which computes with
// integers and is itself compared with MPFR; binary32 with the scalar operators and std::fma.
#include <dlac/common/half.h>
#include <dlac/grid/schedule/accumulate.h>
#include <dlac/grid/schedule/drain_words.h>
#include <dlac/grid/schedule/simd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "tb/tests/models/grid/schedule/unit_engine_model.h"

namespace {

using dlac::Half;
using dlac::schedule::AccumulateJob;
using dlac::schedule::AlignedArray;
using dlac::schedule::Rounding;
using engine_model::Dice;
using engine_model::TargetGuard;

constexpr std::uint32_t Patterns = 1U << 16U;

[[nodiscard]] Half h(std::uint32_t bits) { return Half::from_bits(static_cast<std::uint16_t>(bits)); }
[[nodiscard]] float value(std::uint32_t bits) { return h(bits).to_float(); }
[[nodiscard]] float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
/// Signs of zeros and payloads of NaNs do not leave the accumulator.
[[nodiscard]] bool same(float a, float b) { return a == b || (a != a && b != b); }

/// Counts what disagrees and keeps the first case.
class Tally {
 public:
  void check(float got, float expected, float weight, float feature, float accumulator) {
    ++cases_;
    if (same(got, expected) || wrong_++ != 0) return;
    std::ostringstream text;
    text << std::hexfloat << weight << " * " << feature << " + " << accumulator << " = " << expected << ", got " << got;
    first_ = text.str();
  }
  [[nodiscard]] std::uint64_t cases() const { return cases_; }
  [[nodiscard]] std::uint64_t wrong() const { return wrong_; }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::uint64_t cases_ = 0, wrong_ = 0;
  std::string first_;
};

/// Every exponent and sign with fractions at which carries and ties happen.
[[nodiscard]] std::vector<std::uint32_t> sample() {
  std::vector<std::uint32_t> patterns;
  for (std::uint32_t sign_exponent = 0; sign_exponent < 64; ++sign_exponent) {
    for (const std::uint32_t fraction : {0x000U, 0x001U, 0x002U, 0x155U, 0x1FFU, 0x200U, 0x201U, 0x3FEU, 0x3FFU}) {
      patterns.push_back(sign_exponent << 10U | fraction);
    }
  }
  return patterns;
}

/// A random half: any bits, or with few bits set in the fraction.
[[nodiscard]] std::uint32_t random_half(Dice& dice, std::uint32_t least_exponent, std::uint32_t most_exponent) {
  const std::uint32_t sign_exponent = dice.natural(0, 1) << 15U | dice.natural(least_exponent, most_exponent) << 10U;
  switch (dice.natural(0, 3)) {
    case 0: return sign_exponent;
    case 1: return sign_exponent | (1U << dice.natural(0, 9));
    default: return sign_exponent | dice.natural(0, 0x3FF);
  }
}

/// An addend that makes something of the product a*b: anything, a tie or nearly one, its negative, an overflow, a
/// subnormal.
[[nodiscard]] std::uint32_t addend(Dice& dice, Half a, Half b) {
  const Half product = multiply(a, b);
  const auto exponent = static_cast<std::int64_t>(product.bits() >> 10U & 31U);
  const auto with_exponent = [&](std::int64_t biased) {
    const auto clamped = static_cast<std::uint32_t>(std::clamp<std::int64_t>(biased, 0, 30));
    return random_half(dice, clamped, clamped);
  };
  switch (dice.natural(0, 5)) {
    case 0: return dice.natural(0, 0xFFFF);
    case 1: return with_exponent(exponent + dice(9, 13));
    case 2: return with_exponent(exponent + dice(-12, -8));
    case 3: return ((product.bits() ^ 0x8000U) + static_cast<std::uint32_t>(dice(-2, 2))) & 0xFFFFU;
    case 4: return with_exponent(dice(28, 30));
    default: return with_exponent(dice(0, 2));
  }
}

}  // namespace

TEST_CASE("kernels: binary16 ternary updates of every accumulator with a dense sample of features", "[engine]") {
  constexpr std::size_t Columns = 8;
  const TargetGuard guard;
  const std::vector<std::int64_t> targets = dlac::schedule::simd_targets();
  std::vector<float> values(Patterns);
  for (std::uint32_t bits = 0; bits < Patterns; ++bits) values[bits] = value(bits);
  // Channel k: accumulator with pattern k; weights 1, -1, 0 in turn, so that 65536 channels times 3 turns are all
  // pairs.
  AlignedArray<float> accumulators;
  accumulators.resize(Columns * Patterns);
  AlignedArray<float> words;
  words.resize(Patterns + dlac::schedule::LanePad);
  std::vector<std::uint8_t> packed(Patterns / 4 + 64);
  std::vector<float> expected(Columns * Patterns);
  const std::vector<std::uint32_t> patterns = sample();
  REQUIRE(patterns.size() % Columns == 0);
  std::vector<Tally> tallies(targets.size());
#ifdef __SANITIZE_ADDRESS__
  constexpr std::size_t Step = 9 * Columns;  // a ninth of them: it is many times slower
#else
  constexpr std::size_t Step = Columns;
#endif

  for (std::size_t from = 0; from < patterns.size(); from += Step) {
    AlignedArray<float> features;
    features.resize(dlac::schedule::LanePad);
    float largest = 0;
    bool finite = true;
    for (std::size_t c = 0; c < Columns; ++c) {
      features[c] = value(patterns[from + c]);
      finite = finite && std::isfinite(features[c]);
      largest = std::max(largest, std::abs(features[c]));
    }
    for (unsigned turn = 0; turn < 3; ++turn) {
      const auto weight = [turn](std::uint32_t k) { return static_cast<int>((k + turn) % 3) - 1; };
      std::fill(packed.begin(), packed.end(), std::uint8_t{0});
      for (std::uint32_t k = 0; k < Patterns; ++k) {
        words[k] = static_cast<float>(weight(k));
        engine_model::store_code(packed, 0, k, weight(k));
      }
      for (std::size_t c = 0; c < Columns; ++c) {
        const Half x = h(patterns[from + c]);
        for (std::uint32_t k = 0; k < Patterns; ++k) {
          const bool dead = weight(k) == 0 || x.is_zero();
          const Half sum = dead ? h(k) : weight(k) > 0 ? add(h(k), x) : subtract(h(k), x);
          expected[c * Patterns + k] = values[sum.bits()];
        }
      }
      for (std::size_t i = 0; i < targets.size(); ++i) {
        dlac::schedule::force_simd_target(targets[i]);
        // The variants of the kernel take turns; the general one, guarded only if it must be, is always there.
        for (const bool any : {true, false}) {
          for (const bool use_words : {false, true}) {
            if (use_words != ((from / Columns + turn) % 2 == 0) && !any) continue;
            AccumulateJob job;
            for (std::size_t c = 0; c < Columns; ++c) {
              std::copy(values.begin(), values.end(), accumulators.data() + c * Patterns);
            }
            job.accumulators = accumulators.data();
            job.channel_stride = job.channels = Patterns;
            job.features = features.data();
            job.feature_stride = dlac::schedule::LanePad;
            job.columns = Columns;
            if (use_words) {
              job.words = words.data();
              job.word_stride = Patterns;
            } else {
              job.packed = packed.data();
              job.packed_stride = Patterns / 4;
            }
            job.beats = 1;
            job.rounding = any ? Rounding::Binary16Any : Rounding::Binary16;
            job.guarded = !finite || (from / Columns) % 2 == 1;
            dlac::schedule::accumulate(job);
            for (std::size_t c = 0; c < Columns; ++c) {
              const float x = features[c];
              for (std::uint32_t k = 0; k < Patterns; ++k) {
                // The fast rounding is for sums known to stay below the largest binary16 number.
                if (!any && !(std::abs(values[k]) + std::abs(x) < 65504.0F)) continue;
                tallies[i].check(accumulators[c * Patterns + k], expected[c * Patterns + k],
                                 static_cast<float>(weight(k)), x, values[k]);
              }
            }
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    INFO(dlac::schedule::simd_target_name(targets[i]) << ", first wrong: " << tallies[i].first());
    CHECK(tallies[i].cases() > 100'000'000 / (Step / Columns));
    CHECK(tallies[i].wrong() == 0);
  }
}

TEST_CASE("kernels: binary16 fused multiply-adds round once", "[engine]") {
  constexpr std::size_t Channels = 240;  // whole and half pairs of vectors
  constexpr std::size_t Columns = 64;
  const TargetGuard guard;
  const std::vector<std::int64_t> targets = dlac::schedule::simd_targets();
  std::vector<Tally> tallies(targets.size());
  Dice dice(1);
  AlignedArray<float> accumulators, words, features;
  accumulators.resize(Columns * Channels);
  words.resize(Channels + dlac::schedule::LanePad);
  features.resize(Columns);
  std::vector<float> addends(Columns * Channels);
  std::vector<float> expected(Columns * Channels);
  std::vector<Half> w(Channels);
  std::vector<Half> x(Columns);
  constexpr std::uint64_t Triples = 12'000'000;
  std::uint64_t traps = 0;
  for (std::uint64_t done = 0; done < Triples; done += Channels * Columns) {
    const bool special = dice.chance(20);  // zeros, infinities and NaNs: guarded
    for (Half& a : w)
      a = h(special && dice.chance(30) ? dice.natural(0, 1) << 15U | dice.pick<std::uint32_t>({0, 0x7C00, 0x7E00})
                                       : random_half(dice, 0, 30));
    for (Half& b : x)
      b = h(special && dice.chance(30) ? dice.natural(0, 1) << 15U | dice.pick<std::uint32_t>({0, 0x7C00, 0x7D00})
                                       : random_half(dice, 0, 30));
    for (std::size_t k = 0; k < Channels; ++k) words[k] = w[k].to_float();
    for (std::size_t c = 0; c < Columns; ++c) features[c] = x[c].to_float();
    for (std::size_t c = 0; c < Columns; ++c) {
      for (std::size_t k = 0; k < Channels; ++k) {
        const Half acc = h(addend(dice, w[k], x[c]));
        const Half sum = w[k].is_zero() || x[c].is_zero() ? acc : fused_multiply_add(w[k], x[c], acc);
        addends[c * Channels + k] = acc.to_float();
        expected[c * Channels + k] = sum.to_float();
        // Where rounding through binary32 goes wrong.
        const float twice = Half::from_float(std::fma(words[k], features[c], acc.to_float())).to_float();
        if (!same(twice, sum.to_float()) && !w[k].is_zero() && !x[c].is_zero()) ++traps;
      }
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (i != 0 && done > Triples / 8) break;  // a tenth and more is enough for the targets that are not the best
      dlac::schedule::force_simd_target(targets[i]);
      std::copy(addends.begin(), addends.end(), accumulators.data());
      AccumulateJob job;
      job.accumulators = accumulators.data();
      job.channel_stride = job.channels = Channels;
      job.features = features.data();
      job.feature_stride = Columns;
      job.columns = Columns;
      job.words = words.data();
      job.word_stride = Channels;
      job.beats = 1;
      job.rounding = Rounding::Binary16Fma;
      job.guarded = special;
      dlac::schedule::accumulate(job);
      for (std::size_t c = 0; c < Columns; ++c) {
        for (std::size_t k = 0; k < Channels; ++k) {
          tallies[i].check(accumulators[c * Channels + k], expected[c * Channels + k], words[k], features[c],
                           addends[c * Channels + k]);
        }
      }
    }
  }
  CHECK(traps > 1000);  // cases that a kernel through binary32 would get wrong
  for (std::size_t i = 0; i < targets.size(); ++i) {
    INFO(dlac::schedule::simd_target_name(targets[i]) << ", first wrong: " << tallies[i].first());
    CHECK(tallies[i].cases() >= (i == 0 ? 10'000'000 : 1'000'000));
    CHECK(tallies[i].wrong() == 0);
  }
}

TEST_CASE("kernels: binary32 updates are sums and fused multiply-adds", "[engine]") {
  constexpr std::size_t Channels = 208;
  constexpr std::size_t Columns = 64;
  const TargetGuard guard;
  const std::vector<std::int64_t> targets = dlac::schedule::simd_targets();
  std::vector<Tally> tallies(targets.size());
  Dice dice(2);
  const auto random_float = [&](bool special) {
    const auto bits = static_cast<std::uint32_t>(dice.bits());
    if (special && dice.chance(20)) return float_of((bits & 0x8000'0000U) | (dice.chance(50) ? 0 : 0x7F80'0000U));
    switch (dice.natural(0, 3)) {
      case 0: return float_of(bits & ~0x4000'0000U);  // any exponent that is finite
      case 1: return float_of(bits & 0x80FF'FFFFU);   // subnormals, and just above
      default: return float_of((bits & 0x807F'FFFFU) | dice.natural(110, 145) << 23U);
    }
  };
  AlignedArray<float> accumulators, words, features;
  accumulators.resize(Columns * Channels);
  words.resize(Channels + dlac::schedule::LanePad);
  features.resize(Columns);
  std::vector<std::uint8_t> packed(Channels / 4 + 64);
  std::vector<float> addends(Columns * Channels);
  std::vector<float> expected(Columns * Channels);
  for (int round = 0; round < 120; ++round) {
    const bool special = dice.chance(30);
    const bool ternary = dice.chance(50);
    for (std::size_t k = 0; k < Channels; ++k) {
      const int weight = static_cast<int>(dice(-1, 1));
      words[k] = ternary ? static_cast<float>(weight) : random_float(special);
      engine_model::store_code(packed, 0, k, weight);
    }
    for (std::size_t c = 0; c < Columns; ++c) features[c] = random_float(special);
    for (std::size_t c = 0; c < Columns; ++c) {
      for (std::size_t k = 0; k < Channels; ++k) {
        const float product = words[k] * features[c];
        float acc = random_float(special);
        if (dice.chance(20) && product == product) acc = std::nextafter(-product, dice.chance(50) ? 0 : product);
        const bool dead = words[k] == 0 || features[c] == 0;
        addends[c * Channels + k] = acc;
        expected[c * Channels + k] = dead           ? acc
                                     : !ternary     ? std::fma(words[k], features[c], acc)
                                     : words[k] > 0 ? acc + features[c]
                                                    : acc - features[c];
      }
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      dlac::schedule::force_simd_target(targets[i]);
      for (const bool use_packed : {false, true}) {
        if (use_packed && !ternary) continue;
        std::copy(addends.begin(), addends.end(), accumulators.data());
        AccumulateJob job;
        job.accumulators = accumulators.data();
        job.channel_stride = job.channels = Channels;
        job.features = features.data();
        job.feature_stride = Columns;
        job.columns = Columns;
        if (use_packed) {
          job.packed = packed.data();
          job.packed_stride = Channels / 4;
        } else {
          job.words = words.data();
          job.word_stride = Channels;
        }
        job.beats = 1;
        job.rounding = Rounding::Binary32;
        job.guarded = special;
        dlac::schedule::accumulate(job);
        for (std::size_t c = 0; c < Columns; ++c) {
          for (std::size_t k = 0; k < Channels; ++k) {
            tallies[i].check(accumulators[c * Channels + k], expected[c * Channels + k], words[k], features[c],
                             addends[c * Channels + k]);
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    INFO(dlac::schedule::simd_target_name(targets[i]) << ", first wrong: " << tallies[i].first());
    CHECK(tallies[i].cases() >= 1'000'000);
    CHECK(tallies[i].wrong() == 0);
  }
}

TEST_CASE("kernels: long binary16 sums that stay below the largest number", "[engine]") {
  // The fast rounding beat after beat, accumulators in registers, every count of channels and columns up to 40.
  const TargetGuard guard;
  Dice dice(3);
  for (const std::int64_t target : dlac::schedule::simd_targets()) {
    dlac::schedule::force_simd_target(target);
    Tally tally;
    for (int round = 0; round < 400; ++round) {
      const std::size_t channels = dice.natural(1, 40);
      const std::size_t columns = dice.natural(1, 40);
      const std::uint32_t beats = dice.natural(1, 60);
      const std::size_t stride = dlac::schedule::round_up(channels, 16);
      AlignedArray<float> accumulators, words, features;
      accumulators.resize(dlac::schedule::round_up(columns, 8) * stride);
      words.resize(beats * stride + dlac::schedule::LanePad);
      features.resize(beats * dlac::schedule::LanePad);
      std::vector<std::uint8_t> packed(beats * stride / 4 + 64);
      const bool use_packed = dice.chance(50);
      const std::uint32_t most_exponent = dice.natural(1, 24);  // 60 times 2^10 stays below 65504
      for (std::uint32_t t = 0; t < beats; ++t) {
        for (std::size_t k = 0; k < stride; ++k) {
          const int weight = static_cast<int>(dice(-1, 1));
          words[t * stride + k] = static_cast<float>(weight);
          engine_model::store_code(packed, 0, t * stride + k, weight);
        }
        for (std::size_t c = 0; c < columns; ++c) {
          features[t * dlac::schedule::LanePad + c] =
              dice.chance(30) ? 0.0F : value(random_half(dice, 0, most_exponent));
        }
      }
      AccumulateJob job;
      job.accumulators = accumulators.data();
      job.channel_stride = stride;
      job.channels = channels;
      job.features = features.data();
      job.feature_stride = dlac::schedule::LanePad;
      job.columns = columns;
      job.beats = beats;
      if (use_packed) {
        job.packed = packed.data();
        job.packed_stride = stride / 4;
      } else {
        job.words = words.data();
        job.word_stride = stride;
      }
      job.rounding = Rounding::Binary16;
      dlac::schedule::accumulate(job);
      for (std::size_t c = 0; c < columns; ++c) {
        for (std::size_t k = 0; k < channels; ++k) {
          Half sum;
          for (std::uint32_t t = 0; t < beats; ++t) {
            const Half x = Half::from_float(features[t * dlac::schedule::LanePad + c]);
            const float weight = words[t * stride + k];
            if (weight == 0 || x.is_zero()) continue;
            sum = weight > 0 ? add(sum, x) : subtract(sum, x);
          }
          tally.check(accumulators[c * stride + k], sum.to_float(), 1, 1, 0);
        }
      }
    }
    INFO(dlac::schedule::simd_target_name(target) << ", first wrong: " << tally.first());
    CHECK(tally.wrong() == 0);
  }
}

TEST_CASE("kernels: every binary16 word and a sample of binary32 words drain canonically", "[engine]") {
  const TargetGuard guard;
  for (const std::int64_t target : dlac::schedule::simd_targets()) {
    dlac::schedule::force_simd_target(target);
    INFO(dlac::schedule::simd_target_name(target));
    // 2048 channels of 32 columns; the same as 1033 of 31, which fill no whole tile of the transposition.
    for (const auto& [channels, columns] : {std::pair{2048U, 32U}, std::pair{1033U, 31U}}) {
      const std::size_t stride = dlac::schedule::round_up(channels, 16);
      AlignedArray<float> accumulators;
      accumulators.resize(columns * stride);
      std::vector<std::uint32_t> words(std::size_t{channels} * columns + 1);
      for (const bool half : {true, false}) {
        Dice dice(4);
        std::vector<std::uint32_t> expected(words.size(), 0xA5A5A5A5U);
        words.back() = 0xA5A5A5A5U;
        std::uint32_t pattern = 0;
        for (std::uint32_t c = 0; c < columns; ++c) {
          for (std::uint32_t k = 0; k < channels; ++k, ++pattern) {
            std::uint32_t word = half ? pattern & 0xFFFFU : static_cast<std::uint32_t>(dice.bits());
            if (!half && dice.chance(20)) word &= 0xFF80'0001U | 1U << dice.natural(0, 31);
            if (!half && dice.chance(20)) word |= 0x7F80'0000U;
            accumulators[c * stride + k] = half ? value(word) : float_of(word);
            const std::uint32_t magnitude = word & (half ? 0x7FFFU : 0x7FFF'FFFFU);
            const std::uint32_t infinity = half ? 0x7C00U : 0x7F80'0000U;
            if (magnitude == 0) word = 0;
            if (magnitude > infinity) word = half ? 0x7E00U : 0x7FC0'0000U;
            expected[std::size_t{k} * columns + c] = word;
          }
        }
        dlac::schedule::drain_words(accumulators.data(), stride, channels, columns, half, words.data());
        CHECK(words == expected);
      }
    }
  }
}
