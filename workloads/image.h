// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "../driver/dlac_image.h"
#include "file_error.h"
#include "layer.h"
#include "mapper.h"
#include "tensor.h"

namespace dlac::workloads {

// Binary images: driver/dlac_image.h says what they are for and how they are laid out, docs/image.md how to use them.

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

/// An image that has been found sound.
struct Image {
  dlac_image_header header{};
  std::vector<dlac_image_layer> layers;
  std::vector<Command> commands;
  std::vector<std::uint8_t> bytes;  ///< the file
};

/// Checks everything that can be checked without a core: magic, version, sizes, both checksums, that every tensor lies
/// where it may and has the size that its shape demands, that the layers' commands make up a list with one end.
/// Throws FileError; `name` is what it calls the file.
[[nodiscard]] Image parse_image(std::vector<std::uint8_t> bytes, const std::string& name);
[[nodiscard]] Image read_image(const std::string& path);

/// Throws FileError unless the commands can run on this core.
void check_fits(const Image& image, const std::string& name, const Config& config);

/// The earlier layer whose outputs a layer reads as its features; nullopt: the file holds them, or the host writes
/// them.
[[nodiscard]] std::optional<std::size_t> features_from(const Image& image, std::size_t layer);
/// Bytes of packed weights that a layer's commands load: from the first to the last that any of them names.
[[nodiscard]] std::uint64_t weight_bytes(const Image& image, std::size_t layer);

}  // namespace dlac::workloads
