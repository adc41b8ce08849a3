// SPDX-License-Identifier: Apache-2.0
#include "workloads/layer_plan.h"

#include <variant>

namespace dlac::workloads {

void LayerPlan::relocate(const LayerAddresses& addresses) {
  for (Command& command : commands) {
    if (auto* weights = std::get_if<LoadWeights>(&command)) weights->address += addresses.weights;
    if (auto* features = std::get_if<LoadFeatures>(&command)) features->address += addresses.features;
    if (auto* store = std::get_if<Store>(&command)) store->address += addresses.outputs;
  }
}

}  // namespace dlac::workloads
