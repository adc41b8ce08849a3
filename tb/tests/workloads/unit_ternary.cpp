// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "workloads/ternary.h"

using dlac::Half;
using dlac::workloads::ElementType;
using dlac::workloads::parse_ternary_rule;
using dlac::workloads::Tensor;
using dlac::workloads::ternarise;
using dlac::workloads::ternary_threshold;
using dlac::workloads::TernaryError;
using dlac::workloads::TernaryRule;

namespace {

Tensor floats(const std::vector<float>& values) {
  Tensor tensor(ElementType::Float32, {values.size()});
  for (std::size_t i = 0; i < values.size(); ++i) tensor.span<float>()[i] = values[i];
  return tensor;
}
std::vector<int> codes(const Tensor& weights, const char* rule) {
  const Tensor result = ternarise(weights, parse_ternary_rule(rule));
  CHECK(result.shape() == weights.shape());
  const auto span = result.span<std::int8_t>();
  return {span.begin(), span.end()};
}

constexpr float Infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("equation 1 compares strictly") {
  const float above = std::nextafter(0.5F, 1.0F);
  CHECK(codes(floats({0.5F, -0.5F, above, -above, 0.0F, -0.0F}), "abs:0.5") == std::vector<int>{0, 0, 1, -1, 0, 0});
  CHECK(codes(floats({0.0F, -0.0F, 1e-45F, -1e-45F}), "abs:0") == std::vector<int>{0, 0, 1, -1});
  CHECK(codes(floats({Infinity, -Infinity, 3e38F}), "abs:3.3e38") == std::vector<int>{1, -1, 0});
}

TEST_CASE("a mean rule multiplies the mean magnitude, taken in binary64") {
  const Tensor weights = floats({1, -2, 3, -4});  // mean 2.5
  CHECK(ternary_threshold(weights, parse_ternary_rule("mean:1")) == 2.5F);
  CHECK(codes(weights, "mean:0.8") == std::vector<int>{0, 0, 1, -1});  // threshold 2, not above it
  CHECK(codes(weights, "mean:0.7") == std::vector<int>{0, -1, 1, -1});
  CHECK(codes(weights, "mean:0") == std::vector<int>{1, -1, 1, -1});
  CHECK(codes(floats({0, 0}), "mean:0.7") == std::vector<int>{0, 0});

  // In binary32 the sum would stick at 2^24: 2^24 and 2^24 ones have the mean 2^25 / (2^24 + 1).
  std::vector<float> many((1U << 24U) + 1, 1.0F);
  many[0] = 0x1p24F;
  CHECK(ternary_threshold(floats(many), parse_ternary_rule("mean:1")) == static_cast<float>(0x1p25 / (0x1p24 + 1)));
}

TEST_CASE("the threshold is rounded to binary32 before it is compared") {
  // 0.1 is not a binary32 number: 0.1F is above it, and so would be above an unrounded threshold.
  CHECK(codes(floats({0.1F, -0.1F}), "abs:0.1") == std::vector<int>{0, 0});
  CHECK(codes(floats({0.1F, 0.1F}), "mean:1") == std::vector<int>{0, 0});
}

TEST_CASE("binary16 weights are ternarised as the numbers they are") {
  Tensor weights(ElementType::Float16, {4});
  const double values[] = {0.5, -0.75, 0x1p-24, -0.25};
  for (std::size_t i = 0; i < 4; ++i) weights.span<Half>()[i] = Half::from_double(values[i]);
  CHECK(codes(weights, "abs:0.25") == std::vector<int>{1, -1, 0, 0});
  CHECK(codes(weights, "abs:0") == std::vector<int>{1, -1, 1, -1});
  CHECK(ternary_threshold(weights, parse_ternary_rule("mean:2")) == static_cast<float>((1.5 + 0x1p-24) / 2));
}

TEST_CASE("weights without a meaning are refused, naming the element") {
  const TernaryRule rule;
  CHECK_THROWS_WITH(ternarise(floats({1, std::nanf(""), 2}), rule, "W.npy"),
                    Catch::Contains("W.npy") && Catch::Contains("element 1") && Catch::Contains("NaN"));
  CHECK_THROWS_AS(ternarise(floats({1, std::nanf("")}), parse_ternary_rule("abs:1")), TernaryError);
  CHECK_THROWS_AS(ternarise(floats({1, Infinity}), rule), TernaryError);
  CHECK_THROWS_AS(ternarise(floats({}), rule), TernaryError);
  CHECK_THROWS_WITH(ternarise(Tensor(ElementType::Int8, {2}), rule), Catch::Contains("int8"));
  CHECK_THROWS_AS(ternarise(floats({1}), parse_ternary_rule("abs:1e39")), TernaryError);
}

TEST_CASE("ternary rules: two forms, everything else is refused with the text") {
  CHECK(parse_ternary_rule("abs:0.05").kind == TernaryRule::Kind::Absolute);
  CHECK(parse_ternary_rule("abs:0.05").value == 0.05);
  CHECK(parse_ternary_rule("mean:.7").kind == TernaryRule::Kind::Mean);
  CHECK(parse_ternary_rule("mean:7e-1").value == 0.7);
  CHECK(parse_ternary_rule("abs:0").value == 0);
  for (const std::string text : {"",          "abs",      "abs:",     "mean:",  "0.7",      "median:0.7", "abs:x",
                                 "abs:0.5x",  "abs: 0.5", "abs:-0.5", "abs:-0", "mean:nan", "mean:inf",   "mean:1e999",
                                 "abs:0x1p3", "abs:1,5",  "abs:0.5 ", "ABS:1",  "abs:1e",   "abs:--1",    "abs:."}) {
    INFO("'" << text << "'");
    CHECK_THROWS_WITH(parse_ternary_rule(text), Catch::Contains("ternary = " + text + ":"));
  }
}
