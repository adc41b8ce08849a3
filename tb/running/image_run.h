// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tb/running/run_ending.h"
#include "tb/settings/run_settings.h"
#include "workloads/image.h"

namespace dlac::tb {

/// What one layer of an image gave.
struct ImageLayerRun {
  std::uint64_t segments = 0;         ///< mmOps
  std::uint64_t compute_cycles = 0;   ///< theirs
  std::vector<std::uint8_t> outputs;  ///< as they lie in memory
  std::uint32_t outputs_crc = 0;      ///< of them
  std::optional<bool> right;          ///< what the image's checksum says; nullopt: it holds none
};

/// What running an image's list gave.
struct ImageRun : RunEnding {
  std::vector<ImageLayerRun> layers;                   ///< none if the core stopped
  std::array<std::uint64_t, CounterCount> counters{};  ///< of the whole list; index: Counter
  [[nodiscard]] bool passed() const {
    return std::all_of(layers.begin(), layers.end(), [](const ImageLayerRun& layer) { return layer.right != false; });
  }
};

/// Loads the image into a testbench's memory and runs its list. `name` is what errors call it. One call per process,
/// because SystemC elaborates once. Throws FileError or InputError for an image that does not fit the core, that leaves
/// features to the host, or that takes more memory than there is, before anything runs. Of `outputs` it writes the
/// waveform and the records, up to where the core stops.
/// `moved` is called often, with the share of the multiply-accumulates that is done, and may be empty.
[[nodiscard]] ImageRun run_image(const workloads::Image& image, const std::string& name, const MachineSettings& machine,
                                 const OutputSettings& outputs = {},
                                 const std::function<void(double share)>& moved = {});

}  // namespace dlac::tb
