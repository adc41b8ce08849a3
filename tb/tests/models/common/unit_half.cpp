// SPDX-License-Identifier: Apache-2.0
// Half against MPFR with 11 bits of precision and binary16's exponent range: correctly rounded by construction.
#include <dlac/common/half.h>

#include <mpfr.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

using dlac::Half;

constexpr mpfr_prec_t Precision = 11;
constexpr std::uint32_t Patterns = 1U << 16U;

/// All binary16 values as MPFR numbers, made from the fields of their encodings, and a result to compute into. MPFR's
/// exponents are of significands in [1/2, 1): binary16 reaches from 2^-24 = 1/2 * 2^-23 to below 2^16.
class Oracle {
 public:
  Oracle() : values_(new mpfr_t[Patterns]) {
    mpfr_set_emin(-23);
    mpfr_set_emax(16);
    mpfr_init2(result_, Precision);
    for (std::uint32_t bits = 0; bits < Patterns; ++bits) {
      mpfr_t& value = values_[bits];
      mpfr_init2(value, Precision);
      const std::int64_t sign = (bits & 0x8000U) != 0 ? -1 : 1;
      const int exponent = static_cast<int>(bits >> 10U & 0x1FU);
      const std::int64_t fraction = bits & 0x3FFU;
      if (exponent == 31 && fraction != 0) {
        mpfr_set_nan(value);
      } else if (exponent == 31) {
        mpfr_set_inf(value, static_cast<int>(sign));
      } else if (exponent == 0 && fraction == 0) {
        mpfr_set_zero(value, static_cast<int>(sign));
      } else if (exponent == 0) {
        mpfr_set_si_2exp(value, sign * fraction, -24, MPFR_RNDN);
      } else {
        mpfr_set_si_2exp(value, sign * (1024 + fraction), exponent - 25, MPFR_RNDN);
      }
    }
  }
  ~Oracle() {
    for (std::uint32_t bits = 0; bits < Patterns; ++bits) mpfr_clear(values_[bits]);
    mpfr_clear(result_);
    mpfr_set_emin(outer_emin_);
    mpfr_set_emax(outer_emax_);
    mpfr_free_cache();
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  [[nodiscard]] const mpfr_t& operator[](Half h) const { return values_[h.bits()]; }

  /// Whether `got` is the rounded result of `compute(result, rounding)`, the sign of zero included; 0x7E00 for a NaN.
  template <class Compute>
  [[nodiscard]] bool agrees(Half got, const Compute& compute) {
    const int inexact = compute(static_cast<mpfr_ptr>(result_), MPFR_RNDN);
    mpfr_subnormalize(result_, inexact, MPFR_RNDN);
    if (mpfr_nan_p(result_) != 0) return got.bits() == 0x7E00;
    return mpfr_equal_p(result_, (*this)[got]) != 0 && mpfr_signbit(result_) == mpfr_signbit((*this)[got]);
  }
  [[nodiscard]] bool add_agrees(Half a, Half b) {
    return agrees(dlac::add(a, b),
                  [&](mpfr_ptr r, mpfr_rnd_t rnd) { return mpfr_add(r, (*this)[a], (*this)[b], rnd); });
  }
  [[nodiscard]] bool subtract_agrees(Half a, Half b) {
    return agrees(dlac::subtract(a, b),
                  [&](mpfr_ptr r, mpfr_rnd_t rnd) { return mpfr_sub(r, (*this)[a], (*this)[b], rnd); });
  }
  [[nodiscard]] bool multiply_agrees(Half a, Half b) {
    return agrees(dlac::multiply(a, b),
                  [&](mpfr_ptr r, mpfr_rnd_t rnd) { return mpfr_mul(r, (*this)[a], (*this)[b], rnd); });
  }
  [[nodiscard]] bool fma_agrees(Half a, Half b, Half c) {
    return agrees(dlac::fused_multiply_add(a, b, c),
                  [&](mpfr_ptr r, mpfr_rnd_t rnd) { return mpfr_fma(r, (*this)[a], (*this)[b], (*this)[c], rnd); });
  }
  [[nodiscard]] bool conversion_agrees(double value) {
    return agrees(Half::from_double(value), [&](mpfr_ptr r, mpfr_rnd_t rnd) { return mpfr_set_d(r, value, rnd); });
  }
  [[nodiscard]] bool conversion_agrees(float value) {
    return agrees(Half::from_float(value), [&](mpfr_ptr r, mpfr_rnd_t rnd) { return mpfr_set_flt(r, value, rnd); });
  }

 private:
  const mpfr_exp_t outer_emin_ = mpfr_get_emin();
  const mpfr_exp_t outer_emax_ = mpfr_get_emax();
  std::unique_ptr<mpfr_t[]> values_;
  mpfr_t result_;
};

/// Counts what disagrees, and names the first: an assertion per case would take minutes.
class Tally {
 public:
  template <class... Operands>
  void check(bool agrees, const Operands&... operands) {
    ++cases_;
    if (agrees) return;
    if (wrong_++ == 0) {
      std::ostringstream text;
      text << std::hexfloat << std::hex;
      ((text << show(operands) << ' '), ...);
      first_ = text.str();
    }
  }
  [[nodiscard]] std::uint64_t cases() const { return cases_; }
  [[nodiscard]] std::uint64_t wrong() const { return wrong_; }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  [[nodiscard]] static unsigned show(Half h) { return h.bits(); }
  [[nodiscard]] static double show(double x) { return x; }
  std::uint64_t cases_ = 0, wrong_ = 0;
  std::string first_;
};

[[nodiscard]] Half h(std::uint32_t bits) { return Half::from_bits(static_cast<std::uint16_t>(bits)); }

/// Zeros, ones, the ends of the subnormals and of the normals, infinities and NaNs, of both signs.
[[nodiscard]] std::vector<Half> special_values() {
  std::vector<Half> values;
  for (const std::uint32_t bits :
       {0x0000U, 0x0001U, 0x0002U, 0x01FFU, 0x0200U, 0x03FFU, 0x0400U, 0x0401U, 0x07FFU, 0x0800U, 0x3BFFU,
        0x3C00U, 0x3C01U, 0x7800U, 0x7BFEU, 0x7BFFU, 0x7C00U, 0x7C01U, 0x7DFFU, 0x7E00U, 0x7FFFU}) {
    values.push_back(h(bits));
    values.push_back(h(bits | 0x8000U));
  }
  return values;
}

/// About 4,000 encodings: every exponent with the fractions where carries and ties are, and random ones.
[[nodiscard]] std::vector<Half> dense_sample() {
  std::vector<Half> values = special_values();
  for (std::uint32_t sign_exponent = 0; sign_exponent < 64; ++sign_exponent) {
    for (const std::uint32_t fraction : {0x000U, 0x001U, 0x002U, 0x003U, 0x004U, 0x0FFU, 0x155U, 0x1FFU, 0x200U, 0x201U,
                                         0x2AAU, 0x300U, 0x3FCU, 0x3FDU, 0x3FEU, 0x3FFU}) {
      values.push_back(h(sign_exponent << 10U | fraction));
    }
  }
  std::mt19937 random(1);
  while (values.size() < 4000) values.push_back(h(random() & 0xFFFFU));
  return values;
}

/// Random operands of a given kind for fused_multiply_add.
class Triples {
 public:
  struct Triple {
    Half a, b, c;
  };

  Triple any() { return {bits(), bits(), bits()}; }
  /// c some 9 to 13 binary places above the product, whose few set bits often make a tie.
  Triple near_tie() {
    const Half a = power_or_any(exponent(6, 24));
    const Half b = power_or_any(exponent(8, 20));
    const double product = std::abs(static_cast<double>(a.to_float()) * static_cast<double>(b.to_float()));
    return {a, b, with_exponent(std::clamp(std::ilogb(product) + 15 + exponent(9, 13), 0, 30))};
  }
  /// c within a few units of -(a*b).
  Triple cancellation() {
    const Half a = with_exponent(exponent(1, 24));
    const Half b = with_exponent(exponent(1, 20));
    const std::uint32_t c = dlac::multiply(a, b).bits() ^ 0x8000U;
    return {a, b, h(c + static_cast<std::uint32_t>(exponent(-2, 2)))};
  }
  /// Products and sums around and below the smallest normal, 2^-14.
  Triple subnormal() {
    const int exponent_a = exponent(0, 16);
    return {with_exponent(exponent_a), with_exponent(exponent(0, 18 - exponent_a)), with_exponent(exponent(0, 2))};
  }
  /// Products and sums around 65504.
  Triple overflow() {
    const int exponent_a = exponent(16, 30);
    return {with_exponent(exponent_a), with_exponent(exponent(44, 46) - exponent_a), with_exponent(exponent(18, 30))};
  }

 private:
  [[nodiscard]] Half bits() { return h(static_cast<std::uint32_t>(random_()) & 0xFFFFU); }
  [[nodiscard]] int exponent(int from, int to) { return from + static_cast<int>(random_() % (to - from + 1U)); }
  [[nodiscard]] Half with_exponent(int biased) {
    return h((bits().bits() & 0x83FFU) | static_cast<std::uint32_t>(biased) << 10U);
  }
  [[nodiscard]] Half power_or_any(int biased) {
    const Half any = with_exponent(biased);
    return random_() % 2 == 0 ? any : h(any.bits() & 0xFC00U);
  }
  std::mt19937 random_{2};
};

[[nodiscard]] std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

}  // namespace

TEST_CASE("half precision rounds to nearest even where one can follow by hand", "[half]") {
  // 1 + 2^-11 is a tie and goes to the even 1; (1 + 2^-10) + 2^-11 goes up to the even 1 + 2^-9.
  CHECK(add(h(0x3C00), h(0x1000)).bits() == 0x3C00);
  CHECK(add(h(0x3C01), h(0x1000)).bits() == 0x3C02);
  // 65504 + 16 is the tie between 65504 and 65536: infinity. 65504 + 15.99 stays.
  CHECK(add(h(0x7BFF), h(0x4C00)).bits() == 0x7C00);
  CHECK(add(h(0x7BFF), h(0x4BFF)).bits() == 0x7BFF);
  // The largest subnormal and the smallest one are the smallest normal.
  CHECK(add(h(0x03FF), h(0x0001)).bits() == 0x0400);
  // Exact zeros are +0, but for -0 + -0.
  CHECK(add(h(0x3C00), h(0xBC00)).bits() == 0x0000);
  CHECK(add(h(0x8000), h(0x8000)).bits() == 0x8000);
  CHECK(subtract(h(0x8000), h(0x0000)).bits() == 0x8000);
  // 2^-24 / 2 is a tie between 0 and 2^-24; anything more is 2^-24.
  CHECK(multiply(h(0x0001), h(0x3800)).bits() == 0x0000);
  CHECK(multiply(h(0x8001), h(0x3800)).bits() == 0x8000);
  CHECK(multiply(h(0x0001), h(0x3801)).bits() == 0x0001);
  // (1 + 2^-10) * 2^-11 on top of 1 is just above the tie that 1 * 2^-11 makes.
  CHECK(fused_multiply_add(h(0x3C01), h(0x1000), h(0x3C00)).bits() == 0x3C01);
  CHECK(fused_multiply_add(h(0x1000), h(0x3C00), h(0x3C00)).bits() == 0x3C00);
  CHECK(fused_multiply_add(h(0x7BFF), h(0x7BFF), h(0xFC00)).bits() == 0xFC00);
  CHECK(fused_multiply_add(h(0x7C00), h(0x0000), h(0x3C00)).is_nan());
}

TEST_CASE("a fused multiply-add rounds once where binary32 would round twice", "[half]") {
  // a*b = 2^-10 - 2^-30 on top of c = 2 + 2^-9 is just below the tie to 2 + 2^-8, whose significand is even. binary32
  // has a unit of 2^-22 there, so it rounds to the tie, and the tie rounds up.
  const Half a = Half::from_double(0x1p-5 + 0x1p-15);
  const Half b = Half::from_double(0x1p-5 - 0x1p-15);
  const Half c = Half::from_double(2 + 0x1p-9);
  REQUIRE(static_cast<double>(a.to_float()) == 0x1p-5 + 0x1p-15);
  REQUIRE(static_cast<double>(b.to_float()) == 0x1p-5 - 0x1p-15);
  CHECK(fused_multiply_add(a, b, c).to_float() == 2 + 0x1p-9F);
  CHECK(Half::from_float(std::fma(a.to_float(), b.to_float(), c.to_float())).to_float() == 2 + 0x1p-8F);  // the trap
}

TEST_CASE("half-precision addition, subtraction and multiplication are correctly rounded", "[half]") {
  Oracle oracle;
  const std::vector<Half> sample = dense_sample();
  Tally sums, differences, products;
  for (const Half a : sample) {
    for (const Half b : sample) {
      sums.check(oracle.add_agrees(a, b), a, b);
      differences.check(oracle.subtract_agrees(a, b), a, b);
      products.check(oracle.multiply_agrees(a, b), a, b);
    }
  }
  INFO("first wrong: " << sums.first() << "| " << differences.first() << "| " << products.first());
  CHECK(sums.cases() >= 16'000'000);
  CHECK(sums.wrong() == 0);
  CHECK(differences.wrong() == 0);
  CHECK(products.wrong() == 0);
}

TEST_CASE("half-precision operations on the neighbours of every value are correctly rounded", "[half]") {
  // With the value one to two steps away (cancellation, doubling) and with the values that make ties with it.
  Oracle oracle;
  Tally tally;
  for (std::uint32_t bits = 0; bits < Patterns; ++bits) {
    for (const std::uint32_t other : {bits - 2, bits - 1, bits, bits + 1, bits + 2, bits - (11U << 10U),
                                      bits - (11U << 10U) + 1, bits - (11U << 10U) - 1, bits - (10U << 10U)}) {
      for (const std::uint32_t sign : {0U, 0x8000U}) {
        const Half a = h(bits & 0xFFFFU);
        const Half b = h((other ^ sign) & 0xFFFFU);
        tally.check(oracle.add_agrees(a, b), a, b);
        tally.check(oracle.subtract_agrees(b, a), b, a);
      }
    }
  }
  INFO("first wrong: " << tally.first());
  CHECK(tally.wrong() == 0);
}

TEST_CASE("half-precision fused multiply-add is correctly rounded", "[half]") {
  Oracle oracle;
  Triples triples;
  Tally tally;
  const auto check = [&](const Triples::Triple& t) { tally.check(oracle.fma_agrees(t.a, t.b, t.c), t.a, t.b, t.c); };
  for (const Half a : special_values()) {
    for (const Half b : special_values()) {
      for (const Half c : special_values()) check({a, b, c});
    }
  }
  for (int i = 0; i < 2'400'000; ++i) {
    check(triples.any());
    check(triples.near_tie());
    check(triples.cancellation());
    check(triples.subnormal());
    check(triples.overflow());
  }
  INFO("first wrong: " << tally.first());
  CHECK(tally.cases() >= 12'000'000);
  CHECK(tally.wrong() == 0);
}

TEST_CASE("every half survives the way through binary32 and binary64", "[half]") {
  Oracle oracle;
  Tally tally;
  for (std::uint32_t bits = 0; bits < Patterns; ++bits) {
    const Half half = h(bits);
    const float value = half.to_float();
    const std::uint32_t expected_bits = half.is_nan() ? 0x7E00 : bits;
    const bool same_value =
        half.is_nan() ? std::isnan(value) : bits_of(value) == bits_of(mpfr_get_flt(oracle[half], MPFR_RNDN));
    tally.check(same_value && Half::from_float(value).bits() == expected_bits &&
                    Half::from_double(static_cast<double>(value)).bits() == expected_bits,
                half);
  }
  INFO("first wrong: " << tally.first());
  CHECK(tally.wrong() == 0);
}

TEST_CASE("conversions to half precision are correctly rounded, at and beside every tie", "[half]") {
  Oracle oracle;
  Tally tally;
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const double low = static_cast<double>(h(bits).to_float());
    const double high = bits == 0x7BFF ? 65536.0 : static_cast<double>(h(bits + 1).to_float());
    const double tie = (low + high) / 2;  // exact in binary32, too: 12 bits
    for (const double point : {low, tie}) {
      const auto as_float = static_cast<float>(point);
      for (const float sign : {-1.0F, 1.0F}) {
        for (const float beside : {0.0F, 1.0F}) {
          const float down = std::nextafter(as_float, beside == 0 ? as_float : -std::numeric_limits<float>::infinity());
          const float up = std::nextafter(as_float, beside == 0 ? as_float : std::numeric_limits<float>::infinity());
          tally.check(oracle.conversion_agrees(sign * down), static_cast<double>(down));
          tally.check(oracle.conversion_agrees(sign * up), static_cast<double>(up));
        }
        for (const double limit : {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()}) {
          const double beside = sign * std::nextafter(point, limit);
          tally.check(oracle.conversion_agrees(beside), beside);
        }
      }
    }
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 4'000'000; ++i) {
    const std::uint64_t bits = random();
    const auto word = static_cast<std::uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof value);
    tally.check(oracle.conversion_agrees(value), static_cast<double>(value));
    // A random significand and sign, with an exponent near those of binary16.
    const double wide = std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits)), -63 - 28 + i % 48);
    tally.check(oracle.conversion_agrees(wide), wide);
  }
  for (const double value : {0.0, -0.0, 65519.999, 65520.0, 1e300, -1e300, 1e-300, -1e-300, 0x1p-25, 0x1.8p-25,
                             std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    tally.check(oracle.conversion_agrees(value), value);
  }
  INFO("first wrong: " << tally.first());
  CHECK(tally.wrong() == 0);
  CHECK(Half::from_double(std::numeric_limits<double>::quiet_NaN()).bits() == 0x7E00);
  CHECK(Half::from_float(-std::numeric_limits<float>::quiet_NaN()).bits() == 0x7E00);
}
