// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "layer.h"
#include "tensor.h"

namespace dlac::workloads {

/// Which loop runs inside the other.
enum class LoopOrder : std::uint8_t {
  WeightsOuter,   ///< a channel tile's weights stay while all pixels pass
  FeaturesOuter,  ///< a pixel tile's features stay while all channel tiles pass
};

/// What a caller may prescribe; what is left open the mapper chooses.
struct MapperOptions {
  std::optional<std::uint32_t> grid_rows;
  std::optional<LoopOrder> order;
};

/// Where a layer's tensors lie in memory, byte addresses: the packed weight image, features [N,C,H,W] and outputs
/// [N,K,OH,OW], both dense in words of the mode's format.
struct LayerAddresses {
  std::uint64_t weights = 0;
  std::uint64_t features = 0;
  std::uint64_t outputs = 0;
};

/// Weights of one channel tile and beat range as they are packed in the weight image.
struct WeightBlock {
  std::uint32_t first_channel = 0;  ///< output channel, counted over all groups
  std::uint32_t channels = 0;
  std::uint32_t first_beat = 0;
  std::uint32_t beats = 0;
  std::uint64_t offset = 0;  ///< bytes from the start of the image, a multiple of 16
  std::uint32_t bytes = 0;
};

/// One mmOp. (arch. contract 3, "segments")
struct Segment {
  std::uint32_t tile = 0;           ///< tiles are counted in the order of execution
  std::uint32_t block = 0;          ///< index of its WeightBlock
  std::uint32_t first_channel = 0;  ///< output channel, counted over all groups
  std::uint32_t channels = 0;
  std::uint32_t first_pixel = 0;  ///< counted over the batch
  std::uint32_t pixels = 0;
  std::uint32_t first_beat = 0;
  std::uint32_t beats = 0;
};

/// A layer as the core will execute it.
struct LayerPlan {
  std::uint32_t log2_rows = 0;
  std::uint32_t grid_rows = 1, grid_columns = 1;
  LoopOrder order = LoopOrder::WeightsOuter;
  std::uint32_t strips = 1;          ///< column strips that the feature map is cut into
  bool features_by_segment = false;  ///< true: the buffer cannot hold all channels, features are loaded per segment
  std::uint32_t tiles = 0;
  std::uint64_t weight_image_bytes = 0;
  std::vector<WeightBlock> blocks;
  std::vector<Segment> segments;
  /// Ends with `end`; addresses are relative to LayerAddresses{} until `relocate()`. An mmOp's tag is the index of its
  /// segment, a store's tag that of its tile's last segment.
  std::vector<Command> commands;

  /// Adds the tensors' addresses to the commands' relative ones. Once per plan.
  void relocate(const LayerAddresses& addresses);
};

/// Maps a layer onto a core: chooses grid shape and loop order by an estimate of compute and memory cycles, cuts the
/// layer into tiles, segments, weight blocks and feature strips that fit the buffers, and orders the loads so that
/// each overwrites only what earlier segments no longer need (tokens compute->load). With room for it, loads run ahead
/// of the grid (double buffering), and rows that neighbouring tiles share are loaded once.
///
/// Throws LayerError when the layer is none or too large for the command encoding, ConfigError when a buffer cannot
/// hold one double-buffered segment of one beat.
[[nodiscard]] LayerPlan plan_layer(const ConvLayer& layer, const Config& config, const MapperOptions& options = {});

/// Packs the weights of every block into `image` (weight_image_bytes long). Codes are [K, C/groups, KH, KW] in
/// {-1,0,1}; others are not looked for here (check_ternary() in packing.h does so). Throws LayerError when the layer
/// has weights of another kind, or when the plan was made for another layer or configuration.
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::int8_t* codes,
                  std::uint8_t* image);
/// The same for full-precision weights: binary32 bits (train).
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint32_t* words,
                  std::uint8_t* image);
/// The same for full-precision weights: binary16 bits (infer).
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint16_t* words,
                  std::uint8_t* image);
/// One of these by the kind of the layer's weights: Int8 codes, Float32 (train) or Float16 (infer).
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const Tensor& weights,
                  std::uint8_t* image);

}  // namespace dlac::workloads
