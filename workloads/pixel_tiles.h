// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "layer.h"

namespace dlac::workloads {

/// Half open.
struct Range {
  std::uint32_t first = 0, end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - first; }
};

/// A column strip of the output map and the input columns that it touches.
struct Strip {
  Range out;
  Range in;
};

/// Consecutive output pixels that one tile computes, and the input rows (counted over the batch) that it touches.
struct PixelTile {
  std::uint32_t strip = 0;
  std::uint32_t first_pixel = 0;
  std::uint32_t pixels = 0;
  Range rows;
};

/// Cuts the output map into `count` strips, fewer if there are not so many columns.
[[nodiscard]] std::vector<Strip> make_strips(const ConvLayer& layer, std::uint32_t count);
/// The tiles of a grid with `columns` columns in the order of their pixels, strip by strip. A tile runs across rows and
/// images when there is one strip, else it is part of a row.
[[nodiscard]] std::vector<PixelTile> make_tiles(const ConvLayer& layer, const std::vector<Strip>& strips,
                                                std::uint32_t columns);

}  // namespace dlac::workloads
