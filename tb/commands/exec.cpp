// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/session.h"
#include "tb/commands/subcommand.h"
#include "tb/reports/image_report.h"
#include "tb/reports/image_text.h"
#include "tb/reports/text.h"
#include "tb/running/image_run.h"
#include "tb/running/progress.h"
#include "tb/settings/image_option.h"
#include "tb/settings/machine_options.h"
#include "tb/settings/output_check.h"
#include "tb/settings/output_options.h"
#include "tb/settings/record_options.h"
#include "workloads/image.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb exec FILE.dlac [OPTION...]

Loads a binary image into memory, runs all its layers from their one command list and compares their
outputs with the image's checksums. The core must be the one that the image was made for.
)";

void add_options(boost::program_options::options_description& options) {
  options.add(image_option()).add(machine_options()).add(output_options()).add(record_options());
}

ImageRun run_with_progress(const workloads::Image& image, const std::string& name, const MachineSettings& machine,
                           const OutputSettings& outputs, const Console& console) {
  constexpr std::uint64_t Whole = 1'000'000;
  Progress progress(console.err, Progress::terminal(), Whole);
  const std::string shown = printable(name);
  progress.show(0, shown);
  return run_image(image, name, machine, outputs,
                   [&](double share) { progress.move(static_cast<std::uint64_t>(share * Whole), shown); });
}

ExitCode run(const Given& given, const Console& console) {
  const MachineSettings machine = machine_settings(given);
  const std::string name = image_name(given);
  const workloads::Image image = workloads::read_image(name);
  const OutputSettings outputs = output_settings(given, machine.core.clock_period_ps);
  std::vector<std::string> inputs{name};
  if (const std::optional<std::string> config = given.file("config")) inputs.push_back(*config);
  check_outputs(outputs_of(outputs), inputs);
  ImageRun run = run_with_progress(image, name, machine, outputs, console);
  check_ending(run, console);
  console.out << image_run_text(image, name, run, machine);
  if (outputs.report) {
    attempt(run.failures, *outputs.report, [&] { write_image_report(*outputs.report, image, name, run, machine); });
  }
  for (std::size_t i = 0; i < run.layers.size(); ++i) {
    if (run.layers[i].right != false) continue;
    console.err << "dlac-tb: " << image.layers[i].name
                << ": CRC-32 of the outputs: " << hexadecimal(run.layers[i].outputs_crc) << ": expected "
                << hexadecimal(image.layers[i].outputs_crc) << '\n';
  }
  const ExitCode written = show_failures(run.failures, console);
  return run.passed() ? written : ExitCode::Mismatch;
}

}  // namespace

Subcommand exec_command() {
  return {"exec",
          "FILE.dlac [OPTION...]",
          "runs an image on the model",
          Usage,
          ImageOperand,
          add_options,
          run,
          "an image of a smaller batch, or of fewer layers"};
}

}  // namespace dlac::tb
