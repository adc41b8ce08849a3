// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/session.h"
#include "tb/commands/subcommand.h"
#include "tb/reports/text.h"
#include "tb/settings/layer_options.h"
#include "tb/settings/machine_options.h"
#include "tb/settings/output_check.h"
#include "tb/settings/output_options.h"
#include "tb/settings/record_options.h"
#include "tb/settings/running_options.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb layer --weights W.npy --features X.npy --output Y.npy [OPTION...]

Runs one convolution on the model. W: [K,C/groups,KH,KW], integers -1, 0, 1 (ternary) or floats.
X: [N,C,H,W] or [C,H,W], floats of 16, 32 or 64 bits, rounded once where the mode's format is
narrower. Y: [N,K,OH,OW], float32 in train, float16 in infer;
written when the result is verified, or not checked.
)";

void add_options(boost::program_options::options_description& options) {
  auto own = option_group("Output");
  own.add_options()("output", text("Y.npy"), "where the output features go");
  options.add(layer_options()).add(own).add(machine_options()).add(running_options()).add(record_options());
}

ExitCode run(const Given& command_line, const Console& console) {
  const Given given = command_line.repeating(
      "weights", {"weights", "features", "stride", "pad", "dilation", "groups", "ternary", "seed", "verify"});
  const LayerFiles files = layer_files(given);
  const std::string output = given.required("output", "a file name");
  const RunSettings settings = run_settings(given);
  std::vector<Job> jobs;
  jobs.push_back(file_job(files, settings.machine.core.mode));
  auto outputs = outputs_of(settings.outputs);
  outputs.insert(outputs.begin(), {"--output", output});
  std::vector<std::string> inputs{files.weights, files.features};
  if (settings.config) inputs.push_back(*settings.config);
  check_outputs(outputs, inputs);
  RunReport report;
  report.batch = jobs.front().layer.batch;
  report.settings = settings;
  report.options = {{"weights", files.weights}, {"features", files.features}, {"output", output}};
  if (files.ternary) report.options.emplace_back("ternary", files.ternary_text);
  const std::string name = printable(jobs.front().layer.name);
  return Session(std::move(report), std::move(jobs), console).run(name, output);
}

}  // namespace

Subcommand layer_command() {
  return {"layer",
          "--weights W.npy --features X.npy --output Y.npy [OPTION...]",
          "one layer on given tensors",
          Usage,
          nullptr,
          add_options,
          run,
          "features of a smaller batch, or --verify sample or none"};
}

}  // namespace dlac::tb
