// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workloads/ternary.h"

// Where the layers of a run come from.
namespace dlac::tb {

/// Replaces the densities that a network's layers have by themselves. Weight densities are those of ternary layers,
/// feature densities those of maps behind a ReLU: the image and the weights of a first layer stay dense.
struct DensityOverrides {
  struct Number {
    double value = 0;
    std::string text;  ///< as it was given
  };
  std::optional<Number> weights;   ///< 0 to 1
  std::optional<Number> features;  ///< 0 to 1
  std::optional<Number> spread;    ///< factor on every spread of DensitySpread; 0: independent draws
};

/// Layers of a network, on synthetic tensors.
struct NetworkSelection {
  std::string network;
  std::vector<std::string> layers;  ///< empty: all
  std::uint32_t batch = 1;
  DensityOverrides densities;
};

/// Two numbers of one option: "2" for both axes, or "2,1" for height and width.
struct AxisPair {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
};

/// A layer on given tensors.
struct LayerFiles {
  std::string weights, features;    ///< .npy files
  std::optional<std::string> name;  ///< of the layer; otherwise from that of the weights' file
  AxisPair stride{1, 1};
  AxisPair pad{0, 0};
  AxisPair dilation{1, 1};
  std::uint32_t groups = 1;
  std::optional<workloads::TernaryRule> ternary;
  std::string ternary_text;   ///< as it was given
  std::string source = "--";  ///< what error messages put before a key: of a command line's options, or in a file
};

/// A JSON file that lists layers. (docs/image.md)
struct ManifestFile {
  std::string path;
};

}  // namespace dlac::tb
