// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>

namespace dlac::platform {

/// A device of 32-bit registers behind a TLM-2.0 target socket: answers the protocol's side of every access in one
/// place. One aligned word per access, no byte enables; anything else is answered with the response status that the
/// standard names. No direct memory access.
class RegisterDevice : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RegisterDevice, 32> socket{"socket"};

 protected:
  explicit RegisterDevice(sc_core::sc_module_name name);

  /// The value of the register at `offset`, with what reading it sets off; nullopt where there is none to read.
  [[nodiscard]] virtual std::optional<std::uint32_t> read(std::uint32_t offset) = 0;
  /// Writes a register. False where there is none to write.
  [[nodiscard]] virtual bool write(std::uint32_t offset, std::uint32_t value) = 0;
  /// For a debugger: the value that read() would give, without side effects.
  [[nodiscard]] virtual std::optional<std::uint32_t> peek(std::uint32_t offset) const = 0;

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
};

}  // namespace dlac::platform
