// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/random_layers.h"

#include <dlac/common/half.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dlac::tb {
namespace {

using workloads::ConvLayer;
using workloads::ElementType;
using workloads::Tensor;
using workloads::WeightKind;

[[nodiscard]] std::uint32_t pick(std::mt19937& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}
[[nodiscard]] bool chance(std::mt19937& random, double p) { return std::bernoulli_distribution(p)(random); }

[[nodiscard]] float value(std::mt19937& random, Flavour flavour, double density) {
  if (flavour == Flavour::AllZero) return chance(random, 0.2) ? -0.0F : 0.0F;
  if (flavour != Flavour::AllDense && !chance(random, density)) return chance(random, 0.1) ? -0.0F : 0.0F;
  const float x = std::normal_distribution<float>(0.0F, 2.0F)(random);
  switch (flavour) {
    case Flavour::NonFinite:
      if (chance(random, 0.05)) return std::numeric_limits<float>::infinity() * (chance(random, 0.5) ? 1.0F : -1.0F);
      if (chance(random, 0.02)) return std::numeric_limits<float>::quiet_NaN();
      return x;
    case Flavour::Tiny: return x * 1e-7F * (chance(random, 0.5) ? 1.0F : 1e-37F);
    case Flavour::Huge: return x * 2e4F * (chance(random, 0.5) ? 1.0F : 1e34F);
    default: return x == 0.0F ? 1.0F : x;
  }
}

[[nodiscard]] Tensor random_values(std::mt19937& random, Mode mode, std::vector<std::size_t> shape, Flavour flavour,
                                   double density) {
  Tensor tensor(mode == Mode::Train ? ElementType::Float32 : ElementType::Float16, std::move(shape));
  for (std::size_t i = 0; i < tensor.elements(); ++i) {
    const float x = value(random, flavour, density);
    if (mode == Mode::Train) {
      tensor.span<float>()[i] = x;
    } else {
      tensor.span<Half>()[i] = Half::from_float(x);
    }
  }
  return tensor;
}

}  // namespace

RandomLayer random_layer(std::mt19937& random, Mode mode, std::uint64_t largest_macs) {
  RandomLayer result;
  ConvLayer& layer = result.layer;
  for (;;) {
    layer = ConvLayer{};
    layer.name = "random";
    layer.groups = chance(random, 0.2) ? pick(random, 1, 4) : 1;
    layer.batch = chance(random, 0.3) ? pick(random, 1, 3) : 1;
    layer.in_channels = layer.groups * (chance(random, 0.15) ? 1 : pick(random, 1, 24));
    layer.out_channels = layer.groups * (chance(random, 0.15) ? 1 : pick(random, 1, 40));
    const bool one_pixel = chance(random, 0.1);
    layer.height = one_pixel ? 1 : pick(random, 1, 14);
    layer.width = one_pixel ? 1 : pick(random, 1, 14);
    static constexpr std::array<std::uint32_t, 6> Kernels{1, 1, 3, 3, 5, 7};
    layer.kernel_h = Kernels[pick(random, 0, 5)];
    layer.kernel_w = chance(random, 0.7) ? layer.kernel_h : pick(random, 1, 4);
    layer.stride_h = chance(random, 0.5) ? 1 : pick(random, 1, 3);
    layer.stride_w = chance(random, 0.7) ? layer.stride_h : pick(random, 1, 3);
    layer.dilation_h = chance(random, 0.7) ? 1 : pick(random, 1, 3);
    layer.dilation_w = chance(random, 0.8) ? layer.dilation_h : pick(random, 1, 2);
    layer.pad_h = chance(random, 0.3) ? 0 : pick(random, 0, 3);
    layer.pad_w = chance(random, 0.7) ? layer.pad_h : pick(random, 0, 4);
    layer.weights = chance(random, 0.3) ? WeightKind::FullPrecision : WeightKind::Ternary;
    try {
      layer.validate();
    } catch (const workloads::LayerError&) {
      continue;
    }
    if (layer.macs() <= largest_macs) break;
  }

  static constexpr std::array<Flavour, 9> Flavours{Flavour::Plain,     Flavour::Plain,   Flavour::Plain,
                                                   Flavour::Plain,     Flavour::AllZero, Flavour::AllDense,
                                                   Flavour::NonFinite, Flavour::Tiny,    Flavour::Huge};
  const Flavour weight_flavour = Flavours[pick(random, 0, 8)];
  const Flavour feature_flavour = Flavours[pick(random, 0, 8)];
  const double weight_density = std::uniform_real_distribution<>(0.05, 0.95)(random);
  const double feature_density = std::uniform_real_distribution<>(0.05, 0.95)(random);
  const std::vector<std::size_t> weight_shape{layer.out_channels, layer.in_channels / layer.groups, layer.kernel_h,
                                              layer.kernel_w};
  if (layer.weights == WeightKind::Ternary) {
    Tensor codes(ElementType::Int8, weight_shape);
    for (std::int8_t& code : codes.span<std::int8_t>()) {
      const bool live =
          weight_flavour != Flavour::AllZero && (weight_flavour == Flavour::AllDense || chance(random, weight_density));
      code = static_cast<std::int8_t>(live ? (chance(random, 0.5) ? 1 : -1) : 0);
    }
    result.tensors.weights = std::move(codes);
  } else {
    result.tensors.weights = random_values(random, mode, weight_shape, weight_flavour, weight_density);
  }
  result.tensors.features = random_values(random, mode, {layer.batch, layer.in_channels, layer.height, layer.width},
                                          feature_flavour, feature_density);
  return result;
}

std::vector<std::uint32_t> words_of(const Tensor& tensor) {
  std::vector<std::uint32_t> words(tensor.elements());
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = 0;
    const std::size_t bytes = workloads::element_bytes(tensor.type());
    std::memcpy(&words[i], tensor.bytes() + i * bytes, bytes);
  }
  return words;
}

std::vector<std::int8_t> ternary_of(const Tensor& tensor) {
  const auto span = tensor.span<std::int8_t>();
  return {span.begin(), span.end()};
}

reference::Words reference_outputs(const RandomLayer& random, Mode mode) {
  const auto precision = mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16;
  const reference::Convolution shape = reference_shape(random.layer);
  const reference::Words features = words_of(random.tensors.features);
  if (random.layer.weights == WeightKind::Ternary) {
    const std::vector<std::int8_t> codes = ternary_of(random.tensors.weights);
    return reference::convolve(shape, codes, features, precision);
  }
  const std::vector<std::uint32_t> words = words_of(random.tensors.weights);
  return reference::convolve(shape, words, features, precision);
}

reference::SegmentCycles reference_cycles(const RandomLayer& random, const Config& config,
                                          const workloads::LayerPlan& plan, const workloads::Segment& segment) {
  const bool full_precision = random.layer.weights == WeightKind::FullPrecision;
  reference::Grid grid;
  grid.rows = plan.grid_rows;
  grid.columns = plan.grid_columns;
  grid.buffers = config.output_buffers;
  grid.window = config.window_beats;
  // A' and p from the contract, not from the model.
  const std::int64_t bits_per_weight = full_precision ? (config.mode == Mode::Train ? 32 : 16) : 2;
  const std::int64_t port_bits = std::int64_t{config.row_port_words} * (config.mode == Mode::Train ? 32 : 16);
  grid.units = full_precision ? config.multiply_units : config.arithmetic_units;
  grid.beat_cycles = std::max<std::int64_t>(1, (config.output_buffers * bits_per_weight + port_bits - 1) / port_bits);

  const std::int64_t group_channels = random.layer.out_channels / random.layer.groups;
  reference::SegmentRange range;
  range.group = segment.first_channel / group_channels;
  range.channel_from = segment.first_channel % group_channels;
  range.channel_to = range.channel_from + segment.channels;
  range.column_from = segment.first_pixel;
  range.column_to = range.column_from + segment.pixels;
  range.beat_from = segment.first_beat;
  range.beat_to = range.beat_from + segment.beats;

  const auto policy = static_cast<reference::Policy>(static_cast<int>(config.policy));
  const auto precision = config.mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16;
  const reference::Convolution shape = reference_shape(random.layer);
  const reference::Words features = words_of(random.tensors.features);
  if (full_precision) {
    const std::vector<std::uint32_t> words = words_of(random.tensors.weights);
    return segment_cycles(grid, policy,
                          make_segment(reference::Pass::Forward, shape, words, features, precision, range));
  }
  const std::vector<std::int8_t> codes = ternary_of(random.tensors.weights);
  return segment_cycles(grid, policy, make_segment(reference::Pass::Forward, shape, codes, features, precision, range));
}

}  // namespace dlac::tb
