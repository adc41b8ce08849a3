// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tb/settings/layer_sources.h"

namespace dlac::tb {

/// A layer as a manifest names it.
struct ManifestLayer {
  std::string name;
  LayerFiles files;                          ///< names relative to the working folder; no features if they are:
  std::optional<std::size_t> features_from;  ///< the outputs of this earlier layer of the manifest
};

/// Reads a list of layers, docs/image.md. Throws InputError for a file that cannot be read or is no such list.
[[nodiscard]] std::vector<ManifestLayer> read_manifest(const std::string& path);

}  // namespace dlac::tb
