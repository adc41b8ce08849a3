// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/session.h"
#include "tb/commands/subcommand.h"
#include "tb/reports/text.h"
#include "tb/settings/machine_options.h"
#include "tb/settings/network_options.h"
#include "tb/settings/output_check.h"
#include "tb/settings/output_options.h"
#include "tb/settings/record_options.h"
#include "tb/settings/running_options.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb run --network NAME [OPTION...]

Runs the layers of a network on the model, on seeded synthetic tensors with the densities of a
measured network, and prints a table. Every layer goes through memory, command list and interrupt.
)";

void add_options(boost::program_options::options_description& options) {
  options.add(network_options()).add(machine_options()).add(running_options()).add(record_options());
}

ExitCode run(const Given& command_line, const Console& console) {
  const Given given = command_line.repeating(
      "network", {"network", "layer", "batch", "weight-density", "feature-density", "spread", "seed", "verify"});
  const NetworkSelection selection = network_selection(given);
  const RunSettings settings = run_settings(given);
  std::vector<Job> jobs = network_jobs(selection, settings.machine.core.mode, settings.seed);
  std::vector<std::string> inputs;
  if (settings.config) inputs.push_back(*settings.config);
  check_outputs(outputs_of(settings.outputs), inputs);
  RunReport report;
  report.network = selection.network;
  report.batch = selection.batch;
  report.settings = settings;
  const DensityOverrides& densities = selection.densities;
  if (densities.weights) report.options.emplace_back("weight_density", densities.weights->text);
  if (densities.features) report.options.emplace_back("feature_density", densities.features->text);
  if (densities.spread) report.options.emplace_back("spread", densities.spread->text);
  return Session(std::move(report), std::move(jobs), console).run(selection.network, std::nullopt);
}

}  // namespace

Subcommand run_command() {
  return {"run",
          "--network NAME [OPTION...]",
          "the layers of a network",
          Usage,
          nullptr,
          add_options,
          run,
          "a smaller batch, fewer layers, or --verify sample or none"};
}

}  // namespace dlac::tb
