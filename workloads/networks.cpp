// SPDX-License-Identifier: Apache-2.0
#include "workloads/networks.h"

#include <array>
#include <utility>

namespace dlac::workloads {
namespace {

/// Densities of a basic block's two convolutions.
struct BlockDensity {
  double input;         ///< map that conv1 (and the projection) reads
  double inner;         ///< map that conv2 reads
  double conv1, conv2;  ///< weights
};

// ImageNet ResNet-18, 40 photos, ReLU threshold 0.1, per-layer ternary threshold 0.7 mean|W|: stages 1 to 3, blocks
// 0, 1.
constexpr std::array<std::array<BlockDensity, 2>, 3> Measured = {{
    {{{0.7368, 0.4642, 0.4539, 0.4575}, {0.7535, 0.3454, 0.4979, 0.4633}}},
    {{{0.7093, 0.3005, 0.5003, 0.4862}, {0.4313, 0.1626, 0.5093, 0.4906}}},
    {{{0.4101, 0.2470, 0.5193, 0.5121}, {0.3544, 0.1191, 0.5228, 0.4831}}},
}};
constexpr double MeasuredStage4Input = 0.3407;                                          // input of layer4.0
constexpr std::array<double, 4> MeasuredProjection = {0.4316, 0.4316, 0.4764, 0.5167};  // weights; stage 1: as stage 2
constexpr double FullyConnectedWeights = 0.5;  // an assumption, nothing measured

/// Densities of a convolution.
struct ConvDensity {
  double features;  ///< map that it reads
  double weights;
};

// CIFAR-10 ResNet-20, trained with ternary weights, 1,000 images, ReLU threshold 0.1, per-layer ternary threshold 0.7
// mean|W|: stages 1 to 3, blocks 0 to 2, conv1 and conv2.
constexpr std::array<std::array<std::array<ConvDensity, 2>, 3>, 3> MeasuredCifar = {{
    {{{{{0.5287, 0.4319}, {0.4190, 0.4592}}},
      {{{0.5007, 0.4805}, {0.3575, 0.5169}}},
      {{{0.5696, 0.4457}, {0.2631, 0.4740}}}}},
    {{{{{0.6333, 0.5007}, {0.3574, 0.5279}}},
      {{{0.5357, 0.5065}, {0.1738, 0.5436}}},
      {{{0.5383, 0.5346}, {0.1348, 0.5437}}}}},
    {{{{{0.5417, 0.5453}, {0.2914, 0.5418}}},
      {{{0.3888, 0.5452}, {0.1596, 0.5382}}},
      {{{0.2969, 0.5467}, {0.1501, 0.5260}}}}},
}};

constexpr double extrapolate(double stage2, double stage3) { return stage3 * (stage3 / stage2); }

/// `stage` 1 to 4, `block` from 0.
BlockDensity block_density(unsigned stage, unsigned block) {
  const unsigned b = block == 0 ? 0 : 1;
  if (stage <= 3) return Measured[stage - 1][b];
  const BlockDensity& s2 = Measured[1][b];
  const BlockDensity& s3 = Measured[2][b];
  return {b == 0 ? MeasuredStage4Input : extrapolate(s2.input, s3.input), extrapolate(s2.inner, s3.inner),
          extrapolate(s2.conv1, s3.conv1), extrapolate(s2.conv2, s3.conv2)};
}

DensityProfile profile(double weights, double features) {
  DensityProfile densities;
  densities.weight_density = weights;
  densities.feature_density = features;
  return densities;
}

/// Appends square convolutions and follows the size of the map.
class Builder {
 public:
  Builder(std::string name, std::string description, std::uint32_t batch) : batch_(batch) {
    network_.name = std::move(name);
    network_.description = std::move(description);
  }

  /// Returns the extent of the output map.
  std::uint32_t convolution(std::string name, std::string stage, std::uint32_t in, std::uint32_t size,
                            std::uint32_t out, std::uint32_t kernel, std::uint32_t stride, std::uint32_t pad,
                            const DensityProfile& densities) {
    ConvLayer layer;
    layer.name = std::move(name);
    layer.stage = std::move(stage);
    layer.batch = batch_;
    layer.in_channels = in;
    layer.height = layer.width = size;
    layer.out_channels = out;
    layer.kernel_h = layer.kernel_w = kernel;
    layer.stride_h = layer.stride_w = stride;
    layer.pad_h = layer.pad_w = pad;
    const bool first = network_.layers.empty();
    layer.weights = first ? WeightKind::FullPrecision : WeightKind::Ternary;
    layer.validate();
    const std::uint32_t out_size = layer.out_height();
    network_.layers.push_back({std::move(layer), densities});
    return out_size;
  }
  /// The first layer: a dense image and dense full-precision weights. [P]
  std::uint32_t first(std::string name, std::string stage, std::uint32_t size, std::uint32_t out, std::uint32_t kernel,
                      std::uint32_t stride, std::uint32_t pad) {
    DensityProfile densities;
    densities.features = FeatureKind::Image;
    return convolution(std::move(name), std::move(stage), 3, size, out, kernel, stride, pad, densities);
  }
  void fully_connected(std::string name, std::uint32_t in, std::uint32_t out, double features) {
    convolution(std::move(name), "fc", in, 1, out, 1, 1, 0, profile(FullyConnectedWeights, features));
  }
  Network finish() { return std::move(network_); }

 private:
  std::uint32_t batch_;
  Network network_;
};

std::string stage_name(unsigned stage) { return "stage " + std::to_string(stage); }

Network resnet(const NetworkInfo& info, std::uint32_t batch, const std::array<unsigned, 4>& blocks, bool bottleneck) {
  Builder builder(std::string(info.name), std::string(info.description), batch);
  builder.first("conv1", "conv1", 224, 64, 7, 2, 3);
  std::uint32_t size = 56;  // behind the 3x3 max pooling with stride 2
  std::uint32_t channels = 64;
  for (unsigned stage = 1; stage <= 4; ++stage) {
    const std::uint32_t inner = 64U << (stage - 1);
    const std::uint32_t outer = bottleneck ? 4 * inner : inner;
    for (unsigned block = 0; block < blocks[stage - 1]; ++block) {
      const std::string prefix = "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
      const std::string heading = stage_name(stage);
      const BlockDensity d = block_density(stage, block);
      const std::uint32_t stride = block == 0 && stage > 1 ? 2 : 1;
      const DensityProfile first = profile(d.conv1, d.input);
      const DensityProfile second = profile(d.conv2, d.inner);
      std::uint32_t out_size = 0;
      if (bottleneck) {
        builder.convolution(prefix + "conv1", heading, channels, size, inner, 1, 1, 0, first);
        out_size = builder.convolution(prefix + "conv2", heading, inner, size, inner, 3, stride, 1, second);
        builder.convolution(prefix + "conv3", heading, inner, out_size, outer, 1, 1, 0, second);
      } else {
        out_size = builder.convolution(prefix + "conv1", heading, channels, size, inner, 3, stride, 1, first);
        builder.convolution(prefix + "conv2", heading, inner, out_size, outer, 3, 1, 1, second);
      }
      if (block == 0 && channels != outer) {
        builder.convolution(prefix + "downsample", heading, channels, size, outer, 1, stride, 0,
                            profile(MeasuredProjection[stage - 1], d.input));
      }
      channels = outer;
      size = out_size;
    }
  }
  builder.fully_connected("fc", channels, 1000, 1.0);
  return builder.finish();
}

/// Three stages of three basic blocks on 32x32 images; shortcuts without weights (subsampled, padded with zero
/// channels).
Network resnet20(const NetworkInfo& info, std::uint32_t batch) {
  Builder builder(std::string(info.name), std::string(info.description), batch);
  std::uint32_t size = builder.first("conv1", "conv1", 32, 16, 3, 1, 1);
  std::uint32_t channels = 16;
  for (unsigned stage = 1; stage <= 3; ++stage) {
    const std::uint32_t width = 16U << (stage - 1);
    const std::string heading = stage_name(stage);
    for (unsigned block = 0; block < 3; ++block) {
      const std::string prefix = "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
      const auto& [first, second] = MeasuredCifar[stage - 1][block];
      const std::uint32_t stride = block == 0 && stage > 1 ? 2 : 1;
      size = builder.convolution(prefix + "conv1", heading, channels, size, width, 3, stride, 1,
                                 profile(first.weights, first.features));
      builder.convolution(prefix + "conv2", heading, width, size, width, 3, 1, 1,
                          profile(second.weights, second.features));
      channels = width;
    }
  }
  builder.fully_connected("linear", channels, 10, 1.0);
  return builder.finish();
}

Network vgg16(const NetworkInfo& info, std::uint32_t batch) {
  constexpr std::array<unsigned, 5> Convolutions = {2, 2, 3, 3, 3};
  constexpr std::array<std::uint32_t, 5> Channels = {64, 128, 256, 512, 512};
  constexpr std::array<unsigned, 5> LikeStage = {1, 1, 2, 3, 4};
  Builder builder(std::string(info.name), std::string(info.description), batch);
  std::uint32_t size = 224;
  std::uint32_t channels = 3;
  for (unsigned block = 0; block < 5; ++block) {
    for (unsigned i = 0; i < Convolutions[block]; ++i) {
      const std::string name = "conv" + std::to_string(block + 1) + "_" + std::to_string(i + 1);
      const std::string heading = stage_name(block + 1);
      if (block == 0 && i == 0) {
        builder.first(name, heading, size, Channels[0], 3, 1, 1);
      } else {
        const BlockDensity d = block_density(LikeStage[block], i < 2 ? 0 : 1);
        builder.convolution(name, heading, channels, size, Channels[block], 3, 1, 1,
                            i == 0 ? profile(d.conv1, d.input) : profile(d.conv2, d.inner));
      }
      channels = Channels[block];
    }
    size /= 2;  // 2x2 max pooling
  }
  const BlockDensity last = block_density(4, 1);
  builder.fully_connected("fc1", channels * size * size, 4096, last.input);
  builder.fully_connected("fc2", 4096, 4096, last.inner);
  builder.fully_connected("fc3", 4096, 1000, last.inner);
  return builder.finish();
}

}  // namespace

const NetworkLayer* Network::find(std::string_view layer) const {
  for (const NetworkLayer& candidate : layers) {
    if (candidate.conv.name == layer) return &candidate;
  }
  return nullptr;
}

std::uint64_t Network::macs() const {
  std::uint64_t sum = 0;
  for (const NetworkLayer& layer : layers) sum += layer.conv.macs();
  return sum;
}

const std::vector<NetworkInfo>& networks() {
  static const std::vector<NetworkInfo> known = {
      {"resnet18", "ResNet-18, ImageNet 224x224: 20 convolutions, 1 fully connected layer"},
      {"resnet34", "ResNet-34, ImageNet 224x224: 36 convolutions, 1 fully connected layer"},
      {"resnet50", "ResNet-50, ImageNet 224x224: 53 convolutions, 1 fully connected layer"},
      {"resnet152", "ResNet-152, ImageNet 224x224: 155 convolutions, 1 fully connected layer"},
      {"vgg16", "VGG-16, ImageNet 224x224: 13 convolutions, 3 fully connected layers"},
      {"resnet20", "ResNet-20, CIFAR-10 32x32: 19 convolutions, 1 fully connected layer"},
  };
  return known;
}

Network network(std::string_view name, std::uint32_t batch) {
  const std::vector<NetworkInfo>& known = networks();
  if (name == known[0].name) return resnet(known[0], batch, {2, 2, 2, 2}, false);
  if (name == known[1].name) return resnet(known[1], batch, {3, 4, 6, 3}, false);
  if (name == known[2].name) return resnet(known[2], batch, {3, 4, 6, 3}, true);
  if (name == known[3].name) return resnet(known[3], batch, {3, 8, 36, 3}, true);
  if (name == known[4].name) return vgg16(known[4], batch);
  if (name == known[5].name) return resnet20(known[5], batch);
  std::string expected;
  for (const NetworkInfo& info : known) expected += (expected.empty() ? "" : ", ") + std::string(info.name);
  throw NetworkError("network = " + std::string(name) + ": expected one of " + expected);
}

}  // namespace dlac::workloads
