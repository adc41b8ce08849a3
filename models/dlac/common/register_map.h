// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace dlac {

inline constexpr std::uint32_t DeviceId = 0x43414C64;  ///< "dLAC" in little-endian bytes
inline constexpr std::uint32_t DeviceVersion = 0x00010000;

/// Byte offsets of the 32-bit registers. Their meaning, access and fields stand in `registers()`.
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

enum class Access : std::uint8_t { ReadOnly, ReadWrite, WriteOneToClear, WriteOnly };

struct RegisterField {
  std::string_view name;
  std::uint32_t lsb;
  std::uint32_t width;
  std::string_view description;
};

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

/// Every register in address order: the single source of the map.
[[nodiscard]] const std::vector<RegisterInfo>& registers();
[[nodiscard]] std::string_view to_string(Counter counter);

}  // namespace dlac
