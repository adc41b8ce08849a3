// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/schedule.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace reference {

/// A segment on a grid: who takes part, and n(r,c,t).
class Tile {
 public:
  Tile(const Grid& grid, Policy policy, const Segment& segment) : grid_(grid), policy_(policy), segment_(segment) {
    const bool sizes_match = segment.weights.size() == static_cast<std::size_t>(segment.beats * segment.channels) &&
                             segment.features.size() == static_cast<std::size_t>(segment.beats * segment.columns);
    if (segment.channels < 1 || segment.columns < 1 || segment.beats < 1 || !sizes_match ||
        segment.channels > grid.rows * grid.buffers || segment.columns > grid.columns) {
      throw std::invalid_argument("reference: the segment does not fit the grid, or its operands not the segment");
    }
  }

  /// Rows and columns with a channel or a pixel inside the layer; the others take no part.
  [[nodiscard]] std::int64_t rows() const { return (segment_.channels + grid_.buffers - 1) / grid_.buffers; }
  [[nodiscard]] std::int64_t columns() const { return segment_.columns; }
  [[nodiscard]] std::int64_t beats() const { return segment_.beats; }

  [[nodiscard]] std::int64_t live(std::int64_t r, std::int64_t c, std::int64_t t) const {
    std::int64_t count = 0;
    for (std::int64_t channel = r * grid_.buffers; channel < last_channel(r); ++channel) {
      if (executed(t, channel, c)) ++count;
    }
    return count;
  }
  /// n(r,c,t)
  [[nodiscard]] std::int64_t work(std::int64_t r, std::int64_t c, std::int64_t t) const {
    return (live(r, c, t) + grid_.units - 1) / grid_.units;
  }

  void count_updates(SegmentCycles& result) const {
    for (std::int64_t t = 0; t < beats(); ++t) {
      for (std::int64_t c = 0; c < columns(); ++c) {
        for (std::int64_t channel = 0; channel < segment_.channels; ++channel) {
          count_update(t, channel, c, result);
        }
      }
    }
  }

 private:
  [[nodiscard]] std::int64_t last_channel(std::int64_t r) const {
    return std::min((r + 1) * grid_.buffers, segment_.channels);
  }
  [[nodiscard]] Operand weight(std::int64_t t, std::int64_t channel) const {
    return segment_.weights[t * segment_.channels + channel];
  }
  [[nodiscard]] Operand feature(std::int64_t t, std::int64_t c) const {
    return segment_.features[t * segment_.columns + c];
  }

  [[nodiscard]] bool executed(std::int64_t t, std::int64_t channel, std::int64_t c) const {
    const std::int64_t r = channel / grid_.buffers;
    const std::int64_t first = r * grid_.buffers;
    return is_live(policy_, &segment_.weights[t * segment_.channels + first], last_channel(r) - first, channel - first,
                   feature(t, c));
  }

  void count_update(std::int64_t t, std::int64_t channel, std::int64_t c, SegmentCycles& result) const {
    if (feature(t, c) == Operand::Inserted) return;
    const bool weight_zero = weight(t, channel) == Operand::Zero;
    const bool feature_zero = feature(t, c) == Operand::Zero;
    if (executed(t, channel, c)) {
      ++result.executed;
    } else if (weight_zero && feature_zero) {
      ++result.skipped_both;
    } else if (weight_zero) {
      ++result.skipped_weight;
    } else {
      ++result.skipped_feature;
    }
    if ((weight_zero && feature(t, c) == Operand::NonFinite) ||
        (feature_zero && weight(t, channel) == Operand::NonFinite)) {
      ++result.masked_nonfinite;
    }
  }

  const Grid& grid_;
  const Policy policy_;
  const Segment& segment_;
};

}  // namespace reference
