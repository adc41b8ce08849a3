// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "workloads/density.h"
#include "workloads/networks.h"
#include "workloads/packing.h"
#include "workloads/random.h"
#include "workloads/synthetic.h"

using dlac::workloads::ConvLayer;
using dlac::workloads::count_nonzero;
using dlac::workloads::DensityProfile;
using dlac::workloads::DensitySpread;
using dlac::workloads::ElementType;
using dlac::workloads::find_invalid_code;
using dlac::workloads::LayerError;
using dlac::workloads::network;
using dlac::workloads::NetworkLayer;
using dlac::workloads::Random;
using dlac::workloads::Span;
using dlac::workloads::synthetic_codes;
using dlac::workloads::synthetic_features;
using dlac::workloads::synthetic_weights;
using dlac::workloads::Tensor;
using dlac::workloads::WeightKind;

namespace {

ConvLayer layer_of(std::uint32_t channels, std::uint32_t size, std::uint32_t filters) {
  ConvLayer layer;
  layer.name = "test";
  layer.in_channels = channels;
  layer.height = layer.width = size;
  layer.out_channels = filters;
  layer.kernel_h = layer.kernel_w = 3;
  layer.pad_h = layer.pad_w = 1;
  return layer;
}

bool same(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.shape() == b.shape() && std::memcmp(a.bytes(), b.bytes(), a.size_in_bytes()) == 0;
}

/// Within five deviations of independent draws; draws are quantised to 2^-16.
void check_density(const Tensor& tensor, double density) {
  const auto n = static_cast<double>(tensor.elements());
  const auto found = static_cast<double>(count_nonzero(tensor));
  CHECK(std::fabs(found - n * density) <= 5 * std::sqrt(n * density * (1 - density)) + n * 0x1p-15);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}
double deviation(const std::vector<double>& values) {
  const double m = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - m) * (value - m);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Density of each of the `count` slices of `stride` consecutive elements that repeat with period count * stride.
template <class T>
std::vector<double> slice_densities(Span<const T> elements, std::size_t count, std::size_t stride) {
  std::vector<double> nonzero(count, 0);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i] != 0) nonzero[i / stride % count] += 1;
  }
  const std::size_t each = elements.size() / count;
  for (double& value : nonzero) value /= static_cast<double>(each);
  return nonzero;
}

}  // namespace

TEST_CASE("random numbers: SplitMix64, as published") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317U);
  CHECK(random.next() == 3203168211198807973U);
  CHECK(random.next() == 9817491932198370423U);
  CHECK(random.next() == 4593380528125082431U);
  CHECK(random.next() == 16408922859458223821U);

  std::vector<double> normals(100000);
  for (double& value : normals) value = random.normal();
  CHECK(mean(normals) == Approx(0).margin(0.02));
  CHECK(deviation(normals) == Approx(1).margin(0.02));
}

TEST_CASE("synthetic tensors have the density asked for, whatever the spread") {
  const ConvLayer layer = layer_of(64, 28, 96);
  for (const double density : {0.0, 0.02, 0.12, 0.5, 0.77, 0.98, 1.0}) {
    for (const double scale : {0.0, 1.0, 2.0}) {
      DensityProfile profile;
      profile.weight_density = profile.feature_density = density;
      profile.spread.filter *= scale;
      profile.spread.channel *= scale;
      profile.spread.feature_channel *= scale;
      profile.spread.feature_pixel *= scale;
      profile.spread.feature_local *= scale;
      INFO("density " << density << ", spread times " << scale);
      check_density(synthetic_codes(layer, profile, 1), density);
      check_density(synthetic_weights(layer, profile, ElementType::Float32, 1), density);
      check_density(synthetic_features(layer, profile, ElementType::Float32, 1), density);
    }
  }
}

TEST_CASE("every layer of the networks comes out with its densities") {
  for (const char* name : {"resnet18", "resnet50"}) {
    for (const NetworkLayer& layer : network(name).layers) {
      INFO(name << " " << layer.conv.name);
      if (layer.conv.weights == WeightKind::Ternary) {
        check_density(synthetic_codes(layer.conv, layer.densities, 3), layer.densities.weight_density);
      }
      check_density(synthetic_features(layer.conv, layer.densities, ElementType::Float32, 3),
                    layer.densities.feature_density);
    }
  }
}

TEST_CASE("a spread over filters or channels shows in their densities, and none without it") {
  const ConvLayer layer = layer_of(256, 16, 256);
  DensityProfile profile;
  profile.weight_density = profile.feature_density = 0.5;
  const auto of_codes = [&](bool filters) {
    const Tensor codes = synthetic_codes(layer, profile, 5);
    const auto span = std::as_const(codes).span<std::int8_t>();
    return deviation(slice_densities(span, 256, filters ? 256 * 9 : 9));
  };
  const auto of_features = [&](std::size_t count, std::size_t stride) {
    const Tensor features = synthetic_features(layer, profile, ElementType::Float32, 5);
    return deviation(slice_densities(std::as_const(features).span<float>(), count, stride));
  };
  const double sampling = std::sqrt(0.25 / (256 * 9));  // of independent draws: 0.010
  profile.spread = DensitySpread::none();
  CHECK(of_codes(true) < 1.3 * sampling);
  CHECK(of_codes(false) < 1.3 * sampling);
  CHECK(of_features(256, 256) < 1.3 * std::sqrt(0.25 / 256));
  CHECK(of_features(256, 1) < 1.3 * std::sqrt(0.25 / 256));

  // Around one half a spread s is a deviation of s, a little less because a logistic curve flattens.
  profile.spread.filter = 0.1;
  CHECK(of_codes(true) == Approx(0.1).margin(0.02));
  CHECK(of_codes(false) < 1.3 * sampling);
  profile.spread = DensitySpread::none();
  profile.spread.channel = 0.1;
  CHECK(of_codes(false) == Approx(0.1).margin(0.02));
  CHECK(of_codes(true) < 1.3 * sampling);
  profile.spread = DensitySpread::none();
  profile.spread.feature_channel = 0.15;
  CHECK(of_features(256, 256) == Approx(0.15).margin(0.03));
  CHECK(of_features(256, 1) < 1.3 * std::sqrt(0.25 / 256));
  profile.spread = DensitySpread::none();
  profile.spread.feature_pixel = 0.15;
  CHECK(of_features(256, 256) < 1.3 * std::sqrt(0.25 / 256));
  // A larger map: the lattice of a small one has few nodes, and their mean is taken out by the density.
  const Tensor features = synthetic_features(layer_of(256, 48, 1), profile, ElementType::Float32, 5);
  CHECK(deviation(slice_densities(std::as_const(features).span<float>(), 2304, 1)) == Approx(0.15).margin(0.03));
}

TEST_CASE("with the default spread, non-zeros of a channel cluster as in a real network") {
  const ConvLayer layer = layer_of(128, 28, 1);
  DensityProfile profile;
  profile.feature_density = 0.35;
  const Tensor features = synthetic_features(layer, profile, ElementType::Float32, 1);
  const auto x = features.span<float>();
  double covariance = 0, variance = 0;
  for (std::size_t c = 0; c < 128; ++c) {
    const float* map = x.data() + c * 784;
    double density = 0;
    for (std::size_t i = 0; i < 784; ++i) density += map[i] != 0 ? 1.0 / 784 : 0.0;
    for (std::size_t y = 0; y < 28; ++y) {
      for (std::size_t i = 28 * y; i + 1 < 28 * (y + 1); ++i) {
        const double here = (map[i] != 0 ? 1 : 0) - density;
        covariance += here * ((map[i + 1] != 0 ? 1 : 0) - density);
        variance += here * here;
      }
    }
  }
  CHECK(covariance / variance == Approx(0.36).margin(0.1));  // real maps: 0.25 to 0.66
}

TEST_CASE("synthetic values: codes, weights and post-ReLU features") {
  const ConvLayer layer = layer_of(32, 14, 64);
  DensityProfile profile;
  profile.weight_density = 0.5;
  profile.feature_density = 0.4;
  const Tensor codes = synthetic_codes(layer, profile, 1);
  CHECK_FALSE(find_invalid_code(codes.span<std::int8_t>().data(), codes.elements()));
  int sum = 0;
  for (const std::int8_t code : codes.span<std::int8_t>()) sum += code;
  CHECK(std::abs(sum) < 5 * std::sqrt(0.5 * static_cast<double>(codes.elements())));

  const Tensor features = synthetic_features(layer, profile, ElementType::Float32, 1);
  const Tensor halves = synthetic_features(layer, profile, ElementType::Float16, 1);
  for (std::size_t i = 0; i < features.elements(); ++i) {
    const float value = features.span<float>()[i];
    REQUIRE((value == 0 || (value >= 0.1F && value <= 2.11F)));
    REQUIRE(halves.span<dlac::Half>()[i].bits() == dlac::Half::from_float(value).bits());
  }
  CHECK(count_nonzero(halves) == count_nonzero(features));

  profile.weight_density = 1;
  const Tensor weights = synthetic_weights(layer, profile, ElementType::Float32, 1);
  const Tensor half_weights = synthetic_weights(layer, profile, ElementType::Float16, 1);
  CHECK(count_nonzero(weights) == weights.elements());
  CHECK(count_nonzero(half_weights) == weights.elements());
  std::vector<double> values(weights.span<float>().begin(), weights.span<float>().end());
  CHECK(deviation(values) == Approx(std::sqrt(2.0 / 288)).epsilon(0.03));
}

TEST_CASE("synthetic image: dense, signed, exact in binary16, smooth") {
  const NetworkLayer first = network("resnet34").layers.front();
  const Tensor image = synthetic_features(first.conv, first.densities, ElementType::Float32, 1);
  const Tensor halves = synthetic_features(first.conv, first.densities, ElementType::Float16, 1);
  CHECK(count_nonzero(image) == image.elements());
  CHECK(count_nonzero(halves) == image.elements());
  std::vector<double> values(image.span<float>().begin(), image.span<float>().end());
  CHECK(deviation(values) == Approx(1).margin(0.2));
  std::vector<double> steps;
  for (std::size_t i = 1; i < 224; ++i) steps.push_back(values[i] - values[i - 1]);
  CHECK(deviation(steps) < 0.5);
}

TEST_CASE("the same seed gives the same tensors, another seed or layer name others") {
  ConvLayer layer = layer_of(16, 14, 24);
  DensityProfile profile;
  profile.weight_density = profile.feature_density = 0.5;
  const Tensor codes = synthetic_codes(layer, profile, 1);
  const Tensor features = synthetic_features(layer, profile, ElementType::Float16, 1);
  CHECK(same(codes, synthetic_codes(layer, profile, 1)));
  CHECK(same(features, synthetic_features(layer, profile, ElementType::Float16, 1)));
  CHECK_FALSE(same(codes, synthetic_codes(layer, profile, 2)));
  CHECK_FALSE(same(features, synthetic_features(layer, profile, ElementType::Float16, 2)));
  layer.batch = 3;
  CHECK(same(codes, synthetic_codes(layer, profile, 1)));
  layer.batch = 1;
  layer.name = "other";
  CHECK_FALSE(same(codes, synthetic_codes(layer, profile, 1)));
}

TEST_CASE("synthetic tensors of odd shapes: one pixel, one channel, groups, batches") {
  ConvLayer layer = layer_of(1, 1, 1);
  layer.kernel_h = layer.kernel_w = 1;
  layer.pad_h = layer.pad_w = 0;
  DensityProfile profile;
  profile.weight_density = profile.feature_density = 0.5;
  CHECK(synthetic_codes(layer, profile, 1).elements() == 1);
  CHECK(synthetic_features(layer, profile, ElementType::Float32, 1).elements() == 1);
  layer.in_channels = layer.out_channels = 6;
  layer.groups = 3;
  layer.batch = 4;
  layer.height = 2;
  layer.width = 5;
  CHECK(synthetic_codes(layer, profile, 1).shape() == std::vector<std::size_t>{6, 2, 1, 1});
  CHECK(synthetic_features(layer, profile, ElementType::Float16, 1).shape() == std::vector<std::size_t>{4, 6, 2, 5});
  profile.weight_density = 1.5;
  CHECK_THROWS_AS(synthetic_codes(layer, profile, 1), LayerError);
  profile.weight_density = std::nan("");
  CHECK_THROWS_AS(synthetic_codes(layer, profile, 1), LayerError);
  profile.weight_density = 1;
  profile.spread.filter = -1;
  CHECK_THROWS_AS(synthetic_codes(layer, profile, 1), LayerError);
}

TEST_CASE("synthetic tensors: the largest spread of each kind is taken, one beyond it refused") {
  const ConvLayer layer = layer_of(4, 8, 4);
  for (double DensitySpread::*const member :
       {&DensitySpread::filter, &DensitySpread::channel, &DensitySpread::feature_channel, &DensitySpread::feature_pixel,
        &DensitySpread::feature_local}) {
    DensityProfile profile;
    profile.spread = DensitySpread::none();
    profile.spread.*member = 4;
    CHECK_NOTHROW(synthetic_codes(layer, profile, 1));
    CHECK_NOTHROW(synthetic_features(layer, profile, ElementType::Float32, 1));
    profile.spread.*member = std::nextafter(4.0, 5.0);
    CHECK_THROWS_AS(synthetic_codes(layer, profile, 1), LayerError);
    profile.spread.*member = std::nextafter(0.0, -1.0);
    CHECK_THROWS_AS(synthetic_features(layer, profile, ElementType::Float32, 1), LayerError);
  }
}

TEST_CASE("synthetic features: every image of a batch has a pattern of its own") {
  // Densities of the pixels over the channels: as spread in one image as in the other, and not alike. The pattern has
  // some 256 independent values, so that a chance correlation is of the order of 1/16.
  constexpr std::size_t Channels = 64, Pixels = std::size_t{64} * 64;
  ConvLayer layer = layer_of(Channels, 64, 1);
  layer.batch = 2;
  DensityProfile profile;
  profile.feature_density = 0.5;
  profile.spread = DensitySpread::none();
  profile.spread.feature_pixel = 0.3;
  const Tensor features = synthetic_features(layer, profile, ElementType::Float32, 3);
  const Span<const float> values = features.span<float>();
  std::vector<double> pixels[2] = {std::vector<double>(Pixels, 0), std::vector<double>(Pixels, 0)};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) pixels[i / (Channels * Pixels)][i % Pixels] += 1.0 / Channels;
  }
  const double means[2] = {mean(pixels[0]), mean(pixels[1])};
  double covariance = 0;
  for (std::size_t i = 0; i < Pixels; ++i) {
    covariance += (pixels[0][i] - means[0]) * (pixels[1][i] - means[1]) / Pixels;
  }
  CHECK(std::fabs(covariance / (deviation(pixels[0]) * deviation(pixels[1]))) < 0.3);
  CHECK(deviation(pixels[1]) == Approx(deviation(pixels[0])).epsilon(0.1));
}
