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

/// The files that --record writes, one for each pattern of links, in the order of cycles. They get their names in
/// finish(); without it nothing is left behind.
class LinkRecording {
 public:
  /// Throws workloads::FileError when a file cannot be written.
  LinkRecording(const RecordSettings& settings, const Config& config);
  LinkRecording(const LinkRecording&) = delete;
  LinkRecording& operator=(const LinkRecording&) = delete;
  ~LinkRecording() = default;

  /// For the core's constructor, which throws InputError for an unknown link, and for one that is recorded twice.
  [[nodiscard]] Fittings* fittings() { return files_.empty() ? nullptr : &modules_; }
  /// After the simulation: gives the files their names. One line for each that could not be written as a whole.
  [[nodiscard]] std::vector<std::string> finish();

 private:
  struct File {
    File(const std::string& name, const CycleWindow& window)
        : path(name), unsorted(name), recorder(unsorted.stream(), window.first, window.last) {}
    std::string path;
    workloads::OutputFile unsorted;  ///< in the order in which transactions are answered; never committed
    Recorder recorder;
  };

  /// What is wrong with a link is wrong with an option here.
  class Modules final : public LinkModules {
   public:
    explicit Modules(const Config& config) : clocked_(config.engine == EngineKind::Clocked) {}
    [[nodiscard]] std::unique_ptr<LinkModule> link_module(const LinkInfo& link) override;
    void composed(const std::vector<LinkInfo>& links) override;

   private:
    bool clocked_;
  };

  std::vector<std::unique_ptr<File>> files_;
  Modules modules_;
};

}  // namespace dlac::tb
