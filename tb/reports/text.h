// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "workloads/settings/text.h"

namespace dlac::tb {

/// The text without blanks at the ends of its lines.
[[nodiscard]] std::string without_trailing_blanks(std::string_view text);

/// The last dot of a file's name and what is behind it, in small letters; "" if there is none.
[[nodiscard]] std::string extension_of(const std::string& path);

/// printf() for one number.
[[nodiscard]] std::string fixed(double value, int decimals);
/// 48879 as "0xBEEF".
[[nodiscard]] std::string hexadecimal(std::uint64_t value);

}  // namespace dlac::tb
