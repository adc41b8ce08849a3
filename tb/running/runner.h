// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tb/reports/layer_report.h"
#include "tb/running/jobs.h"
#include "tb/settings/run_settings.h"
#include "tb/verification/verify.h"

namespace dlac::tb {

/// What a caller wants to hear of a run. Called in the simulation; any of them may be empty.
struct RunHooks {
  std::function<void(std::size_t job)> started;
  std::function<void(LayerRun& run)> collected;  ///< results are back, nothing is checked yet; may change them
  std::function<void(const LayerReport& report, const Verification& found, LayerRun& run)> finished;
};

/// What a run gave.
struct RunOutcome {
  std::vector<LayerReport> layers;
  std::vector<std::string> failures;  ///< a line for each waveform and record that was not written
};

/// Runs the jobs one after the other on one testbench: makes a layer's tensors, executes it, verifies it, reports it,
/// drops it. One call per process, because SystemC elaborates once.
/// Throws what memory_needed() and Testbench throw.
[[nodiscard]] RunOutcome run_jobs(std::vector<Job>& jobs, const RunSettings& settings, const RunHooks& hooks);

}  // namespace dlac::tb
