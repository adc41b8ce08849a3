// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/session.h"

#include <chrono>

#include "tb/reports/report_values.h"
#include "tb/reports/table.h"
#include "tb/reports/text.h"
#include "tb/running/progress.h"
#include "tb/running/runner.h"
#include "tb/settings/output_check.h"
#include "tb/system/available_memory.h"
#include "workloads/npy.h"

namespace dlac::tb {
ExitCode Session::run(const std::string& name, const std::optional<std::string>& output) {
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t work = 0, done = 0;
  for (const Job& job : jobs_) work += job.layer.macs();
  Table table(console_.out, report_.settings.verify);
  Progress progress(console_.err, Progress::terminal(), work);
  workloads::Tensor outputs;
  RunHooks hooks;
  hooks.collected = console_.on_result;
  std::size_t current = 0;
  hooks.started = [&](std::size_t job) { progress.show(done, printable(jobs_[current = job].layer.name)); };
  hooks.moved = [&](double share) {
    const workloads::ConvLayer& layer = jobs_[current].layer;
    progress.move(done + static_cast<std::uint64_t>(share * static_cast<double>(layer.macs())), printable(layer.name));
  };
  hooks.finished = [&](const LayerReport& layer, const Verification& found, LayerRun& result) {
    done += layer.layer.macs();
    progress.clear();
    if (done == layer.layer.macs()) table.header();
    table.row(layer);
    for (const std::string& line : found.messages) console_.err << "dlac-tb: " << printable(line) << '\n';
    if (output) outputs = std::move(result.outputs);
  };
  RunOutcome outcome = run_jobs(jobs_, report_.settings, hooks);
  progress.clear();
  check_ending(outcome, console_);
  report_.layers = std::move(outcome.layers);
  table.finish();
  const Group total = total_of(report_.layers);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  report_.wall_seconds = wall.count();
  report_.peak_memory_bytes = peak_memory();
  report_.expected_memory_bytes = outcome.expected_memory_bytes;
  console_.out << '\n'
               << summary(name, report_.settings.machine, total, report_.wall_seconds, report_.peak_memory_bytes);
  // A result that is known to be wrong does not take the place of one that may be right.
  const bool failed = total.verified == false;
  std::vector<std::string> failures = std::move(outcome.failures);
  if (output && !failed) attempt(failures, *output, [&] { workloads::write_npy(*output, outputs); });
  if (const std::optional<std::string>& path = report_.settings.outputs.report) {
    attempt(failures, *path, [&] { write_report(*path, report_); });
  }
  const ExitCode written = show_failures(failures, console_);
  return failed ? ExitCode::Mismatch : written;
}

void check_ending(const RunEnding& ending, const Console& console) {
  if (!ending.stopped) return;
  (void)show_failures(ending.failures, console);
  std::rethrow_exception(ending.stopped);
}

ExitCode show_failures(const std::vector<std::string>& failures, const Console& console) {
  console.out << std::flush;
  for (const std::string& line : failures) console.err << "dlac-tb: " << printable(line) << '\n';
  return failures.empty() ? ExitCode::Success : ExitCode::BadInput;
}

}  // namespace dlac::tb
