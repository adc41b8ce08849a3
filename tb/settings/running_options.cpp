// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/running_options.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "tb/reports/text.h"
#include "tb/settings/machine_options.h"
#include "tb/settings/record_options.h"

namespace dlac::tb {
namespace {

namespace po = boost::program_options;

const std::vector<std::string> VerifyNames{"none", "sample", "all"};

std::string extension_of(const std::string& path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] == '/') return {};
  std::string extension = path.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

}  // namespace

po::options_description running_options() {
  po::options_description options = option_group("Running");
  options.add_options()                                                                                        //
      ("seed", text("N"), "seed of synthetic tensors and samples (default 1)")                                 //
      ("verify", text("none|sample|all"), "how much is compared with the reference (default sample)")          //
      ("report", text("FILE"), "writes a report, .json or .csv (docs/report.md)")                              //
      ("segments", po::bool_switch(), "lists every segment in the JSON report")                                //
      ("vcd", text("FILE"), "writes waveforms, of the grid with the clocked engine, and a GTKWave save file")  //
      ("vcd-window", text("FIRST:LAST"), "clock cycles of the simulation that --vcd covers (default all)");
  return options;
}

RunSettings run_settings(const Given& given) {
  RunSettings settings;
  settings.machine = machine_settings(given);
  settings.config = given.file("config");
  settings.seed = given.whole("seed", 0, std::numeric_limits<std::uint64_t>::max(), settings.seed);
  if (const std::optional<std::string> level = given.one("verify")) {
    const auto found = std::find(VerifyNames.begin(), VerifyNames.end(), *level);
    if (found == VerifyNames.end()) refuse("verify", *level, one_of(*level, VerifyNames));
    settings.verify = static_cast<VerifyLevel>(found - VerifyNames.begin());
  }
  settings.report = given.one("report");
  const std::string extension = settings.report ? extension_of(*settings.report) : "";
  if (settings.report && extension != ".json" && extension != ".csv") {
    refuse("report", *settings.report, "a file name that ends in .json or .csv");
  }
  settings.segments = given.flag("segments");
  if (settings.segments && extension != ".json") {
    refuse("segments", settings.report.value_or("no report"), "--report FILE.json to list the segments in");
  }
  if (const std::optional<std::string> path = given.file("vcd")) {
    settings.waveform = WaveformSettings{*path, std::nullopt};
  }
  if (const std::optional<std::string> window = given.one("vcd-window")) {
    if (!settings.waveform) refuse("vcd-window", *window, "--vcd FILE with it");
    settings.waveform->window = parse_window("vcd-window", *window, settings.machine.core.clock_period_ps);
  }
  settings.records = record_settings(given, settings.machine.core.clock_period_ps);
  return settings;
}

}  // namespace dlac::tb
