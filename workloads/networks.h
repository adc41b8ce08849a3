// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "density_profile.h"
#include "layer.h"

namespace dlac::workloads {

struct NetworkLayer {
  ConvLayer conv;
  DensityProfile densities;  ///< for synthetic tensors
};

/// The convolutions and fully connected layers of a network, in the order in which they run.
struct Network {
  std::string name;
  std::string description;
  std::vector<NetworkLayer> layers;

  /// nullptr if there is no layer of that name.
  [[nodiscard]] const NetworkLayer* find(std::string_view layer) const;
  [[nodiscard]] std::uint64_t macs() const;
};

/// A network that does not exist. what() is one line with the known names.
class NetworkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct NetworkInfo {
  std::string_view name;
  std::string_view description;
};
/// The known networks: resnet18, resnet34, resnet50, resnet152, vgg16, resnet20.
[[nodiscard]] const std::vector<NetworkInfo>& networks();

/// Layers of a network on ImageNet, 224x224, 1000 classes, or, resnet20, on CIFAR-10, 32x32, 10 classes. The first
/// layer is full-precision, all others are ternary [P]. Throws NetworkError for an unknown name, LayerError for a batch
/// of 0.
///
/// Layer names. ResNets: as in torchvision, "conv1", "layer1.0.conv1", ..., "fc", the projection of a shortcut being
/// "layerS.0.downsample" (torchvision's layerS.0.downsample.0). ResNet-50 and -152 stride in the 3x3 convolution, as
/// torchvision's do. ResNet-20 has three stages, shortcuts without projections, and calls its classifier "linear".
/// VGG-16: "conv1_1" ... "conv5_3", "fc1", "fc2", "fc3".
/// Stages (ConvLayer::stage): "conv1", "stage 1" ... "stage 4", "fc"; VGG-16: "stage 1" ... "stage 5", "fc".
///
/// Densities of ResNet-20's convolutions: those of a ResNet-20 trained with ternary weights (threshold 0.7 mean|W| per
/// layer, ReLU threshold 0.1), measured on 1,000 images of CIFAR-10, layer by layer. Source of the others: an ImageNet
/// ResNet-18 measured on 40 photos, ReLU threshold 0.1, weights ternarised at 0.7 mean|W| per layer. It has two blocks
/// per stage; what it lacks is filled in by these rules:
///  - first layer: a dense image, dense full-precision weights; the last fully connected layer of a ResNet reads dense
///    features (a mean over a map is hardly ever zero);
///  - a stage's first block has the measured values of the first block, all later blocks those of the second;
///  - stage 4, not measured but for its input: stage 3 times (stage 3 / stage 2), value by value;
///  - a bottleneck's 1x1 reduction counts as the basic block's conv1, its 3x3 and its 1x1 expansion as its conv2; the
///    projection reads the block's input, its weights are the measured projection's (stage 1: that of stage 2);
///  - VGG-16: blocks 1 to 5 take stages 1, 1, 2, 3, 4; a block's first convolution, which reads a pooled map, counts as
///    conv1 of the first block, its second as conv2 of the first, its third as conv2 of the second; fc1 as conv1 and
///    fc2, fc3 as conv2 of stage 4's second block;
///  - weights of fully connected layers: 0.5.
[[nodiscard]] Network network(std::string_view name, std::uint32_t batch = 1);

}  // namespace dlac::workloads
