// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "../driver/dlac_image.h"

/// What making and reading binary images share.
namespace dlac::workloads::image_format {

inline constexpr std::string_view Magic = DLAC_IMAGE_MAGIC;
static_assert(Magic.size() == sizeof dlac_image_header::magic);
inline constexpr std::uint64_t Largest = std::numeric_limits<std::uint64_t>::max();
inline constexpr const char* ExpectedName = "1 to 47 bytes, no control characters";
static_assert(DLAC_IMAGE_NAME_BYTES == 48);

/// Saturating: enough to compare with a size.
[[nodiscard]] std::uint64_t product(std::initializer_list<std::uint64_t> factors);
[[nodiscard]] std::string hexadecimal(std::uint64_t value);
[[nodiscard]] bool is_control(char c);
/// What is wrong with a name; empty if nothing is.
[[nodiscard]] std::string name_problem(std::string_view name);

}  // namespace dlac::workloads::image_format
