// SPDX-License-Identifier: Apache-2.0
#include "workloads/pixel_tiles.h"

#include <algorithm>
#include <limits>

namespace dlac::workloads {
namespace {

/// Input positions inside [0, extent) that outputs [out.first, out.end) of one axis touch; empty if all is padding.
[[nodiscard]] Range touched(Range out, std::uint32_t stride, std::uint32_t pad, std::uint32_t dilation,
                            std::uint32_t kernel, std::uint32_t extent) {
  const std::int64_t low = std::int64_t{out.first} * stride - pad;
  const std::int64_t high = std::int64_t{out.end - 1} * stride - pad + std::int64_t{kernel - 1} * dilation + 1;
  const std::int64_t first = std::clamp<std::int64_t>(low, 0, extent);
  const std::int64_t end = std::clamp<std::int64_t>(high, first, extent);
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end)};
}

}  // namespace

std::vector<Strip> make_strips(const ConvLayer& layer, std::uint32_t count) {
  const std::uint32_t out_width = layer.out_width();
  const std::uint32_t width = (out_width + count - 1) / count;
  std::vector<Strip> strips;
  for (std::uint32_t x = 0; x < out_width; x += width) {
    const Range out{x, std::min(x + width, out_width)};
    strips.push_back({out, touched(out, layer.stride_w, layer.pad_w, layer.dilation_w, layer.kernel_w, layer.width)});
  }
  // One strip holds whole rows, also columns that no output touches: rows then are contiguous in memory.
  if (strips.size() == 1) strips[0].in = {0, layer.width};
  return strips;
}

std::vector<PixelTile> make_tiles(const ConvLayer& layer, const std::vector<Strip>& strips, std::uint32_t columns) {
  const std::uint32_t out_height = layer.out_height();
  const std::uint32_t out_width = layer.out_width();
  const std::uint32_t out_rows = layer.batch * out_height;
  constexpr std::uint32_t Untouched = std::numeric_limits<std::uint32_t>::max();
  const auto rows_of = [&](std::uint32_t first_row, std::uint32_t last_row) {
    Range rows{Untouched, 0};
    for (std::uint32_t r = first_row; r <= last_row; ++r) {
      const std::uint32_t oy = r % out_height;
      const Range y =
          touched({oy, oy + 1}, layer.stride_h, layer.pad_h, layer.dilation_h, layer.kernel_h, layer.height);
      if (y.size() == 0) continue;
      const std::uint32_t image = r / out_height * layer.height;
      rows.first = std::min(rows.first, image + y.first);
      rows.end = std::max(rows.end, image + y.end);
    }
    if (rows.first == Untouched) rows = {0, 0};
    return rows;
  };

  std::vector<PixelTile> tiles;
  if (strips.size() == 1) {
    const std::uint32_t pixels = out_rows * out_width;
    for (std::uint32_t p = 0; p < pixels; p += columns) {
      const std::uint32_t count = std::min(columns, pixels - p);
      tiles.push_back({0, p, count, rows_of(p / out_width, (p + count - 1) / out_width)});
    }
    return tiles;
  }
  for (std::uint32_t s = 0; s < strips.size(); ++s) {
    for (std::uint32_t r = 0; r < out_rows; ++r) {
      const Range rows = rows_of(r, r);
      for (std::uint32_t x = strips[s].out.first; x < strips[s].out.end; x += columns) {
        tiles.push_back({s, r * out_width + x, std::min(columns, strips[s].out.end - x), rows});
      }
    }
  }
  return tiles;
}

}  // namespace dlac::workloads
