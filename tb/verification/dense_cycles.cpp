// SPDX-License-Identifier: Apache-2.0
#include "tb/verification/dense_cycles.h"

#include <algorithm>
#include <vector>

namespace dlac::tb {
namespace {

/// A row of PEs as its one column sees it.
struct Row {
  std::uint64_t work;                 ///< n, cycles per beat
  std::uint64_t stream = 0;           ///< W(r, t-1)
  std::vector<std::uint64_t> window;  ///< done(r, t') at t' mod D
};

}  // namespace

DenseMachine DenseMachine::of(const Config& config, bool full_precision) {
  return {config.output_buffers, config.updates_per_cycle(full_precision), config.window_beats,
          config.row_beat_cycles(full_precision)};
}

std::uint64_t DenseCycles::segment(std::uint32_t channels, std::uint32_t beats) {
  const auto [entry, fresh] = known_.try_emplace({channels, beats}, 0);
  if (!fresh) return entry->second;

  const auto row_of = [this](std::uint64_t live) {
    return Row{(live + machine_.units - 1) / machine_.units, 0, std::vector<std::uint64_t>(machine_.window, 0)};
  };
  std::vector<Row> rows;
  if (channels >= machine_.buffers) rows.push_back(row_of(machine_.buffers));
  if (channels % machine_.buffers != 0) rows.push_back(row_of(channels % machine_.buffers));

  // W, X and done of The schedule. Slot t mod D still holds done(r, t-D) when beat t comes, 0 before the first.
  std::uint64_t column = 0;  // X(t-1)
  std::uint64_t slot = 0, previous = machine_.window - 1;
  for (std::uint32_t t = 0; t < beats; ++t) {
    for (const Row& row : rows) column = std::max(column, row.window[slot]);
    column += 1;
    for (Row& row : rows) {
      row.stream = std::max(row.stream, row.window[slot]) + machine_.beat_cycles;
      row.window[slot] = std::max({row.window[previous], row.stream, column}) + row.work;
    }
    previous = slot;
    slot = slot + 1 == machine_.window ? 0 : slot + 1;
  }
  for (const Row& row : rows) entry->second = std::max(entry->second, row.window[previous]);
  return entry->second;
}

std::uint64_t DenseCycles::plan(const workloads::LayerPlan& plan) {
  std::uint64_t sum = 0;
  for (const workloads::Segment& each : plan.segments) sum += segment(each.channels, each.beats);
  return sum;
}

}  // namespace dlac::tb
