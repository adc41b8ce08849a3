// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "tensor.h"

namespace dlac::workloads {

/// A ternarisation rule or weights that equation 1 cannot be applied to. what() is one line.
class TernaryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How the threshold w_th of equation 1 is found.
struct TernaryRule {
  enum class Kind : unsigned char {
    Absolute,  ///< w_th = value
    Mean,      ///< w_th = value * mean|W| over the layer
  };
  Kind kind = Kind::Mean;
  double value = 0.7;  ///< finite, at least 0
};

/// What parse_ternary_rule() takes, for error messages.
inline constexpr const char* ExpectedTernaryRule = "abs:T or mean:T with a finite number T of at least 0";
/// "abs:T" or "mean:T", T a finite decimal number of at least 0. Throws TernaryError, naming the text.
[[nodiscard]] TernaryRule parse_ternary_rule(std::string_view text);

/// w_th for a Float32 or Float16 tensor: the mean is taken in binary64 in the order of the elements, the threshold
/// rounded to binary32. Throws TernaryError for another type, an empty tensor, a NaN, or a threshold that is not finite
/// (an infinite weight under a mean rule).
[[nodiscard]] float ternary_threshold(const Tensor& weights, const TernaryRule& rule);

/// Equation 1 [P]: 1 if W > w_th, -1 if W < -w_th, else 0, strictly. Int8 codes of the same shape.
/// `name` is what error messages call the tensor. Throws as ternary_threshold() does.
[[nodiscard]] Tensor ternarise(const Tensor& weights, const TernaryRule& rule, const std::string& name = "weights");

}  // namespace dlac::workloads
