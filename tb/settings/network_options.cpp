// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/network_options.h"

#include <algorithm>

#include "tb/reports/text.h"
#include "workloads/networks.h"

namespace dlac::tb {
namespace {

constexpr double LargestSpread = 4;  // no spread of a network then passes the largest that synthetic tensors take

std::optional<DensityOverrides::Number> number(const Given& given, const char* name, double maximum) {
  const std::optional<std::string> text = given.one(name);
  if (!text) return std::nullopt;
  const std::optional<double> value = parse_number(*text);
  if (!value || *value < 0 || *value > maximum) given.refuse(name, *text, "a number from 0 to " + fixed(maximum, 0));
  return DensityOverrides::Number{*value, *text};
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const workloads::NetworkInfo& info : workloads::networks()) names.emplace_back(info.name);
  return names;
}

void check_layer_names(const Given& given, const workloads::Network& network, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const workloads::NetworkLayer& layer : network.layers) known.push_back(layer.conv.name);
  for (const std::string& name : names) {
    if (network.find(name) != nullptr) continue;
    std::string expected = "a layer of " + network.name + ", ";
    if (known.size() <= LongestList) {
      expected += one_of(name, known);
    } else {
      const std::vector<std::string> near = nearest(name, known, 5);
      expected += (near.empty() ? "" : "perhaps " + join(near) + "; ") + std::string("`dlac-tb networks --network ") +
                  network.name + "` lists all " + std::to_string(known.size());
    }
    given.refuse("layer", name, expected);
  }
}

}  // namespace

boost::program_options::options_description network_options() {
  auto options = option_group("Layers of a network");
  options.add_options()                                                                  //
      ("network", text("NAME"), "`dlac-tb networks` lists them")                         //
      ("layer", text("NAME ...")->multitoken(), "only these layers; may be repeated")    //
      ("batch", text("N"), "images (default 1)")                                         //
      ("weight-density", text("D"), "non-zero weights of ternary layers, 0 to 1")        //
      ("feature-density", text("D"), "non-zero features of maps behind a ReLU, 0 to 1")  //
      ("spread", text("F"), "factor on the spread of densities, 0 to 4 (default 1; 0: independent draws)");
  return options;
}

std::string network_name(const Given& given) {
  const std::vector<std::string> known = network_names();
  std::string name = given.required("network", one_of("", known));
  if (std::find(known.begin(), known.end(), name) == known.end()) given.refuse("network", name, one_of(name, known));
  return name;
}

NetworkSelection network_selection(const Given& given) {
  NetworkSelection selection;
  selection.network = network_name(given);
  selection.layers = given.all("layer");
  check_layer_names(given, workloads::network(selection.network), selection.layers);
  for (std::size_t i = 0; i < selection.layers.size(); ++i) {
    const auto end = selection.layers.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(selection.layers.begin(), end, selection.layers[i]) != end) {
      given.refuse("layer", selection.layers[i], "every layer at most once");
    }
  }
  selection.batch = static_cast<std::uint32_t>(given.whole("batch", 1, 1U << 20U, 1));
  selection.densities.weights = number(given, "weight-density", 1);
  selection.densities.features = number(given, "feature-density", 1);
  selection.densities.spread = number(given, "spread", LargestSpread);
  return selection;
}

}  // namespace dlac::tb
