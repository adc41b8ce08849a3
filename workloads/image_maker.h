// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "layer.h"
#include "mapper.h"
#include "tensor.h"

namespace dlac::workloads {

/// Layers that no image can hold. what() is one line: where, what was found, what was expected.
class ImageError : public std::runtime_error {
 public:
  ImageError(const std::string& where, const std::string& found, const std::string& expected)
      : std::runtime_error(where + ": " + found + ": expected " + expected) {}
};

/// Features that the host writes to memory before it starts the list.
struct FeaturesFromHost {};
/// Features that are the outputs of an earlier layer, as they lie.
struct FeaturesFromLayer {
  std::size_t index = 0;
};
/// A tensor is put into the file.
using ImageFeatures = std::variant<Tensor, FeaturesFromHost, FeaturesFromLayer>;

/// What a text becomes as a layer's name in an image: no control characters, cut to 47 bytes between two characters,
/// not empty.
[[nodiscard]] std::string image_name(std::string text);

/// A layer of an image to be made. `conv.name` is 1 to 47 bytes, without control characters, and no other layer's.
struct ImageLayer {
  ConvLayer conv;
  Tensor weights;                            ///< [K, C/groups, KH, KW]: Int8 codes, or words of the mode's format
  ImageFeatures features;                    ///< a tensor: [N, C, H, W], words of the mode's format
  std::optional<std::uint32_t> outputs_crc;  ///< of the right outputs' bytes
};

/// Maps the layers onto the core and packs everything into one image, the content of its file.
///
/// All layers' commands form one list. Each layer's `end` is left out but for one behind the last layer; its first
/// command is fenced, but for that of the first layer. A command's tag is what the mapper gave it plus the mmOps of the
/// layers before it: an mmOp's tag is its number among all mmOps of the list, so that traces can tell layers apart.
///
/// Throws ImageError (a bad name, features that do not fit the layer, a base that is no multiple of 64, sizes beyond
/// the format's), and what plan_layer() throws.
[[nodiscard]] std::vector<std::uint8_t> make_image(const std::vector<ImageLayer>& layers, const Config& config,
                                                   const MapperOptions& options = {}, std::uint64_t base = 0);

}  // namespace dlac::workloads
