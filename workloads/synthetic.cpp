// SPDX-License-Identifier: Apache-2.0
#include "workloads/synthetic.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "workloads/convert.h"
#include "workloads/number_text.h"
#include "workloads/random.h"

namespace dlac::workloads {
namespace {

// Logits are kept as integers in units of 1/128: exact to add, and a chance is then one table look-up.
constexpr double LogitUnits = 128;
constexpr std::int32_t LogitLimit = 4095;  // +-32
constexpr std::size_t LogitBins = 2 * LogitLimit + 1;

/// e^x by its series and ten squarings: the same bits everywhere, which std::exp does not promise. |x| <= 100.
double exponential(double x) {
  const double y = x / 1024;
  double result = 1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4 * (1 + y / 5))));
  for (int i = 0; i < 10; ++i) result *= result;
  return result;
}
double logistic(double x) { return 1 / (1 + exponential(-x)); }

std::int32_t to_units(double spread, double deviate) {
  return static_cast<std::int32_t>(std::lround(4 * spread * deviate * LogitUnits));
}
std::size_t bin(std::int32_t logit) {
  return static_cast<std::size_t>(std::clamp(logit, -LogitLimit, LogitLimit) + LogitLimit);
}

/// Chances (times 2^16) per logit bin so that their mean over the counted bins is `density`.
class Chances {
 public:
  Chances(const std::vector<std::uint64_t>& histogram, double density) : table_(LogitBins, 0) {
    constexpr std::uint32_t Certain = 1U << 16U;
    if (density <= 0) return;
    if (density >= 1) {
      std::fill(table_.begin(), table_.end(), Certain);
      return;
    }
    std::uint64_t total = 0;
    for (const std::uint64_t count : histogram) total += count;
    double low = -64, high = 64;
    for (int step = 0; step < 40; ++step) {  // bisection: the mean rises with the offset
      const double offset = (low + high) / 2;
      double sum = 0;
      for (std::size_t i = 0; i < LogitBins; ++i) {
        if (histogram[i] != 0) sum += static_cast<double>(histogram[i]) * logistic(logit(i) + offset);
      }
      (sum < density * static_cast<double>(total) ? low : high) = offset;
    }
    for (std::size_t i = 0; i < LogitBins; ++i) {
      table_[i] = static_cast<std::uint32_t>(std::lround(logistic(logit(i) + low) * Certain));
    }
  }
  [[nodiscard]] std::uint32_t operator[](std::size_t bin) const { return table_[bin]; }

 private:
  [[nodiscard]] static double logit(std::size_t bin) { return (static_cast<double>(bin) - LogitLimit) / LogitUnits; }
  std::vector<std::uint32_t> table_;
};

/// 16 random bits at a time.
class Draws {
 public:
  explicit Draws(Random random) : random_(random) {}
  [[nodiscard]] std::uint32_t next() {
    if (left_ == 0) {
      bits_ = random_.next();
      left_ = 4;
    }
    const auto draw = static_cast<std::uint32_t>(bits_ & 0xFFFFU);
    bits_ >>= 16U;
    --left_;
    return draw;
  }

 private:
  Random random_;
  std::uint64_t bits_ = 0;
  unsigned left_ = 0;
};

std::string purpose(const ConvLayer& layer, const char* what) { return layer.name + "/" + what; }

void check(const ConvLayer& layer, const DensityProfile& densities) {
  layer.validate();
  const auto refuse = [&](const char* key, double value, const char* expected) {
    throw LayerError(layer.name, key, to_text(value), expected);
  };
  if (!(densities.weight_density >= 0 && densities.weight_density <= 1)) {
    refuse("weight_density", densities.weight_density, "0 to 1");
  }
  if (!(densities.feature_density >= 0 && densities.feature_density <= 1)) {
    refuse("feature_density", densities.feature_density, "0 to 1");
  }
  const DensitySpread& spread = densities.spread;
  for (const double s :
       {spread.filter, spread.channel, spread.feature_channel, spread.feature_pixel, spread.feature_local}) {
    if (!(s >= 0 && s <= 4)) refuse("spread", s, "0 to 4");
  }
}

void check_float(ElementType type) {
  if (type != ElementType::Float32 && type != ElementType::Float16) {
    throw std::invalid_argument("synthetic tensor of type " + std::string(to_string(type)));
  }
}

std::vector<std::int32_t> deviates(std::size_t count, double spread, Random random) {
  std::vector<std::int32_t> result(count);
  for (std::int32_t& value : result) value = to_units(spread, random.normal());
  return result;
}

/// Calls visit(chance, k, c) for every filter and input channel, in order.
template <class Visit>
void for_each_kernel(const ConvLayer& layer, const DensityProfile& densities, std::uint64_t seed, Visit visit) {
  const std::size_t channels = layer.in_channels / layer.groups;
  const DensitySpread& spread = densities.spread;
  const auto filters = deviates(layer.out_channels, spread.filter, Random(seed, purpose(layer, "filters")));
  const auto inputs = deviates(channels, spread.channel, Random(seed, purpose(layer, "inputs")));
  std::vector<std::uint64_t> histogram(LogitBins, 0);
  for (const std::int32_t filter : filters) {
    for (const std::int32_t input : inputs) ++histogram[bin(filter + input)];
  }
  const Chances chances(histogram, densities.weight_density);
  for (const std::int32_t filter : filters) {
    for (const std::int32_t input : inputs) visit(chances[bin(filter + input)]);
  }
}

std::vector<std::size_t> weight_shape(const ConvLayer& layer) {
  return {layer.out_channels, layer.in_channels / layer.groups, layer.kernel_h, layer.kernel_w};
}

/// A smooth random field over a map: values on a lattice of `pitch` pixels, bilinear in between, scaled to variance 1
/// at every pixel.
class Field {
 public:
  Field(std::size_t height, std::size_t width, std::size_t pitch)
      : rows_(weights(height, pitch)),
        columns_(weights(width, pitch)),
        lattice_width_(lattice(width, pitch)),
        nodes_(lattice(height, pitch) * lattice_width_),
        line_(lattice_width_) {}

  void draw(Random& random, double spread) {
    for (float& node : nodes_) node = static_cast<float>(4 * spread * LogitUnits * random.normal());
  }
  /// Adds row y of the field, in logit units, to `out`.
  void add_row(std::size_t y, std::int32_t* out) {
    const Weights& row = rows_[y];
    const float* above = nodes_.data() + row.node * lattice_width_;
    const float* below = above + lattice_width_;
    for (std::size_t i = 0; i < lattice_width_; ++i) line_[i] = row.first * above[i] + row.second * below[i];
    for (std::size_t x = 0; x < columns_.size(); ++x) {
      const Weights& column = columns_[x];
      const float value = column.first * line_[column.node] + column.second * line_[column.node + 1];
      out[x] += static_cast<std::int32_t>(value);  // towards zero: symmetric, and the offset is solved for anyway
    }
  }

 private:
  struct Weights {
    std::size_t node;
    float first, second;
  };
  static std::size_t lattice(std::size_t extent, std::size_t pitch) { return (extent - 1) / pitch + 2; }
  static std::vector<Weights> weights(std::size_t extent, std::size_t pitch) {
    std::vector<Weights> result(extent);
    for (std::size_t i = 0; i < extent; ++i) {
      const double second = static_cast<double>(i % pitch) / static_cast<double>(pitch);
      const double first = 1 - second;
      const double norm = std::sqrt(first * first + second * second);
      result[i] = {i / pitch, static_cast<float>(first / norm), static_cast<float>(second / norm)};
    }
    return result;
  }

  std::vector<Weights> rows_, columns_;
  std::size_t lattice_width_;
  std::vector<float> nodes_;
  std::vector<float> line_;
};

constexpr std::size_t PixelPitch = 4;  // of the pattern all channels share: objects
constexpr std::size_t LocalPitch = 2;  // of a channel's own: edges

/// Logit bins of every feature, [batch, in_channels, height, width].
std::vector<std::int16_t> feature_bins(const ConvLayer& layer, const DensitySpread& spread, std::uint64_t seed) {
  const std::size_t map = std::size_t{layer.height} * layer.width;
  const auto channels = deviates(layer.in_channels, spread.feature_channel, Random(seed, purpose(layer, "channels")));
  Random pixels(seed, purpose(layer, "pixels"));
  Random local(seed, purpose(layer, "local"));
  Field pixel_field(layer.height, layer.width, PixelPitch);
  Field local_field(layer.height, layer.width, LocalPitch);
  std::vector<std::int16_t> bins(layer.feature_count());
  std::vector<std::int32_t> shared(map);
  std::vector<std::int32_t> line(layer.width);
  std::int16_t* out = bins.data();
  for (std::uint32_t n = 0; n < layer.batch; ++n) {
    std::fill(shared.begin(), shared.end(), 0);
    if (spread.feature_pixel > 0) {
      pixel_field.draw(pixels, spread.feature_pixel);
      for (std::size_t y = 0; y < layer.height; ++y) pixel_field.add_row(y, shared.data() + y * layer.width);
    }
    for (const std::int32_t channel : channels) {
      if (spread.feature_local > 0) local_field.draw(local, spread.feature_local);
      for (std::size_t y = 0; y < layer.height; ++y) {
        const std::int32_t* base = shared.data() + y * layer.width;
        for (std::size_t x = 0; x < layer.width; ++x) line[x] = base[x] + channel;
        if (spread.feature_local > 0) local_field.add_row(y, line.data());
        for (std::size_t x = 0; x < layer.width; ++x) *out++ = static_cast<std::int16_t>(bin(line[x]));
      }
    }
  }
  return bins;
}

/// A dense image: a smooth field and noise, at odd multiples of 2^-11 so that no pixel is zero.
void draw_image(const ConvLayer& layer, std::uint64_t seed, float* out) {
  constexpr std::size_t ObjectPitch = 16;
  Random objects(seed, purpose(layer, "objects"));
  Random noise(seed, purpose(layer, "noise"));
  Field field(layer.height, layer.width, ObjectPitch);
  std::vector<std::int32_t> line(layer.width);
  for (std::size_t plane = 0; plane < std::size_t{layer.batch} * layer.in_channels; ++plane) {
    field.draw(objects, 1);  // deviation 4 * 128 units
    for (std::size_t y = 0; y < layer.height; ++y) {
      std::fill(line.begin(), line.end(), 0);
      field.add_row(y, line.data());
      for (std::size_t x = 0; x < layer.width; ++x) {
        const std::int32_t value = 2 * line[x] + static_cast<std::int32_t>(noise.next() >> 55U) - 256;
        *out++ = static_cast<float>(2 * value + 1) * 0x1p-11F;
      }
    }
  }
}

}  // namespace

Tensor synthetic_codes(const ConvLayer& layer, const DensityProfile& densities, std::uint64_t seed) {
  check(layer, densities);
  Tensor codes(ElementType::Int8, weight_shape(layer));
  std::int8_t* out = codes.span<std::int8_t>().data();
  const std::size_t kernel = std::size_t{layer.kernel_h} * layer.kernel_w;
  Draws draws(Random(seed, purpose(layer, "codes")));
  for_each_kernel(layer, densities, seed, [&](std::uint32_t chance) {
    const std::uint32_t negative = chance / 2;
    for (std::size_t i = 0; i < kernel; ++i) {
      const std::uint32_t draw = draws.next();
      *out++ = static_cast<std::int8_t>(static_cast<int>(draw < chance) - 2 * static_cast<int>(draw < negative));
    }
  });
  return codes;
}

Tensor synthetic_weights(const ConvLayer& layer, const DensityProfile& densities, ElementType type,
                         std::uint64_t seed) {
  check(layer, densities);
  check_float(type);
  Tensor weights(ElementType::Float32, weight_shape(layer));
  float* out = weights.span<float>().data();
  const std::size_t kernel = std::size_t{layer.kernel_h} * layer.kernel_w;
  const auto scale = static_cast<float>(std::sqrt(2 / static_cast<double>(layer.beats())));
  constexpr float Smallest = 0x1p-10F;
  Draws draws(Random(seed, purpose(layer, "weights")));
  Random values(seed, purpose(layer, "values"));
  for_each_kernel(layer, densities, seed, [&](std::uint32_t chance) {
    for (std::size_t i = 0; i < kernel; ++i) {
      auto value = static_cast<float>(values.normal());
      if (std::fabs(value) < Smallest) value = Smallest;
      *out++ = draws.next() < chance ? value * scale : 0.0F;
    }
  });
  if (type == ElementType::Float32) return weights;
  Tensor halves(type, weights.shape());
  convert_to_half(weights.span<float>().data(), weights.elements(), halves.span<std::uint16_t>().data());
  return halves;
}

Tensor synthetic_features(const ConvLayer& layer, const DensityProfile& densities, ElementType type,
                          std::uint64_t seed) {
  check(layer, densities);
  check_float(type);
  Tensor features(ElementType::Float32, {layer.batch, layer.in_channels, layer.height, layer.width});
  const Span<float> out = features.span<float>();
  const bool image = densities.features == FeatureKind::Image;
  if (image) draw_image(layer, seed, out.data());
  if (!image || densities.feature_density < 1) {
    const std::vector<std::int16_t> bins = feature_bins(layer, densities.spread, seed);
    std::vector<std::uint64_t> histogram(LogitBins, 0);
    for (const std::int16_t bin : bins) ++histogram[static_cast<std::size_t>(bin)];
    const Chances chances(histogram, densities.feature_density);
    Draws draws(Random(seed, purpose(layer, "zeros")));
    Random values(seed, purpose(layer, "features"));
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool nonzero = draws.next() < chances[static_cast<std::size_t>(bins[i])];
      if (image) {
        if (!nonzero) out[i] = 0;
        continue;
      }
      const float u = static_cast<float>(values.next() >> 40U) * 0x1p-24F;
      out[i] = nonzero ? 0.1F + 2 * u * u : 0.0F;
    }
  }
  if (type == ElementType::Float32) return features;
  Tensor halves(type, features.shape());
  convert_to_half(out.data(), out.size(), halves.span<std::uint16_t>().data());
  return halves;
}

}  // namespace dlac::workloads
