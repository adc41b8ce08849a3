// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dlac::workloads {

/// How a layer's weights are kept: two bits per weight, or one word of the mode's format.
enum class WeightKind : std::uint8_t { Ternary, FullPrecision };
[[nodiscard]] std::string_view to_string(WeightKind kind);

/// A layer value that describes no convolution. what() is one line: layer, key, value, expected.
class LayerError : public std::runtime_error {
 public:
  LayerError(const std::string& layer, std::string key, std::string value, std::string expected);
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }

 private:
  std::string key_, value_, expected_;
};

/// A convolution: features [batch, in_channels, height, width] with weights
/// [out_channels, in_channels / groups, kernel_h, kernel_w] to [batch, out_channels, out_height(), out_width()].
/// A fully connected layer is a 1x1 convolution on a 1x1 map. Plain data; the derived sizes below hold once
/// `validate()` has passed.
struct ConvLayer {
  std::string name;
  std::uint32_t batch = 1;
  std::uint32_t in_channels = 1;
  std::uint32_t height = 1, width = 1;  ///< of the stored map, padding excluded
  std::uint32_t out_channels = 1;
  std::uint32_t kernel_h = 1, kernel_w = 1;
  std::uint32_t stride_h = 1, stride_w = 1;
  std::uint32_t pad_h = 0, pad_w = 0;            ///< zeros on either side
  std::uint32_t dilation_h = 1, dilation_w = 1;  ///< distance of neighbouring kernel positions
  std::uint32_t groups = 1;
  WeightKind weights = WeightKind::Ternary;
  std::string stage;  ///< heading under which tables sum up, e.g. "conv1", "stage 2", "fc"

  /// floor((height + 2 pad - dilation (kernel - 1) - 1) / stride) + 1
  [[nodiscard]] std::uint32_t out_height() const;
  [[nodiscard]] std::uint32_t out_width() const;
  /// T, the length of a flattened filter: in_channels / groups * kernel_h * kernel_w. (The schedule)
  [[nodiscard]] std::uint64_t beats() const;
  /// Output pixels of the whole batch: batch * out_height * out_width.
  [[nodiscard]] std::uint64_t pixels() const;
  /// Multiply-accumulates, padding included: out_channels * pixels() * beats().
  [[nodiscard]] std::uint64_t macs() const;
  [[nodiscard]] std::uint64_t weight_count() const;   ///< elements of the weight tensor
  [[nodiscard]] std::uint64_t feature_count() const;  ///< elements of the stored input map
  [[nodiscard]] std::uint64_t output_count() const;   ///< elements of the output map

  /// Throws LayerError if this is no convolution: a size, stride, dilation or group count of 0, groups that do not
  /// divide the channels, a kernel larger than the padded input, or a size beyond what a command can name.
  void validate() const;
};

/// A fully connected layer, weights [out_features, in_features].
[[nodiscard]] ConvLayer fully_connected(std::string name, std::uint32_t batch, std::uint32_t in_features,
                                        std::uint32_t out_features, WeightKind weights = WeightKind::Ternary);

}  // namespace dlac::workloads
