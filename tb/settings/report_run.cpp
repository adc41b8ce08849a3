// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/report_run.h"

#include <algorithm>
#include <utility>

#include "workloads/settings/config_json.h"
#include "workloads/settings/input_error.h"
#include "workloads/settings/json_file.h"

namespace dlac::tb {
namespace {

using nlohmann::json;

/// Collects options out of a report. Throws InputError for what no report holds.
class Options {
 public:
  explicit Options(std::string file) : file_(std::move(file)) {}

  /// The option that is called like a key of `from`, an object at `path` in the report, if it is there.
  void add(const json& from, const std::string& path, const char* key) {
    const auto found = from.find(key);
    if (found == from.end()) return;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', '-');
    options_.push_back({name, path + key, {text_of(*found, path + key)}});
  }
  void add_layers(const json& document) {
    const char* const expected = "an array of the layers that were run, each with its name";
    const auto layers = document.find("layers");
    if (layers == document.end()) refuse("layers", "missing", expected);
    if (!layers->is_array() || layers->empty()) refuse("layers", shown(*layers), expected);
    std::vector<std::string> names;
    for (const json& layer : *layers) {
      if (!layer.is_object()) refuse("layers", shown(layer), expected);
      const auto name = layer.find("name");
      if (name == layer.end()) refuse("layers.name", "missing", expected);
      if (!name->is_string()) refuse("layers.name", shown(*name), expected);
      names.push_back(name->get<std::string>());
    }
    options_.push_back({"layer", "layers.name", std::move(names)});
  }
  /// Of the one layer on tensors from files.
  void add_shape(const json& layer) {
    const auto shape = layer.find("shape");
    const char* const expected = "the layer's shape, an object with stride, pad, dilation and groups";
    if (shape == layer.end()) refuse("layers.shape", "missing", expected);
    if (!shape->is_object()) refuse("layers.shape", shown(*shape), expected);
    for (const char* key : {"stride", "pad", "dilation", "groups"}) {
      if (shape->find(key) == shape->end()) refuse(std::string("layers.shape.") + key, "missing", expected);
      add(*shape, "layers.shape.", key);
    }
  }
  [[nodiscard]] std::vector<RepeatedOption> take() { return std::move(options_); }

 private:
  /// A text or a number as an option has it; an array of two numbers as "2,1".
  [[nodiscard]] std::string text_of(const json& value, const std::string& key) const {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number()) return value.dump();
    if (value.is_array() && value.size() == 2 && value[0].is_number() && value[1].is_number()) {
      return value[0].dump() + ',' + value[1].dump();
    }
    refuse(key, shown(value), "a text or a number, of a height and a width two numbers");
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& found, const std::string& expected) const {
    throw InputError(file_, key, found, expected);
  }

  std::string file_;
  std::vector<RepeatedOption> options_;
};

}  // namespace

std::vector<RepeatedOption> run_of_report(const json& document, const std::string& file) {
  if (!is_report(document)) return {};
  const auto holds = [&](const char* key) { return document.contains(key) && !document[key].is_null(); };
  Options options(file);
  if (holds("network")) options.add(document, "", "network");
  for (const char* key :
       {"batch", "weight_density", "feature_density", "spread", "weights", "features", "ternary", "seed", "verify"}) {
    options.add(document, "", key);
  }
  if (holds("network") || holds("weights")) options.add_layers(document);
  if (holds("weights")) options.add_shape(document["layers"].front());
  return options.take();
}

}  // namespace dlac::tb
