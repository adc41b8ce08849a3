// SPDX-License-Identifier: Apache-2.0
#include "workloads/density.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace dlac::workloads {
namespace {

/// Calls `visit(elements)` with the tensor's elements in their own type; binary16 as bits without the sign.
template <class Visit>
auto with_elements(const Tensor& tensor, Visit visit) {
  switch (tensor.type()) {
    case ElementType::Int8: return visit(tensor.span<std::int8_t>(), [](std::int8_t x) { return x != 0; });
    case ElementType::UInt8: return visit(tensor.span<std::uint8_t>(), [](std::uint8_t x) { return x != 0; });
    case ElementType::Int32: return visit(tensor.span<std::int32_t>(), [](std::int32_t x) { return x != 0; });
    case ElementType::Int64: return visit(tensor.span<std::int64_t>(), [](std::int64_t x) { return x != 0; });
    case ElementType::Float16:
      return visit(tensor.span<std::uint16_t>(), [](std::uint16_t x) { return (x & 0x7FFFU) != 0; });
    case ElementType::Float32: return visit(tensor.span<float>(), [](float x) { return x != 0; });
    case ElementType::Float64: break;
  }
  return visit(tensor.span<double>(), [](double x) { return x != 0; });
}

/// Non-zero weights of each flattened filter position, summed over a group's filters: [groups][beats].
std::vector<std::uint32_t> weights_per_position(const ConvLayer& layer, const Tensor& weights) {
  const auto beats = static_cast<std::size_t>(layer.beats());
  const std::size_t filters = layer.out_channels / layer.groups;
  std::vector<std::uint32_t> counts(layer.groups * beats, 0);
  with_elements(weights, [&](auto elements, auto nonzero) {
    // Byte-sized partial sums vectorise; 255 filters cannot overflow them.
    std::vector<std::uint8_t> partial(beats);
    for (std::size_t group = 0; group < layer.groups; ++group) {
      std::uint32_t* total = counts.data() + group * beats;
      for (std::size_t first = 0; first < filters; first += 255) {
        const std::size_t last = std::min(filters, first + 255);
        std::fill(partial.begin(), partial.end(), std::uint8_t{0});
        for (std::size_t k = first; k < last; ++k) {
          const auto* filter = elements.data() + (group * filters + k) * beats;
          std::uint8_t* sum = partial.data();
          for (std::size_t t = 0; t < beats; ++t)
            sum[t] = static_cast<std::uint8_t>(sum[t] + (nonzero(filter[t]) ? 1 : 0));
        }
        for (std::size_t t = 0; t < beats; ++t) total[t] += partial[t];
      }
    }
    return 0;
  });
  return counts;
}

/// Non-zero features that each kernel position meets, summed over pixels and images: [in_channels][KH][KW].
std::vector<std::uint64_t> features_per_position(const ConvLayer& layer, const Tensor& features) {
  const std::size_t height = layer.height, width = layer.width;
  const std::size_t kernel = std::size_t{layer.kernel_h} * layer.kernel_w;
  const std::uint32_t out_height = layer.out_height(), out_width = layer.out_width();
  const std::size_t stride = layer.stride_w;
  std::vector<std::uint64_t> counts(layer.in_channels * kernel, 0);

  // Columns of a row met at kernel column kw: x0 + i * stride for i in a range, whatever the row.
  struct Columns {
    std::size_t first = 0, last = 0;
    bool any = false;
  };
  std::vector<Columns> columns(layer.kernel_w);
  for (std::uint32_t kw = 0; kw < layer.kernel_w; ++kw) {
    const std::int64_t x0 = std::int64_t{kw} * layer.dilation_w - layer.pad_w;
    const auto step = static_cast<std::int64_t>(stride);
    const std::int64_t first = x0 >= 0 ? 0 : (-x0 + step - 1) / step;
    const std::int64_t limit = static_cast<std::int64_t>(width) - 1 - x0;
    const std::int64_t last = limit < 0 ? -1 : std::min<std::int64_t>(limit / step, std::int64_t{out_width} - 1);
    if (last < first) continue;
    columns[kw] = {static_cast<std::size_t>(x0 + first * step), static_cast<std::size_t>(x0 + last * step), true};
  }

  with_elements(features, [&](auto elements, auto nonzero) {
    std::vector<std::uint32_t> sums(width);                       // non-zeros at x, x - stride, x - 2 stride, ...
    std::vector<std::uint32_t> per_row(height * layer.kernel_w);  // [y][kw]
    for (std::size_t n = 0; n < layer.batch; ++n) {
      for (std::size_t c = 0; c < layer.in_channels; ++c) {
        for (std::size_t y = 0; y < height; ++y) {
          const auto* row = elements.data() + ((n * layer.in_channels + c) * height + y) * width;
          for (std::size_t x = 0; x < width; ++x) {
            sums[x] = (nonzero(row[x]) ? 1U : 0U) + (x >= stride ? sums[x - stride] : 0U);
          }
          for (std::uint32_t kw = 0; kw < layer.kernel_w; ++kw) {
            const Columns& range = columns[kw];
            std::uint32_t count = 0;
            if (range.any) count = sums[range.last] - (range.first >= stride ? sums[range.first - stride] : 0U);
            per_row[y * layer.kernel_w + kw] = count;
          }
        }
        std::uint64_t* position = counts.data() + c * kernel;
        for (std::uint32_t kh = 0; kh < layer.kernel_h; ++kh) {
          for (std::uint32_t oy = 0; oy < out_height; ++oy) {
            const std::int64_t y =
                std::int64_t{oy} * layer.stride_h + std::int64_t{kh} * layer.dilation_h - layer.pad_h;
            if (y < 0 || y >= static_cast<std::int64_t>(height)) continue;
            const std::uint32_t* line = per_row.data() + static_cast<std::size_t>(y) * layer.kernel_w;
            for (std::uint32_t kw = 0; kw < layer.kernel_w; ++kw) position[kh * layer.kernel_w + kw] += line[kw];
          }
        }
      }
    }
    return 0;
  });
  return counts;
}

}  // namespace

std::uint64_t count_nonzero(const Tensor& tensor) {
  return with_elements(tensor, [](auto elements, auto nonzero) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) count += nonzero(elements[i]) ? 1U : 0U;
    return count;
  });
}

LayerCounts count_layer(const ConvLayer& layer, const Tensor& features, const Tensor& weights) {
  if (features.elements() != layer.feature_count() || weights.elements() != layer.weight_count()) {
    throw std::invalid_argument("layer " + layer.name + ": tensors of other sizes than the layer's");
  }
  const std::vector<std::uint32_t> per_weight = weights_per_position(layer, weights);
  const std::vector<std::uint64_t> per_feature = features_per_position(layer, features);

  LayerCounts counts;
  counts.weights = layer.weight_count();
  counts.features = layer.feature_count();
  counts.nonzero_features = count_nonzero(features);
  counts.column_beats = layer.pixels() * layer.in_channels * layer.kernel_h * layer.kernel_w;
  counts.macs = layer.macs();
  const std::uint64_t filters = layer.out_channels / layer.groups;
  for (std::size_t j = 0; j < per_weight.size(); ++j) {  // [group][channel of the group][kh][kw] both
    counts.nonzero_weights += per_weight[j];
    counts.nonzero_beats += per_feature[j];
    counts.live_both += per_weight[j] * per_feature[j];
  }
  counts.live_weight = counts.nonzero_weights * layer.pixels();
  counts.live_feature = counts.nonzero_beats * filters;
  return counts;
}

}  // namespace dlac::workloads
