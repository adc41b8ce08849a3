// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/register_file.h>

#include <algorithm>
#include <cstring>

namespace dlac {
namespace {

[[nodiscard]] std::uint32_t low_of(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
[[nodiscard]] std::uint32_t high_of(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

constexpr std::uint32_t WordBytes = 4;

/// The bits of a register that a write stores: those of its fields, all where it has none.
[[nodiscard]] std::uint32_t writable_bits(const RegisterInfo& info) {
  if (info.access != Access::ReadWrite) return 0;
  if (info.fields.empty()) return ~std::uint32_t{0};
  std::uint32_t bits = 0;
  for (const RegisterField& field : info.fields) bits |= ((std::uint32_t{1} << field.width) - 1) << field.lsb;
  return bits;
}

}  // namespace

RegisterFile::RegisterFile(const Config& config, sc_core::sc_port<ListCommandIf>& lists, sc_core::sc_event& irq_changed)
    : errors_(config.csr_errors != 0), narrow_(config.csr_narrow != 0), lists_(lists), irq_changed_(irq_changed) {
  for (const RegisterInfo& info : registers()) {
    const std::uint32_t initial = info.configured == nullptr ? info.reset : info.configured(config);
    for (std::uint32_t word = 0; word < info.bits / 32; ++word) {
      words_[info.offset / 4 + word] = {&info, initial, initial, writable_bits(info)};
    }
  }
}

void RegisterFile::access(tlm::tlm_generic_payload& payload) { payload.set_response_status(execute(payload)); }

bool RegisterFile::fits(std::uint64_t address, unsigned int bytes, bool is_write) const {
  if (bytes == WordBytes) return true;
  if (bytes == 2 * WordBytes) {
    const RegisterInfo* const info = find(address);
    return !is_write && info != nullptr && info->bits == 64 && address == info->offset;
  }
  return narrow_ && (bytes == 1 || bytes == 2);
}

tlm::tlm_response_status RegisterFile::execute(tlm::tlm_generic_payload& payload) {
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  const std::uint64_t address = payload.get_address();
  const unsigned int bytes = payload.get_data_length();
  // Many initiators mean the data length by a streaming width of 0.
  if (!fits(address, bytes, payload.is_write()) ||
      (payload.get_streaming_width() != 0 && payload.get_streaming_width() < bytes)) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  if (address % bytes != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const RegisterInfo* const info = find(address & ~std::uint64_t{WordBytes - 1});
  if (info == nullptr && errors_) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  switch (payload.get_command()) {
    case tlm::TLM_READ_COMMAND: {
      if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      std::uint64_t value = 0;
      if (info != nullptr) {
        const Word* const word = &words_[address / WordBytes];
        value = word->value;
        if (bytes > WordBytes) value |= std::uint64_t{word[1].value} << 32U;
      }
      if (bytes == WordBytes) {
        std::memcpy(payload.get_data_ptr(), &value, WordBytes);
      } else {
        std::memcpy(payload.get_data_ptr(), reinterpret_cast<std::uint8_t*>(&value) + address % WordBytes, bytes);
      }
      return tlm::TLM_OK_RESPONSE;
    }
    case tlm::TLM_WRITE_COMMAND: {
      if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      if (info == nullptr || info->access == Access::ReadOnly) {
        return errors_ ? tlm::TLM_COMMAND_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
      }
      // The rest of a word keeps what is stored; where a write acts instead of being stored, 0 does nothing.
      std::uint32_t value = info->access == Access::ReadWrite ? words_[address / WordBytes].value : 0;
      std::memcpy(reinterpret_cast<std::uint8_t*>(&value) + address % WordBytes, payload.get_data_ptr(), bytes);
      if (!held_) write(*info, value);
      return tlm::TLM_OK_RESPONSE;
    }
    case tlm::TLM_IGNORE_COMMAND: return tlm::TLM_OK_RESPONSE;
  }
  return tlm::TLM_COMMAND_ERROR_RESPONSE;  // no command of the base protocol
}

bool RegisterFile::timed(const tlm::tlm_generic_payload& payload) const {
  // Plain storage, LIST_ADDR and LIST_LENGTH, only matters when the doorbell rings.
  const std::uint64_t address = payload.get_address() & ~std::uint64_t{WordBytes - 1};
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
    const std::uint32_t value = words_[word_address / WordBytes].value;
    const auto skip = static_cast<unsigned int>(address + done - word_address);
    const unsigned int count = std::min(WordBytes - skip, length - done);
    std::memcpy(data + done, reinterpret_cast<const std::uint8_t*>(&value) + skip, count);
    done += count;
  }
  return done;
}

void RegisterFile::write(const RegisterInfo& info, std::uint32_t value) {
  Word& word = words_[info.offset / WordBytes];
  word.value = (word.value & ~word.writable) | (value & word.writable);
  switch (static_cast<Register>(info.offset)) {
    case Register::Ctrl:
      if ((value & CtrlReset) != 0) lists_->reset_core();
      // Together they read and clear: nothing is counted twice or lost.
      if ((value & CtrlSnapshot) != 0) take_snapshot();
      if ((value & CtrlClearCounters) != 0) lists_->clear_counters();
      break;
    case Register::IrqStatus: word.value &= ~value; [[fallthrough]];
    case Register::IrqEnable: irq_changed_.notify(sc_core::SC_ZERO_TIME); break;
    case Register::Doorbell: ring(); break;
    default: break;  // plain storage
  }
}

void RegisterFile::take_snapshot() {
  const CounterValues counters = lists_->counters();
  for (std::uint32_t i = 0; i < CounterCount; ++i) {
    Word* const words = &words_[counter_offset(static_cast<Counter>(i)) / WordBytes];
    words[0].value = low_of(counters[i]);
    words[1].value = high_of(counters[i]);
  }
}

std::uint64_t RegisterFile::list_address() const {
  return std::uint64_t{value(Register::ListAddrHi)} << 32 | value(Register::ListAddrLo);
}

void RegisterFile::ring() {
  if (busy()) {
    record(ErrorCode::DoorbellBusy, list_address());
    return;
  }
  const auto error = static_cast<ErrorCode>(value(Register::Error));
  if ((status() & StatusError) != 0 && error != ErrorCode::DoorbellBusy && error != ErrorCode::BadListAddress) {
    return;  // a core that stopped on an error does nothing before a reset
  }
  if (list_address() % WordBytes != 0 || value(Register::ListLength) == 0) {
    record(ErrorCode::BadListAddress, list_address());
    return;
  }
  set(Register::Status, StatusBusy);
  set(Register::Error, static_cast<std::uint32_t>(ErrorCode::None));
  set(Register::FaultAddrLo, 0);
  set(Register::FaultAddrHi, 0);
  lists_->start(list_address(), value(Register::ListLength));
}

void RegisterFile::record(ErrorCode code, std::uint64_t fault_address) {
  set(Register::Status, status() | StatusError);
  set(Register::Error, static_cast<std::uint32_t>(code));
  set(Register::FaultAddrLo, low_of(fault_address));
  set(Register::FaultAddrHi, high_of(fault_address));
  set(Register::IrqStatus, value(Register::IrqStatus) | IrqError);
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void RegisterFile::list_finished() {
  set(Register::Status, (status() & ~StatusBusy) | StatusDone);
  set(Register::IrqStatus, value(Register::IrqStatus) | IrqDone);
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void RegisterFile::list_failed(ErrorCode code, std::uint64_t fault_address) {
  set(Register::Status, status() & ~(StatusBusy | StatusDone));
  record(code, fault_address);
}

void RegisterFile::reset() {
  for (Word& word : words_) word.value = word.initial;
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace dlac
