// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/link_modules.h>
#include <dlac/links/recorder.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// The files that --record writes, one for each pattern of links. They are written under other names beside their own,
/// which they get in finish(); without it nothing is left behind.
class LinkRecording {
 public:
  /// Throws workloads::FileError when a file cannot be written.
  LinkRecording(const RecordSettings& settings, const Config& config);
  LinkRecording(const LinkRecording&) = delete;
  LinkRecording& operator=(const LinkRecording&) = delete;
  ~LinkRecording();

  /// For the core's constructor, which throws ConfigError for an unknown link, and for one that is recorded twice.
  [[nodiscard]] Fittings* fittings() { return files_.empty() ? nullptr : &modules_; }
  /// After the simulation: gives the files their names. Throws workloads::FileError.
  void finish();

 private:
  struct File {
    std::string path;
    std::string temporary;
    std::ofstream stream;
    std::unique_ptr<Recorder> recorder;
    bool kept = false;
  };

  std::vector<std::unique_ptr<File>> files_;
  LinkModules modules_;
};

}  // namespace dlac::tb
