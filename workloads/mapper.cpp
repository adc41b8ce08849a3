// SPDX-License-Identifier: Apache-2.0
#include "workloads/mapper.h"

#include <algorithm>
#include <vector>

#include "workloads/command_emitter.h"
#include "workloads/mapping.h"
#include "workloads/mapping_search.h"
#include "workloads/pixel_tiles.h"

namespace dlac::workloads {
namespace {

/// Cuts the weights into blocks; returns, per group, a range of blocks per channel tile.
[[nodiscard]] std::vector<std::vector<Range>> make_blocks(const MappedLayer& mapped, const Mapping& mapping,
                                                          LayerPlan& plan) {
  const std::uint32_t tile_channels = mapped.tile_channels(mapping.log2_rows);
  const std::uint32_t chunk_beats = mapped.chunk_beats(mapping);
  std::vector<std::vector<Range>> blocks_of(mapped.layer.groups);  // per group, a range of blocks per channel tile
  for (std::uint32_t group = 0; group < mapped.layer.groups; ++group) {
    for (std::uint32_t k = 0; k < mapped.group_out; k += tile_channels) {
      Range range{static_cast<std::uint32_t>(plan.blocks.size()), 0};
      for (std::uint32_t chunk = 0; chunk < mapped.beats; chunk += chunk_beats) {
        const std::uint32_t chunk_end = std::min(chunk + chunk_beats, mapped.beats);
        for (std::uint32_t t = chunk; t < chunk_end; t += mapping.segment_beats) {
          WeightBlock block;
          block.first_channel = group * mapped.group_out + k;
          block.channels = std::min(tile_channels, mapped.group_out - k);
          block.first_beat = t;
          block.beats = std::min(mapping.segment_beats, chunk_end - t);
          block.offset = plan.weight_image_bytes;
          block.bytes = static_cast<std::uint32_t>(mapped.block_bytes(mapping.log2_rows, block.beats));
          plan.weight_image_bytes += block.bytes;
          plan.blocks.push_back(block);
        }
      }
      range.end = static_cast<std::uint32_t>(plan.blocks.size());
      blocks_of[group].push_back(range);
    }
  }
  return blocks_of;
}

[[nodiscard]] LayerPlan build(const MappedLayer& mapped, const Mapping& mapping) {
  LayerPlan plan;
  plan.log2_rows = mapping.log2_rows;
  plan.grid_rows = 1U << mapping.log2_rows;
  plan.grid_columns = mapped.config.pes >> mapping.log2_rows;
  plan.order = mapping.order;
  plan.strips = mapping.strips;
  plan.features_by_segment = mapping.chunk_channels != 0;
  const std::vector<std::vector<Range>> blocks_of = make_blocks(mapped, mapping, plan);

  const std::vector<Strip> strips = make_strips(mapped.layer, mapping.strips);
  const std::vector<PixelTile> tiles = make_tiles(mapped.layer, strips, plan.grid_columns);
  std::uint32_t pitch = 1;
  for (const Strip& strip : strips) pitch = std::max(pitch, strip.in.size());
  std::uint32_t row_capacity = 1;
  for (const PixelTile& tile : tiles) row_capacity = std::max(row_capacity, tile.rows.size());
  if (mapping.chunk_channels == 0) {
    // No more rows than there are, so that a map that fits stays in place.
    row_capacity = std::max(row_capacity, std::min(mapped.buffer_words / (pitch * mapped.group_in),
                                                   mapped.layer.batch * mapped.layer.height));
  }

  CommandEmitter emitter(mapped.layer, mapped.config, mapping, strips, row_capacity, pitch, plan);
  for (std::uint32_t group = 0; group < mapped.layer.groups; ++group) {
    if (mapping.order == LoopOrder::WeightsOuter) {
      for (const Range& blocks : blocks_of[group]) {
        for (const PixelTile& tile : tiles) emitter.tile(tile, group, blocks);
      }
    } else {
      for (const PixelTile& tile : tiles) {
        for (const Range& blocks : blocks_of[group]) emitter.tile(tile, group, blocks);
      }
    }
  }
  plan.commands.emplace_back(End{});
  return plan;
}

}  // namespace

LayerPlan plan_layer(const ConvLayer& layer, const Config& config, const MapperOptions& options) {
  layer.validate();
  const MappedLayer mapped(layer, config);
  return build(mapped, cheapest_mapping(mapped, options));
}

PlanSize plan_size(const ConvLayer& layer, const Config& config, const MapperOptions& options) {
  layer.validate();
  const MappedLayer mapped(layer, config);
  const Mapping mapping = cheapest_mapping(mapped, options);
  const std::uint64_t pixel_tiles =
      make_tiles(layer, make_strips(layer, mapping.strips), config.pes >> mapping.log2_rows).size();
  PlanSize size;
  size.tiles = pixel_tiles * layer.groups * divide_up(mapped.group_out, mapped.tile_channels(mapping.log2_rows));
  size.segments = size.tiles * mapped.segments_per_tile(mapping);
  return size;
}

}  // namespace dlac::workloads
