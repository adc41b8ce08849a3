// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/arithmetic.h"
#include "tb/reference/operands.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace reference {

/// Weights [k, c/groups, kh, kw] that someone else owns: ternary (-1, 0, 1) or full-precision words.
class Weights {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor)
  Weights(const std::vector<std::int8_t>& ternary) : ternary_(&ternary) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Weights(const std::vector<std::uint32_t>& words) : words_(&words) {}
  [[nodiscard]] const std::vector<std::int8_t>* ternary() const { return ternary_; }  ///< null: full precision
  [[nodiscard]] const std::vector<std::uint32_t>* words() const { return words_; }    ///< null: ternary

 private:
  const std::vector<std::int8_t>* ternary_ = nullptr;
  const std::vector<std::uint32_t>* words_ = nullptr;
};

using Words = std::vector<std::uint32_t>;

// The values. (The arithmetic) Each output is accumulated from +0 over the beats of its pass, ascending; a ternary
// weight adds or subtracts the feature, a word is a fused multiply-add, one rounding each; an update with a zero
// operand does nothing. Results are words without -0 and with one NaN, 0x7FC00000 or 0x7E00.

/// Called now and then with what is done so far, of the whole.
using Moved = std::function<void(std::int64_t done, std::int64_t all)>;

/// Forward: features [n, c, h, w] to [n, k, oh, ow]. `moved` may be empty.
[[nodiscard]] Words convolve(const Convolution& shape, const Weights& weights, const Words& features,
                             Precision precision, const Moved& moved = {});
/// Gradient of the features [n, c, h, w] from that of the outputs [n, k, oh, ow].
[[nodiscard]] Words backward_data(const Convolution& shape, const Weights& weights, const Words& output_gradient,
                                  Precision precision);
/// Gradient of the weights [k, c/groups, kh, kw] from the features and the gradient of the outputs.
[[nodiscard]] Words backward_weights(const Convolution& shape, const Words& features, const Words& output_gradient,
                                     Precision precision);

// One element of the above, `index` into the result: for samples of large layers, and literally the contract's loop.
[[nodiscard]] std::uint32_t convolve_output(const Convolution& shape, const Weights& weights, const Words& features,
                                            Precision precision, std::int64_t index);
[[nodiscard]] std::uint32_t backward_data_output(const Convolution& shape, const Weights& weights,
                                                 const Words& output_gradient, Precision precision, std::int64_t index);
[[nodiscard]] std::uint32_t backward_weights_output(const Convolution& shape, const Words& features,
                                                    const Words& output_gradient, Precision precision,
                                                    std::int64_t index);

}  // namespace reference
