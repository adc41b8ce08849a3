// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "layer.h"
#include "layer_plan.h"
#include "mapping.h"
#include "pixel_tiles.h"

namespace dlac::workloads {

/// Emits the command list of a mapping. Keeps track of what each part of the buffers holds and which segment used it
/// last: a load that overwrites it must wait for that segment.
class CommandEmitter {
 public:
  CommandEmitter(const ConvLayer& layer, const Config& config, const Mapping& mapping, std::vector<Strip> strips,
                 std::uint32_t row_capacity, std::uint32_t pitch, LayerPlan& plan);

  /// Computes one tile: `blocks` are its segments' weight blocks in beat order.
  void tile(const PixelTile& pixels, std::uint32_t group, Range blocks);

 private:
  static constexpr std::uint32_t NoSegment = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t NoCommand = NoSegment;
  struct Slot {
    std::uint64_t holds = ~std::uint64_t{0};
    std::uint32_t last_use = NoSegment;  ///< segment
  };

  std::uint32_t load_weights(std::uint32_t block);
  void load_rows(const PixelTile& pixels, std::uint32_t group);
  std::uint32_t load_chunk(const PixelTile& pixels, std::uint32_t group, std::uint32_t first_channel);
  void load_features(const PixelTile& pixels, std::uint32_t channel, std::uint32_t channels, Range rows,
                     std::uint32_t base);
  [[nodiscard]] MmOp operation(const PixelTile& pixels, const WeightBlock& block) const;
  [[nodiscard]] Store store(const PixelTile& pixels, const WeightBlock& block) const;
  /// Adds a load of the segment being emitted that overwrites what segment `after` was the last to use.
  void add_load(Command command, std::uint32_t after);
  /// Gives the segment's loads and its mmOp their tokens.
  void synchronise_loads(MmOp& op);

  const ConvLayer& layer_;
  const Config& config_;
  const Mapping& mapping_;
  const std::vector<Strip> strips_;
  const std::uint32_t row_capacity_, pitch_, run_ahead_;
  LayerPlan& plan_;
  std::uint32_t slot_bytes_ = 0;
  std::vector<Slot> weight_slots_;
  std::vector<Slot> feature_rows_;            ///< circular rows, all channels resident
  std::vector<Slot> feature_slots_;           ///< halves of the buffer, features by segment
  std::uint32_t waited_for_ = NoSegment;      ///< last segment that a load has waited for
  std::uint32_t first_load_ = NoCommand;      ///< first load of the segment being emitted, index of the command
  std::uint32_t loads_wait_for_ = NoSegment;  ///< last segment that used what these loads overwrite
  std::vector<std::uint32_t> mm_of_segment_;  ///< index of the command
  std::vector<std::uint32_t> store_of_tile_;
};

}  // namespace dlac::workloads
