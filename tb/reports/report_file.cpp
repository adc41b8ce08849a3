// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/report_file.h"

#include <array>

#include "settings/config_json.h"
#include "workloads/output_file.h"

#ifndef DLAC_VERSION
#define DLAC_VERSION "unversioned"
#endif

namespace dlac::tb {
namespace {

using nlohmann::ordered_json;

struct CounterKey {
  const char* key;
  Counter counter;
};
constexpr std::array<CounterKey, 6> GridCycleKeys{{{"compute", Counter::ComputeCycles},
                                                   {"pointwise", Counter::PointwiseCycles},
                                                   {"wait_weights", Counter::WaitWeightsCycles},
                                                   {"wait_features", Counter::WaitFeaturesCycles},
                                                   {"wait_drain", Counter::WaitDrainCycles},
                                                   {"idle", Counter::IdleCycles}}};
constexpr std::array<CounterKey, 5> UpdateKeys{{{"executed", Counter::UpdatesExecuted},
                                                {"skipped_weight", Counter::UpdatesSkippedWeight},
                                                {"skipped_feature", Counter::UpdatesSkippedFeature},
                                                {"skipped_both", Counter::UpdatesSkippedBoth},
                                                {"masked_nonfinite", Counter::UpdatesMaskedNonfinite}}};
constexpr std::array<CounterKey, 4> PeCycleKeys{{{"busy", Counter::PeBusyCycles},
                                                 {"starved_row", Counter::PeStarvedRowCycles},
                                                 {"starved_column", Counter::PeStarvedColumnCycles},
                                                 {"finished_early", Counter::PeFinishedEarlyCycles}}};
constexpr std::array<CounterKey, 6> TrafficKeys{{{"bytes_read", Counter::BytesRead},
                                                 {"bytes_written", Counter::BytesWritten},
                                                 {"read_bursts", Counter::ReadBursts},
                                                 {"write_bursts", Counter::WriteBursts},
                                                 {"commands", Counter::Commands},
                                                 {"segment_count", Counter::Segments}}};

template <std::size_t N>
ordered_json counters_json(const Figures& figures, const std::array<CounterKey, N>& keys) {
  ordered_json result = ordered_json::object();
  for (const CounterKey& each : keys) result[each.key] = figures.counter(each.counter);
  return result;
}

ordered_json verified_json(const std::optional<bool>& verified) {
  return verified ? ordered_json(*verified) : ordered_json(nullptr);
}

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
  to["grid_cycles"] = counters_json(figures, GridCycleKeys);
  to["updates"] = counters_json(figures, UpdateKeys);
  to["pe_cycles"] = counters_json(figures, PeCycleKeys);
  for (const CounterKey& each : TrafficKeys) to[each.key] = figures.counter(each.counter);
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

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// The scalars of a layer's JSON, nested ones as outer_inner, lists as their elements joined with "x".
void flatten(const ordered_json& from, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>& to) {
  for (const auto& [key, value] : from.items()) {
    const std::string name = prefix.empty() ? key : std::string(prefix).append("_").append(key);
    if (value.is_object()) {
      flatten(value, name, to);
    } else if (value.is_array()) {
      std::string text;
      for (const ordered_json& element : value) text += (text.empty() ? "" : "x") + element.dump();
      to.emplace_back(name, text);
    } else if (value.is_string()) {
      to.emplace_back(name, csv_text(value.get<std::string>()));
    } else {
      to.emplace_back(name, value.is_null() ? "" : value.dump());
    }
  }
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
  std::string text;
  for (const LayerReport& layer : report.layers) {
    std::vector<std::pair<std::string, std::string>> fields;
    flatten(layer_json(layer, false), "", fields);
    if (text.empty()) {
      for (const auto& [name, value] : fields) text += (text.empty() ? "" : ",") + name;
      text += '\n';
    }
    std::string line;
    for (const auto& [name, value] : fields) line += (&name == &fields.front().first ? "" : ",") + value;
    text += line + '\n';
  }
  return text;
}

void write_report(const std::string& path, const RunReport& report) {
  // Names that are no UTF-8 must not keep a report from being written.
  const bool csv = path.size() >= 4 && (path.back() == 'v' || path.back() == 'V');
  const std::string text =
      csv ? report_csv(report) : report_json(report).dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  workloads::write_file(path, {{text.data(), text.size()}});
}

}  // namespace dlac::tb
