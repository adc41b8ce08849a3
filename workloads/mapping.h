// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/common/divide_up.h>

#include <cstdint>

#include "layer.h"
#include "layer_plan.h"

namespace dlac::workloads {

/// Everything that is decided of a layer before its commands are written.
struct Mapping {
  std::uint32_t log2_rows = 0;
  LoopOrder order = LoopOrder::WeightsOuter;
  std::uint32_t strips = 1;
  std::uint32_t chunk_channels = 0;  ///< input channels per segment's feature load; 0: all channels stay resident
  std::uint32_t segment_beats = 0;   ///< longest segment
  std::uint32_t weight_slots = 0;    ///< blocks that the weight buffer holds
};

/// A layer and a core in the numbers that the parts of the mapper share.
struct MappedLayer {
  MappedLayer(const ConvLayer& of, const Config& on);

  const ConvLayer& layer;
  const Config& config;
  const bool full_precision;
  const std::uint32_t buffer_words;         ///< of the feature buffer
  const std::uint32_t group_in, group_out;  ///< channels
  const std::uint32_t kernel;               ///< positions
  const std::uint32_t beats;                ///< of the whole reduction

  [[nodiscard]] std::uint32_t tile_channels(std::uint32_t log2_rows) const {
    return config.output_buffers << log2_rows;
  }
  /// Bytes of a weight block, the alignment of the next one included.
  [[nodiscard]] std::uint64_t block_bytes(std::uint32_t log2_rows, std::uint64_t block_beats) const;
  /// Beats of the longest block that takes at most so many bytes, and no more than there are.
  [[nodiscard]] std::uint32_t longest_block(std::uint32_t log2_rows, std::uint64_t bytes) const;
  /// Beats that the features loaded for one segment serve.
  [[nodiscard]] std::uint32_t chunk_beats(const Mapping& mapping) const {
    return mapping.chunk_channels == 0 ? beats : mapping.chunk_channels * kernel;
  }
  [[nodiscard]] std::uint32_t segments_per_tile(const Mapping& mapping) const;
};

}  // namespace dlac::workloads
