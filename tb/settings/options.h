// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tb/settings/run_settings.h"
#include "workloads/ternary.h"

namespace dlac::tb {

/// --help: the text to print.
struct HelpCommand {
  std::string text;
};
/// --version
struct VersionCommand {};

/// Replaces the densities that a network's layers have by themselves. Weight densities are those of ternary layers,
/// feature densities those of maps behind a ReLU: the image and the weights of a first layer stay dense.
struct DensityOverrides {
  std::optional<double> weights;   ///< 0 to 1
  std::optional<double> features;  ///< 0 to 1
  std::optional<double> spread;    ///< factor on every spread of DensitySpread; 0: independent draws
};

/// Layers of a network, on synthetic tensors.
struct NetworkSelection {
  std::string network;
  std::vector<std::string> layers;  ///< empty: all
  std::uint32_t batch = 1;
  DensityOverrides densities;
};

/// dlac-tb run
struct RunCommand {
  RunSettings settings;
  NetworkSelection selection;
};

/// Two numbers of one option: "2" for both axes, or "2,1" for height and width.
struct AxisPair {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
};

/// A layer on given tensors.
struct LayerFiles {
  std::string weights, features;  ///< .npy files
  AxisPair stride{1, 1};
  AxisPair pad{0, 0};
  AxisPair dilation{1, 1};
  std::uint32_t groups = 1;
  std::optional<workloads::TernaryRule> ternary;
  std::string ternary_text;   ///< as it was given
  std::string source = "--";  ///< what error messages put before a key: of a command line's options, or in a file
};

/// dlac-tb layer
struct LayerCommand {
  RunSettings settings;
  LayerFiles files;
  std::string output;  ///< .npy file
};

/// A JSON file that lists layers. (docs/image.md)
struct ManifestFile {
  std::string path;
};

/// dlac-tb compile
struct CompileCommand {
  MachineSettings machine;
  std::optional<std::string> config;  ///< name of the configuration file
  std::variant<NetworkSelection, LayerFiles, ManifestFile> source;
  std::uint64_t seed = 1;  ///< of synthetic tensors
  std::string output;      ///< the image
  std::uint64_t base = 0;  ///< address that the image is made for
  bool features = true;    ///< the file holds the features that no layer makes
  bool expect = false;     ///< the file holds checksums of the right outputs
};

/// dlac-tb image
struct ImageCommand {
  std::string image;
};

/// dlac-tb exec
struct ExecCommand {
  MachineSettings machine;
  std::string image;
};

/// dlac-tb networks
struct NetworksCommand {
  std::optional<std::string> network;  ///< list the layers of this one
};

/// dlac-tb config
struct ConfigCommand {
  MachineSettings machine;
};

using Command = std::variant<HelpCommand, VersionCommand, RunCommand, LayerCommand, CompileCommand, ImageCommand,
                             ExecCommand, NetworksCommand, ConfigCommand>;

/// Reads the command line, without the program's name, and the configuration file that it names. Options are not
/// abbreviated. Throws InputError.
[[nodiscard]] Command parse_options(const std::vector<std::string>& arguments);

}  // namespace dlac::tb
