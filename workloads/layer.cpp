// SPDX-License-Identifier: Apache-2.0
#include "workloads/layer.h"

#include <utility>

namespace dlac::workloads {
namespace {

constexpr std::uint64_t LargestSize = std::uint64_t{1} << 20;
constexpr std::uint64_t LargestBytes = 0xFFFFFFFFU;  // strides in commands are 32-bit byte counts

/// Extent of the padded input less that of the dilated kernel; negative if the kernel is larger.
std::int64_t slack(std::uint32_t size, std::uint32_t kernel, std::uint32_t pad, std::uint32_t dilation) {
  const std::int64_t reach = std::int64_t{dilation} * (std::int64_t{kernel} - 1) + 1;
  return std::int64_t{size} + 2 * std::int64_t{pad} - reach;
}

std::uint32_t out_size(std::uint32_t size, std::uint32_t kernel, std::uint32_t pad, std::uint32_t dilation,
                       std::uint32_t stride) {
  return static_cast<std::uint32_t>(slack(size, kernel, pad, dilation) / stride + 1);
}

/// Product, saturating: enough to compare with a limit.
std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? ~std::uint64_t{0} : result;
}

}  // namespace

std::string_view to_string(WeightKind kind) { return kind == WeightKind::Ternary ? "ternary" : "full-precision"; }

LayerError::LayerError(const std::string& layer, std::string key, std::string value, std::string expected)
    : std::runtime_error("layer " + layer + ": " + key + " = " + value + ": expected " + expected),
      key_(std::move(key)),
      value_(std::move(value)),
      expected_(std::move(expected)) {}

std::uint32_t ConvLayer::out_height() const { return out_size(height, kernel_h, pad_h, dilation_h, stride_h); }
std::uint32_t ConvLayer::out_width() const { return out_size(width, kernel_w, pad_w, dilation_w, stride_w); }
std::uint64_t ConvLayer::beats() const { return std::uint64_t{in_channels / groups} * kernel_h * kernel_w; }
std::uint64_t ConvLayer::pixels() const { return std::uint64_t{batch} * out_height() * out_width(); }
std::uint64_t ConvLayer::macs() const { return out_channels * pixels() * beats(); }
std::uint64_t ConvLayer::weight_count() const { return out_channels * beats(); }
std::uint64_t ConvLayer::feature_count() const { return std::uint64_t{batch} * in_channels * height * width; }
std::uint64_t ConvLayer::output_count() const { return out_channels * pixels(); }

void ConvLayer::validate() const {
  const auto refuse = [this](const char* key, std::uint64_t value, const std::string& expected) {
    throw LayerError(name, key, std::to_string(value), expected);
  };
  const struct {
    const char* key;
    std::uint32_t value;
    std::uint32_t minimum;
  } sizes[] = {
      {"batch", batch, 1},
      {"in_channels", in_channels, 1},
      {"height", height, 1},
      {"width", width, 1},
      {"out_channels", out_channels, 1},
      {"kernel_h", kernel_h, 1},
      {"kernel_w", kernel_w, 1},
      {"stride_h", stride_h, 1},
      {"stride_w", stride_w, 1},
      {"pad_h", pad_h, 0},
      {"pad_w", pad_w, 0},
      {"dilation_h", dilation_h, 1},
      {"dilation_w", dilation_w, 1},
      {"groups", groups, 1},
  };
  for (const auto& size : sizes) {
    if (size.value >= size.minimum && size.value <= LargestSize) continue;
    refuse(size.key, size.value, std::to_string(size.minimum) + " to " + std::to_string(LargestSize));
  }
  if (in_channels % groups != 0) {
    refuse("groups", groups, "a divisor of in_channels = " + std::to_string(in_channels));
  }
  if (out_channels % groups != 0) {
    refuse("groups", groups, "a divisor of out_channels = " + std::to_string(out_channels));
  }
  const struct {
    const char* key;
    std::uint32_t size, kernel, pad, dilation;
  } axes[] = {{"kernel_h", height, kernel_h, pad_h, dilation_h}, {"kernel_w", width, kernel_w, pad_w, dilation_w}};
  for (const auto& axis : axes) {
    if (slack(axis.size, axis.kernel, axis.pad, axis.dilation) >= 0) continue;
    refuse(axis.key, axis.kernel,
           "a kernel that, dilated by " + std::to_string(axis.dilation) + ", fits in " + std::to_string(axis.size) +
               " + 2*" + std::to_string(axis.pad));
  }

  const std::uint64_t out_map = product(out_height(), out_width());
  const struct {
    const char* key;
    std::uint64_t value;
    std::uint64_t limit;
    const char* what;
  } totals[] = {
      {"in_channels * height * width", product(in_channels, std::uint64_t{height} * width), LargestBytes / 4,
       "words per image"},
      {"out_channels * out_height * out_width", product(out_channels, out_map), LargestBytes / 4, "words per image"},
      {"batch * out_height * out_width", product(batch, out_map), LargestBytes, "pixels"},
      {"batch * height", product(batch, height), 0x7FFFFFFF, "rows"},
      {"in_channels / groups * kernel_h * kernel_w", beats(), LargestBytes, "beats"},
  };
  for (const auto& total : totals) {
    if (total.value > total.limit)
      refuse(total.key, total.value, "at most " + std::to_string(total.limit) + " " + total.what);
  }
  const std::uint64_t all = product(product(out_channels, product(batch, out_map)), beats());
  if (all >> 62U != 0) refuse("multiply-accumulates", all, "less than 2^62");
}

ConvLayer fully_connected(std::string name, std::uint32_t batch, std::uint32_t in_features, std::uint32_t out_features,
                          WeightKind weights) {
  ConvLayer layer;
  layer.name = std::move(name);
  layer.batch = batch;
  layer.in_channels = in_features;
  layer.out_channels = out_features;
  layer.weights = weights;
  layer.stage = "fc";
  return layer;
}

}  // namespace dlac::workloads
