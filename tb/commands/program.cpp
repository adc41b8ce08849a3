// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/program.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <systemc>
#include <utility>

#include "tb/reports/image_text.h"
#include "tb/reports/report_file.h"
#include "tb/reports/table.h"
#include "tb/reports/text.h"
#include "tb/running/compile.h"
#include "tb/running/image_run.h"
#include "tb/running/jobs.h"
#include "tb/running/progress.h"
#include "tb/running/runner.h"
#include "tb/settings/config_json.h"
#include "tb/settings/input_error.h"
#include "tb/settings/options.h"
#include "tb/settings/output_check.h"
#include "workloads/image.h"
#include "workloads/networks.h"
#include "workloads/npy.h"
#include "workloads/output_file.h"
#include "workloads/packing.h"

namespace dlac::tb {
namespace {

using workloads::ConvLayer;

[[nodiscard]] std::uint64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// Where a command writes, and who else looks at results.
struct Console {
  std::ostream& out;
  std::ostream& err;
  const ResultHook& on_result;
};

/// What `run` and `layer` have in common once their layers are known.
class Session {
 public:
  Session(RunReport report, std::vector<Job> jobs, const Console& console)
      : report_(std::move(report)), jobs_(std::move(jobs)), console_(console) {}

  /// `name`: of the model, for the summary. `output`: where to write the last layer's output features.
  [[nodiscard]] ExitCode run(const std::string& name, const std::optional<std::string>& output) {
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t work = 0, done = 0;
    for (const Job& job : jobs_) work += job.layer.macs();
    Table table(console_.out, report_.settings.verify);
    Progress progress(console_.err, Progress::terminal(), work);
    workloads::Tensor outputs;
    RunHooks hooks;
    hooks.collected = console_.on_result;
    hooks.started = [&](std::size_t job) { progress.show(done, jobs_[job].layer.name); };
    hooks.finished = [&](const LayerReport& layer, const Verification& found, LayerRun& result) {
      done += layer.layer.macs();
      progress.clear();
      if (done == layer.layer.macs()) table.header();
      table.row(layer);
      for (const std::string& line : found.messages) console_.err << "dlac-tb: " << printable(line) << '\n';
      if (output) outputs = std::move(result.outputs);
    };
    RunOutcome outcome = run_jobs(jobs_, report_.settings, hooks);
    report_.layers = std::move(outcome.layers);
    table.finish();
    if (outcome.waveform_missing) {
      const WaveformSettings& waveform = *report_.settings.waveform;
      const InputError error("--vcd-window", "", std::to_string(waveform.window->first),
                             "a first cycle before the end of the simulation; nothing is written");
      console_.err << "dlac-tb: " << error.what() << '\n';
      return ExitCode::BadInput;
    }

    const Group total = total_of(report_.layers);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    report_.wall_seconds = wall.count();
    report_.peak_memory_bytes = peak_memory_bytes();
    console_.out << '\n'
                 << summary(name, report_.settings.machine, total, report_.wall_seconds, report_.peak_memory_bytes);
    // A result that is known to be wrong does not take the place of one that may be right.
    const bool failed = total.verified == false;
    if (output && !failed) workloads::write_npy(*output, outputs);
    if (report_.settings.report) write_report(*report_.settings.report, report_);
    return failed ? ExitCode::Mismatch : ExitCode::Success;
  }

 private:
  RunReport report_;
  std::vector<Job> jobs_;
  const Console& console_;
};

using Outputs = std::vector<std::pair<std::string, std::string>>;

Outputs outputs_of(const RunSettings& settings) {
  Outputs outputs;
  if (settings.report) outputs.emplace_back("--report", *settings.report);
  if (settings.waveform) outputs.emplace_back("--vcd", settings.waveform->path);
  return outputs;
}

ExitCode execute(const RunCommand& command, const Console& console) {
  const NetworkSelection& selection = command.selection;
  const RunSettings& settings = command.settings;
  std::vector<Job> jobs = network_jobs(selection, settings.machine.core.mode, settings.seed);
  std::vector<std::string> inputs;
  if (settings.config) inputs.push_back(*settings.config);
  check_outputs(outputs_of(settings), inputs);
  RunReport report;
  report.network = selection.network;
  report.batch = selection.batch;
  report.settings = settings;
  const DensityOverrides& densities = selection.densities;
  if (densities.weights) report.options.emplace_back("weight_density", fixed(*densities.weights, 6));
  if (densities.features) report.options.emplace_back("feature_density", fixed(*densities.features, 6));
  if (densities.spread) report.options.emplace_back("spread", fixed(*densities.spread, 6));
  return Session(std::move(report), std::move(jobs), console).run(selection.network, std::nullopt);
}

ExitCode execute(const LayerCommand& command, const Console& console) {
  const LayerFiles& files = command.files;
  const RunSettings& settings = command.settings;
  std::vector<Job> jobs;
  jobs.push_back(file_job(files, settings.machine.core.mode));
  Outputs outputs = outputs_of(settings);
  outputs.insert(outputs.begin(), {"--output", command.output});
  std::vector<std::string> inputs{files.weights, files.features};
  if (settings.config) inputs.push_back(*settings.config);
  check_outputs(outputs, inputs);
  RunReport report;
  report.batch = jobs.front().layer.batch;
  report.settings = settings;
  report.options = {{"weights", files.weights}, {"features", files.features}, {"output", command.output}};
  if (files.ternary) report.options.emplace_back("ternary", files.ternary_text);
  const std::string name = printable(jobs.front().layer.name);
  return Session(std::move(report), std::move(jobs), console).run(name, command.output);
}

ExitCode execute(const CompileCommand& command, const Console& console) {
  std::vector<std::string> inputs;
  if (command.config) inputs.push_back(*command.config);
  std::vector<Job> jobs = compile_jobs(command, inputs);
  check_outputs({{"--output", command.output}}, inputs);
  Progress progress(console.err, Progress::terminal(), jobs.size());
  const std::vector<std::uint8_t> bytes =
      compile(jobs, command, [&](std::size_t job) { progress.show(job, jobs[job].layer.name); });
  progress.clear();
  const workloads::Image image = workloads::parse_image(bytes, command.output);
  workloads::write_file(command.output, {{bytes.data(), bytes.size()}});
  console.out << image_text(image, command.output);
  return ExitCode::Success;
}

ExitCode execute(const ImageCommand& command, const Console& console) {
  console.out << image_text(workloads::read_image(command.image), command.image);
  return ExitCode::Success;
}

ExitCode execute(const ExecCommand& command, const Console& console) {
  const workloads::Image image = workloads::read_image(command.image);
  const ImageRun run = run_image(image, command.image, command.machine);
  console.out << image_run_text(image, command.image, run, command.machine);
  for (std::size_t i = 0; i < run.layers.size(); ++i) {
    if (run.layers[i].right != false) continue;
    console.err << "dlac-tb: " << image.layers[i].name
                << ": CRC-32 of the outputs: " << hexadecimal(run.layers[i].outputs_crc) << ": expected "
                << hexadecimal(image.layers[i].outputs_crc) << '\n';
  }
  return run.passed() ? ExitCode::Success : ExitCode::Mismatch;
}

std::string spaced(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

ExitCode execute(const NetworksCommand& command, const Console& console) {
  if (!command.network) {
    for (const workloads::NetworkInfo& info : workloads::networks()) {
      const workloads::Network network = workloads::network(info.name);
      console.out << spaced(std::string(info.name), 10) << ' ' << info.description << ", "
                  << fixed(static_cast<double>(network.macs()) / 1e9, 2) << " G MACs\n";
    }
    return ExitCode::Success;
  }
  const workloads::Network network = workloads::network(*command.network);
  for (const workloads::NetworkLayer& layer : network.layers) {
    const ConvLayer& conv = layer.conv;
    const auto size = [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
      return std::to_string(a) + "x" + std::to_string(b) + "x" + std::to_string(c);
    };
    console.out << spaced(conv.name, 20) << spaced(conv.stage, 8) << ' '
                << spaced(size(conv.in_channels, conv.height, conv.width), 12) << "-> "
                << spaced(size(conv.out_channels, conv.out_height(), conv.out_width()), 13)
                << spaced(std::to_string(conv.kernel_h) + "x" + std::to_string(conv.kernel_w), 4) << "stride "
                << conv.stride_h << "  " << spaced(std::string(to_string(conv.weights)), 15)
                << fixed(static_cast<double>(conv.macs()) / 1e6, 1) << " M MACs\n";
  }
  return ExitCode::Success;
}

ExitCode execute(const ConfigCommand& command, const Console& console) {
  console.out << describe(command.machine).dump(2) << '\n';
  return ExitCode::Success;
}

ExitCode execute(const HelpCommand& command, const Console& console) {
  console.out << command.text;
  return ExitCode::Success;
}

ExitCode execute(const VersionCommand&, const Console& console) {
  console.out << "dlac-tb " << program_version() << " (SystemC " << sc_core::sc_version_major << '.'
              << sc_core::sc_version_minor << '.' << sc_core::sc_version_patch << ")\n";
  return ExitCode::Success;
}

/// SystemC's own reports: errors become exceptions, nothing is written to standard output.
void handle_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if ((actions & sc_core::SC_THROW) != 0) throw report;
  if ((actions & sc_core::SC_ABORT) != 0) sc_core::sc_report_handler::default_handler(report, actions);
}

}  // namespace

ExitCode run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                     const ResultHook& on_result) {
  sc_core::sc_report_handler::set_handler(handle_report);
  const auto refuse = [&](const std::exception& error, ExitCode code) {
    out << std::flush;
    err << "dlac-tb: " << printable(error.what()) << '\n';
    return code;
  };
  ExitCode code = ExitCode::Success;
  try {
    const Command command = parse_options(arguments);
    const Console console{out, err, on_result};
    code = std::visit([&](const auto& each) { return execute(each, console); }, command);
  } catch (const InputError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::FileError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::CodeError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::TernaryError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const workloads::ImageError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const ConfigError& error) {
    return refuse(error, ExitCode::BadInput);
  } catch (const std::bad_alloc&) {
    return refuse(InputError("memory", "", "exhausted", "tensors that fit"), ExitCode::BadInput);
  } catch (const std::exception& error) {  // CoreError, sc_report: the model failed
    return refuse(error, ExitCode::Mismatch);
  }
  if (!out.flush()) {
    return refuse(InputError("standard output", "", "", "to be written in full"), ExitCode::BadInput);
  }
  return code;
}

}  // namespace dlac::tb
