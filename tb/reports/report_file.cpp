// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/report_file.h"

#include "tb/reports/report_values.h"
#include "tb/settings/output_options.h"
#include "workloads/settings/config_json.h"

#ifndef DLAC_VERSION
#define DLAC_VERSION "unversioned"
#endif

namespace dlac::tb {
namespace {

using nlohmann::ordered_json;

/// What a layer, a stage and the total have in common.
void add_figures(ordered_json& to, const Figures& figures) {
  to["macs"] = figures.macs();
  to["cycles"] = figures.cycles();
  to["compute_cycles"] = figures.compute_cycles();
  to["dense_compute_cycles"] = figures.dense_compute_cycles;
  to["flops_per_cycle"] = figures.flops_per_cycle();
  to["flops_per_cycle_total"] = figures.flops_per_cycle_total();
  to["speedup"] = figures.speedup();
  to["weight_density"] = figures.counts.weight_density();
  to["feature_density"] = figures.counts.feature_density();
  to["beat_density"] = figures.counts.beat_density();
  to["live_density"] = figures.counts.live_density();
  to["utilisation"] = figures.utilisation();
  add_counters(to, figures.counters);
  to["cpu_seconds"] = figures.cpu_seconds;
}

ordered_json shape_json(const workloads::ConvLayer& layer) {
  return {{"batch", layer.batch},
          {"in_channels", layer.in_channels},
          {"height", layer.height},
          {"width", layer.width},
          {"out_channels", layer.out_channels},
          {"kernel", {layer.kernel_h, layer.kernel_w}},
          {"stride", {layer.stride_h, layer.stride_w}},
          {"pad", {layer.pad_h, layer.pad_w}},
          {"dilation", {layer.dilation_h, layer.dilation_w}},
          {"groups", layer.groups},
          {"out_height", layer.out_height()},
          {"out_width", layer.out_width()},
          {"weights", std::string(to_string(layer.weights))}};
}

/// Half-open, as docs/report.md says.
ordered_json interval(std::uint64_t first, std::uint64_t count) { return ordered_json::array({first, first + count}); }

ordered_json layer_json(const LayerReport& report, bool with_segments) {
  ordered_json result = ordered_json::object();
  result["name"] = report.layer.name;
  result["stage"] = report.layer.stage;
  result["shape"] = shape_json(report.layer);
  add_figures(result, report.figures);
  result["grid"] = {{"rows", report.grid_rows}, {"columns", report.grid_columns}};
  result["tiles"] = report.tiles;
  result["verified"] = verified_json(report.verified);
  if (with_segments) {
    ordered_json segments = ordered_json::array();
    for (const SegmentRecord& each : report.segments) {
      const workloads::Segment& s = each.segment;
      segments.push_back({{"k", interval(s.first_channel, s.channels)},
                          {"pixels", interval(s.first_pixel, s.pixels)},
                          {"beats", interval(s.first_beat, s.beats)},
                          {"rows", report.grid_rows},
                          {"columns", report.grid_columns},
                          {"cycles", each.cycles}});
    }
    result["segments"] = std::move(segments);
  }
  return result;
}

ordered_json group_json(const Group& group) {
  ordered_json result = ordered_json::object();
  result["name"] = group.name;
  result["layers"] = group.layers;
  add_figures(result, group.figures);
  result["verified"] = verified_json(group.verified);
  return result;
}

}  // namespace

std::string program_version() { return DLAC_VERSION; }

std::string to_string(VerifyLevel level) {
  switch (level) {
    case VerifyLevel::None: return "none";
    case VerifyLevel::Sample: return "sample";
    case VerifyLevel::All: break;
  }
  return "all";
}

ordered_json report_json(const RunReport& report) {
  const Config& core = report.settings.machine.core;
  const Group total = total_of(report.layers);
  ordered_json result = ordered_json::object();
  result["program"] = "dlac-tb";
  result["version"] = program_version();
  result["network"] = report.network ? ordered_json(*report.network) : ordered_json(nullptr);
  for (const auto& [key, value] : report.options) result[key] = value;
  result["mode"] = std::string(to_string(core.mode));
  result["engine"] = std::string(to_string(core.engine));
  result["policy"] = std::string(to_string(core.policy));
  result["batch"] = report.batch;
  result["seed"] = report.settings.seed;
  result["verify"] = to_string(report.settings.verify);
  result["verified"] = verified_json(total.verified);
  result["configuration"] = plain_values(report.settings.machine);
  result["layers"] = ordered_json::array();
  for (const LayerReport& layer : report.layers) {
    result["layers"].push_back(layer_json(layer, report.settings.segments));
  }
  result["stages"] = ordered_json::array();
  for (const Group& stage : stages_of(report.layers)) result["stages"].push_back(group_json(stage));
  result["totals"] = group_json(total);
  result["totals"].erase("name");
  result["host"] = {{"cpu_seconds", total.figures.cpu_seconds},
                    {"wall_seconds", report.wall_seconds},
                    {"peak_memory_bytes", report.peak_memory_bytes},
                    {"expected_memory_bytes", report.expected_memory_bytes}};
  return result;
}

std::string report_csv(const RunReport& report) {
  ordered_json rows = ordered_json::array();
  for (const LayerReport& layer : report.layers) rows.push_back(layer_json(layer, false));
  return csv_of(rows);
}

void write_report(const std::string& path, const RunReport& report) {
  write_report_text(path, is_csv(path) ? report_csv(report) : json_text(report_json(report)));
}

}  // namespace dlac::tb
