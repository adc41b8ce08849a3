// SPDX-License-Identifier: Apache-2.0
#include "workloads/image_format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <type_traits>

namespace dlac::workloads::image_format {

// The structures are copied as they lie.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
static_assert(sizeof(dlac_image_header) == 104 && std::is_trivially_copyable_v<dlac_image_header>);
static_assert(offsetof(dlac_image_header, file_bytes) == 16);
static_assert(offsetof(dlac_image_header, control_crc) == 40);
static_assert(offsetof(dlac_image_header, mode) == 48);
static_assert(offsetof(dlac_image_header, layers_offset) == 80);
static_assert(offsetof(dlac_image_header, commands) == 96);
static_assert(sizeof(dlac_image_layer) == 136 && std::is_trivially_copyable_v<dlac_image_layer>);
static_assert(offsetof(dlac_image_layer, features_offset) == 48);
static_assert(offsetof(dlac_image_layer, batch) == 88);
static_assert(offsetof(dlac_image_layer, first_command) == 116);
static_assert(offsetof(dlac_image_layer, flags) == 128);

std::uint64_t product(std::initializer_list<std::uint64_t> factors) {
  std::uint64_t result = 1;
  for (const std::uint64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result)) return Largest;
  }
  return result;
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llX", static_cast<unsigned long long>(value));
  return text.data();
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

std::string name_problem(std::string_view name) {
  if (std::any_of(name.begin(), name.end(), is_control)) return "a name with a control character";
  if (name.empty() || name.size() >= DLAC_IMAGE_NAME_BYTES) {
    return "a name of " + std::to_string(name.size()) + " bytes";
  }
  return {};
}
}  // namespace dlac::workloads::image_format
