// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace dlac::workloads {

/// The shortest text that reads back as the same number: 0.1 as "0.1", for error messages.
[[nodiscard]] inline std::string to_text(double value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

}  // namespace dlac::workloads
