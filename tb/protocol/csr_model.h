// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <tlm>
#include <vector>

namespace dlac::tb::protocol {

/// One transaction as an initiator sends it.
struct CsrAccess {
  static constexpr unsigned int MaxBytes = 64;
  tlm::tlm_command command = tlm::TLM_READ_COMMAND;
  std::uint64_t address = 0;
  bool null_data = false;  ///< sent without a data pointer
  unsigned int bytes = 4;
  unsigned int streaming_width = 4;
  unsigned int enable_bytes = 0;  ///< length of the byte enable array, 0 for none
  std::array<unsigned char, MaxBytes> data{};
  std::array<unsigned char, 8> enables{};
};

/// What must come back.
struct CsrExpectation {
  /// One of these: an access with one fault has one right answer, one with several faults has several.
  std::vector<tlm::tlm_response_status> statuses;
  std::optional<std::uint64_t> value;  ///< of a read that succeeds: all of its bytes
  [[nodiscard]] bool permits(tlm::tlm_response_status status) const;
};

/// The registers of an idle core with the default training configuration, as docs/machine_reference.md, Register map,
/// describes them; shares nothing with the model. Lists that would run are left out: the doorbell is rung only where it
/// must be refused.
class CsrModel {
 public:
  /// `errors`: accesses to undefined or read-only registers are errors (csr_errors), else they are ignored.
  explicit CsrModel(bool errors = true) : errors_(errors) {}

  /// A random access, legal or not, that an idle core must survive.
  [[nodiscard]] CsrAccess next(std::mt19937& random) const;
  /// What an access must bring, and what it does to the registers.
  [[nodiscard]] CsrExpectation perform(const CsrAccess& access);
  /// The value of the aligned word at an address, nothing where there is no register.
  [[nodiscard]] std::optional<std::uint32_t> word(std::uint64_t address) const;

 private:
  void write(std::uint32_t offset, std::uint32_t value);
  [[nodiscard]] bool doorbell_is_refused() const { return length_ == 0 || list_low_ % 4 != 0; }

  bool errors_;
  std::uint32_t status_ = 0, irq_enable_ = 0, irq_status_ = 0;
  std::uint32_t list_low_ = 0, list_high_ = 0, length_ = 0;
  std::uint32_t error_ = 0, fault_low_ = 0, fault_high_ = 0;
};

}  // namespace dlac::tb::protocol
