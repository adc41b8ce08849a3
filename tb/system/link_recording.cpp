// SPDX-License-Identifier: Apache-2.0
#include "tb/system/link_recording.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "tb/reports/text.h"
#include "tb/system/start.h"
#include "workloads/file_error.h"
#include "workloads/output_file.h"

namespace dlac::tb {

LinkRecording::LinkRecording(const RecordSettings& settings, const Config& config) {
  const std::uint64_t first = settings.window ? settings.window->first : 0;
  const std::uint64_t last = settings.window ? settings.window->last : ~std::uint64_t{0};
  for (const LinkPattern& record : settings.links) {
    File& file = *files_.emplace_back(std::make_unique<File>());
    file.path = record.path;
    file.temporary = workloads::output_target(record.path) + ".tmp" + std::to_string(::getpid());
    remove_on_signal(file.temporary);
    file.stream.open(file.temporary, std::ios::binary | std::ios::trunc);
    if (!file.stream) {
      throw workloads::FileError(printable(file.path), std::generic_category().message(errno),
                                 "a file that can be written");
    }
    file.recorder = std::make_unique<Recorder>(file.stream, first, last);
    modules_.observe(record.pattern, *file.recorder, config);
  }
}

LinkRecording::~LinkRecording() {
  for (const auto& file : files_) {
    if (file->kept) continue;
    file->stream.close();
    std::remove(file->temporary.c_str());
    keep_on_signal(file->temporary);
  }
}

void LinkRecording::finish() {
  for (const auto& file : files_) {
    file->stream.close();
    if (!file->stream) {
      throw workloads::FileError(printable(file->path), "cut short", "room on the disk for the whole record");
    }
  }
  for (const auto& file : files_) {
    workloads::replace_file(file->path, file->temporary);
    keep_on_signal(file->temporary);
    file->kept = true;
  }
}

}  // namespace dlac::tb
