// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "workloads/networks.h"

using dlac::workloads::ConvLayer;
using dlac::workloads::FeatureKind;
using dlac::workloads::fully_connected;
using dlac::workloads::LayerError;
using dlac::workloads::Network;
using dlac::workloads::network;
using dlac::workloads::NetworkError;
using dlac::workloads::NetworkLayer;
using dlac::workloads::networks;
using dlac::workloads::WeightKind;

namespace {

ConvLayer square(std::uint32_t size, std::uint32_t kernel, std::uint32_t stride, std::uint32_t pad,
                 std::uint32_t dilation) {
  ConvLayer layer;
  layer.name = "test";
  layer.height = layer.width = size;
  layer.kernel_h = layer.kernel_w = kernel;
  layer.stride_h = layer.stride_w = stride;
  layer.pad_h = layer.pad_w = pad;
  layer.dilation_h = layer.dilation_w = dilation;
  return layer;
}

}  // namespace

TEST_CASE("layer: output size is floor((size + 2 pad - dilation (kernel - 1) - 1) / stride) + 1") {
  CHECK(square(224, 7, 2, 3, 1).out_height() == 112);
  CHECK(square(56, 3, 1, 1, 1).out_height() == 56);
  CHECK(square(56, 3, 2, 1, 1).out_width() == 28);
  CHECK(square(56, 1, 2, 0, 1).out_width() == 28);
  CHECK(square(5, 3, 1, 0, 2).out_height() == 1);
  CHECK(square(6, 3, 2, 0, 1).out_height() == 2);  // the last row is not reached
  CHECK(square(1, 1, 1, 0, 1).out_height() == 1);
}

TEST_CASE("layer: beats, pixels and multiply-accumulates") {
  ConvLayer layer = square(4, 3, 1, 1, 1);
  layer.batch = 2;
  layer.in_channels = 6;
  layer.out_channels = 9;
  layer.groups = 3;
  layer.validate();
  CHECK(layer.beats() == 18);
  CHECK(layer.pixels() == 32);
  CHECK(layer.macs() == 9ULL * 32 * 18);  // padding included
  CHECK(layer.weight_count() == 9ULL * 18);
  CHECK(layer.feature_count() == 2ULL * 6 * 16);
  CHECK(layer.output_count() == 2ULL * 9 * 16);

  const ConvLayer fc = fully_connected("fc", 3, 512, 1000);
  fc.validate();
  CHECK(fc.macs() == 3ULL * 512 * 1000);
  CHECK(fc.pixels() == 3);
}

TEST_CASE("layer: what is no convolution is refused with key, value and what was expected") {
  const ConvLayer good = square(8, 3, 1, 1, 1);
  CHECK_NOTHROW(good.validate());
  const struct {
    std::uint32_t ConvLayer::*member;
    std::uint32_t value;
    std::string key;
  } cases[] = {
      {&ConvLayer::batch, 0, "batch"},
      {&ConvLayer::in_channels, 0, "in_channels"},
      {&ConvLayer::height, 0, "height"},
      {&ConvLayer::width, 0, "width"},
      {&ConvLayer::out_channels, 0, "out_channels"},
      {&ConvLayer::kernel_h, 0, "kernel_h"},
      {&ConvLayer::kernel_w, 0, "kernel_w"},
      {&ConvLayer::stride_h, 0, "stride_h"},
      {&ConvLayer::stride_w, 0, "stride_w"},
      {&ConvLayer::dilation_h, 0, "dilation_h"},
      {&ConvLayer::dilation_w, 0, "dilation_w"},
      {&ConvLayer::groups, 0, "groups"},
      {&ConvLayer::groups, 2, "groups"},
      {&ConvLayer::kernel_h, 11, "kernel_h"},
      {&ConvLayer::kernel_w, 11, "kernel_w"},
      {&ConvLayer::dilation_h, 5, "kernel_h"},
      {&ConvLayer::pad_h, 0xFFFFFFFF, "pad_h"},
      {&ConvLayer::dilation_w, 0x80000000, "dilation_w"},
  };
  for (const auto& c : cases) {
    ConvLayer layer = good;
    layer.*c.member = c.value;
    INFO(c.key << " = " << c.value);
    try {
      layer.validate();
      FAIL("accepted");
    } catch (const LayerError& error) {
      CHECK(error.key() == c.key);
      CHECK_THAT(error.what(), Catch::Contains("test") && Catch::Contains(c.key) && Catch::Contains("expected"));
    }
  }
  ConvLayer widest = good;
  widest.kernel_h = widest.kernel_w = 10;  // 8 + 2
  CHECK_NOTHROW(widest.validate());
  CHECK(widest.out_height() == 1);

  ConvLayer huge = square(1U << 20U, 1, 1, 0, 1);
  CHECK_THROWS_AS(huge.validate(), LayerError);  // 2^40 words per image
}

TEST_CASE("layer: totals at their limits are taken, one beyond them is refused") {
  // 2^30 - 1 = 49981 * 21483 and 2^32 - 1 = 65537 * 255 * 257.
  const auto layer_of = [](std::uint32_t batch, std::uint32_t in, std::uint32_t height, std::uint32_t width,
                           std::uint32_t out) {
    ConvLayer layer;
    layer.name = "test";
    layer.batch = batch;
    layer.in_channels = in;
    layer.height = height;
    layer.width = width;
    layer.out_channels = out;
    return layer;
  };
  const auto with_kernel = [](ConvLayer layer, std::uint32_t height, std::uint32_t width) {
    layer.kernel_h = height;  // of which the map of one pixel meets one position
    layer.kernel_w = width;
    layer.pad_h = height / 2;
    layer.pad_w = width / 2;
    return layer;
  };
  const auto refused_key = [](const ConvLayer& layer) -> std::string {
    try {
      layer.validate();
    } catch (const LayerError& error) {
      return error.key();
    }
    return {};
  };
  constexpr std::uint32_t Largest = 1U << 20U;
  CHECK(refused_key(layer_of(1, 49981, 21483, 1, 1)).empty());
  CHECK(refused_key(layer_of(1, 1U << 15U, 1U << 15U, 1, 1)) == "in_channels * height * width");
  CHECK(refused_key(layer_of(1, 1, 21483, 1, 49981)).empty());
  CHECK(refused_key(layer_of(1, 1, 1U << 15U, 1, 1U << 15U)) == "out_channels * out_height * out_width");
  CHECK(refused_key(layer_of(65537, 1, 255, 257, 1)).empty());
  CHECK(refused_key(layer_of(65536, 1, 256, 256, 1)) == "batch * out_height * out_width");
  CHECK(refused_key(with_kernel(layer_of(1, 65537, 1, 1, 1), 255, 257)).empty());
  CHECK(refused_key(with_kernel(layer_of(1, 65536, 1, 1, 1), 256, 256)) ==
        "in_channels / groups * kernel_h * kernel_w");
  // Rows are counted by a signed number of 32 bits.
  ConvLayer rows = layer_of(2047, 1, Largest, 1, 1);
  rows.stride_h = Largest;
  CHECK(refused_key(rows).empty());
  rows.batch = 2048;
  CHECK(refused_key(rows) == "batch * height");
  // 2^20 * 2^21 beats * 2^21 pixels, two per image.
  ConvLayer macs = layer_of(Largest, Largest, 3, 1, Largest - 1);
  macs.kernel_h = 2;
  CHECK(refused_key(macs).empty());
  macs.out_channels = Largest;
  CHECK(refused_key(macs) == "multiply-accumulates");
  for (std::uint32_t ConvLayer::*const size : {&ConvLayer::pad_h, &ConvLayer::pad_w, &ConvLayer::stride_h,
                                               &ConvLayer::stride_w, &ConvLayer::batch, &ConvLayer::out_channels}) {
    ConvLayer layer = layer_of(1, 1, 1, 1, 1);
    if (size == &ConvLayer::pad_h) layer.stride_h = Largest;
    if (size == &ConvLayer::pad_w) layer.stride_w = Largest;
    layer.*size = Largest;
    CHECK(refused_key(layer).empty());
    layer.*size = Largest + 1;
    CHECK_FALSE(refused_key(layer).empty());
  }
}

TEST_CASE("networks: multiply-accumulates, counted by hand and known from the literature") {
  // Stem, stages, classifier. A 3x3 convolution at constant width c on a map of s x s is 9 c^2 s^2 = 115,605,504 in
  // every stage; a stage's first one is half of that from stage 2 on, its projection 1/18 of it.
  constexpr std::uint64_t Stem = 64ULL * 147 * 112 * 112;
  constexpr std::uint64_t Conv = 9ULL * 64 * 64 * 56 * 56;
  CHECK(network("resnet18").macs() == Stem + 13 * Conv + 3 * (Conv / 2) + 3 * (Conv / 18) + 512000);
  CHECK(network("resnet34").macs() == Stem + 29 * Conv + 3 * (Conv / 2) + 3 * (Conv / 18) + 512000);
  CHECK(network("resnet18").macs() == 1'814'073'344);
  CHECK(network("resnet34").macs() == 3'663'761'408);    // 3.66 G
  CHECK(network("resnet50").macs() == 4'089'184'256);    // 4.09 G, stride in the 3x3 convolution
  CHECK(network("resnet152").macs() == 11'513'626'624);  // 11.51 G
  CHECK(network("vgg16").macs() == 15'470'264'320);      // 15.47 G
  // Nine convolutions of 9 c^2 s^2 per c in {16, 32, 64}, s = 512 / c, but for two that halve the channels they read.
  constexpr std::uint64_t Cifar = 9ULL * 16 * 16 * 32 * 32;
  CHECK(network("resnet20").macs() == 27ULL * 16 * 32 * 32 + 16 * Cifar + 2 * (Cifar / 2) + 640);
  CHECK(network("resnet20").macs() == 40'551'040);  // 40.6 M
  CHECK(network("resnet34", 4).macs() == 4 * 3'663'761'408ULL);
}

TEST_CASE("networks: layers, names, stages and kinds") {
  const std::map<std::string, std::size_t> layers = {{"resnet18", 21},   {"resnet34", 37}, {"resnet50", 54},
                                                     {"resnet152", 156}, {"vgg16", 16},    {"resnet20", 20}};
  REQUIRE(networks().size() == layers.size());
  for (const auto& info : networks()) {
    const Network net = network(info.name);
    INFO(info.name);
    CHECK(net.layers.size() == layers.at(std::string(info.name)));
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < net.layers.size(); ++i) {
      const NetworkLayer& layer = net.layers[i];
      CHECK_NOTHROW(layer.conv.validate());
      CHECK(++seen[layer.conv.name] == 1);
      CHECK_FALSE(layer.conv.stage.empty());
      CHECK((layer.conv.weights == WeightKind::FullPrecision) == (i == 0));  // [P]
      CHECK((layer.densities.features == FeatureKind::Image) == (i == 0));
      CHECK(layer.densities.weight_density > 0);
      CHECK(layer.densities.weight_density <= 1);
      CHECK(layer.densities.feature_density > 0);
      CHECK(layer.densities.feature_density <= 1);
      CHECK(net.find(layer.conv.name) == &net.layers[i]);
    }
  }
  const Network net = network("resnet34");
  CHECK(net.layers.front().conv.name == "conv1");
  CHECK(net.layers.back().conv.name == "fc");
  const NetworkLayer* projection = net.find("layer2.0.downsample");
  REQUIRE(projection != nullptr);
  CHECK(projection->conv.in_channels == 64);
  CHECK(projection->conv.out_channels == 128);
  CHECK(projection->conv.stride_h == 2);
  CHECK(projection->conv.stage == "stage 2");
  CHECK(net.find("layer1.0.downsample") == nullptr);
  CHECK(net.find("layer3.5.conv2") != nullptr);
  CHECK(net.find("layer3.6.conv1") == nullptr);
  CHECK(network("resnet50").find("layer1.0.downsample") != nullptr);
  CHECK(network("vgg16").find("fc1")->conv.in_channels == 25088);
}

TEST_CASE("networks: ResNet-18 has the measured densities, stage 4 the extrapolated ones") {
  const Network net = network("resnet18");
  const auto check = [&](const char* name, double weights, double features) {
    INFO(name);
    REQUIRE(net.find(name) != nullptr);
    CHECK(net.find(name)->densities.weight_density == Approx(weights).epsilon(1e-9));
    CHECK(net.find(name)->densities.feature_density == Approx(features).epsilon(1e-9));
  };
  check("conv1", 1, 1);
  check("layer1.0.conv2", 0.4575, 0.4642);
  check("layer2.1.conv1", 0.5093, 0.4313);
  check("layer3.0.downsample", 0.4764, 0.4101);
  check("layer3.1.conv2", 0.4831, 0.1191);
  check("layer4.0.conv1", 0.5193 * 0.5193 / 0.5003, 0.3407);
  check("layer4.1.conv2", 0.4831 * 0.4831 / 0.4906, 0.1191 * 0.1191 / 0.1626);
}

TEST_CASE("networks: ResNet-20 has the shapes and the densities of the measured one") {
  const Network net = network("resnet20");
  const auto check = [&](const char* name, std::uint32_t in, std::uint32_t size, std::uint32_t out,
                         std::uint32_t stride, double weights, double features) {
    INFO(name);
    const NetworkLayer* layer = net.find(name);
    REQUIRE(layer != nullptr);
    CHECK(layer->conv.in_channels == in);
    CHECK(layer->conv.height == size);
    CHECK(layer->conv.out_channels == out);
    CHECK(layer->conv.stride_h == stride);
    CHECK(layer->densities.weight_density == weights);
    CHECK(layer->densities.feature_density == features);
  };
  check("conv1", 3, 32, 16, 1, 1, 1);
  check("layer1.0.conv1", 16, 32, 16, 1, 0.4319, 0.5287);
  check("layer2.0.conv1", 16, 32, 32, 2, 0.5007, 0.6333);
  check("layer2.0.conv2", 32, 16, 32, 1, 0.5279, 0.3574);
  check("layer3.0.conv1", 32, 16, 64, 2, 0.5453, 0.5417);
  check("layer3.2.conv2", 64, 8, 64, 1, 0.5260, 0.1501);
  check("linear", 64, 1, 10, 1, 0.5, 1);
  CHECK(net.find("layer2.0.downsample") == nullptr);
}

TEST_CASE("networks: an unknown name lists the known ones") {
  try {
    static_cast<void>(network("alexnet"));
    FAIL("accepted");
  } catch (const NetworkError& error) {
    CHECK_THAT(error.what(), Catch::Contains("alexnet") && Catch::Contains("resnet34") && Catch::Contains("vgg16"));
  }
  CHECK_THROWS_AS(network("resnet34", 0), LayerError);
}
