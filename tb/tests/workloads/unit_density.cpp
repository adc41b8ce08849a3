// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "workloads/density.h"
#include "workloads/npy.h"
#include "workloads/packing.h"
#include "workloads/random.h"

using dlac::workloads::check_ternary;
using dlac::workloads::ConvLayer;
using dlac::workloads::count_layer;
using dlac::workloads::count_nonzero;
using dlac::workloads::ElementType;
using dlac::workloads::fully_connected;
using dlac::workloads::LayerCounts;
using dlac::workloads::LayerError;
using dlac::workloads::Random;
using dlac::workloads::read_npy;
using dlac::workloads::Tensor;

namespace {

/// Every multiply-accumulate, one by one.
LayerCounts count_by_macs(const ConvLayer& l, const Tensor& features, const Tensor& weights) {
  LayerCounts counts;
  const auto x = features.span<float>();
  const auto w = weights.span<std::int8_t>();
  const std::uint32_t channels = l.in_channels / l.groups, filters = l.out_channels / l.groups;
  for (std::uint32_t n = 0; n < l.batch; ++n) {
    for (std::uint32_t k = 0; k < l.out_channels; ++k) {
      for (std::uint32_t oy = 0; oy < l.out_height(); ++oy) {
        for (std::uint32_t ox = 0; ox < l.out_width(); ++ox) {
          for (std::uint32_t c = 0; c < channels; ++c) {
            for (std::uint32_t kh = 0; kh < l.kernel_h; ++kh) {
              for (std::uint32_t kw = 0; kw < l.kernel_w; ++kw) {
                const int y = static_cast<int>(oy * l.stride_h + kh * l.dilation_h) - static_cast<int>(l.pad_h);
                const int xx = static_cast<int>(ox * l.stride_w + kw * l.dilation_w) - static_cast<int>(l.pad_w);
                const bool inside =
                    y >= 0 && y < static_cast<int>(l.height) && xx >= 0 && xx < static_cast<int>(l.width);
                const std::size_t channel = std::size_t{k / filters} * channels + c;
                const bool feature =
                    inside &&
                    x[((std::size_t{n} * l.in_channels + channel) * l.height + static_cast<std::size_t>(y)) * l.width +
                      static_cast<std::size_t>(xx)] != 0;
                const bool weight = w[((std::size_t{k} * channels + c) * l.kernel_h + kh) * l.kernel_w + kw] != 0;
                ++counts.macs;
                counts.live_weight += weight ? 1U : 0U;
                counts.live_feature += feature ? 1U : 0U;
                counts.live_both += weight && feature ? 1U : 0U;
                if (k % filters == 0) {
                  ++counts.column_beats;
                  counts.nonzero_beats += feature ? 1U : 0U;
                }
              }
            }
          }
        }
      }
    }
  }
  return counts;
}

std::filesystem::path resnet20_folder() {
  if (const char* folder = std::getenv("DLAC_DATA")) {
    const std::filesystem::path path(folder);
    return std::filesystem::exists(path / "manifest.json") ? path : path / "ternary-resnet20";
  }
  const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  return root.parent_path() / "shared" / "data" / "ternary-resnet20";
}

/// Image `n` of an [N,C,H,W] float32 tensor.
Tensor image(const Tensor& batch, std::size_t n) {
  Tensor one(ElementType::Float32, {1, batch.extent(1), batch.extent(2), batch.extent(3)});
  const auto from = batch.span<float>();
  const auto to = one.span<float>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[n * to.size() + i];
  return one;
}

}  // namespace

TEST_CASE("density: -0 is zero, NaN is not, in every element type") {
  Tensor floats(ElementType::Float32, {5});
  floats.span<float>()[1] = -0.0F;
  floats.span<float>()[2] = std::nanf("");
  floats.span<float>()[3] = 1e-45F;
  CHECK(count_nonzero(floats) == 2);
  Tensor halves(ElementType::Float16, {4});
  halves.span<std::uint16_t>()[0] = 0x8000;
  halves.span<std::uint16_t>()[1] = 0x7E00;
  halves.span<std::uint16_t>()[2] = 0x8001;
  CHECK(count_nonzero(halves) == 2);
  Tensor codes(ElementType::Int8, {3});
  codes.span<std::int8_t>()[2] = -1;
  CHECK(count_nonzero(codes) == 1);
}

TEST_CASE("density: padding counts as beats and as multiply-accumulates") {
  // One dense 3x3 map, 3x3 kernel, padding 1: of 9 x 9 (pixel, position) pairs, 16 + 24 + 9 = 49 meet the map.
  ConvLayer layer;
  layer.height = layer.width = 3;
  layer.kernel_h = layer.kernel_w = 3;
  layer.pad_h = layer.pad_w = 1;
  layer.out_channels = 2;
  Tensor features(ElementType::Float32, {1, 1, 3, 3});
  for (float& feature : features.span<float>()) feature = 1;
  Tensor weights(ElementType::Int8, {2, 1, 3, 3});
  weights.span<std::int8_t>()[4] = 1;   // filter 0: only the centre, which meets the map at all 9 pixels
  weights.span<std::int8_t>()[9] = -1;  // filter 1: only a corner, which meets it at 4
  const LayerCounts counts = count_layer(layer, features, weights);
  CHECK(counts.column_beats == 81);
  CHECK(counts.nonzero_beats == 49);
  CHECK(counts.macs == 162);
  CHECK(counts.live_feature == 98);
  CHECK(counts.live_weight == 18);
  CHECK(counts.live_both == 13);
  CHECK(counts.feature_density() == 1);
  CHECK(counts.weight_density() == Approx(2.0 / 18));
  CHECK(counts.beat_density() == Approx(49.0 / 81));
  CHECK(counts.live_density() == Approx(13.0 / 162));
}

TEST_CASE("density: random layers agree with a count of every multiply-accumulate") {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    ConvLayer layer;
    layer.name = "random";
    layer.groups = 1 + random.below(3);
    layer.batch = 1 + random.below(2);
    layer.in_channels = layer.groups * (1 + random.below(3));
    layer.out_channels = layer.groups * (1 + random.below(4));
    layer.height = 1 + random.below(9);
    layer.width = 1 + random.below(9);
    layer.kernel_h = 1 + random.below(4);
    layer.kernel_w = 1 + random.below(4);
    layer.stride_h = 1 + random.below(4);
    layer.stride_w = 1 + random.below(4);
    layer.pad_h = random.below(4);
    layer.pad_w = random.below(4);
    layer.dilation_h = 1 + random.below(3);
    layer.dilation_w = 1 + random.below(3);
    try {
      layer.validate();
    } catch (const LayerError&) {
      continue;  // the kernel does not fit
    }
    Tensor features(ElementType::Float32, {layer.batch, layer.in_channels, layer.height, layer.width});
    for (float& feature : features.span<float>()) feature = random.below(2) == 0 ? 0.0F : 1.0F;
    Tensor weights(ElementType::Int8,
                   {layer.out_channels, layer.in_channels / layer.groups, layer.kernel_h, layer.kernel_w});
    for (std::int8_t& weight : weights.span<std::int8_t>()) weight = static_cast<std::int8_t>(random.below(2));
    const LayerCounts fast = count_layer(layer, features, weights);
    const LayerCounts slow = count_by_macs(layer, features, weights);
    REQUIRE(fast.macs == slow.macs);
    REQUIRE(fast.column_beats == slow.column_beats);
    REQUIRE(fast.nonzero_beats == slow.nonzero_beats);
    REQUIRE(fast.live_weight == slow.live_weight);
    REQUIRE(fast.live_feature == slow.live_feature);
    REQUIRE(fast.live_both == slow.live_both);
  }
}

TEST_CASE("density: more than 255 filters, and tensors of the wrong size") {
  ConvLayer layer = fully_connected("fc", 1, 3, 700);
  Tensor features(ElementType::Float32, {1, 3});
  features.span<float>()[1] = 1;
  Tensor weights(ElementType::Float32, {700, 3});
  for (float& weight : weights.span<float>()) weight = 1;
  CHECK(count_layer(layer, features, weights).live_both == 700);
  layer.in_channels = 4;
  CHECK_THROWS_AS(count_layer(layer, features, weights), std::invalid_argument);
}

TEST_CASE("density: counts of the trained ternary ResNet-20 equal its manifest") {
  const std::filesystem::path folder = resnet20_folder();
  if (!std::filesystem::exists(folder / "manifest.json")) {
    std::cout << "SKIPPED: no " << (folder / "manifest.json").string() << "\n";
    return;
  }
  const nlohmann::json manifest = nlohmann::json::parse(std::ifstream(folder / "manifest.json"));
  std::size_t compared = 0;
  for (const auto& entry : manifest.at("layers")) {
    if (!entry.contains("per_image") || entry.at("w_shape").size() != 4) continue;
    ConvLayer layer;
    layer.name = entry.at("name").get<std::string>();
    INFO(layer.name);
    layer.in_channels = entry.at("in_shape").at(1).get<std::uint32_t>();
    layer.height = entry.at("in_shape").at(2).get<std::uint32_t>();
    layer.width = entry.at("in_shape").at(3).get<std::uint32_t>();
    layer.out_channels = entry.at("w_shape").at(0).get<std::uint32_t>();
    layer.kernel_h = entry.at("w_shape").at(2).get<std::uint32_t>();
    layer.kernel_w = entry.at("w_shape").at(3).get<std::uint32_t>();
    layer.stride_h = layer.stride_w = entry.at("stride").get<std::uint32_t>();
    layer.pad_h = layer.pad_w = entry.at("pad").get<std::uint32_t>();
    layer.validate();
    const bool ternary = entry.at("ternary").get<bool>();
    const Tensor weights = read_npy((folder / (layer.name + (ternary ? ".codes.npy" : ".weight.npy"))).string());
    if (ternary) check_ternary(layer.name, weights.span<std::int8_t>().data(), weights.elements());
    const Tensor features = read_npy((folder / (layer.name + ".act.npy")).string());
    for (std::size_t n = 0; n < entry.at("per_image").size(); ++n) {
      const auto& expected = entry.at("per_image").at(n);
      const LayerCounts counts = count_layer(layer, image(features, n), weights);
      CHECK(counts.nonzero_weights == entry.at("w_nonzeros").get<std::uint64_t>());
      CHECK(counts.nonzero_features == expected.at("act_nonzeros").get<std::uint64_t>());
      CHECK(counts.macs == expected.at("macs").get<std::uint64_t>());
      CHECK(counts.live_both == expected.at("macs_both_nonzero").get<std::uint64_t>());
      ++compared;
    }
  }
  CHECK(compared >= 38);  // 19 convolutions, two images
}
