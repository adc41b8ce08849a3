// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "tb/reports/layer_report.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// The table of a run, a line per layer as soon as it has run, at most 100 columns wide. A stage of several layers is
/// followed by a line with its sums, the last layer by a line with the total.
class Table {
 public:
  Table(std::ostream& out, VerifyLevel level) : out_(out), level_(level) {}

  void header();
  void row(const LayerReport& report);
  /// Ends the last stage and adds the total, if there is more than one layer.
  void finish();

 private:
  void line(const std::string& name, const std::string& grid, const Figures& figures,
            const std::optional<bool>& verified);
  void end_stage();

  std::ostream& out_;
  VerifyLevel level_;
  Group stage_;
  Group total_;
};

/// One line: what ran on which machine, cycles and simulated time.
[[nodiscard]] std::string simulated(const std::string& what, const MachineSettings& machine, std::uint64_t cycles);
/// Two lines: model, mode and simulated time; host time, speed and memory.
[[nodiscard]] std::string summary(const std::string& what, const MachineSettings& machine, const Group& total,
                                  double wall_seconds, std::uint64_t peak_memory_bytes);

}  // namespace dlac::tb
