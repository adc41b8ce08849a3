// SPDX-License-Identifier: Apache-2.0
#include "tb/system/link_recording.h"

#include <cstdint>

#include "tb/settings/output_check.h"

namespace dlac::tb {

LinkRecording::LinkRecording(const RecordSettings& settings, const Config& config) {
  const CycleWindow window = settings.window.value_or(CycleWindow{0, ~std::uint64_t{0}});
  for (const LinkPattern& record : settings.links) {
    File& file = *files_.emplace_back(std::make_unique<File>(record.path, window));
    modules_.observe(record.pattern, file.recorder, config);
  }
}

std::vector<std::string> LinkRecording::finish() {
  std::vector<std::string> failures;
  for (const auto& file : files_) attempt(failures, [&] { file->output.commit(); });
  return failures;
}

}  // namespace dlac::tb
