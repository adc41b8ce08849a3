// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>
#include <dlac/control/list_control.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <tlm>

namespace dlac {

/// The control and status registers: what the host sees of the core. Timing-free.
class RegisterFile {
 public:
  /// `lists` takes what register writes set off; `irq_changed` is notified when irq() may have changed.
  RegisterFile(const Config& config, sc_core::sc_port<ListCommandIf>& lists, sc_core::sc_event& irq_changed);

  /// Answers one CSR transaction.
  void access(tlm::tlm_generic_payload& payload);
  /// Whether the outcome of this access depends on when it is made: it sets something off, or reads what changes while
  /// a list runs.
  [[nodiscard]] bool timed(const tlm::tlm_generic_payload& payload) const;
  /// Reads without side effects; returns the bytes up to the first that belongs to no register.
  [[nodiscard]] unsigned int debug_read(std::uint64_t address, std::uint8_t* data, unsigned int length) const;

  void list_finished();
  /// The list has ended with an error.
  void list_failed(ErrorCode code, std::uint64_t fault_address);
  void reset();
  /// While the core is held in reset, writes are answered and lost.
  void hold(bool held) { held_ = held; }

  [[nodiscard]] bool irq() const { return (value(Register::IrqStatus) & value(Register::IrqEnable)) != 0; }
  [[nodiscard]] bool busy() const { return (value(Register::Status) & StatusBusy) != 0; }
  [[nodiscard]] std::uint32_t status() const { return value(Register::Status); }

 private:
  /// The register at an aligned address, nullptr if there is none.
  [[nodiscard]] const RegisterInfo* find(std::uint64_t address) const {
    return address < RegisterSpaceBytes ? words_[address / 4].info : nullptr;
  }
  [[nodiscard]] std::uint32_t value(Register which) const {
    return words_[static_cast<std::uint32_t>(which) / 4].value;
  }
  void set(Register which, std::uint32_t value) { words_[static_cast<std::uint32_t>(which) / 4].value = value; }
  [[nodiscard]] std::uint64_t list_address() const;
  void write(const RegisterInfo& info, std::uint32_t value);
  void take_snapshot();
  [[nodiscard]] tlm::tlm_response_status execute(tlm::tlm_generic_payload& payload);
  /// Whether an access of so many bytes can reach what lies at the address: a word, all of a counter, or with
  /// csr_narrow a part of a word.
  [[nodiscard]] bool fits(std::uint64_t address, unsigned int bytes, bool is_write) const;
  void ring();
  void record(ErrorCode code, std::uint64_t fault_address);

  /// A word of the register space; `info` is null where there is no register.
  struct Word {
    const RegisterInfo* info = nullptr;
    std::uint32_t initial = 0;   ///< after a reset
    std::uint32_t value = 0;     ///< what a read returns
    std::uint32_t writable = 0;  ///< bits that a write stores
  };

  const bool errors_;
  const bool narrow_;
  sc_core::sc_port<ListCommandIf>& lists_;
  sc_core::sc_event& irq_changed_;
  std::array<Word, RegisterSpaceBytes / 4> words_{};
  bool held_ = false;
};

}  // namespace dlac
