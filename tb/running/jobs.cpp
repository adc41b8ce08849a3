// SPDX-License-Identifier: Apache-2.0
#include "tb/running/jobs.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "tb/reports/text.h"
#include "workloads/convert.h"
#include "workloads/networks.h"
#include "workloads/npy.h"
#include "workloads/packing.h"
#include "workloads/settings/config_json.h"
#include "workloads/settings/input_error.h"
#include "workloads/synthetic.h"

namespace dlac::tb {
namespace {

using workloads::ConvLayer;
using workloads::ElementType;
using workloads::Tensor;
using workloads::WeightKind;

constexpr std::size_t LargestExtent = std::size_t{1} << 20U;  // as ConvLayer::validate()

ElementType word_type(Mode mode) { return mode == Mode::Train ? ElementType::Float32 : ElementType::Float16; }

// --- networks

/// Which overrides have met a layer that takes them.
struct UsedOverrides {
  bool weights = false;
  bool features = false;
};

/// The densities of a layer with what the command line says in their place.
workloads::DensityProfile densities_of(const workloads::NetworkLayer& layer, const DensityOverrides& overrides,
                                       UsedOverrides& used) {
  workloads::DensityProfile profile = layer.densities;
  if (overrides.weights && layer.conv.weights == WeightKind::Ternary) {
    profile.weight_density = overrides.weights->value;
    used.weights = true;
  }
  if (overrides.features && profile.features == workloads::FeatureKind::PostRelu) {
    profile.feature_density = overrides.features->value;
    used.features = true;
  }
  if (overrides.spread) {
    workloads::DensitySpread& spread = profile.spread;
    for (double* each :
         {&spread.filter, &spread.channel, &spread.feature_channel, &spread.feature_pixel, &spread.feature_local}) {
      *each *= overrides.spread->value;
    }
  }
  return profile;
}

// --- files

std::string shape_text(const Tensor& tensor) {
  std::vector<std::string> extents;
  for (const std::size_t extent : tensor.shape()) extents.push_back(std::to_string(extent));
  return "[" + join(extents, ",") + "]";
}

void check_shape(const std::string& file, const Tensor& tensor, bool rank_3_too) {
  const bool rank = tensor.rank() == 4 || (rank_3_too && tensor.rank() == 3);
  if (!rank) {
    throw InputError(file, "shape", shape_text(tensor), rank_3_too ? "[N,C,H,W] or [C,H,W]" : "[K,C/groups,KH,KW]");
  }
  for (const std::size_t extent : tensor.shape()) {
    if (extent < 1 || extent > LargestExtent) {
      throw InputError(file, "shape", shape_text(tensor), "extents from 1 to " + std::to_string(LargestExtent));
    }
  }
}

/// In the mode's format: rounded once, to nearest even, where it is narrower; the other way is exact.
Tensor in_format(Tensor tensor, Mode mode) {
  if (tensor.type() == word_type(mode)) return tensor;
  Tensor converted(word_type(mode), tensor.shape());
  if (tensor.type() == ElementType::Float64) {
    const auto from = tensor.span<double>();
    if (mode == Mode::Train) {
      std::transform(from.begin(), from.end(), converted.span<float>().begin(),
                     [](double value) { return static_cast<float>(value); });
    } else {
      std::transform(from.begin(), from.end(), converted.span<Half>().begin(), Half::from_double);
    }
  } else if (mode == Mode::Train) {
    workloads::convert_to_float(tensor.span<std::uint16_t>().data(), tensor.elements(), converted.span<float>().data());
  } else {
    workloads::convert_to_half(tensor.span<float>().data(), tensor.elements(), converted.span<std::uint16_t>().data());
  }
  return converted;
}

/// Features as far as a layer's shape goes.
struct FeatureMap {
  std::string source;  ///< where they come from, for error messages
  std::array<std::uint32_t, 4> shape{};
};

/// The option, key or file that a value of the layer came from.
std::string origin_of(const std::string& key, const LayerFiles& files, const FeatureMap& features) {
  for (const char* option : {"groups", "stride", "pad", "dilation"}) {
    if (key.rfind(option, 0) == 0) return files.source + option;
  }
  if (key.rfind("kernel", 0) == 0 || key == "out_channels") return printable(files.weights);
  if (key == "in_channels" || key == "height" || key == "width" || key == "batch") return features.source;
  return "layer";
}

std::uint32_t extent(const Tensor& tensor, std::size_t axis) { return static_cast<std::uint32_t>(tensor.extent(axis)); }

Tensor read_weights(const LayerFiles& files) {
  Tensor weights = workloads::read_npy(files.weights);
  check_shape(printable(files.weights), weights, false);
  return weights;
}

Tensor read_features(const LayerFiles& files) {
  const std::string name = printable(files.features);
  Tensor features = workloads::read_npy(files.features, workloads::NpyTypes::Floats);
  if (is_integer(features.type())) {
    throw InputError(name, "dtype", std::string(to_string(features.type())), "float16, float32 or float64");
  }
  check_shape(name, features, true);
  if (features.rank() == 3) {
    features.reshape({1, features.extent(0), features.extent(1), features.extent(2)});
  }
  return features;
}

ConvLayer layer_of(const LayerFiles& files, const Tensor& weights, const FeatureMap& features) {
  ConvLayer layer;
  layer.name = files.name.value_or(std::filesystem::path(files.weights).stem().string());
  layer.batch = features.shape[0];
  layer.in_channels = features.shape[1];
  layer.height = features.shape[2];
  layer.width = features.shape[3];
  layer.out_channels = extent(weights, 0);
  layer.kernel_h = extent(weights, 2);
  layer.kernel_w = extent(weights, 3);
  layer.stride_h = files.stride.height;
  layer.stride_w = files.stride.width;
  layer.pad_h = files.pad.height;
  layer.pad_w = files.pad.width;
  layer.dilation_h = files.dilation.height;
  layer.dilation_w = files.dilation.width;
  layer.groups = files.groups;
  const bool ternary = is_integer(weights.type()) || files.ternary;
  layer.weights = ternary ? WeightKind::Ternary : WeightKind::FullPrecision;
  if (layer.in_channels % layer.groups == 0 && extent(weights, 1) != layer.in_channels / layer.groups) {
    throw InputError(printable(files.weights), "shape", shape_text(weights),
                     std::to_string(layer.in_channels / layer.groups) + " channels per filter, for " +
                         std::to_string(layer.in_channels) + " of " + features.source + " in " +
                         std::to_string(layer.groups) + (layer.groups == 1 ? " group" : " groups"));
  }
  try {
    layer.validate();
  } catch (const workloads::LayerError& error) {
    throw InputError(origin_of(error.key(), files, features), error.key(), error.value(), error.expected());
  }
  return layer;
}

/// The weights as the core takes them.
Tensor converted_weights(const LayerFiles& files, Tensor weights, Mode mode) {
  const std::string name = printable(files.weights);
  if (is_integer(weights.type())) {
    if (files.ternary) {
      throw InputError(files.source + "ternary", "", files.ternary_text,
                       "float weights: those of " + name + " are " + std::string(to_string(weights.type())));
    }
    return workloads::ternary_codes(name, std::move(weights));
  }
  if (!files.ternary) return in_format(std::move(weights), mode);
  if (weights.type() == ElementType::Float64) weights = in_format(std::move(weights), Mode::Train);
  return workloads::ternarise(weights, *files.ternary, name);
}

/// std::function wants what can be copied; the tensors are given away all the same.
Job job_of(ConvLayer layer, LayerTensors tensors) {
  const auto kept = std::make_shared<LayerTensors>(std::move(tensors));
  return {std::move(layer), [kept] { return std::move(*kept); }, std::nullopt, true};
}

}  // namespace

std::vector<Job> network_jobs(const NetworkSelection& selection, Mode mode, std::uint64_t seed) {
  workloads::Network network = workloads::network(selection.network, 1);
  const DensityOverrides& overrides = selection.densities;
  UsedOverrides used;
  std::vector<Job> jobs;
  for (workloads::NetworkLayer& layer : network.layers) {
    ConvLayer& conv = layer.conv;
    const auto& names = selection.layers;
    if (!names.empty() && std::find(names.begin(), names.end(), conv.name) == names.end()) continue;
    conv.batch = selection.batch;
    try {
      conv.validate();
    } catch (const workloads::LayerError& error) {  // everything but the batch is sound
      throw InputError("--batch", "layer " + conv.name + ", " + error.key(), error.value(), error.expected());
    }
    const workloads::DensityProfile densities = densities_of(layer, overrides, used);
    const ElementType type = word_type(mode);
    const auto tensors = [conv, densities, type, seed] {
      const bool ternary = conv.weights == WeightKind::Ternary;
      return LayerTensors{ternary ? workloads::synthetic_codes(conv, densities, seed)
                                  : workloads::synthetic_weights(conv, densities, type, seed),
                          workloads::synthetic_features(conv, densities, type, seed)};
    };
    jobs.push_back({conv, tensors, std::nullopt, false});
  }
  if (overrides.weights && !used.weights) {
    throw InputError("--weight-density", "", overrides.weights->text, "a layer with ternary weights among those run");
  }
  if (overrides.features && !used.features) {
    throw InputError("--feature-density", "", overrides.features->text, "a layer behind a ReLU among those run");
  }
  return jobs;
}

Job file_job(const LayerFiles& files, Mode mode) {
  Tensor weights = read_weights(files);
  Tensor features = read_features(files);
  const FeatureMap map{printable(files.features),
                       {extent(features, 0), extent(features, 1), extent(features, 2), extent(features, 3)}};
  ConvLayer layer = layer_of(files, weights, map);
  weights = converted_weights(files, std::move(weights), mode);
  return job_of(std::move(layer), {std::move(weights), in_format(std::move(features), mode)});
}

Job file_job(const LayerFiles& files, Mode mode, const ConvLayer& producer) {
  Tensor weights = read_weights(files);
  const FeatureMap map{"the outputs of layer " + printable(producer.name),
                       {producer.batch, producer.out_channels, producer.out_height(), producer.out_width()}};
  ConvLayer layer = layer_of(files, weights, map);
  return job_of(std::move(layer), {converted_weights(files, std::move(weights), mode), Tensor()});
}

workloads::MapperOptions mapper_options(const MachineSettings& machine) {
  workloads::MapperOptions options;
  options.grid_rows = machine.grid_rows;
  return options;
}

void refuse_mapping(const Job& job, const MachineSettings& machine, const ConfigError& error) {
  throw explain({error.key(), error.value(), error.expected() + " (layer " + printable(job.layer.name) + ")"}, machine);
}

void refuse_mapping(const Job& job, const workloads::LayerError& error) {
  throw InputError("layer " + printable(job.layer.name), error.key(), error.value(), error.expected());
}

}  // namespace dlac::tb
