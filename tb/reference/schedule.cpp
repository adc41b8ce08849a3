// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/schedule.h"

#include <algorithm>
#include <stdexcept>

namespace reference {
namespace {

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

[[nodiscard]] Operand classify(std::int8_t weight, Precision) { return weight == 0 ? Operand::Zero : Operand::NonZero; }
[[nodiscard]] Operand classify(std::uint32_t word, Precision precision) {
  if (is_zero(precision, word)) return Operand::Zero;
  return is_finite(precision, word) ? Operand::NonZero : Operand::NonFinite;
}

}  // namespace

bool SegmentCycles::operator==(const SegmentCycles& o) const {
  return cycles == o.cycles && executed == o.executed && skipped_weight == o.skipped_weight &&
         skipped_feature == o.skipped_feature && skipped_both == o.skipped_both &&
         masked_nonfinite == o.masked_nonfinite && busy == o.busy && starved_row == o.starved_row &&
         starved_column == o.starved_column && finished_early == o.finished_early;
}

SegmentCycles segment_cycles(const Grid& grid, Policy policy, const Segment& segment) {
  const Tile tile(grid, policy, segment);
  const std::int64_t rows = tile.rows();
  const std::int64_t columns = tile.columns();
  const std::int64_t window = grid.window;
  SegmentCycles result;
  tile.count_updates(result);

  std::vector<std::int64_t> w(rows, 0);                                    // W(r, t-1)
  std::vector<std::int64_t> x(columns, 0);                                 // X(c, t-1)
  std::vector<std::int64_t> done((tile.beats() + 1) * rows * columns, 0);  // done(r, c, t) at [t + 1]; 0 before
  const auto done_at = [&](std::int64_t r, std::int64_t c, std::int64_t t) -> std::int64_t& {
    return done[((std::max<std::int64_t>(t, -1) + 1) * rows + r) * columns + c];
  };

  for (std::int64_t t = 0; t < tile.beats(); ++t) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) w[r] = std::max(w[r], done_at(r, c, t - window));
      w[r] += grid.beat_cycles;
    }
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = 0; r < rows; ++r) x[c] = std::max(x[c], done_at(r, c, t - window));
      x[c] += 1;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const std::int64_t before = done_at(r, c, t - 1);
        const std::int64_t work = tile.work(r, c, t);
        done_at(r, c, t) = std::max({before, w[r], x[c]}) + work;
        result.busy += work;
        result.starved_row += std::max<std::int64_t>(0, w[r] - before);
        result.starved_column += std::max<std::int64_t>(0, x[c] - std::max(w[r], before));
      }
    }
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      result.cycles = std::max(result.cycles, done_at(r, c, tile.beats() - 1));
    }
  }
  for (std::int64_t r = 0; r < grid.rows; ++r) {
    for (std::int64_t c = 0; c < grid.columns; ++c) {
      const bool takes_part = r < rows && c < columns;
      result.finished_early += result.cycles - (takes_part ? done_at(r, c, tile.beats() - 1) : 0);
    }
  }
  return result;
}

SegmentCycles clock_by_clock(const Grid& grid, Policy policy, const Segment& segment) {
  struct Stream {
    std::int64_t delivered = 0;  // beats
    std::int64_t worked = 0;     // cycles spent on the next one
  };
  struct Pe {
    std::int64_t beat = 0;     // the next one; all before it are past
    std::int64_t updates = 0;  // live ones of it still to execute
  };
  const Tile tile(grid, policy, segment);
  const std::int64_t rows = tile.rows();
  const std::int64_t columns = tile.columns();
  SegmentCycles result;
  tile.count_updates(result);

  std::vector<Stream> row_stream(rows);
  std::vector<Stream> column_stream(columns);
  std::vector<std::vector<Pe>> pe(rows, std::vector<Pe>(columns));
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) pe[r][c].updates = tile.live(r, c, 0);
  }

  // One cycle of a stream whose slowest reader, at the start of the cycle, has `oldest` as its next beat.
  const auto clock_stream = [&](Stream& stream, std::int64_t oldest, std::int64_t cycles_per_beat) {
    const bool slot_free = stream.delivered - oldest < grid.window;
    if (stream.delivered == tile.beats() || !slot_free) return;
    if (++stream.worked == cycles_per_beat) {
      ++stream.delivered;
      stream.worked = 0;
    }
  };
  const auto finished = [&] {
    for (const auto& row : pe) {
      for (const Pe& each : row) {
        if (each.beat < tile.beats()) return false;
      }
    }
    return true;
  };

  while (!finished()) {
    const std::vector<Stream> row_start = row_stream;
    const std::vector<Stream> column_start = column_stream;
    for (std::int64_t r = 0; r < rows; ++r) {
      std::int64_t oldest = tile.beats();
      for (std::int64_t c = 0; c < columns; ++c) oldest = std::min(oldest, pe[r][c].beat);
      clock_stream(row_stream[r], oldest, grid.beat_cycles);
    }
    for (std::int64_t c = 0; c < columns; ++c) {
      std::int64_t oldest = tile.beats();
      for (std::int64_t r = 0; r < rows; ++r) oldest = std::min(oldest, pe[r][c].beat);
      clock_stream(column_stream[c], oldest, 1);
    }
    for (std::int64_t r = 0; r < grid.rows; ++r) {
      for (std::int64_t c = 0; c < grid.columns; ++c) {
        if (r >= rows || c >= columns || pe[r][c].beat == tile.beats()) {
          ++result.finished_early;
          continue;
        }
        Pe& each = pe[r][c];
        if (each.beat >= row_start[r].delivered) {
          ++result.starved_row;
        } else if (each.beat >= column_start[c].delivered) {
          ++result.starved_column;
        } else {
          ++result.busy;
          each.updates -= std::min(each.updates, grid.units);
        }
        // Past the finished beat and past dead ones that have arrived, this cycle's arrivals included.
        while (each.beat < std::min(row_stream[r].delivered, column_stream[c].delivered) && each.updates == 0) {
          ++each.beat;
          if (each.beat < tile.beats()) each.updates = tile.live(r, c, each.beat);
        }
      }
    }
    ++result.cycles;
  }
  return result;
}

Segment make_segment(Pass pass, const Convolution& shape, const Weights& weights, const Words& features,
                     Precision precision, const SegmentRange& range) {
  const auto check = [](std::int64_t from, std::int64_t to, std::int64_t size) {
    if (from < 0 || from >= to || to > size) throw std::invalid_argument("reference: a segment outside its layer");
  };
  check(range.group, range.group + 1, shape.groups);
  check(range.channel_from, range.channel_to, channel_count(pass, shape));
  check(range.column_from, range.column_to, column_count(pass, shape));
  check(range.beat_from, range.beat_to, beat_count(pass, shape));

  Segment segment;
  segment.channels = range.channel_to - range.channel_from;
  segment.columns = range.column_to - range.column_from;
  segment.beats = range.beat_to - range.beat_from;
  for (std::int64_t t = range.beat_from; t < range.beat_to; ++t) {
    for (std::int64_t channel = range.channel_from; channel < range.channel_to; ++channel) {
      const std::int64_t index = weight_index(pass, shape, range.group, channel, t);
      segment.weights.push_back(weights.ternary() != nullptr ? classify(weights.ternary()->at(index), precision)
                                                             : classify(weights.words()->at(index), precision));
    }
    for (std::int64_t column = range.column_from; column < range.column_to; ++column) {
      const std::int64_t index = feature_index(pass, shape, range.group, column, t);
      segment.features.push_back(index == Inserted  ? Operand::Inserted
                                 : index == Padding ? Operand::Zero
                                                    : classify(features.at(index), precision));
    }
  }
  return segment;
}

}  // namespace reference
