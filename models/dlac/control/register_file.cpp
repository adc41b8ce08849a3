// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/register_file.h>

#include <algorithm>
#include <cstring>

namespace dlac {
namespace {

[[nodiscard]] std::uint64_t with_low(std::uint64_t value, std::uint32_t low) {
  return (value & 0xFFFFFFFF00000000ULL) | low;
}
[[nodiscard]] std::uint64_t with_high(std::uint64_t value, std::uint32_t high) {
  return (value & 0xFFFFFFFFULL) | std::uint64_t{high} << 32;
}
[[nodiscard]] std::uint32_t low_of(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
[[nodiscard]] std::uint32_t high_of(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

constexpr std::uint32_t WordBytes = 4;
constexpr std::uint32_t IrqBits = IrqDone | IrqError;

}  // namespace

RegisterFile::RegisterFile(const Config& config, sc_core::sc_port<ListCommandIf>& lists, sc_core::sc_event& irq_changed)
    : errors_(config.csr_errors != 0), lists_(lists), irq_changed_(irq_changed) {
  for (const RegisterInfo& info : registers()) {
    const std::uint32_t configured = info.configured == nullptr ? 0 : info.configured(config);
    for (std::uint32_t word = 0; word < info.bits / 32; ++word) words_[info.offset / 4 + word] = {&info, configured};
  }
}

void RegisterFile::access(tlm::tlm_generic_payload& payload) { payload.set_response_status(execute(payload)); }

tlm::tlm_response_status RegisterFile::execute(tlm::tlm_generic_payload& payload) {
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_data_length() != WordBytes || payload.get_streaming_width() < WordBytes) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  const std::uint64_t address = payload.get_address();
  if (address % WordBytes != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const RegisterInfo* const info = find(address);
  if (info == nullptr && errors_) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const auto offset = static_cast<std::uint32_t>(address);
  std::uint32_t value = 0;
  switch (payload.get_command()) {
    case tlm::TLM_READ_COMMAND:
      if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      if (info != nullptr) value = read(offset);
      std::memcpy(payload.get_data_ptr(), &value, WordBytes);
      return tlm::TLM_OK_RESPONSE;
    case tlm::TLM_WRITE_COMMAND:
      if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      if (info == nullptr || info->access == Access::ReadOnly) {
        return errors_ ? tlm::TLM_COMMAND_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
      }
      std::memcpy(&value, payload.get_data_ptr(), WordBytes);
      if (!held_) write(offset, value);
      return tlm::TLM_OK_RESPONSE;
    case tlm::TLM_IGNORE_COMMAND: return tlm::TLM_OK_RESPONSE;
  }
  return tlm::TLM_COMMAND_ERROR_RESPONSE;  // no command of the base protocol
}

bool RegisterFile::timed(const tlm::tlm_generic_payload& payload) const {
  // Plain storage, LIST_ADDR and LIST_LENGTH, only matters when the doorbell rings.
  const std::uint64_t address = payload.get_address();
  if (payload.is_write()) {
    return address < static_cast<std::uint32_t>(Register::ListAddrLo) ||
           address > static_cast<std::uint32_t>(Register::ListLength);
  }
  if (!busy()) return false;
  switch (static_cast<Register>(address)) {
    case Register::Status:
    case Register::IrqStatus:
    case Register::Error:
    case Register::FaultAddrLo:
    case Register::FaultAddrHi: return true;
    default: return false;
  }
}

unsigned int RegisterFile::debug_read(std::uint64_t address, std::uint8_t* data, unsigned int length) const {
  unsigned int done = 0;
  while (done < length) {
    const std::uint64_t word_address = (address + done) & ~std::uint64_t{WordBytes - 1};
    if (find(word_address) == nullptr) break;
    const std::uint32_t value = read(static_cast<std::uint32_t>(word_address));
    const auto skip = static_cast<unsigned int>(address + done - word_address);
    const unsigned int count = std::min(WordBytes - skip, length - done);
    std::memcpy(data + done, reinterpret_cast<const std::uint8_t*>(&value) + skip, count);
    done += count;
  }
  return done;
}

std::uint32_t RegisterFile::read(std::uint32_t offset) const {
  switch (static_cast<Register>(offset)) {
    case Register::Id: return DeviceId;
    case Register::Version: return DeviceVersion;
    case Register::Status: return status_;
    case Register::IrqEnable: return irq_enable_;
    case Register::IrqStatus: return irq_status_;
    case Register::ListAddrLo: return low_of(list_address_);
    case Register::ListAddrHi: return high_of(list_address_);
    case Register::ListLength: return list_length_;
    case Register::Error: return static_cast<std::uint32_t>(error_);
    case Register::FaultAddrLo: return low_of(fault_address_);
    case Register::FaultAddrHi: return high_of(fault_address_);
    case Register::Ctrl:
    case Register::Doorbell: return 0;
    case Register::CoreMode:
    case Register::CorePes:
    case Register::CoreOutputBuffers:
    case Register::CoreArithmeticUnits:
    case Register::CoreMultiplyUnits:
    case Register::CoreWeightBuffer:
    case Register::CoreFeatureBuffer:
    case Register::CoreTokenLimit:
    case Register::CoreQueueDepth:
    case Register::CoreClockPeriod: return words_[offset / 4].configured;
    case Register::Counters: break;
  }
  const std::uint32_t from_first = offset - static_cast<std::uint32_t>(Register::Counters);
  const std::uint64_t counter = snapshot_[from_first / 8];
  return from_first % 8 == 0 ? low_of(counter) : high_of(counter);
}

void RegisterFile::write(std::uint32_t offset, std::uint32_t value) {
  switch (static_cast<Register>(offset)) {
    case Register::Ctrl:
      if ((value & CtrlReset) != 0) lists_->reset_core();
      // Together they read and clear: nothing is counted twice or lost.
      if ((value & CtrlSnapshot) != 0) snapshot_ = lists_->counters();
      if ((value & CtrlClearCounters) != 0) lists_->clear_counters();
      break;
    case Register::IrqEnable:
      irq_enable_ = value & IrqBits;
      irq_changed_.notify(sc_core::SC_ZERO_TIME);
      break;
    case Register::IrqStatus:
      irq_status_ &= ~value;
      irq_changed_.notify(sc_core::SC_ZERO_TIME);
      break;
    case Register::Doorbell: ring(); break;
    case Register::ListAddrLo: list_address_ = with_low(list_address_, value); break;
    case Register::ListAddrHi: list_address_ = with_high(list_address_, value); break;
    case Register::ListLength: list_length_ = value; break;
    default: break;  // read-only: refused by access()
  }
}

void RegisterFile::ring() {
  if (busy()) {
    record(ErrorCode::DoorbellBusy, list_address_);
    return;
  }
  if ((status_ & StatusError) != 0 && error_ != ErrorCode::DoorbellBusy && error_ != ErrorCode::BadListAddress) {
    return;  // a core that stopped on an error does nothing before a reset
  }
  if (list_address_ % WordBytes != 0 || list_length_ == 0) {
    record(ErrorCode::BadListAddress, list_address_);
    return;
  }
  status_ = StatusBusy;
  error_ = ErrorCode::None;
  fault_address_ = 0;
  lists_->start(list_address_, list_length_);
}

void RegisterFile::record(ErrorCode code, std::uint64_t fault_address) {
  status_ |= StatusError;
  error_ = code;
  fault_address_ = fault_address;
  irq_status_ |= IrqError;
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void RegisterFile::list_finished() {
  status_ = (status_ & ~StatusBusy) | StatusDone;
  irq_status_ |= IrqDone;
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void RegisterFile::list_failed(ErrorCode code, std::uint64_t fault_address) {
  status_ &= ~(StatusBusy | StatusDone);
  record(code, fault_address);
}

void RegisterFile::reset() {
  status_ = irq_enable_ = irq_status_ = list_length_ = 0;
  list_address_ = fault_address_ = 0;
  error_ = ErrorCode::None;
  snapshot_ = {};
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace dlac
