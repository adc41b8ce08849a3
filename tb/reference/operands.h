// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace reference {

/// A convolution in the letters of the contract: features [n, c, h, w], weights [k, c/groups, kh, kw], outputs
/// [n, k, oh(), ow()]; all tensors in C order. A fully connected layer has h = w = kh = kw = 1.
struct Convolution {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  std::int64_t k = 1, kh = 1, kw = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_h = 0, pad_w = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;

  [[nodiscard]] std::int64_t oh() const { return (h + 2 * pad_h - dilation_h * (kh - 1) - 1) / stride_h + 1; }
  [[nodiscard]] std::int64_t ow() const { return (w + 2 * pad_w - dilation_w * (kw - 1) - 1) / stride_w + 1; }
  [[nodiscard]] std::int64_t feature_count() const { return n * c * h * w; }
  [[nodiscard]] std::int64_t weight_count() const { return k * (c / groups) * kh * kw; }
  [[nodiscard]] std::int64_t output_count() const { return n * k * oh() * ow(); }
};

/// The table of passes. (The schedule) Per pass: what a channel (row operand, "weights"), a column (column operand,
/// "features") and a beat are, and which tensor is the result.
///
///                   | weights         | features        | channel | column       | beat         | result
///   Forward         | weights         | features        | k       | (n, oy, ox)  | (ic, kh, kw) | outputs
///   BackwardData    | weights         | output gradient | ic      | (n, y, x)    | (k, kh, kw)  | as features
///   BackwardWeights | output gradient | features        | k       | (ic, kh, kw) | (n, oy, ox)  | as weights
///
/// Tuples are flattened with the last index fastest. Channels are numbered from 0 within each group; so are k and ic
/// in columns and beats.
enum class Pass { Forward, BackwardData, BackwardWeights };

[[nodiscard]] std::int64_t channel_count(Pass pass, const Convolution& shape);  ///< of one group
[[nodiscard]] std::int64_t column_count(Pass pass, const Convolution& shape);
[[nodiscard]] std::int64_t beat_count(Pass pass, const Convolution& shape);

/// What feature_index() gives where the features have no element.
inline constexpr std::int64_t Padding = -1;   ///< a zero feature that counts as a multiply-accumulate
inline constexpr std::int64_t Inserted = -2;  ///< a zero of a strided convolution's backward data; does not count

/// Index into the row operand's tensor.
[[nodiscard]] std::int64_t weight_index(Pass pass, const Convolution& shape, std::int64_t group, std::int64_t channel,
                                        std::int64_t beat);
/// Index into the column operand's tensor, or Padding, or Inserted.
[[nodiscard]] std::int64_t feature_index(Pass pass, const Convolution& shape, std::int64_t group, std::int64_t column,
                                         std::int64_t beat);

/// An output of a pass: element `index` of its result.
struct Output {
  std::int64_t group, channel, column;
};
[[nodiscard]] Output output_at(Pass pass, const Convolution& shape, std::int64_t index);

}  // namespace reference
