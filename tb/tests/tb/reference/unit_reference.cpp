// SPDX-License-Identifier: Apache-2.0
// The reference itself: against numbers worked out by hand, against its own second formulations, and its identities.
#include "tb/reference/clocked_machine.h"
#include "tb/reference/convolution.h"
#include "tb/reference/pointwise.h"
#include "tb/reference/schedule.h"

#include <dlac/common/half.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace reference {
namespace {

constexpr std::array BothPrecisions{Precision::Binary32, Precision::Binary16};
constexpr std::array AllPolicies{Policy::None, Policy::Features, Policy::Weights, Policy::Both};
constexpr std::array AllPasses{Pass::Forward, Pass::BackwardData, Pass::BackwardWeights};

[[nodiscard]] std::uint32_t word(Precision precision, double value) {
  return precision == Precision::Binary32 ? binary32_bits(static_cast<float>(value))
                                          : binary16_bits(round_to_binary16(value));
}
[[nodiscard]] double value(Precision precision, std::uint32_t bits) {
  return precision == Precision::Binary32 ? static_cast<double>(binary32_value(bits)) : binary16_value(bits);
}
[[nodiscard]] Words words(Precision precision, const std::vector<double>& values) {
  Words result;
  for (const double v : values) result.push_back(word(precision, v));
  return result;
}
[[nodiscard]] std::vector<double> values(Precision precision, const Words& bits) {
  std::vector<double> result;
  for (const std::uint32_t w : bits) result.push_back(value(precision, w));
  return result;
}

/// A reduction of `beats` features at one output: a 1x1 convolution over `beats` channels.
[[nodiscard]] Convolution dot_product(std::size_t beats) {
  Convolution shape;
  shape.c = static_cast<std::int64_t>(beats);
  return shape;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  [[nodiscard]] std::int64_t integer(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(engine_);
  }
  [[nodiscard]] bool chance(double probability) { return std::bernoulli_distribution(probability)(engine_); }
  [[nodiscard]] double normal() { return std::normal_distribution<double>()(engine_); }

  /// A small layer with groups, strides, dilations and padding of every kind.
  [[nodiscard]] Convolution convolution() {
    for (;;) {
      Convolution s;
      s.groups = integer(1, 2);
      s.n = integer(1, 2);
      s.c = s.groups * integer(1, 3);
      s.k = s.groups * integer(1, 3);
      s.h = integer(1, 7);
      s.w = integer(1, 7);
      s.kh = integer(1, 3);
      s.kw = integer(1, 3);
      s.stride_h = integer(1, 3);
      s.stride_w = integer(1, 3);
      s.pad_h = integer(0, 2);
      s.pad_w = integer(0, 2);
      s.dilation_h = integer(1, 2);
      s.dilation_w = integer(1, 2);
      const bool kernel_fits_h = s.h + 2 * s.pad_h > s.dilation_h * (s.kh - 1);
      const bool kernel_fits_w = s.w + 2 * s.pad_w > s.dilation_w * (s.kw - 1);
      if (kernel_fits_h && kernel_fits_w) return s;
    }
  }
  [[nodiscard]] std::vector<std::int8_t> ternary(std::int64_t count) {
    std::vector<std::int8_t> result(static_cast<std::size_t>(count));
    for (auto& w : result) w = static_cast<std::int8_t>(integer(-1, 1));
    return result;
  }
  /// Zeros of both signs and normal deviates; now and then an infinity or a NaN.
  [[nodiscard]] Words features(Precision precision, std::int64_t count, double nonfinite = 0) {
    constexpr double Infinity = std::numeric_limits<double>::infinity();
    Words result(static_cast<std::size_t>(count));
    for (auto& w : result) {
      double v = chance(0.4) ? (chance(0.5) ? 0.0 : -0.0) : normal();
      if (chance(nonfinite)) v = chance(0.5) ? std::copysign(Infinity, normal()) : std::nan("");
      w = word(precision, v);
    }
    return result;
  }
  [[nodiscard]] Words integers(Precision precision, std::int64_t count) {
    Words result(static_cast<std::size_t>(count));
    for (auto& w : result) w = word(precision, static_cast<double>(integer(-3, 3)));
    return result;
  }

 private:
  std::mt19937 engine_;
};

[[nodiscard]] Words to_words(Precision precision, const std::vector<std::int8_t>& ternary) {
  Words result;
  for (const std::int8_t w : ternary) result.push_back(word(precision, w));
  return result;
}

/// A segment of one channel and one column, written as a row of weights and one of features.
[[nodiscard]] Segment single(const std::vector<Operand>& weights, const std::vector<Operand>& features) {
  Segment segment;
  segment.channels = 1;
  segment.columns = 1;
  segment.beats = static_cast<std::int64_t>(weights.size());
  segment.weights = weights;
  segment.features = features;
  return segment;
}

[[nodiscard]] std::int64_t updates(const SegmentCycles& s) {
  return s.executed + s.skipped_weight + s.skipped_feature + s.skipped_both;
}
[[nodiscard]] std::int64_t pe_cycles(const SegmentCycles& s) {
  return s.busy + s.starved_row + s.starved_column + s.finished_early;
}

constexpr Operand O = Operand::Zero;
constexpr Operand X = Operand::NonZero;
constexpr Operand N = Operand::NonFinite;
constexpr Operand I = Operand::Inserted;

// ---- arithmetic

TEST_CASE("the reference's binary16 and the model's Half agree", "[reference]") {
  std::mt19937 random(1);
  const auto bits = [&] { return static_cast<std::uint16_t>(random()); };
  const auto reference_bits = [](double v) { return static_cast<std::uint16_t>(binary16_bits(v)); };
  std::uint64_t wrong = 0;
  for (std::uint32_t b = 0; b < 0x10000U; ++b) {
    const auto half = dlac::Half::from_bits(static_cast<std::uint16_t>(b));
    const double v = binary16_value(b);
    if (half.is_nan()) {
      wrong += std::isnan(v) && binary16_bits(v) == 0x7E00 ? 0 : 1;
    } else {
      wrong += v == static_cast<double>(half.to_float()) && std::signbit(v) == (b >> 15U != 0) && binary16_bits(v) == b
                   ? 0
                   : 1;
    }
  }
  CHECK(wrong == 0);
  for (int i = 0; i < 4'000'000; ++i) {
    const auto a = dlac::Half::from_bits(bits());
    const auto b = dlac::Half::from_bits(bits());
    auto c = dlac::Half::from_bits(bits());
    // Every other time c is near -(a*b), where the last bits of the product decide.
    if (i % 2 == 0) c = dlac::Half::from_bits(static_cast<std::uint16_t>(dlac::multiply(a, b).bits() ^ 0x8001U));
    const double va = binary16_value(a.bits());
    const double vb = binary16_value(b.bits());
    const double vc = binary16_value(c.bits());
    wrong += reference_bits(Binary16::add(va, vb)) == dlac::add(a, b).bits() ? 0 : 1;
    wrong +=
        reference_bits(Binary16::fused_multiply_add(va, vb, vc)) == dlac::fused_multiply_add(a, b, c).bits() ? 0 : 1;
    wrong +=
        reference_bits(Binary16::fused_multiply_add(vb, vc, va)) == dlac::fused_multiply_add(b, c, a).bits() ? 0 : 1;
  }
  CHECK(wrong == 0);
}

// ---- values

TEST_CASE("a ternary convolution with padding and stride, by hand", "[reference]") {
  // 1 2 3        kernel  1 -1     stride 2, padding 1: outputs at corners (-1,-1), (-1,1), (1,-1), (1,1) of the map.
  // 4 5 6                0  1     (0,0): 1                                (0,1): 3
  // 7 8 9                         (1,0): w01*4 -> -4, w11*7 -> 3          (1,1): 5 - 6 + 9 = 8
  Convolution s;
  s.h = s.w = 3;
  s.kh = s.kw = 2;
  s.stride_h = s.stride_w = 2;
  s.pad_h = s.pad_w = 1;
  REQUIRE(s.oh() == 2);
  REQUIRE(s.ow() == 2);
  for (const Precision p : BothPrecisions) {
    const Words x = words(p, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    const std::vector<std::int8_t> w{1, -1, 0, 1};
    CHECK(values(p, convolve(s, w, x, p)) == std::vector<double>{1, 3, 3, 8});
    // Backward, dy = 1 10 / 100 1000. dx: w11 puts dy00 at (0,0), dy01 at (0,2), dy10 at (2,0), dy11 at (2,2); w01 puts
    // -dy10 at (1,0), -dy11 at (1,2); w00 puts dy11 at (1,1).
    const Words dy = words(p, {1, 10, 100, 1000});
    CHECK(values(p, backward_data(s, w, dy, p)) == std::vector<double>{1, 0, 10, -100, 1000, -1000, 100, 0, 1000});
    // dw00 = 5*1000; dw01 = 4*100 + 6*1000; dw10 = 2*10 + 8*1000; dw11 = 1*1 + 3*10 + 7*100 + 9*1000.
    const std::vector<double> dw{5000, 6400, 8020, 9731};
    CHECK(backward_weights(s, x, dy, p) == words(p, dw));
  }
}

TEST_CASE("groups and dilation, by hand", "[reference]") {
  // Two groups of one channel, kernel 1x2 with dilation 2 on a 1x4 map: y[x] = w0 x[x] + w1 x[x+2].
  Convolution s;
  s.c = s.k = s.groups = 2;
  s.w = 4;
  s.kw = 2;
  s.dilation_w = 2;
  for (const Precision p : BothPrecisions) {
    const Words x = words(p, {1, 2, 3, 4, 10, 20, 30, 40});
    const Words w = words(p, {0.5, 2, -1, 0});
    CHECK(values(p, convolve(s, w, x, p)) == std::vector<double>{6.5, 9, -10, -20});
  }
}

TEST_CASE("outputs accumulate in beat order, rounding once per update", "[reference]") {
  const std::vector<std::int8_t> ones{1, 1, 1};
  // 2^24 + 1 is a tie and stays 2^24, twice; 1 + 1 + 2^24 is exact. In binary16 the same with 2^11.
  for (const auto& [p, big] : {std::pair{Precision::Binary32, 0x1p24}, std::pair{Precision::Binary16, 0x1p11}}) {
    CHECK(values(p, convolve(dot_product(3), ones, words(p, {big, 1, 1}), p)) == std::vector<double>{big});
    CHECK(values(p, convolve(dot_product(3), ones, words(p, {1, 1, big}), p)) == std::vector<double>{big + 2});
  }
  // Fused: (1 + e)(1 - e) - 1 = -e^2, where a rounded product would give 0. e = 2^-10 in binary16, 2^-13 in binary32.
  for (const auto& [p, e] : {std::pair{Precision::Binary32, 0x1p-13}, std::pair{Precision::Binary16, 0x1p-10}}) {
    const Words w = words(p, {-1, 1 + e});
    CHECK(values(p, convolve(dot_product(2), w, words(p, {1, 1 - e}), p)) == std::vector<double>{-e * e});
  }
}

TEST_CASE("an update with a zero operand leaves the accumulator untouched", "[reference]") {
  constexpr double Infinity = std::numeric_limits<double>::infinity();
  for (const Precision p : BothPrecisions) {
    const std::uint32_t nan = p == Precision::Binary32 ? 0x7FC00000U : 0x7E00U;
    const Words x = words(p, {3, Infinity, -0.0, std::nan("")});
    CHECK(convolve(dot_product(4), std::vector<std::int8_t>{1, 0, 1, 0}, x, p) == words(p, {3}));
    CHECK(convolve(dot_product(4), words(p, {1, -0.0, Infinity, 0}), x, p) == words(p, {3}));
    // infinity - infinity, and a NaN of any sign, leave as the one NaN.
    CHECK(convolve(dot_product(2), std::vector<std::int8_t>{1, -1}, words(p, {Infinity, Infinity}), p) == Words{nan});
    CHECK(convolve(dot_product(4), std::vector<std::int8_t>{1, 0, 1, -1}, x, p) == Words{nan});
    // A product of -2^-150 (or -2^-26) rounds to -0 in the accumulator and leaves as +0.
    const double tiny = p == Precision::Binary32 ? 0x1p-75 : 0x1p-13;
    CHECK(convolve(dot_product(1), words(p, {-tiny}), words(p, {tiny}), p) == Words{0});
    // So does a reduction without any update.
    CHECK(convolve(dot_product(1), words(p, {-0.0}), words(p, {-0.0}), p) == Words{0});
  }
}

TEST_CASE("binary16 overflows on the way and stays there", "[reference]") {
  constexpr Precision P = Precision::Binary16;
  const Words x = words(P, {65504, 65504, 65504});
  CHECK(convolve(dot_product(3), std::vector<std::int8_t>{1, 1, -1}, x, P) == Words{0x7C00});
  CHECK(convolve(dot_product(3), std::vector<std::int8_t>{1, -1, 1}, x, P) == Words{0x7BFF});
}

TEST_CASE("whole layers and single outputs are the same words", "[reference]") {
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    const Convolution s = random.convolution();
    for (const Precision p : BothPrecisions) {
      const double nonfinite = i % 3 == 0 ? 0.02 : 0;
      const Words x = random.features(p, s.feature_count(), nonfinite);
      const Words dy = random.features(p, s.output_count(), nonfinite);
      const std::vector<std::int8_t> ternary = random.ternary(s.weight_count());
      const Words full = random.features(p, s.weight_count(), nonfinite);
      bool same = true;
      for (const Weights& w : {Weights(ternary), Weights(full)}) {
        const Words y = convolve(s, w, x, p);
        const Words dx = backward_data(s, w, dy, p);
        for (std::size_t j = 0; j < y.size(); ++j) same = same && y[j] == convolve_output(s, w, x, p, j);
        for (std::size_t j = 0; j < dx.size(); ++j) same = same && dx[j] == backward_data_output(s, w, dy, p, j);
      }
      const Words dw = backward_weights(s, x, dy, p);
      for (std::size_t j = 0; j < dw.size(); ++j) same = same && dw[j] == backward_weights_output(s, x, dy, p, j);
      REQUIRE(same);
    }
  }
}

TEST_CASE("ternary weights are full-precision weights of -1, 0 and 1", "[reference]") {
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    const Convolution s = random.convolution();
    const std::vector<std::int8_t> ternary = random.ternary(s.weight_count());
    for (const Precision p : BothPrecisions) {
      const Words full = to_words(p, ternary);
      const Words x = random.features(p, s.feature_count(), 0.05);
      const Words dy = random.features(p, s.output_count(), 0.05);
      REQUIRE(convolve(s, ternary, x, p) == convolve(s, full, x, p));
      REQUIRE(backward_data(s, ternary, dy, p) == backward_data(s, full, dy, p));
    }
  }
}

TEST_CASE("values stay within the rounding bound of an exact sum", "[reference]") {
  // |computed - exact| <= T u/(1 - T u) * sum |w x| for T roundings of unit u, plus what underflow may lose: half the
  // smallest subnormal per fused multiply-add.
  Random random(4);
  for (int i = 0; i < 100; ++i) {
    const Convolution s = random.convolution();
    for (const Precision p : BothPrecisions) {
      const Words weights = random.features(p, s.weight_count());
      const Words x = random.features(p, s.feature_count());
      const Words dy = random.features(p, s.output_count());
      for (const Pass pass : AllPasses) {
        const Words& rows = pass == Pass::BackwardWeights ? dy : weights;
        const Words& columns = pass == Pass::BackwardData ? dy : x;
        const Words result = pass == Pass::Forward        ? convolve(s, weights, x, p)
                             : pass == Pass::BackwardData ? backward_data(s, weights, dy, p)
                                                          : backward_weights(s, x, dy, p);
        const auto beats = static_cast<double>(beat_count(pass, s));
        const double u = p == Precision::Binary32 ? 0x1p-24 : 0x1p-11;
        const double underflow = p == Precision::Binary32 ? 0x1p-150 : 0x1p-25;
        bool bounded = true;
        for (std::size_t j = 0; j < result.size(); ++j) {
          const Output o = output_at(pass, s, static_cast<std::int64_t>(j));
          double exact = 0;
          double magnitude = 0;
          for (std::int64_t t = 0; t < beat_count(pass, s); ++t) {
            const std::int64_t f = feature_index(pass, s, o.group, o.column, t);
            if (f < 0) continue;
            const double product = value(p, rows[weight_index(pass, s, o.group, o.channel, t)]) * value(p, columns[f]);
            exact += product;
            magnitude += std::abs(product);
          }
          const double bound = beats * u / (1 - beats * u) * magnitude + beats * underflow + 0x1p-45 * magnitude;
          bounded = bounded && std::abs(value(p, result[j]) - exact) <= bound;
        }
        REQUIRE(bounded);
      }
    }
  }
}

TEST_CASE("the passes are adjoint to each other", "[reference]") {
  // <dy, conv(w, x)> = <backward_data(w, dy), x> = <w, backward_weights(x, dy)>, exactly, in small integers.
  const auto inner = [](Precision p, const Words& a, const Words& b) {
    REQUIRE(a.size() == b.size());
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += value(p, a[i]) * value(p, b[i]);
    return sum;
  };
  Random random(5);
  for (int i = 0; i < 200; ++i) {
    const Convolution s = random.convolution();
    for (const Precision p : BothPrecisions) {
      const Words w = random.integers(p, s.weight_count());
      const Words x = random.integers(p, s.feature_count());
      const Words dy = random.integers(p, s.output_count());
      const double expected = inner(p, dy, convolve(s, w, x, p));
      REQUIRE(inner(p, backward_data(s, w, dy, p), x) == expected);
      REQUIRE(inner(p, w, backward_weights(s, x, dy, p)) == expected);
    }
  }
}

TEST_CASE("a tensor of the wrong size is refused", "[reference]") {
  const Convolution s = dot_product(2);
  const std::vector<std::int8_t> ones{1, 1};
  CHECK_THROWS_AS(convolve(s, ones, Words{0}, Precision::Binary32), std::invalid_argument);
  CHECK_THROWS_AS(convolve(s, std::vector<std::int8_t>{1}, Words{0, 0}, Precision::Binary32), std::invalid_argument);
}

// ---- cycles

TEST_CASE("a window of one beat makes delivery and execution alternate; two beats overlap them", "[reference]") {
  // One PE, three live beats, D = 1: W = 1, done = 2; W = max(1, 2) + 1 = 3, done = 4; W = 5, done = 6.
  Grid grid;
  SegmentCycles s = segment_cycles(grid, Policy::Both, single({X, X, X}, {X, X, X}));
  CHECK(s.cycles == 6);
  CHECK(s.busy == 3);
  CHECK(s.starved_row == 3);
  // D = 2: W = 1, 2, max(2, done(0) = 2) + 1 = 3; done = 2, 3, 4.
  grid.window = 2;
  s = segment_cycles(grid, Policy::Both, single({X, X, X}, {X, X, X}));
  CHECK(s.cycles == 4);
  CHECK(s.busy == 3);
  CHECK(s.starved_row == 1);
  CHECK(s.starved_column == 0);
  CHECK(s.finished_early == 0);
}

TEST_CASE("dead beats cost nothing once they have arrived", "[reference]") {
  // W = 1, 2, 3, 4; done = 2, 2 (dead), 3 (dead), 5. Starved before beats 0, 2 and 3, one cycle each.
  Grid grid;
  grid.window = 4;
  const SegmentCycles s = segment_cycles(grid, Policy::Weights, single({X, O, O, X}, {X, X, X, X}));
  CHECK(s.cycles == 5);
  CHECK(s.busy == 2);
  CHECK(s.starved_row == 3);
  CHECK(s.executed == 2);
  CHECK(s.skipped_weight == 2);
}

TEST_CASE("dead beats that arrived while the PE was busy are passed in no time", "[reference]") {
  // B = 4, A' = 1: beat 0 takes 4 cycles, W = 1, 2, 3, 4: done = 5, 5, 5, then beat 3 with one live buffer: 6.
  Grid grid;
  grid.buffers = 4;
  grid.window = 4;
  Segment segment;
  segment.channels = 4;
  segment.columns = 1;
  segment.beats = 4;
  segment.weights = {X, X, X, X, /**/ O, O, O, O, /**/ O, O, O, O, /**/ O, O, X, O};
  segment.features = {X, X, X, X};
  SegmentCycles s = segment_cycles(grid, Policy::Both, segment);
  CHECK(s.cycles == 6);
  CHECK(s.busy == 5);
  // Three units: beat 0 takes ceil(4/3) = 2, done = 3, 3, 3, max(3, W = 4) + 1 = 5.
  grid.units = 3;
  s = segment_cycles(grid, Policy::Both, segment);
  CHECK(s.cycles == 5);
  CHECK(s.busy == 3);
}

TEST_CASE("a full window stalls the row stream, not its neighbours", "[reference]") {
  // Two rows, one column, D = 1, B = 2, A' = 1; row 0 has two live buffers per beat, row 1 none.
  // t = 0: W = 1, 1; X = 1; done = 3, 1.
  // t = 1: W(0) = 3 + 1 = 4, W(1) = 1 + 1 = 2, X = max(1, 3) + 1 = 4; done(0) = 4 + 2 = 6, done(1) = 4.
  Grid grid;
  grid.rows = 2;
  grid.buffers = 2;
  Segment segment;
  segment.channels = 4;
  segment.columns = 1;
  segment.beats = 2;
  segment.weights = {X, X, O, O, /**/ X, X, O, O};
  segment.features = {X, X};
  const SegmentCycles s = segment_cycles(grid, Policy::Both, segment);
  CHECK(s.cycles == 6);
  CHECK(s.busy == 4);
  CHECK(s.starved_row == 4);     // row 0: 1 + 1, row 1: 1 + 1
  CHECK(s.starved_column == 2);  // row 1 has its weights at 2, its feature at 4
  CHECK(s.finished_early == 2);
}

TEST_CASE("a row stream of p cycles per beat starves the PEs, and wins ties", "[reference]") {
  // p = 2: W = 2, 4, 6; X = 1, 2, 3; done = 3, 5, 7. Waits of 2, 1, 1 cycles, all the row's.
  Grid grid;
  grid.window = 8;
  grid.beat_cycles = 2;
  const SegmentCycles s = segment_cycles(grid, Policy::None, single({X, X, X}, {X, X, X}));
  CHECK(s.cycles == 7);
  CHECK(s.starved_row == 4);
  CHECK(s.starved_column == 0);
}

TEST_CASE("a ragged tile leaves PEs without part", "[reference]") {
  // One channel and one pixel on 2 x 3 PEs: as one PE, the other five finish early in both cycles.
  Grid grid;
  grid.rows = 2;
  grid.columns = 3;
  const SegmentCycles s = segment_cycles(grid, Policy::None, single({X}, {X}));
  CHECK(s.cycles == 2);
  CHECK(s.busy == 1);
  CHECK(s.starved_row == 1);
  CHECK(s.finished_early == 10);
  CHECK(s.executed == 1);
}

TEST_CASE("each policy skips what it says", "[reference]") {
  // Beats: both operands, feature zero, weight zero, both zero, infinite weight on a zero, inserted zeros twice.
  const Segment segment = single({X, X, O, O, N, X, O}, {X, O, X, O, O, I, I});
  Grid grid;
  const auto counts = [&](Policy policy) {
    const SegmentCycles s = segment_cycles(grid, policy, segment);
    return std::array{s.executed, s.skipped_weight, s.skipped_feature, s.skipped_both, s.masked_nonfinite};
  };
  using Counts = std::array<std::int64_t, 5>;
  CHECK(counts(Policy::None) == Counts{5, 0, 0, 0, 1});
  CHECK(counts(Policy::Features) == Counts{2, 0, 2, 1, 1});
  CHECK(counts(Policy::Weights) == Counts{3, 1, 0, 1, 1});
  CHECK(counts(Policy::Both) == Counts{1, 1, 2, 1, 1});
}

/// A segment on a grid, both random.
struct Case {
  explicit Case(Random& random) {
    grid.rows = random.integer(1, 4);
    grid.columns = random.integer(1, 4);
    grid.buffers = random.integer(1, 6);
    grid.units = random.integer(1, 3);
    grid.window = random.integer(1, 5);
    grid.beat_cycles = random.integer(1, 3);
    segment.channels = random.integer(1, grid.rows * grid.buffers);
    segment.columns = random.integer(1, grid.columns);
    segment.beats = random.integer(1, 25);
    const double weight_density = static_cast<double>(random.integer(0, 10)) / 10;
    const double feature_density = static_cast<double>(random.integer(0, 10)) / 10;
    const bool inserts = random.chance(0.3);
    for (std::int64_t j = 0; j < segment.beats * segment.channels; ++j) {
      segment.weights.push_back(random.chance(weight_density) ? (random.chance(0.05) ? N : X) : O);
    }
    for (std::int64_t j = 0; j < segment.beats * segment.columns; ++j) {
      segment.features.push_back(random.chance(feature_density) ? (random.chance(0.05) ? N : X) : O);
      if (inserts && random.chance(0.5)) {
        segment.features.back() = I;
        ++inserted;
      }
    }
  }

  Grid grid;
  Segment segment;
  std::int64_t inserted = 0;  ///< features
};

TEST_CASE("the recurrence and the machine clock by clock agree on 3,000 random cases", "[reference]") {
  Random random(6);
  for (int i = 0; i < 3000; ++i) {
    const auto [grid, segment, inserted] = Case(random);
    std::array<SegmentCycles, 4> by_policy;
    for (const Policy policy : AllPolicies) {
      const SegmentCycles s = segment_cycles(grid, policy, segment);
      by_policy.at(static_cast<std::size_t>(policy)) = s;
      const SegmentCycles clocked = clock_by_clock(grid, policy, segment);
      INFO("case " << i << ", policy " << static_cast<int>(policy) << ": " << s.cycles << " and " << clocked.cycles);
      REQUIRE(s == clocked);
      REQUIRE(updates(s) == (segment.beats * segment.columns - inserted) * segment.channels);
      REQUIRE(pe_cycles(s) == grid.rows * grid.columns * s.cycles);
      REQUIRE(s.busy * grid.units >= s.executed);
    }
    // The recurrence is monotone in n(r,c,t), so skipping more never takes longer.
    REQUIRE(by_policy[3].cycles <= std::min(by_policy[1].cycles, by_policy[2].cycles));
    REQUIRE(std::max(by_policy[1].cycles, by_policy[2].cycles) <= by_policy[0].cycles);
  }
}

/// The most cycles that the dense machine takes for T beats over the fewest of any policy: with n = ceil(B / A'),
/// D >= 2: (T*max(p, n) + min(p, n)) / (T*p); D = 1: T*(p + n) / (T*p). Both sides of the fraction.
struct Gain {
  std::int64_t dense, skipping;
};
[[nodiscard]] Gain largest_gain(const Grid& grid, std::int64_t beats) {
  const std::int64_t n = (grid.buffers + grid.units - 1) / grid.units;
  const std::int64_t p = grid.beat_cycles;
  return {grid.window == 1 ? beats * (p + n) : beats * std::max(p, n) + std::min(p, n), beats * p};
}

TEST_CASE("no segment gains more over the dense machine than its beats allow", "[reference]") {
  Random random(8);
  for (int i = 0; i < 3000; ++i) {
    const auto [grid, segment, inserted] = Case(random);
    const Gain bound = largest_gain(grid, segment.beats);
    CAPTURE(i, grid.rows, grid.columns, grid.buffers, grid.units, grid.window, grid.beat_cycles, segment.channels,
            segment.columns, segment.beats);
    const std::int64_t dense = segment_cycles(grid, Policy::None, segment).cycles;
    REQUIRE(dense <= bound.dense);
    for (const Policy policy : AllPolicies) {
      const std::int64_t cycles = segment_cycles(grid, policy, segment).cycles;
      REQUIRE(cycles >= bound.skipping);
      REQUIRE(dense * bound.skipping <= bound.dense * cycles);
    }
  }
}

TEST_CASE("segments whose updates are all skipped gain as much as there is to gain", "[reference]") {
  const auto gains = [](const Grid& grid, std::int64_t beats) {
    Segment segment;
    segment.channels = grid.rows * grid.buffers;
    segment.columns = grid.columns;
    segment.beats = beats;
    segment.weights.assign(static_cast<std::size_t>(beats * segment.channels), O);
    segment.features.assign(static_cast<std::size_t>(beats * segment.columns), X);
    const Gain bound = largest_gain(grid, beats);
    CAPTURE(grid.buffers, grid.units, grid.window, grid.beat_cycles, beats);
    CHECK(segment_cycles(grid, Policy::None, segment).cycles == bound.dense);
    CHECK(segment_cycles(grid, Policy::Both, segment).cycles == bound.skipping);
  };
  for (const std::int64_t p : {1, 2, 3, 8, 11}) {
    for (const std::int64_t units : {1, 3}) {
      for (const std::int64_t window : {1, 2, 3, 8}) {
        for (const std::int64_t beats : {1, 2, 3, 20}) gains({2, 3, 8, units, window, p}, beats);
      }
    }
  }
  // One beat of eight updates on one unit: 1 cycle until it is there and 8 for them, or 1 alone. Nine times, not eight.
  const Grid grid{1, 1, 8, 1, 8, 1};
  Segment beat;
  beat.channels = 8;
  beat.columns = beat.beats = 1;
  beat.weights.assign(8, O);
  beat.features = {X};
  CHECK(segment_cycles(grid, Policy::None, beat).cycles == 9);
  CHECK(segment_cycles(grid, Policy::Both, beat).cycles == 1);
}

// ---- segments of layers

TEST_CASE("padding is zero features that count", "[reference]") {
  // A 1x2 map (5, 0), kernel 1x3, padding 1. Column 0 sees pad, 5, 0; column 1 sees 5, 0, pad.
  Convolution s;
  s.w = 2;
  s.kw = 3;
  s.pad_w = 1;
  constexpr Precision P = Precision::Binary32;
  const std::vector<std::int8_t> w{1, 0, -1};
  const Segment segment = make_segment(Pass::Forward, s, w, words(P, {5, 0}), P, {0, 0, 1, 0, 2, 0, 3});
  CHECK(segment.weights == std::vector<Operand>{X, O, X});
  CHECK(segment.features == std::vector<Operand>{O, X, /**/ X, O, /**/ O, O});
  const SegmentCycles cycles = segment_cycles({1, 2, 1, 1, 8, 1}, Policy::Both, segment);
  CHECK(updates(cycles) == 6);
  CHECK(cycles.executed == 1);
}

TEST_CASE("the backward-data pass of a strided convolution inserts zeros that do not count", "[reference]") {
  // w = 4, kernel 3, stride 2, padding 1: two outputs. u = x + 1 - kw; odd u is inserted, else ox = u/2; 2 is outside.
  //   x:      0         1         2         3
  //   kw = 0  u=1  I    u=2 ox1   u=3  I    u=4 pad
  //   kw = 1  u=0 ox0   u=1  I    u=2 ox1   u=3  I
  //   kw = 2  u=-1 I    u=0 ox0   u=1  I    u=2 ox1
  Convolution s;
  s.w = 4;
  s.kw = 3;
  s.stride_w = 2;
  s.pad_w = 1;
  REQUIRE(s.ow() == 2);
  constexpr Precision P = Precision::Binary16;
  const std::vector<std::int8_t> w{1, 0, -1};
  const Segment segment = make_segment(Pass::BackwardData, s, w, words(P, {5, 0}), P, {0, 0, 1, 0, 4, 0, 3});
  CHECK(segment.features == std::vector<Operand>{I, O, I, O, /**/ X, I, O, I, /**/ I, X, I, O});
  CHECK(updates(segment_cycles({1, 4, 1, 1, 8, 1}, Policy::None, segment)) == 6);
}

TEST_CASE("tiles and segments add up to the layer, whatever their ranges", "[reference]") {
  Random random(7);
  for (int i = 0; i < 60; ++i) {
    const Convolution s = random.convolution();
    constexpr Precision P = Precision::Binary16;
    const std::vector<std::int8_t> ternary = random.ternary(s.weight_count());
    const Words x = random.features(P, s.feature_count(), 0.02);
    const Words dy = random.features(P, s.output_count(), 0.02);
    for (const Pass pass : AllPasses) {
      const Weights rows = pass == Pass::BackwardWeights ? Weights(dy) : Weights(ternary);
      const Words& columns = pass == Pass::BackwardData ? dy : x;
      const Grid grid{2, 4, 3, 2, 4, 1};
      const std::int64_t tile_channels = grid.rows * grid.buffers;
      const std::int64_t segment_beats = random.integer(1, 7);
      // Counted straight from the operands of every output.
      std::int64_t live = 0;
      std::int64_t counted = 0;
      const std::int64_t outputs = s.groups * channel_count(pass, s) * column_count(pass, s);
      for (std::int64_t j = 0; j < outputs; ++j) {
        const Output o = output_at(pass, s, j);
        for (std::int64_t t = 0; t < beat_count(pass, s); ++t) {
          const std::int64_t f = feature_index(pass, s, o.group, o.column, t);
          if (f == Inserted) continue;
          ++counted;
          if (f == Padding || is_zero(P, columns[f])) continue;
          const std::int64_t w = weight_index(pass, s, o.group, o.channel, t);
          const bool weight_zero = rows.ternary() != nullptr ? ternary[w] == 0 : is_zero(P, dy[w]);
          if (!weight_zero) ++live;
        }
      }
      for (const Policy policy : AllPolicies) {
        std::int64_t executed = 0;
        std::int64_t all = 0;
        SegmentRange r;
        for (r.group = 0; r.group < s.groups; ++r.group) {
          for (r.channel_from = 0; r.channel_from < channel_count(pass, s); r.channel_from += tile_channels) {
            r.channel_to = std::min(r.channel_from + tile_channels, channel_count(pass, s));
            for (r.column_from = 0; r.column_from < column_count(pass, s); r.column_from += grid.columns) {
              r.column_to = std::min(r.column_from + grid.columns, column_count(pass, s));
              for (r.beat_from = 0; r.beat_from < beat_count(pass, s); r.beat_from += segment_beats) {
                r.beat_to = std::min(r.beat_from + segment_beats, beat_count(pass, s));
                const SegmentCycles c = segment_cycles(grid, policy, make_segment(pass, s, rows, columns, P, r));
                executed += c.executed;
                all += updates(c);
              }
            }
          }
        }
        REQUIRE(all == counted);
        if (policy == Policy::Both) REQUIRE(executed == live);
        if (policy == Policy::None) REQUIRE(executed == counted);
      }
      if (pass != Pass::BackwardData) REQUIRE(counted == s.output_count() * s.c / s.groups * s.kh * s.kw);
    }
  }
}

TEST_CASE("a segment that does not fit is refused", "[reference]") {
  CHECK_THROWS_AS(segment_cycles({}, Policy::Both, single({X, X}, {X})), std::invalid_argument);
  Segment two_channels = single({X, X}, {X});
  two_channels.channels = 2;
  two_channels.beats = 1;
  CHECK_THROWS_AS(segment_cycles({}, Policy::Both, two_channels), std::invalid_argument);
  CHECK_THROWS_AS(clock_by_clock({}, Policy::Both, two_channels), std::invalid_argument);
  const std::vector<std::int8_t> one{1};
  CHECK_THROWS_AS(make_segment(Pass::Forward, {}, one, Words{0}, Precision::Binary32, {0, 0, 1, 0, 2, 0, 1}),
                  std::invalid_argument);
}

TEST_CASE("reference: what each point-wise operation gives, in numbers") {
  for (const Precision precision : BothPrecisions) {
    const auto result = [&](std::uint32_t operation, double a, double x, double y) {
      Pointwise op;
      op.operation = operation;
      return value(precision, apply(op, precision, word(precision, a), word(precision, x), word(precision, y)));
    };
    CHECK(result(0, 5, 3, 100) == 8);
    CHECK(result(1, 5, 3, 100) == 2);
    CHECK(result(2, 5, 3, 100) == 15);
    CHECK(result(3, 5, 3, 100) == 115);

    // a < x ? y : 0, and the other comparisons, for a below, at and above x.
    const auto selected = [&](std::uint32_t compare, double a) {
      Pointwise op;
      op.operation = 4;
      op.compare = compare;
      op.select_p = 0;
      op.select_q = 1;
      op.select_u = 2;
      op.select_v = 3;
      return value(precision, apply(op, precision, word(precision, a), word(precision, 3), word(precision, 7))) == 7;
    };
    constexpr std::array<std::array<bool, 3>, 6> Holds{{{true, false, false},
                                                        {true, true, false},
                                                        {false, false, true},
                                                        {false, true, true},
                                                        {false, true, false},
                                                        {true, false, true}}};
    for (std::uint32_t compare = 0; compare < Holds.size(); ++compare) {
      for (int a = 2; a <= 4; ++a) CHECK(selected(compare, a) == Holds.at(compare).at(static_cast<std::size_t>(a - 2)));
      CHECK_FALSE(selected(compare, std::numeric_limits<double>::quiet_NaN()));
    }
  }
}

}  // namespace
}  // namespace reference
