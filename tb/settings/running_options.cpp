// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/running_options.h"

#include <algorithm>
#include <limits>

#include "tb/reports/text.h"
#include "tb/settings/machine_options.h"
#include "tb/settings/output_options.h"

namespace dlac::tb {
namespace {

namespace po = boost::program_options;

const std::vector<std::string> VerifyNames{"none", "sample", "all"};

}  // namespace

po::options_description running_options() {
  po::options_description options = option_group("Running");
  options.add_options()                                                                                //
      ("seed", text("N"), "seed of synthetic tensors and samples (default 1)")                         //
      ("verify", text("none|sample|all"), "how much is compared with the reference (default sample)")  //
      ("segments", po::bool_switch(), "lists every segment in the JSON report");
  options.add(output_options());
  return options;
}

RunSettings run_settings(const Given& given) {
  RunSettings settings;
  settings.machine = machine_settings(given);
  settings.config = given.file("config");
  settings.seed = given.whole("seed", 0, std::numeric_limits<std::uint64_t>::max(), settings.seed);
  if (const std::optional<std::string> level = given.one("verify")) {
    const auto found = std::find(VerifyNames.begin(), VerifyNames.end(), *level);
    if (found == VerifyNames.end()) given.refuse("verify", *level, one_of(*level, VerifyNames));
    settings.verify = static_cast<VerifyLevel>(found - VerifyNames.begin());
  }
  settings.outputs = output_settings(given, settings.machine.core.clock_period_ps);
  settings.segments = given.flag("segments");
  const std::optional<std::string>& report = settings.outputs.report;
  if (settings.segments && (!report || is_csv(*report))) {
    given.refuse("segments", report.value_or("no report"), "--report FILE.json to list the segments in");
  }
  return settings;
}

}  // namespace dlac::tb
