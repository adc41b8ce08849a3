// SPDX-License-Identifier: Apache-2.0
#include "workloads/weight_image.h"

#include <string>
#include <type_traits>

#include "workloads/packing.h"

namespace dlac::workloads {
namespace {

template <typename Weight>
void pack_blocks(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const Weight* weights,
                 std::uint8_t* image) {
  constexpr bool Codes = std::is_same_v<Weight, std::int8_t>;
  if (Codes != (layer.weights == WeightKind::Ternary) || (!Codes && sizeof(Weight) != config.word_bytes())) {
    throw LayerError(layer.name, "weights", std::to_string(8 * sizeof(Weight)) + "-bit elements",
                     std::string(to_string(layer.weights)) + " weights of mode " + std::string(to_string(config.mode)));
  }
  const auto filter_beats = static_cast<std::size_t>(layer.beats());
  for (const WeightBlock& block : plan.blocks) {
    TileSlice slice;
    slice.first_channel = block.first_channel;
    slice.channels = block.channels;
    slice.first_beat = block.first_beat;
    slice.beats = block.beats;
    slice.tile_channels = std::size_t{config.output_buffers} << plan.log2_rows;
    const std::uint64_t bytes = Codes ? packed_ternary_bytes(block.beats, slice.tile_channels)
                                      : packed_word_bytes(block.beats, slice.tile_channels, sizeof(Weight));
    if (bytes > block.bytes || block.offset + block.bytes > plan.weight_image_bytes) {
      throw LayerError(layer.name, "plan", std::to_string(block.bytes) + " bytes for a block",
                       std::to_string(bytes) + ": the plan of this layer for this configuration");
    }
    std::uint8_t* out = image + block.offset;
    if constexpr (std::is_same_v<Weight, std::int8_t>) {
      pack_ternary(weights, filter_beats, slice, out);
    } else {
      pack_words(weights, filter_beats, slice, reinterpret_cast<Weight*>(out));
    }
  }
}

}  // namespace

void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::int8_t* codes,
                  std::uint8_t* image) {
  pack_blocks(plan, layer, config, codes, image);
}
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint32_t* words,
                  std::uint8_t* image) {
  pack_blocks(plan, layer, config, words, image);
}
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint16_t* words,
                  std::uint8_t* image) {
  pack_blocks(plan, layer, config, words, image);
}
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const Tensor& weights,
                  std::uint8_t* image) {
  if (layer.weights == WeightKind::Ternary) {
    pack_blocks(plan, layer, config, weights.span<std::int8_t>().data(), image);
  } else if (config.mode == Mode::Train) {
    const auto* words = reinterpret_cast<const std::uint32_t*>(weights.span<float>().data());
    pack_blocks(plan, layer, config, words, image);
  } else {
    pack_blocks(plan, layer, config, weights.span<std::uint16_t>().data(), image);
  }
}

}  // namespace dlac::workloads
