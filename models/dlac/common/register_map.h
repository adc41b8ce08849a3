// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dlac {

inline constexpr std::uint32_t DeviceId = 0x43414C64;  ///< "dLAC" in little-endian bytes
inline constexpr std::uint32_t DeviceVersion = 0x00010000;

enum class Access : std::uint8_t { ReadOnly, ReadWrite, WriteOneToClear, WriteOnly };

struct RegisterField {
  std::string_view name;
  std::uint32_t lsb = 0;
  std::uint32_t width = 0;
  std::string_view description;
};

/// Byte offsets of the 32-bit registers. Their meaning, access and fields stand in `RegisterTable`.
enum class Register : std::uint32_t {
  Id = 0x00,
  Version = 0x04,
  Ctrl = 0x08,
  Status = 0x0C,
  IrqEnable = 0x10,
  IrqStatus = 0x14,
  Doorbell = 0x18,
  ListAddrLo = 0x1C,
  ListAddrHi = 0x20,
  ListLength = 0x24,
  Error = 0x28,
  FaultAddrLo = 0x2C,
  FaultAddrHi = 0x30,
  CoreMode = 0x40,  ///< first of the registers that tell what the core was built with
  CorePes = 0x44,
  CoreOutputBuffers = 0x48,
  CoreArithmeticUnits = 0x4C,
  CoreMultiplyUnits = 0x50,
  CoreWeightBuffer = 0x54,
  CoreFeatureBuffer = 0x58,
  CoreTokenLimit = 0x5C,
  CoreQueueDepth = 0x60,
  CoreClockPeriod = 0x64,
  Counters = 0x100,  ///< first of the 64-bit counters, low word first; see `Counter`
};

/// A row of the table below.
struct RegisterRow {
  Register which;
  std::string_view name;
  Access access;
  std::string_view description;
  std::array<RegisterField, 3> fields{};  ///< those without a name are none
  std::uint32_t reset = 0;
  /// The value of a register that tells what the core was built with; null for all others.
  std::uint32_t (*configured)(const Config&) = nullptr;
};

/// A register that tells what the core was built with.
[[nodiscard]] constexpr RegisterRow configured_register(Register which, std::string_view name,
                                                        std::string_view description,
                                                        std::uint32_t (*value)(const Config&)) {
  return {which, name, Access::ReadOnly, description, {}, 0, value};
}

/// The 32-bit registers in address order. One that only stores, or only tells what the core was built with, needs
/// nothing else; what others set off stands in `RegisterFile`.
inline constexpr std::array RegisterTable{
    RegisterRow{Register::Id, "ID", Access::ReadOnly, "identification, \"dLAC\" in little-endian bytes", {}, DeviceId},
    RegisterRow{Register::Version, "VERSION", Access::ReadOnly, "version, major in the high half", {}, DeviceVersion},
    RegisterRow{Register::Ctrl,
                "CTRL",
                Access::WriteOnly,
                "actions; reads as 0",
                {{{"reset", 0, 1, "back to the state after elaboration"},
                  {"snapshot", 1, 1, "copies all counters at once to the registers that are read"},
                  {"clear_counters", 2, 1, "sets all counters to 0"}}}},
    RegisterRow{Register::Status,
                "STATUS",
                Access::ReadOnly,
                "state of the core",
                {{{"busy", 0, 1, "a command list runs"},
                  {"done", 1, 1, "the last list ran to its end"},
                  {"error", 2, 1, "ERROR holds a code"}}}},
    RegisterRow{Register::IrqEnable,
                "IRQ_ENABLE",
                Access::ReadWrite,
                "enabled interrupts: irq is high while a bit is set both here and in IRQ_STATUS",
                {{{"done", 0, 1, "when a list ran to its end"}, {"error", 1, 1, "when an error was recorded"}}}},
    RegisterRow{Register::IrqStatus,
                "IRQ_STATUS",
                Access::WriteOneToClear,
                "pending interrupts",
                {{{"done", 0, 1, "a list ran to its end"}, {"error", 1, 1, "an error was recorded"}}}},
    RegisterRow{Register::Doorbell, "DOORBELL", Access::WriteOnly,
                "any write starts the list at LIST_ADDR; reads as 0"},
    RegisterRow{Register::ListAddrLo, "LIST_ADDR_LO", Access::ReadWrite, "byte address of the command list, low word"},
    RegisterRow{Register::ListAddrHi, "LIST_ADDR_HI", Access::ReadWrite, "byte address of the command list, high word"},
    RegisterRow{Register::ListLength, "LIST_LENGTH", Access::ReadWrite,
                "commands in the list, the end command included"},
    RegisterRow{Register::Error, "ERROR", Access::ReadOnly, "error code, 0 for none"},
    RegisterRow{Register::FaultAddrLo, "FAULT_ADDR_LO", Access::ReadOnly,
                "address of the failing access or command, low word"},
    RegisterRow{Register::FaultAddrHi, "FAULT_ADDR_HI", Access::ReadOnly,
                "address of the failing access or command, high word"},
    configured_register(Register::CoreMode, "CORE_MODE", "0: train, binary32; 1: infer, binary16",
                        [](const Config& c) { return c.mode == Mode::Infer ? 1U : 0U; }),
    configured_register(Register::CorePes, "CORE_PES", "processing elements", [](const Config& c) { return c.pes; }),
    configured_register(Register::CoreOutputBuffers, "CORE_OUTPUT_BUFFERS", "B, output buffers per PE and bank",
                        [](const Config& c) { return c.output_buffers; }),
    configured_register(Register::CoreArithmeticUnits, "CORE_ARITHMETIC_UNITS", "units per PE that can add",
                        [](const Config& c) { return c.arithmetic_units; }),
    configured_register(Register::CoreMultiplyUnits, "CORE_MULTIPLY_UNITS", "units per PE that can multiply",
                        [](const Config& c) { return c.multiply_units; }),
    configured_register(Register::CoreWeightBuffer, "CORE_WEIGHT_BUFFER", "weight buffer, bytes",
                        [](const Config& c) { return c.weight_buffer_bytes; }),
    configured_register(Register::CoreFeatureBuffer, "CORE_FEATURE_BUFFER", "feature buffer, bytes",
                        [](const Config& c) { return c.feature_buffer_bytes; }),
    configured_register(Register::CoreTokenLimit, "CORE_TOKEN_LIMIT", "largest value of a token counter",
                        [](const Config& c) { return c.token_limit; }),
    configured_register(Register::CoreQueueDepth, "CORE_QUEUE_DEPTH", "commands in each queue",
                        [](const Config& c) { return c.queue_depth; }),
    configured_register(Register::CoreClockPeriod, "CORE_CLOCK_PERIOD", "clock period, picoseconds",
                        [](const Config& c) { return c.clock_period_ps; }),
};

inline constexpr std::uint32_t CtrlReset = 1U << 0;
inline constexpr std::uint32_t CtrlSnapshot = 1U << 1;
inline constexpr std::uint32_t CtrlClearCounters = 1U << 2;

inline constexpr std::uint32_t StatusBusy = 1U << 0;
inline constexpr std::uint32_t StatusDone = 1U << 1;
inline constexpr std::uint32_t StatusError = 1U << 2;

inline constexpr std::uint32_t IrqDone = 1U << 0;
inline constexpr std::uint32_t IrqError = 1U << 1;

/// Performance counters in the order of their registers. Definitions: docs/machine_reference.md, Counters, and
/// `registers()`.
enum class Counter : std::uint32_t {
  Cycles,
  ComputeCycles,
  PointwiseCycles,
  WaitWeightsCycles,
  WaitFeaturesCycles,
  WaitDrainCycles,
  IdleCycles,
  UpdatesExecuted,
  UpdatesSkippedWeight,
  UpdatesSkippedFeature,
  UpdatesSkippedBoth,
  UpdatesMaskedNonfinite,
  PeBusyCycles,
  PeStarvedRowCycles,
  PeStarvedColumnCycles,
  PeFinishedEarlyCycles,
  BytesRead,
  BytesWritten,
  ReadBursts,
  WriteBursts,
  Commands,
  Segments,
};
inline constexpr std::uint32_t CounterCount = 22;

[[nodiscard]] constexpr std::uint32_t counter_offset(Counter counter) {
  return static_cast<std::uint32_t>(Register::Counters) + 8 * static_cast<std::uint32_t>(counter);
}
inline constexpr std::uint32_t RegisterSpaceBytes = static_cast<std::uint32_t>(Register::Counters) + 8 * CounterCount;

/// What the ERROR register holds after a failure.
enum class ErrorCode : std::uint32_t {
  None = 0,
  IllegalCommand = 1,   ///< unknown opcode, or a bit set outside every field
  IllegalField = 2,     ///< a field's value is out of range for this core
  BufferRange = 3,      ///< an address outside the weight or feature buffer
  BadWeightCode = 4,    ///< ternary code 10
  TokenOverflow = 5,    ///< a token counter would pass its limit
  Deadlock = 6,         ///< all queues blocked with nothing in flight
  ListWithoutEnd = 7,   ///< LIST_LENGTH commands without an end command
  FetchFault = 8,       ///< memory answered a command fetch with an error
  LoadFault = 9,        ///< memory answered a load with an error
  StoreFault = 10,      ///< memory answered a store with an error
  DoorbellBusy = 11,    ///< doorbell while a list runs; the list goes on
  BadListAddress = 12,  ///< LIST_ADDR not aligned to 4 bytes, or LIST_LENGTH 0
  LinkFault = 13,       ///< a module in a link inside the core, or a buffer, answered with an error
};
/// An error code as software sees it.
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;         ///< an identifier
  std::string_view description;  ///< a phrase
};
/// Every error code in the order of the codes, which have no gaps: the single source of names and texts.
[[nodiscard]] const std::vector<ErrorInfo>& error_codes();
/// The description; "unknown" for a value that is no code.
[[nodiscard]] std::string_view to_string(ErrorCode code);

struct RegisterInfo {
  std::string_view name;
  std::uint32_t offset;  ///< bytes
  std::uint32_t bits;    ///< 32, or 64 for a counter (two words, low first)
  Access access;
  std::uint32_t reset;  ///< of a core with the default configuration (train)
  std::string_view description;
  std::vector<RegisterField> fields;
  /// The value of a register that tells what the core was built with; null for all others.
  std::uint32_t (*configured)(const Config&) = nullptr;
};

/// Every register in address order, counters included.
[[nodiscard]] const std::vector<RegisterInfo>& registers();
[[nodiscard]] std::string_view to_string(Counter counter);

}  // namespace dlac
