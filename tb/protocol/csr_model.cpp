// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/csr_model.h"

#include <algorithm>
#include <cstring>

namespace dlac::tb::protocol {
namespace {

// docs/machine_reference.md, Register map.
enum Offset : std::uint32_t {
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
  CoreFirst = 0x40,
  CountersFirst = 0x100,
  CountersEnd = 0x1B0,
};
constexpr std::array<std::uint32_t, 10> CoreValues{0, 512, 8, 1, 1, 65536, 131072, 255, 16, 2000};
constexpr std::uint32_t BadListError = 12;
constexpr std::uint32_t ErrorBit = 1U << 2;     // STATUS
constexpr std::uint32_t IrqErrorBit = 1U << 1;  // IRQ_STATUS, IRQ_ENABLE
constexpr std::uint32_t ResetBit = 1U << 0;     // CTRL
constexpr auto UnknownCommand = static_cast<tlm::tlm_command>(3);

[[nodiscard]] bool writable(std::uint64_t offset) {
  switch (offset) {
    case Ctrl:
    case IrqEnable:
    case IrqStatus:
    case Doorbell:
    case ListAddrLo:
    case ListAddrHi:
    case ListLength: return true;
    default: return false;
  }
}

[[nodiscard]] std::uint32_t pick(std::mt19937& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}
[[nodiscard]] bool chance(std::mt19937& random, double p) { return std::bernoulli_distribution(p)(random); }

}  // namespace

bool CsrExpectation::permits(tlm::tlm_response_status status) const {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

std::optional<std::uint32_t> CsrModel::word(std::uint64_t address) const {
  if (address % 4 != 0) return std::nullopt;
  if (address >= CoreFirst && address < CoreFirst + 4 * CoreValues.size()) return CoreValues[(address - CoreFirst) / 4];
  if (address >= CountersFirst && address < CountersEnd) return 0;  // nothing has run
  switch (address) {
    case Id: return 0x43414C64;
    case Version: return 0x00010000;
    case Ctrl:
    case Doorbell: return 0;
    case Status: return status_;
    case IrqEnable: return irq_enable_;
    case IrqStatus: return irq_status_;
    case ListAddrLo: return list_low_;
    case ListAddrHi: return list_high_;
    case ListLength: return length_;
    case Error: return error_;
    case FaultAddrLo: return fault_low_;
    case FaultAddrHi: return fault_high_;
    default: return std::nullopt;
  }
}

void CsrModel::write(std::uint32_t offset, std::uint32_t value) {
  switch (offset) {
    case Ctrl:
      if ((value & ResetBit) != 0) *this = CsrModel(errors_);
      break;
    case IrqEnable: irq_enable_ = value & 3; break;
    case IrqStatus: irq_status_ &= ~value; break;
    case Doorbell:
      status_ |= ErrorBit;
      error_ = BadListError;
      fault_low_ = list_low_;
      fault_high_ = list_high_;
      irq_status_ |= IrqErrorBit;
      break;
    case ListAddrLo: list_low_ = value; break;
    case ListAddrHi: list_high_ = value; break;
    case ListLength: length_ = value; break;
    default: break;
  }
}

CsrExpectation CsrModel::perform(const CsrAccess& access) {
  CsrExpectation expected;
  auto& statuses = expected.statuses;
  const bool undefined = !word(access.address).has_value();
  const bool unaligned = access.address % 4 != 0;
  const bool is_write = access.command == tlm::TLM_WRITE_COMMAND;
  // IEEE 1666-2011 14.17: the status that names what a target cannot do.
  if (access.enable_bytes != 0) statuses.push_back(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  // All of a counter may be read at once.
  const bool counter = access.bytes == 8 && access.command == tlm::TLM_READ_COMMAND && access.address % 8 == 0 &&
                       access.address >= CountersFirst && access.address < CountersEnd;
  const bool narrow = access.streaming_width != 0 && access.streaming_width < access.bytes;
  if ((access.bytes != 4 && !counter) || narrow) statuses.push_back(tlm::TLM_BURST_ERROR_RESPONSE);
  if (unaligned || (undefined && errors_)) statuses.push_back(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  if (is_write && !undefined && !writable(access.address) && errors_) {
    statuses.push_back(tlm::TLM_COMMAND_ERROR_RESPONSE);
  }
  if (access.command == UnknownCommand) {
    statuses.push_back(tlm::TLM_COMMAND_ERROR_RESPONSE);
  } else if (access.command == tlm::TLM_IGNORE_COMMAND) {
    statuses.push_back(tlm::TLM_OK_RESPONSE);  // 14.9: nothing is transferred, so nothing need fail
    return expected;
  } else if (access.null_data) {
    statuses.push_back(tlm::TLM_GENERIC_ERROR_RESPONSE);
  }
  if (!statuses.empty()) return expected;
  statuses.push_back(tlm::TLM_OK_RESPONSE);
  if (is_write) {
    std::uint32_t value = 0;
    std::memcpy(&value, access.data.data(), sizeof value);
    if (!undefined) write(static_cast<std::uint32_t>(access.address), value);
  } else {
    expected.value = word(access.address).value_or(0);  // of a counter: both words are 0
  }
  return expected;
}

CsrAccess CsrModel::next(std::mt19937& random) const {
  CsrAccess access;
  const std::uint32_t kind = pick(random, 0, 99);
  access.command = chance(random, 0.5) ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND;
  if (chance(random, 0.03)) access.command = tlm::TLM_IGNORE_COMMAND;
  if (chance(random, 0.03)) access.command = UnknownCommand;
  access.null_data = chance(random, 0.03);

  if (kind < 55) {
    static constexpr std::array<std::uint32_t, 13> Main{Id,        Version,     Ctrl,       Status,     IrqEnable,
                                                        IrqStatus, Doorbell,    ListAddrLo, ListAddrHi, ListLength,
                                                        Error,     FaultAddrLo, FaultAddrHi};
    access.address = Main[pick(random, 0, Main.size() - 1)];
  } else if (kind < 75) {
    access.address = std::uint64_t{4} * pick(random, 0, CountersEnd / 4 + 8);
  } else if (kind < 85) {
    access.address = pick(random, 0, CountersEnd + 16);  // of any alignment
  } else if (kind < 92) {
    access.address = std::uint64_t{random()} << 32 | random();
  } else {
    // A register's offset with high bits set, or just below 2^64.
    const std::uint64_t offset = std::uint64_t{4} * pick(random, 0, CountersEnd / 4);
    access.address =
        chance(random, 0.5) ? offset | std::uint64_t{1} << pick(random, 12, 63) : ~offset & ~std::uint64_t{3};
  }

  for (auto& byte : access.data) byte = static_cast<unsigned char>(random());
  if (access.address == Ctrl && !chance(random, 0.05)) access.data[0] &= ~1U;  // resets are rare
  if (access.address == ListLength && chance(random, 0.7)) access.data = {};
  if (chance(random, 0.08)) {
    static constexpr std::array<unsigned int, 9> Sizes{1, 2, 3, 5, 6, 7, 8, 16, CsrAccess::MaxBytes};
    access.bytes = Sizes[pick(random, 0, Sizes.size() - 1)];
    access.streaming_width = access.bytes;
  }
  if (chance(random, 0.06)) access.streaming_width = pick(random, 1, 2 * access.bytes);
  if (chance(random, 0.06)) {
    access.enable_bytes = pick(random, 1, 8);
    for (auto& enable : access.enables) enable = chance(random, 0.5) ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
  }
  const bool rings = access.address == Doorbell && access.command == tlm::TLM_WRITE_COMMAND;
  if (rings && !doorbell_is_refused()) access.command = tlm::TLM_READ_COMMAND;
  return access;
}

}  // namespace dlac::tb::protocol
