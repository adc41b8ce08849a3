// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workloads/settings/machine_settings.h"

namespace dlac::tb {

/// How much of a layer is compared with the reference.
enum class VerifyLevel : std::uint8_t {
  None,
  Sample,  ///< some outputs and a segment or two of each layer
  All,     ///< every output and every segment
};

/// Clock cycles of the simulation, both included.
struct CycleWindow {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// What a waveform file shows and where it goes.
struct WaveformSettings {
  std::string path;
  std::optional<CycleWindow> window;  ///< nullopt: the whole simulation
};

/// Links to be recorded, and where to.
struct LinkPattern {
  std::string pattern;  ///< a link's name or a shell pattern
  std::string path;     ///< CSV file
};
struct RecordSettings {
  std::vector<LinkPattern> links;
  std::optional<CycleWindow> window;  ///< nullopt: the whole simulation
};

/// What a run writes besides its table.
struct OutputSettings {
  std::optional<std::string> report;  ///< name of a .json or .csv file
  std::optional<WaveformSettings> waveform;
  RecordSettings records;
};

/// How layers are run, whatever they are.
struct RunSettings {
  MachineSettings machine;
  std::uint64_t seed = 1;
  VerifyLevel verify = VerifyLevel::Sample;
  bool segments = false;              ///< the report lists the segments
  std::optional<std::string> config;  ///< name of the configuration file
  OutputSettings outputs;
};

}  // namespace dlac::tb
