// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace dlac::generator {

/// dlac_regs.h: registers, error codes, counters and the command encoding for firmware, in C99 that is also C++. Made
/// from dlac::registers(), dlac::error_codes() and dlac::command_fields().
[[nodiscard]] std::string interface_header();

}  // namespace dlac::generator
