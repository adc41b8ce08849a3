// SPDX-License-Identifier: Apache-2.0
#include "tb/tests/trained_resnet20.h"

#include <dlac/common/half.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "workloads/npy.h"

namespace dlac::tb {
namespace {

[[nodiscard]] std::filesystem::path data_folder() {
  const char* from_environment = std::getenv("DLAC_DATA");
  const std::filesystem::path base = from_environment != nullptr
                                         ? std::filesystem::path(from_environment)
                                         : std::filesystem::path(DLAC_SOURCE_DIR).parent_path() / "shared" / "data";
  return base / "ternary-resnet20";
}

}  // namespace

using workloads::ElementType;
using workloads::Tensor;

std::vector<RealLayer> trained_resnet20() {
  const std::filesystem::path folder = data_folder();
  std::vector<RealLayer> layers;
  std::ifstream file(folder / "manifest.json");
  if (!file) {
    std::cout << "SKIPPED: no test data at " << folder.string() << "\n";
    return layers;
  }
  const nlohmann::json manifest = nlohmann::json::parse(file);
  const auto read = [&](const nlohmann::json& name) {
    return workloads::read_npy((folder / name.get<std::string>()).string());
  };
  for (const auto& entry : manifest.at("layers")) {
    RealLayer real;
    workloads::ConvLayer& l = real.layer;
    l.name = entry.at("name");
    l.batch = entry.at("in_shape")[0];
    l.in_channels = entry.at("in_shape")[1];
    l.height = entry.at("in_shape")[2];
    l.width = entry.at("in_shape")[3];
    l.out_channels = entry.at("w_shape")[0];
    l.kernel_h = entry.at("w_shape")[2];
    l.kernel_w = entry.at("w_shape")[3];
    l.stride_h = l.stride_w = entry.at("stride");
    l.pad_h = l.pad_w = entry.at("pad");
    const bool ternary = entry.at("ternary");
    l.weights = ternary ? workloads::WeightKind::Ternary : workloads::WeightKind::FullPrecision;
    real.weights = read(entry.at(ternary ? "codes" : "weight"));
    real.activations = read(entry.at("act"));
    real.expected = read(entry.at(ternary ? "out_codes" : "out"));
    if (ternary) {
      real.integer_inputs = read(entry.at("act_u8"));
      real.integer_outputs = read(entry.at("out_i32"));
    }
    layers.push_back(std::move(real));
  }
  return layers;
}

Tensor converted(const Tensor& from, Mode mode) {
  Tensor to(mode == Mode::Train ? ElementType::Float32 : ElementType::Float16, from.shape());
  for (std::size_t i = 0; i < from.elements(); ++i) {
    const float value =
        from.type() == ElementType::UInt8 ? static_cast<float>(from.span<std::uint8_t>()[i]) : from.span<float>()[i];
    if (mode == Mode::Train) {
      to.span<float>()[i] = value;
    } else {
      to.span<Half>()[i] = Half::from_float(value);
    }
  }
  return to;
}

}  // namespace dlac::tb
