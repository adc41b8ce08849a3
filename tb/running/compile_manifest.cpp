// SPDX-License-Identifier: Apache-2.0
#include "tb/running/compile_manifest.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "tb/reports/text.h"
#include "workloads/settings/input_error.h"
#include "workloads/settings/json_file.h"
#include "workloads/ternary.h"

namespace dlac::tb {
namespace {

using nlohmann::json;

const std::vector<std::string> LayerKeys{"name", "weights",  "features", "stride",
                                         "pad",  "dilation", "groups",   "ternary"};
constexpr std::uint64_t LargestNumber = 1U << 20U;  // the largest that ConvLayer takes

/// One layer's object.
class Entry {
 public:
  /// `where`: what error messages put before a key.
  Entry(const json& object, std::string where, std::filesystem::path folder)
      : object_(object), where_(std::move(where)), folder_(std::move(folder)) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(LayerKeys.begin(), LayerKeys.end(), key) == LayerKeys.end()) {
        throw InputError(where_ + printable(key), "", shown(value), "a known key, " + one_of(key, LayerKeys));
      }
    }
  }

  [[nodiscard]] const json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::string text(const char* key, const std::string& expected) const {
    const json* value = find(key);
    if (value == nullptr) throw InputError(where_ + key, "", "missing", expected);
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) refuse(key, *value, expected);
    if (value->get_ref<const std::string&>().find('\0') != std::string::npos) {
      refuse(key, *value, expected + ", without a NUL");
    }
    return value->get<std::string>();
  }
  /// A file's name, which counts from the manifest's folder.
  [[nodiscard]] std::string file(const char* key) const { return (folder_ / text(key, "a .npy file")).string(); }
  /// A number for both axes, or [height, width].
  [[nodiscard]] AxisPair axes(const char* key, std::uint32_t minimum, AxisPair otherwise) const {
    const json* value = find(key);
    if (value == nullptr) return otherwise;
    const bool pair = value->is_array() && value->size() == 2;
    const json& height = pair ? (*value)[0] : *value;
    const json& width = pair ? (*value)[1] : *value;
    if (!fits(height, minimum) || !fits(width, minimum)) {
      refuse(key, *value,
             "a whole number from " + std::to_string(minimum) + " to " + std::to_string(LargestNumber) +
                 ", or two as in [2, 1] (height, width)");
    }
    return {height.get<std::uint32_t>(), width.get<std::uint32_t>()};
  }
  [[nodiscard]] std::uint32_t number(const char* key, std::uint32_t otherwise) const {
    const json* value = find(key);
    if (value == nullptr) return otherwise;
    if (!fits(*value, 1)) refuse(key, *value, "a whole number from 1 to " + std::to_string(LargestNumber));
    return value->get<std::uint32_t>();
  }
  [[noreturn]] void refuse(const char* key, const json& value, const std::string& expected) const {
    throw InputError(where_ + key, "", shown(value), expected);
  }

 private:
  [[nodiscard]] static bool fits(const json& value, std::uint32_t minimum) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() >= minimum &&
           value.get<std::uint64_t>() <= LargestNumber;
  }

  const json& object_;
  std::string where_;
  std::filesystem::path folder_;
};

/// The layer that {"from": NAME} names.
std::size_t producer(const Entry& entry, const json& features, const std::vector<ManifestLayer>& earlier) {
  std::vector<std::string> names;
  names.reserve(earlier.size());
  for (const ManifestLayer& layer : earlier) names.push_back(layer.name);
  const auto from = features.find("from");
  if (features.size() != 1 || from == features.end() || !from->is_string()) {
    entry.refuse("features", features, R"(a .npy file or {"from": NAME})");
  }
  const auto name = from->get<std::string>();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    entry.refuse("features", *from,
                 names.empty() ? "a .npy file: there is no earlier layer" : "an earlier layer, " + one_of(name, names));
  }
  return static_cast<std::size_t>(found - names.begin());
}

ManifestLayer read_layer(const Entry& entry, const std::string& where, const std::vector<ManifestLayer>& earlier) {
  ManifestLayer layer;
  layer.name = entry.text("name", "the layer's name");
  for (const ManifestLayer& other : earlier) {
    if (other.name == layer.name) entry.refuse("name", layer.name, "every layer to have its own");
  }
  LayerFiles& files = layer.files;
  files.source = where;
  files.weights = entry.file("weights");
  const json* features = entry.find("features");
  if (features != nullptr && features->is_object()) {
    layer.features_from = producer(entry, *features, earlier);
  } else {
    files.features = entry.file("features");
  }
  files.stride = entry.axes("stride", 1, files.stride);
  files.pad = entry.axes("pad", 0, files.pad);
  files.dilation = entry.axes("dilation", 1, files.dilation);
  files.groups = entry.number("groups", files.groups);
  if (const json* rule = entry.find("ternary")) {
    files.ternary_text = entry.text("ternary", workloads::ExpectedTernaryRule);
    try {
      files.ternary = workloads::parse_ternary_rule(files.ternary_text);
    } catch (const workloads::TernaryError&) {
      entry.refuse("ternary", *rule, workloads::ExpectedTernaryRule);
    }
  }
  return layer;
}

}  // namespace

std::vector<ManifestLayer> read_manifest(const std::string& path) {
  const std::string name = printable(path);
  const json document = read_json(path);
  if (!document.is_array() || document.empty()) {
    throw InputError(name, "", document.is_array() ? "an empty array" : shown(document), "a JSON array of layers");
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::vector<ManifestLayer> layers;
  for (const json& object : document) {
    const std::string where = name + ": [" + std::to_string(layers.size()) + "]";
    if (!object.is_object()) throw InputError(where, "", shown(object), "a JSON object");
    const std::string prefix = where + ".";
    layers.push_back(read_layer(Entry(object, prefix, folder), prefix, layers));
  }
  return layers;
}

}  // namespace dlac::tb
