// SPDX-License-Identifier: Apache-2.0
#include "workloads/mapping_search.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "workloads/mapping_cost.h"
#include "workloads/pixel_tiles.h"

namespace dlac::workloads {
namespace {

constexpr std::uint32_t MaximumResidentSegments = 4;

class MappingSearch {
 public:
  MappingSearch(const MappedLayer& mapped, const MapperOptions& options)
      : mapped_(mapped), layer_(mapped.layer), config_(mapped.config), options_(options) {}

  [[nodiscard]] Mapping run();

 private:
  /// Considers a grid shape and a number of strips in both loop orders; true if all channels stay resident.
  bool consider(std::uint32_t log2_rows, std::uint32_t strip_count);
  void consider_weights(Mapping mapping, const std::vector<Strip>& strips, const std::vector<PixelTile>& tiles,
                        std::uint32_t row_capacity);

  const MappedLayer& mapped_;
  const ConvLayer& layer_;
  const Config& config_;
  const MapperOptions& options_;
  std::optional<Mapping> best_;
  double best_cost_ = 0;
  bool weights_too_large_ = false;
};

bool MappingSearch::consider(std::uint32_t log2_rows, std::uint32_t strip_count) {
  const std::vector<Strip> strips = make_strips(layer_, strip_count);
  const std::vector<PixelTile> tiles = make_tiles(layer_, strips, config_.pes >> log2_rows);
  std::uint64_t pitch = 1;
  for (const Strip& strip : strips) pitch = std::max<std::uint64_t>(pitch, strip.in.size());

  // Rows of one tile, and of two tiles that follow each other: while one computes the other's rows come in.
  std::uint32_t rows_single = 1;
  std::uint32_t rows_pair = 1;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    rows_single = std::max(rows_single, tiles[i].rows.size());
    if (i == 0 || tiles[i].strip != tiles[i - 1].strip || tiles[i].rows.size() == 0) continue;
    const Range previous = tiles[i - 1].rows.size() != 0 ? tiles[i - 1].rows : tiles[i].rows;
    rows_pair =
        std::max(rows_pair, std::max(previous.end, tiles[i].rows.end) - std::min(previous.first, tiles[i].rows.first));
  }
  rows_pair = std::max(rows_pair, rows_single);

  Mapping mapping;
  mapping.log2_rows = log2_rows;
  mapping.strips = strip_count;
  const std::uint64_t row_words = pitch * mapped_.group_in;
  const bool resident = row_words * rows_pair <= mapped_.buffer_words;
  std::uint64_t row_capacity = rows_single;
  if (resident) {
    row_capacity = mapped_.buffer_words / row_words;
  } else {
    const std::uint64_t channels = mapped_.buffer_words / 2 / (pitch * rows_single);
    if (channels == 0) return false;
    mapping.chunk_channels = static_cast<std::uint32_t>(std::min<std::uint64_t>(channels, mapped_.group_in));
  }
  for (const LoopOrder order : {LoopOrder::WeightsOuter, LoopOrder::FeaturesOuter}) {
    if (options_.order && *options_.order != order) continue;
    mapping.order = order;
    consider_weights(mapping, strips, tiles, static_cast<std::uint32_t>(row_capacity));
  }
  return resident;
}

void MappingSearch::consider_weights(Mapping mapping, const std::vector<Strip>& strips,
                                     const std::vector<PixelTile>& tiles, std::uint32_t row_capacity) {
  const std::uint32_t log2_rows = mapping.log2_rows;
  const std::uint64_t channel_tiles = divide_up(mapped_.group_out, mapped_.tile_channels(log2_rows));
  const std::uint64_t all_tiles = channel_tiles * layer_.groups;
  const std::uint32_t chunk_beats = mapped_.chunk_beats(mapping);
  const std::uint64_t buffer = config_.weight_buffer_bytes;

  // Longest segments first: whole layer resident, whole channel tile resident beside the next block, then streaming.
  bool resident_tile = false;
  bool resident_layer = false;
  mapping.segment_beats = chunk_beats;
  if (all_tiles * mapped_.segments_per_tile(mapping) * mapped_.block_bytes(log2_rows, chunk_beats) <= buffer) {
    resident_tile = resident_layer = true;
  } else {
    for (std::uint32_t n = 1; n <= MaximumResidentSegments && !resident_tile; ++n) {
      mapping.segment_beats = std::min(chunk_beats, static_cast<std::uint32_t>(divide_up(mapped_.beats, n)));
      const std::uint64_t blocks = mapped_.segments_per_tile(mapping) + 1;
      resident_tile = blocks * mapped_.block_bytes(log2_rows, mapping.segment_beats) <= buffer;
    }
    if (!resident_tile) mapping.segment_beats = std::min(chunk_beats, mapped_.longest_block(log2_rows, buffer / 2));
  }
  if (mapping.segment_beats == 0) {
    weights_too_large_ = true;
    return;
  }
  const std::uint32_t segments = mapped_.segments_per_tile(mapping);
  mapping.weight_slots = static_cast<std::uint32_t>(buffer / mapped_.block_bytes(log2_rows, mapping.segment_beats));
  if (resident_layer) mapping.weight_slots = static_cast<std::uint32_t>(all_tiles * segments);

  const double cost = estimated_cost(mapped_, mapping, strips, tiles, resident_tile, row_capacity);
  if (best_ && cost >= best_cost_) return;
  best_ = mapping;
  best_cost_ = cost;
}

Mapping MappingSearch::run() {
  constexpr std::uint64_t Limit = std::numeric_limits<std::uint32_t>::max();
  for (const auto& [key, count] : {std::pair{"features of an image", layer_.feature_count() / layer_.batch},
                                   std::pair{"outputs of an image", layer_.output_count() / layer_.batch},
                                   std::pair{"pixels", layer_.pixels()}, std::pair{"beats", layer_.beats()}}) {
    if (count * config_.word_bytes() > Limit) {
      throw LayerError(layer_.name, key, std::to_string(count),
                       "at most " + std::to_string(Limit / config_.word_bytes()));
    }
  }
  for (std::uint32_t log2_rows = 0; log2_rows <= 6; ++log2_rows) {
    const std::uint32_t rows = 1U << log2_rows;
    if (!config_.has_grid(rows) || (options_.grid_rows && *options_.grid_rows != rows)) continue;
    // Whole rows if all channels of two tiles fit, else strips of as many pixels as there are columns, or fewer.
    if (consider(log2_rows, 1)) continue;
    const std::uint64_t columns = config_.pes >> log2_rows;
    for (std::uint64_t width = std::min<std::uint64_t>(columns, layer_.out_width()); width >= 1; width /= 2) {
      const auto count = static_cast<std::uint32_t>(divide_up(layer_.out_width(), width));
      if (count > 1 && consider(log2_rows, count)) break;
    }
  }
  if (!best_) {
    if (weights_too_large_) {
      throw ConfigError("weight_buffer_bytes", std::to_string(config_.weight_buffer_bytes),
                        "room for one double-buffered segment of one beat of layer " + layer_.name);
    }
    throw ConfigError("feature_buffer_bytes", std::to_string(config_.feature_buffer_bytes),
                      "room for one double-buffered segment of one beat of layer " + layer_.name);
  }
  return *best_;
}

}  // namespace

Mapping cheapest_mapping(const MappedLayer& mapped, const MapperOptions& options) {
  return MappingSearch(mapped, options).run();
}

}  // namespace dlac::workloads
