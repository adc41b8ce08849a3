// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/link_modules.h>
#include <dlac/links/recorder.h>

#include <memory>
#include <string>
#include <vector>

#include "tb/settings/run_settings.h"
#include "workloads/output_file.h"

namespace dlac::tb {

/// The files that --record writes, one for each pattern of links. They get their names in finish(); without it nothing
/// is left behind.
class LinkRecording {
 public:
  /// Throws workloads::FileError when a file cannot be written.
  LinkRecording(const RecordSettings& settings, const Config& config);
  LinkRecording(const LinkRecording&) = delete;
  LinkRecording& operator=(const LinkRecording&) = delete;
  ~LinkRecording() = default;

  /// For the core's constructor, which throws ConfigError for an unknown link, and for one that is recorded twice.
  [[nodiscard]] Fittings* fittings() { return files_.empty() ? nullptr : &modules_; }
  /// After the simulation: gives the files their names. One line for each that could not be written as a whole.
  [[nodiscard]] std::vector<std::string> finish();

 private:
  struct File {
    File(const std::string& path, const CycleWindow& window)
        : output(path), recorder(output.stream(), window.first, window.last) {}
    workloads::OutputFile output;
    Recorder recorder;
  };

  std::vector<std::unique_ptr<File>> files_;
  LinkModules modules_;
};

}  // namespace dlac::tb
