// SPDX-License-Identifier: Apache-2.0
#include "tb/system/link_recording.h"

#include <cstdint>

#include "tb/reports/text.h"
#include "tb/settings/output_check.h"
#include "tb/system/sorted_records.h"
#include "workloads/settings/input_error.h"

namespace dlac::tb {

std::unique_ptr<LinkModule> LinkRecording::Modules::link_module(const LinkInfo& link) {
  try {
    return LinkModules::link_module(link);
  } catch (const ConfigError& error) {
    throw InputError("--record", "", printable(error.value()),
                     "no link that an earlier --record takes, as " + link.name);
  }
}

void LinkRecording::Modules::composed(const std::vector<LinkInfo>& links) {
  try {
    LinkModules::composed(links);
  } catch (const ConfigError& error) {
    throw InputError("--record", "", printable(error.value()),
                     std::string("a link that `dlac-tb links` lists") + (clocked_ ? " with --engine clocked" : "") +
                         ", or a pattern that matches some" +
                         (clocked_ ? "" : "; the clocked engine has more of them"));
  }
}

LinkRecording::LinkRecording(const RecordSettings& settings, const Config& config) : modules_(config) {
  const CycleWindow window = settings.window.value_or(CycleWindow{0, ~std::uint64_t{0}});
  for (const LinkPattern& record : settings.links) {
    File& file = *files_.emplace_back(std::make_unique<File>(record.path, window));
    modules_.observe(record.pattern, file.recorder, config);
  }
}

std::vector<std::string> LinkRecording::finish() {
  std::vector<std::string> failures;
  for (const auto& file : files_) {
    attempt(failures, file->path, [&] {
      file->unsorted.close();
      workloads::OutputFile sorted(file->path);
      copy_sorted_records(file->unsorted.temporary(), sorted.stream());
      sorted.commit();
    });
  }
  return failures;
}

}  // namespace dlac::tb
