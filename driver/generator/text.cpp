// SPDX-License-Identifier: Apache-2.0
#include "driver/generator/text.h"

#include <cctype>
#include <cstdio>

namespace dlac::generator {

std::string hex(std::uint32_t value, int digits) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%0*X", digits, value);
  return text;
}

std::string bit_range(std::uint32_t lsb, std::uint32_t width) {
  if (width == 1) return std::to_string(lsb);
  return std::to_string(lsb + width - 1) + ":" + std::to_string(lsb);
}

std::string upper_case(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::uint32_t field_mask(std::uint32_t lsb, std::uint32_t width) {
  const std::uint32_t ones = width >= 32 ? 0xFFFFFFFFU : (1U << width) - 1;
  return ones << lsb;
}

bool is_counter(const RegisterInfo& info) { return info.offset >= static_cast<std::uint32_t>(Register::Counters); }

}  // namespace dlac::generator
