// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// RV32 instructions, as the tests put them into memory. (RISC-V unprivileged specification, chapter 24)
namespace dlac::platform::rv32 {

enum Register : std::uint32_t { Zero = 0, T0 = 5, T1 = 6, T2 = 7, A0 = 10 };

[[nodiscard]] constexpr std::uint32_t addi(Register to, Register from, std::int32_t value) {
  return static_cast<std::uint32_t>(value) << 20U | from << 15U | to << 7U | 0x13U;
}
[[nodiscard]] constexpr std::uint32_t lui(Register to, std::uint32_t value) {
  return (value & 0xFFFFF000U) | to << 7U | 0x37U;
}
[[nodiscard]] constexpr std::uint32_t lw(Register to, Register base, std::int32_t offset) {
  return static_cast<std::uint32_t>(offset) << 20U | base << 15U | 2U << 12U | to << 7U | 0x03U;
}
[[nodiscard]] constexpr std::uint32_t sw(Register from, Register base, std::uint32_t offset) {
  return (offset >> 5U) << 25U | from << 20U | base << 15U | 2U << 12U | (offset & 31U) << 7U | 0x23U;
}
/// Branches by -4096 to 4094 bytes, an even number.
[[nodiscard]] constexpr std::uint32_t bne(Register left, Register right, std::int32_t distance) {
  const auto to = static_cast<std::uint32_t>(distance);
  return (to >> 12U & 1U) << 31U | (to >> 5U & 63U) << 25U | right << 20U | left << 15U | 1U << 12U |
         (to >> 1U & 15U) << 8U | (to >> 11U & 1U) << 7U | 0x63U;
}
inline constexpr std::uint32_t JumpOn = 0x0040006F;  ///< jal zero, +4: ends a block of the emulator
inline constexpr std::uint32_t Wfi = 0x10500073;
inline constexpr std::uint32_t Ecall = 0x00000073;
inline constexpr std::uint32_t Nop = 0x00000013;

}  // namespace dlac::platform::rv32
