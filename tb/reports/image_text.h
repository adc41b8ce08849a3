// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tb/running/image_run.h"
#include "tb/settings/run_settings.h"
#include "workloads/image.h"

namespace dlac::tb {

/// What an image holds: a table of its layers, its sizes and the core that it is made for. `file` is its name.
[[nodiscard]] std::string image_text(const workloads::Image& image, const std::string& file);

/// What running it gave: a table of its layers and the cycles of the whole list.
[[nodiscard]] std::string image_run_text(const workloads::Image& image, const std::string& file, const ImageRun& run,
                                         const MachineSettings& machine);

}  // namespace dlac::tb
