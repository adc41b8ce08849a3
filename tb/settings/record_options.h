// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tb/settings/given_options.h"
#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// --record, --record-window: transactions of the core's links as CSV.
[[nodiscard]] boost::program_options::options_description record_options();
/// What they say; the window is in cycles of `clock_period_ps`. Throws InputError.
[[nodiscard]] RecordSettings record_settings(const Given& given, std::uint32_t clock_period_ps);

/// FIRST:LAST as option `name` has it. Throws InputError.
[[nodiscard]] CycleWindow parse_window(const Given& given, const char* name, const std::string& text,
                                       std::uint32_t clock_period_ps);

}  // namespace dlac::tb
