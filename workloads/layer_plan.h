// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <cstdint>
#include <vector>

namespace dlac::workloads {

/// Which loop runs inside the other.
enum class LoopOrder : std::uint8_t {
  WeightsOuter,   ///< a channel tile's weights stay while all pixels pass
  FeaturesOuter,  ///< a pixel tile's features stay while all channel tiles pass
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

/// One mmOp. (Segments)
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

}  // namespace dlac::workloads
