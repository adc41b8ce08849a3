// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/report.h"

#include "tb/reports/report_file.h"
#include "tb/reports/report_values.h"
#include "tb/reports/text.h"
#include "tb/settings/output_options.h"
#include "workloads/settings/config_json.h"

namespace dlac::platform {
namespace {

using nlohmann::ordered_json;

ordered_json list_json(const ListRun& list) {
  const UpdateCounts& updates = list.segments.updates;
  const PeCycles& pe = list.segments.pe;
  ordered_json result = {{"address", tb::hexadecimal(list.address)},
                         {"first_cycle", list.first},
                         {"cycles", list.last - list.first},
                         {"ended", list.ended},
                         {"error", nullptr},
                         {"commands", list.commands},
                         {"segment_count", list.segment_count},
                         {"compute_cycles", list.segments.cycles},
                         {"updates",
                          {{"executed", updates.executed},
                           {"skipped_weight", updates.skipped_weight},
                           {"skipped_feature", updates.skipped_feature},
                           {"skipped_both", updates.skipped_both},
                           {"masked_nonfinite", updates.masked_nonfinite}}},
                         {"pe_cycles",
                          {{"busy", pe.busy},
                           {"starved_row", pe.starved_row},
                           {"starved_column", pe.starved_column},
                           {"finished_early", pe.finished_early}}}};
  if (list.error != 0) result["error"] = std::string(to_string(static_cast<ErrorCode>(list.error)));
  return result;
}

ordered_json optional_text(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

}  // namespace

void write_report(const std::string& path, const Options& options, Platform& platform, const std::optional<int>& code,
                  double wall_seconds) {
  ordered_json lists = ordered_json::array();
  for (const ListRun& list : platform.lists.lists()) lists.push_back(list_json(list));
  if (tb::is_csv(path)) {
    tb::write_report_text(path, tb::csv_of(lists));
    return;
  }
  const Config& core = options.machine.core;
  const CpuStatistics& cpu = platform.cpu.statistics();
  const ordered_json report = {
      {"program", "dlac-platform"},
      {"version", tb::program_version()},
      {"image", optional_text(options.image)},
      {"firmware", options.firmware},
      {"ram_bytes", options.ram_bytes},
      {"quantum_ns", options.quantum_ns},
      {"mode", std::string(to_string(core.mode))},
      {"engine", std::string(to_string(core.engine))},
      {"policy", std::string(to_string(core.policy))},
      {"exit_code", code ? ordered_json(*code) : ordered_json(nullptr)},
      {"failure", code ? ordered_json(nullptr) : ordered_json(platform.failure())},
      {"configuration", plain_values(options.machine)},
      {"processor",
       {{"instructions", cpu.instructions},
        {"bus_accesses", cpu.bus_accesses},
        {"interrupts", cpu.interrupts},
        {"asleep_seconds", cpu.asleep.to_seconds()}}},
      {"simulated_seconds", sc_core::sc_time_stamp().to_seconds()},
      {"lists", std::move(lists)},
      {"host", {{"wall_seconds", wall_seconds}, {"peak_memory_bytes", tb::peak_memory_bytes()}}}};
  tb::write_report_text(path, tb::json_text(report));
}

}  // namespace dlac::platform
