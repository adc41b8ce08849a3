// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "tb/system/link_recording.h"
#include "tb/system/testbench.h"
#include "tb/system/waveform.h"

namespace dlac::tb {

/// How a simulation ended.
struct RunEnding {
  std::vector<std::string> failures;  ///< a line for each waveform and record that was not written
  std::exception_ptr stopped;         ///< the CoreError that ended the host's program before its end, if one did
};

/// Runs a testbench until the host's program has ended, or to where the core stops, and writes the waveform and the
/// records up to there. Throws what Testbench::run() throws, but for a CoreError.
void run_to_end(Testbench& testbench, LinkRecording& recording, std::optional<Waveform>& waveform, RunEnding& ending);

}  // namespace dlac::tb
