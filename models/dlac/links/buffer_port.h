// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/buffer_access.h>
#include <dlac/links/transport_defaults.h>

#include <cstdint>
#include <systemc>
#include <tlm>

namespace dlac {

/// The initiator's side of a link to a local buffer: direct memory access where it is granted (asked for once, kept
/// until it is taken back), transactions where it is not.
class BufferPort : private BackwardDefaults<> {
 public:
  tlm::tlm_initiator_socket<32> socket;

  BufferPort(const char* name, BufferRequester requester, std::uint32_t index = 0);
  ~BufferPort() override;

  /// The bytes [address, address + bytes) by direct access, or nullptr: then use read().
  [[nodiscard]] const std::uint8_t* readable(std::uint64_t address, std::uint64_t bytes) {
    if (!asked_) ask(address);
    return covers(address, bytes) && dmi_.is_read_allowed() ? dmi_.get_dmi_ptr() + (address - first_) : nullptr;
  }
  [[nodiscard]] std::uint8_t* writable(std::uint64_t address, std::uint64_t bytes) {
    if (!asked_) ask(address);
    return covers(address, bytes) && dmi_.is_write_allowed() ? dmi_.get_dmi_ptr() + (address - first_) : nullptr;
  }
  /// What a direct read takes, as granted.
  [[nodiscard]] const sc_core::sc_time& read_latency() const { return latency_; }

  /// Whether the answer was good.
  using Good = bool;
  /// Reads by a transaction, whose delay is added to `delay`.
  [[nodiscard]] Good read(std::uint64_t address, std::uint8_t* data, std::uint64_t bytes, std::uint64_t beat,
                          std::uint64_t cycle, sc_core::sc_time& delay);
  [[nodiscard]] Good write(std::uint64_t address, const std::uint8_t* data, std::uint64_t bytes, std::uint64_t cycle);
  /// Directly if possible, else by a transaction.
  [[nodiscard]] Good fetch(std::uint64_t address, std::uint8_t* data, std::uint64_t bytes, std::uint64_t beat,
                           std::uint64_t cycle, sc_core::sc_time& delay);
  /// The requester as which the next reads are made, where a port serves several.
  void act_as(BufferRequester requester) { access_.requester = requester; }

 private:
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;
  void ask(std::uint64_t address);
  [[nodiscard]] bool covers(std::uint64_t address, std::uint64_t bytes) const {
    return address - first_ < size_ && bytes <= size_ - (address - first_);
  }
  [[nodiscard]] Good transact(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::uint64_t bytes,
                              std::uint64_t beat, std::uint64_t cycle, sc_core::sc_time& delay);

  tlm::tlm_generic_payload payload_;
  BufferAccess access_;
  bool asked_ = false;
  bool taken_back_ = false;  ///< what was granted may be granted again
  tlm::tlm_dmi dmi_;
  std::uint64_t first_ = 0, size_ = 0;  ///< of the grant; size 0: none
  sc_core::sc_time latency_;
};

}  // namespace dlac
