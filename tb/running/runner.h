// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tb/reports/layer_report.h"
#include "tb/running/jobs.h"
#include "tb/running/run_ending.h"
#include "tb/settings/run_settings.h"
#include "tb/verification/verify.h"

namespace dlac::tb {

/// What a caller wants to hear of a run. Called in the simulation; any of them may be empty.
struct RunHooks {
  std::function<void(std::size_t job)> started;
  /// Of the job started last, some part is behind us; often. `share`: 0 to 1, what is left takes about as long per
  /// share.
  std::function<void(double share)> moved;
  std::function<void(LayerRun& run)> collected;  ///< results are back, nothing is checked yet; may change them
  std::function<void(const LayerReport& report, const Verification& found, LayerRun& run)> finished;
};

/// What a run gave.
struct RunOutcome : RunEnding {
  std::vector<LayerReport> layers;          ///< those before the end, if the core stopped
  std::uint64_t expected_memory_bytes = 0;  ///< RunMemory::peak_bytes
};

/// Runs the jobs one after the other on one testbench: makes a layer's tensors, executes it, verifies it, reports it,
/// drops it. Waveforms and records are written up to where the core stopped. One call per process, because SystemC
/// elaborates once. Throws what run_memory() and Testbench throw, but for a CoreError.
[[nodiscard]] RunOutcome run_jobs(std::vector<Job>& jobs, const RunSettings& settings, const RunHooks& hooks);

}  // namespace dlac::tb
