// SPDX-License-Identifier: Apache-2.0
#include "tb/running/runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tb/running/host_time.h"
#include "tb/running/memory_estimate.h"
#include "tb/system/link_recording.h"
#include "tb/system/waveform.h"
#include "tb/verification/dense_cycles.h"
#include "workloads/density.h"

namespace dlac::tb {
namespace {

/// Gain is measured against the dense machine; a machine that skips nothing is one.
std::uint64_t dense_compute_cycles(const workloads::ConvLayer& layer, const Config& config, const LayerRun& run) {
  const bool full_precision = layer.weights == workloads::WeightKind::FullPrecision;
  return DenseCycles(DenseMachine::of(config, full_precision)).plan(run.plan);
}

/// Tells how much of a job is behind it, in the host's time as it usually is.
class JobProgress {
 public:
  JobProgress(const workloads::ConvLayer& layer, EngineKind engine, VerifyLevel level,
              const std::function<void(double)>& moved)
      : moved_(moved),
        mac_(engine == EngineKind::Clocked ? ClockedMac : ScheduledMac),
        making_(FeatureNanoseconds * static_cast<double>(layer.feature_count())),
        executing_(mac_ * static_cast<double>(layer.macs())),
        verifying_(level == VerifyLevel::All ? ReferenceMacNanoseconds * static_cast<double>(layer.macs()) : 0) {}

  void made() { tell(making_); }
  void executed(const Command& command) {
    executed_ += mac_ * macs_of(command);
    tell(making_ + std::min(executed_, executing_));
  }
  void verified(double share) { tell(making_ + executing_ + share * verifying_); }

 private:
  static constexpr double ScheduledMac = 0.6, ClockedMac = 100;  ///< nanoseconds to execute a multiply-accumulate

  void tell(double done) const {
    if (moved_) moved_(done / (making_ + executing_ + verifying_));
  }

  const std::function<void(double)>& moved_;
  double mac_, making_, executing_, verifying_;
  double executed_ = 0;
};

LayerReport run_job(Testbench& testbench, Job& job, const RunSettings& settings, const RunHooks& hooks,
                    JobProgress& progress) {
  const Config& core = settings.machine.core;
  const LayerTensors tensors = job.tensors();
  job.tensors = nullptr;
  progress.made();
  LayerRun run = testbench.execute(job.layer, tensors, mapper_options(settings.machine));
  if (hooks.collected) hooks.collected(run);

  const workloads::LayerCounts counts = workloads::count_layer(job.layer, tensors.features, tensors.weights);
  LayerReport report =
      make_layer_report(job.layer, core, counts, run, dense_compute_cycles(job.layer, core, run), settings.segments);
  Verification found;
  if (settings.verify != VerifyLevel::None) {
    found = verify_layer(job.layer, core, tensors, counts, run, settings.verify, settings.seed,
                         [&](double share) { progress.verified(share); });
    report.verified = found.passed();
  }
  if (hooks.finished) hooks.finished(report, found, run);
  return report;
}

}  // namespace

RunOutcome run_jobs(std::vector<Job>& jobs, const RunSettings& settings, const RunHooks& hooks) {
  const MachineSettings& machine = settings.machine;
  const sc_core::sc_time latency(machine.memory_latency_ns, sc_core::SC_NS);
  RunOutcome outcome;
  std::uint32_t running = 0;  // traced: number of the layer, from 1; 0 between layers
  std::optional<Waveform> waveform;
  std::optional<JobProgress> progress;

  LinkRecording recording(settings.outputs.records, machine.core);
  const auto program = [&](Testbench& self) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (hooks.started) hooks.started(i);
      running = static_cast<std::uint32_t>(i + 1);
      progress.emplace(jobs[i].layer, machine.core.engine, settings.verify, hooks.moved);
      outcome.layers.push_back(run_job(self, jobs[i], settings, hooks, *progress));
      running = 0;
    }
  };
  const RunMemory memory = run_memory(jobs, settings, available_memory());
  outcome.expected_memory_bytes = memory.peak_bytes;
  Testbench testbench("testbench", machine.core, memory.testbench_bytes, latency, program, recording.fittings());
  testbench.accelerator.observe([&](const CommandRecord& record) {
    if (std::holds_alternative<MmOp>(record.command)) progress->executed(record.command);
  });
  if (settings.outputs.waveform) {
    waveform.emplace("waveform", *settings.outputs.waveform, machine, [&](sc_core::sc_trace_file* file) {
      sc_core::sc_trace(file, running, "testbench.layer");
      testbench.accelerator.trace(file);
    });
  }
  run_to_end(testbench, recording, waveform, outcome);
  return outcome;
}

}  // namespace dlac::tb
