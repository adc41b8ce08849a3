// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/output_options.h"

#include "tb/reports/save_file.h"
#include "tb/reports/text.h"
#include "tb/settings/record_options.h"
#include "tb/system/fst_file.h"

namespace dlac::tb {
boost::program_options::options_description output_options() {
  auto options = option_group("Reports and waveforms");
  options.add_options()                                                            //
      ("report", text("FILE"), "writes a report, .json or .csv (docs/report.md)")  //
      ("vcd", text("FILE"),
       "writes waveforms, .vcd or .fst, of the grid with the clocked engine, and a GTKWave save file")  //
      ("vcd-window", text("FIRST:LAST"), "clock cycles of the simulation that --vcd covers (default all)");
  return options;
}

OutputSettings output_settings(const Given& given, std::uint32_t clock_period_ps) {
  OutputSettings settings;
  settings.report = given.one("report");
  if (settings.report && !is_csv(*settings.report) && extension_of(*settings.report) != ".json") {
    given.refuse("report", *settings.report, "a file name that ends in .json or .csv");
  }
  if (const std::optional<std::string> path = given.file("vcd")) {
    if (is_fst(*path) && !fst_converter()) {
      given.refuse("vcd", *path, "a name that ends in .vcd, as long as vcd2fst (Debian's gtkwave) is not installed");
    }
    settings.waveform = WaveformSettings{*path, std::nullopt};
  }
  if (const std::optional<std::string> window = given.one("vcd-window")) {
    if (!settings.waveform) given.refuse("vcd-window", *window, "--vcd FILE with it");
    settings.waveform->window = parse_window(given, "vcd-window", *window, clock_period_ps);
  }
  settings.records = record_settings(given, clock_period_ps);
  return settings;
}

std::vector<std::pair<std::string, std::string>> outputs_of(const OutputSettings& settings) {
  std::vector<std::pair<std::string, std::string>> outputs;
  if (settings.report) outputs.emplace_back("--report", *settings.report);
  if (settings.waveform) {
    outputs.emplace_back("--vcd", settings.waveform->path);
    for (std::string& name : save_files_of(settings.waveform->path)) outputs.emplace_back("--vcd", std::move(name));
  }
  for (const LinkPattern& record : settings.records.links) outputs.emplace_back("--record", record.path);
  return outputs;
}

bool is_csv(const std::string& path) { return extension_of(path) == ".csv"; }

}  // namespace dlac::tb
