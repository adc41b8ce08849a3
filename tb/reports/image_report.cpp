// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/image_report.h"

#include "tb/reports/layer_report.h"
#include "tb/reports/report_file.h"
#include "tb/reports/report_values.h"
#include "tb/reports/text.h"
#include "tb/settings/output_options.h"
#include "workloads/settings/config_json.h"

namespace dlac::tb {
namespace {

using nlohmann::ordered_json;

ordered_json layer_json(const dlac_image_layer& layer, const ImageLayerRun& run) {
  const bool expected = (layer.flags & DLAC_IMAGE_OUTPUTS_EXPECTED) != 0;
  return {{"name", layer.name},
          {"macs", layer.macs},
          {"compute_cycles", run.compute_cycles},
          {"flops_per_cycle", flops_per_cycle(layer.macs, run.compute_cycles)},
          {"commands", layer.commands},
          {"segment_count", run.segments},
          {"outputs_crc", hexadecimal(run.outputs_crc)},
          {"expected_crc", expected ? ordered_json(hexadecimal(layer.outputs_crc)) : ordered_json(nullptr)},
          {"verified", verified_json(run.right)}};
}

ordered_json totals_json(const workloads::Image& image, const ImageRun& run) {
  std::uint64_t macs = 0;
  std::optional<bool> verified = true;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    macs += image.layers[i].macs;
    add_verified(verified, run.layers[i].right);
  }
  const std::uint64_t cycles = run.counters[static_cast<std::size_t>(Counter::Cycles)];
  const std::uint64_t compute = run.counters[static_cast<std::size_t>(Counter::ComputeCycles)];
  ordered_json totals = {{"layers", image.layers.size()},
                         {"macs", macs},
                         {"cycles", cycles},
                         {"compute_cycles", compute},
                         {"flops_per_cycle", flops_per_cycle(macs, compute)},
                         {"flops_per_cycle_total", flops_per_cycle(macs, cycles)}};
  add_counters(totals, run.counters);
  totals["verified"] = verified_json(verified);
  return totals;
}

}  // namespace

void write_image_report(const std::string& path, const workloads::Image& image, const std::string& file,
                        const ImageRun& run, const MachineSettings& machine) {
  ordered_json layers = ordered_json::array();
  for (std::size_t i = 0; i < image.layers.size(); ++i) layers.push_back(layer_json(image.layers[i], run.layers[i]));
  if (is_csv(path)) {
    write_report_text(path, csv_of(layers));
    return;
  }
  ordered_json totals = totals_json(image, run);
  const ordered_json report = {{"program", "dlac-tb"},
                               {"version", program_version()},
                               {"image", file},
                               {"mode", std::string(to_string(machine.core.mode))},
                               {"engine", std::string(to_string(machine.core.engine))},
                               {"policy", std::string(to_string(machine.core.policy))},
                               {"verified", totals["verified"]},
                               {"configuration", plain_values(machine)},
                               {"layers", std::move(layers)},
                               {"totals", std::move(totals)},
                               {"host", {{"peak_memory_bytes", peak_memory_bytes()}}}};
  write_report_text(path, json_text(report));
}

}  // namespace dlac::tb
