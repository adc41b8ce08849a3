// SPDX-License-Identifier: Apache-2.0
#include "tb/running/runner.h"

#include <optional>
#include <utility>

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

LayerReport run_job(Testbench& testbench, Job& job, const RunSettings& settings, const RunHooks& hooks) {
  const Config& core = settings.machine.core;
  const LayerTensors tensors = job.tensors();
  job.tensors = nullptr;
  LayerRun run = testbench.execute(job.layer, tensors, mapper_options(settings.machine));
  if (hooks.collected) hooks.collected(run);

  const workloads::LayerCounts counts = workloads::count_layer(job.layer, tensors.features, tensors.weights);
  LayerReport report =
      make_layer_report(job.layer, core, counts, run, dense_compute_cycles(job.layer, core, run), settings.segments);
  Verification found;
  if (settings.verify != VerifyLevel::None) {
    found = verify_layer(job.layer, core, tensors, counts, run, settings.verify, settings.seed);
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

  LinkRecording recording(settings.outputs.records, machine.core);
  const auto program = [&](Testbench& self) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (hooks.started) hooks.started(i);
      running = static_cast<std::uint32_t>(i + 1);
      outcome.layers.push_back(run_job(self, jobs[i], settings, hooks));
      running = 0;
    }
    if (waveform) waveform->close();
  };
  Testbench testbench("testbench", machine.core, memory_needed(jobs, machine), latency, program, recording.fittings());
  if (settings.outputs.waveform) {
    waveform.emplace("waveform", *settings.outputs.waveform, machine, [&](sc_core::sc_trace_file* file) {
      sc_core::sc_trace(file, running, "testbench.layer");
      testbench.accelerator.trace(file);
    });
  }
  testbench.run();
  outcome.failures = recording.finish();
  if (waveform) {
    if (std::optional<std::string> failure = waveform->finish()) outcome.failures.push_back(std::move(*failure));
  }
  return outcome;
}

}  // namespace dlac::tb
