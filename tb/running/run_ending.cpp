// SPDX-License-Identifier: Apache-2.0
#include "tb/running/run_ending.h"

#include <utility>

namespace dlac::tb {

void run_to_end(Testbench& testbench, LinkRecording& recording, std::optional<Waveform>& waveform, RunEnding& ending) {
  testbench.on_end([&waveform] {
    if (waveform) waveform->close();
  });
  try {
    testbench.run();
  } catch (const CoreError&) {
    ending.stopped = std::current_exception();
  }
  ending.failures = recording.finish();
  if (!waveform) return;
  if (std::optional<std::string> failure = waveform->finish()) ending.failures.push_back(std::move(*failure));
}

}  // namespace dlac::tb
