// SPDX-License-Identifier: Apache-2.0
#include "workloads/ternary.h"

#include <cmath>
#include <cstdint>
#include <locale>
#include <sstream>
#include <vector>

#include "workloads/convert.h"
#include "workloads/number_text.h"

namespace dlac::workloads {
namespace {

/// The weights as binary32, which holds every binary16 exactly. `storage` is used where they have to be converted.
Span<const float> as_floats(const Tensor& weights, std::vector<float>& storage, const std::string& name) {
  if (weights.type() == ElementType::Float32) return weights.span<float>();
  if (weights.type() != ElementType::Float16) {
    throw TernaryError(name + ": type " + std::string(to_string(weights.type())) +
                       ": expected float32 or float16 to ternarise");
  }
  const Span<const std::uint16_t> halves = weights.span<std::uint16_t>();
  storage.resize(halves.size());
  convert_to_float(halves.data(), halves.size(), storage.data());
  return {storage.data(), storage.size()};
}

float threshold_of(Span<const float> weights, const TernaryRule& rule, const std::string& name) {
  if (weights.empty()) throw TernaryError(name + ": no elements: expected weights to ternarise");
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (std::isnan(weights[i])) {
      throw TernaryError(name + ": element " + std::to_string(i) + " is NaN: expected numbers to ternarise");
    }
    sum += std::fabs(static_cast<double>(weights[i]));
  }
  const bool mean = rule.kind == TernaryRule::Kind::Mean;
  const double exact = mean ? rule.value * (sum / static_cast<double>(weights.size())) : rule.value;
  const auto threshold = static_cast<float>(exact);
  if (!std::isfinite(threshold)) {
    throw TernaryError(name + ": ternary threshold " + to_text(exact) + ": expected a finite binary32 number");
  }
  return threshold;
}

}  // namespace

TernaryRule parse_ternary_rule(std::string_view text) {
  const auto refuse = [&] {
    throw TernaryError("ternary = " + std::string(text) + ": expected " + ExpectedTernaryRule);
  };
  TernaryRule rule;
  std::string_view number;
  if (text.substr(0, 4) == "abs:") {
    rule.kind = TernaryRule::Kind::Absolute;
    number = text.substr(4);
  } else if (text.substr(0, 5) == "mean:") {
    rule.kind = TernaryRule::Kind::Mean;
    number = text.substr(5);
  } else {
    refuse();
  }
  // A stream of the classic locale: strtod would follow the user's decimal comma and take "inf", "nan" and "0x1p3".
  if (number.empty() || number.find_first_not_of("0123456789.eE+-") != std::string_view::npos) refuse();
  std::istringstream stream{std::string(number)};
  stream.imbue(std::locale::classic());
  stream >> rule.value;
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof()) refuse();
  if (!std::isfinite(rule.value) || std::signbit(rule.value)) refuse();
  return rule;
}

float ternary_threshold(const Tensor& weights, const TernaryRule& rule) {
  std::vector<float> storage;
  return threshold_of(as_floats(weights, storage, "weights"), rule, "weights");
}

Tensor ternarise(const Tensor& weights, const TernaryRule& rule, const std::string& name) {
  std::vector<float> storage;
  const Span<const float> values = as_floats(weights, storage, name);
  const float threshold = threshold_of(values, rule, name);
  Tensor codes(ElementType::Int8, weights.shape());
  const Span<std::int8_t> out = codes.span<std::int8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] =
        static_cast<std::int8_t>(static_cast<int>(values[i] > threshold) - static_cast<int>(values[i] < -threshold));
  }
  return codes;
}

}  // namespace dlac::workloads
