// SPDX-License-Identifier: Apache-2.0
#include "workloads/mapping_cost.h"

#include <algorithm>

namespace dlac::workloads {
namespace {

// What the cost estimate assumes of a beat: the share of B/A' cycles that it takes once zeros are skipped. The plan
// does not depend on the policy, so that policies can be compared on the same tiles.
constexpr double TernaryBeatShare = 0.4;
constexpr double FullPrecisionBeatShare = 0.8;
constexpr double SegmentOverheadCycles = 12;  // windows fill and PEs finish unevenly
constexpr double TieBreak = 0.05;             // of two equally fast plans the one with less work on the other side

}  // namespace

double estimated_cost(const MappedLayer& mapped, const Mapping& mapping, const std::vector<Strip>& strips,
                      const std::vector<PixelTile>& tiles, bool resident_tile, std::uint32_t row_capacity) {
  const ConvLayer& layer = mapped.layer;
  const Config& config = mapped.config;
  const std::uint64_t channel_tiles = divide_up(mapped.group_out, mapped.tile_channels(mapping.log2_rows));
  const std::uint64_t all_tiles = channel_tiles * layer.groups;
  const std::uint32_t segments = mapped.segments_per_tile(mapping);
  const bool features_outer = mapping.order == LoopOrder::FeaturesOuter;
  const double beat_share = mapped.full_precision ? FullPrecisionBeatShare : TernaryBeatShare;
  const double beat_cycles =
      std::max(1.0, beat_share * config.output_buffers / config.updates_per_cycle(mapped.full_precision));
  const double tile_count = static_cast<double>(all_tiles) * static_cast<double>(tiles.size());
  const double compute = tile_count * (mapped.beats * beat_cycles + segments * SegmentOverheadCycles);

  double weight_bytes =
      static_cast<double>(all_tiles) * static_cast<double>(mapped.block_bytes(mapping.log2_rows, mapped.beats));
  const bool group_resident = channel_tiles * segments <= mapping.weight_slots;
  if (features_outer ? !group_resident : !resident_tile) weight_bytes *= static_cast<double>(tiles.size());

  double feature_words = 0;
  if (mapping.chunk_channels != 0) {
    for (const PixelTile& tile : tiles) {
      feature_words += static_cast<double>(strips[tile.strip].in.size()) * tile.rows.size();
    }
    feature_words *= static_cast<double>(channel_tiles);
  } else {
    for (const Strip& strip : strips) {
      feature_words += static_cast<double>(strip.in.size()) * layer.height * layer.batch;
    }
    const bool whole_map = strips.size() == 1 && row_capacity >= layer.height * layer.batch;
    if (!features_outer && !whole_map) feature_words *= static_cast<double>(channel_tiles);
  }
  const double words = feature_words * layer.in_channels + static_cast<double>(layer.output_count());
  const double memory = (weight_bytes + words * config.word_bytes()) / config.memory_bytes_per_cycle;

  return std::max(compute, memory) + TieBreak * (compute + memory);
}

}  // namespace dlac::workloads
