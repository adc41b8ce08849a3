// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>

#include <cstdint>
#include <string>
#include <string_view>

// What the forms of the hardware/software interface (markdown tables, C header, IP-XACT) write alike.
namespace dlac::generator {

/// 0x and at least `digits` upper-case hexadecimal digits.
[[nodiscard]] std::string hex(std::uint32_t value, int digits);
/// "3:0", or "4" for a single bit.
[[nodiscard]] std::string bit_range(std::uint32_t lsb, std::uint32_t width);
[[nodiscard]] std::string upper_case(std::string_view name);
/// The bits of a field within its word.
[[nodiscard]] std::uint32_t field_mask(std::uint32_t lsb, std::uint32_t width);
[[nodiscard]] bool is_counter(const RegisterInfo& info);

}  // namespace dlac::generator
