// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tb/running/image_run.h"
#include "tb/settings/run_settings.h"
#include "workloads/image.h"

namespace dlac::tb {

/// Writes what running an image gave as JSON or, a line per layer, as CSV, by the ending of the name; whole or not at
/// all. Every key is explained in docs/report.md. `file` is the image's name. Throws workloads::FileError.
void write_image_report(const std::string& path, const workloads::Image& image, const std::string& file,
                        const ImageRun& run, const MachineSettings& machine);

}  // namespace dlac::tb
