// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../driver/dlac_image.h"
#include "file_error.h"
#include "image_maker.h"

namespace dlac::workloads {

// Binary images: driver/dlac_image.h says what they are for and how they are laid out, docs/image.md how to use them.

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
