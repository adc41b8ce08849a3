// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/schedule.h"

#include "tb/reference/recurrence.h"
#include "tb/reference/tile.h"

#include <stdexcept>

namespace reference {
namespace {

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
  SegmentCycles result;
  tile.count_updates(result);
  const RecurrenceTimes times =
      solve_recurrence({tile.rows(), tile.columns(), tile.beats(), grid.window, grid.beat_cycles},
                       [&tile](std::int64_t r, std::int64_t c, std::int64_t t) { return tile.work(r, c, t); });
  result.cycles = times.cycles;
  result.busy = times.busy;
  result.starved_row = times.starved_row;
  result.starved_column = times.starved_column;
  result.finished_early = grid.rows * grid.columns * times.cycles - times.finish;
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
