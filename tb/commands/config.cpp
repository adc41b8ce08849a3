// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/subcommand.h"
#include "tb/settings/machine_options.h"
#include "workloads/settings/config_json.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb config [OPTION...]

Prints every configuration key as JSON: value, description, and [P] where the paper states it or [A]
where it is an assumption. The output can be given to --config again.
)";

void add_options(boost::program_options::options_description& options) { options.add(machine_options()); }

ExitCode run(const Given& given, const Console& console) {
  console.out << describe(machine_settings(given)).dump(2) << '\n';
  return ExitCode::Success;
}

}  // namespace

Subcommand config_command() {
  return {"config", "[OPTION...]", "prints the configuration as JSON", Usage, nullptr, add_options, run};
}

}  // namespace dlac::tb
