// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tb/settings/given_options.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// --report, --vcd, --vcd-window: the files that a run writes.
[[nodiscard]] boost::program_options::options_description output_options();
/// What they and record_options() say; windows are in cycles of `clock_period_ps`. A syntax without --record leaves it
/// empty. Throws InputError, also for a waveform file that would need a program which is not installed.
[[nodiscard]] OutputSettings output_settings(const Given& given, std::uint32_t clock_period_ps);
/// The files that are written: option and name.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> outputs_of(const OutputSettings& settings);
/// Whether a report of this name is to be CSV: it ends in .csv.
[[nodiscard]] bool is_csv(const std::string& path);

}  // namespace dlac::tb
