// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/report_run.h"

#include <algorithm>

#include "workloads/settings/config_json.h"

namespace dlac::tb {
namespace {

using nlohmann::json;

/// A text or a number of the report as an option has it; an array of two as "2,1"; empty for anything else.
std::string as_option(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  if (value.is_array() && value.size() == 2) return as_option(value[0]) + ',' + as_option(value[1]);
  return {};
}

}  // namespace

std::vector<RepeatedOption> run_of_report(const json& document) {
  std::vector<RepeatedOption> options;
  if (!is_report(document)) return options;
  const auto add = [&](const json& from, const std::string& path, const char* key) {
    const auto found = from.find(key);
    if (found == from.end() || as_option(*found).empty()) return;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', '-');
    options.push_back({name, path + key, {as_option(*found)}});
  };
  for (const char* key : {"network", "batch", "weight_density", "feature_density", "spread", "weights", "features",
                          "ternary", "seed", "verify"}) {
    add(document, "", key);
  }
  const auto layers = document.find("layers");
  if (layers == document.end() || !layers->is_array()) return options;
  std::vector<std::string> names;
  for (const json& layer : *layers) {
    const auto name = layer.is_object() ? layer.find("name") : layer.end();
    if (layer.is_object() && name != layer.end() && name->is_string()) names.push_back(name->get<std::string>());
  }
  if (!names.empty()) options.push_back({"layer", "layers.name", std::move(names)});
  if (layers->empty() || !layers->front().is_object()) return options;
  const auto shape = layers->front().find("shape");  // of the one layer on tensors from files
  if (shape == layers->front().end()) return options;
  for (const char* key : {"stride", "pad", "dilation", "groups"}) add(*shape, "layers.shape.", key);
  return options;
}

}  // namespace dlac::tb
