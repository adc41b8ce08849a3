// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/resettable.h>
#include <dlac/links/transport_defaults.h>

#include <cstdint>
#include <systemc>
#include <tlm>

namespace dlac {

/// The weight buffer or the feature buffer as the core knows it: a byte-addressed target, shared by all who read and
/// write it. The core has one of its own (LocalBuffer); a Fittings object may supply another.
///
/// Transactions are those of the base protocol with a BufferAccess; b_transport must not wait. A delay that it adds to
/// a stream's read, rounded up to clock cycles, makes the beat arrive so much later (clocked engine only). In a cycle
/// the grid asks for its rows, then for its columns, each in ascending order. An error response ends the command list.
class Buffer : public sc_core::sc_module, public Resettable, protected ForwardDefaults<> {
 public:
  tlm::tlm_target_socket<32, tlm::tlm_base_protocol_types, 0> socket{"socket"};  ///< any number of initiators

  explicit Buffer(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// Bytes that can be addressed.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  /// All bytes 0, as after elaboration; called by a reset of the core.
  void reset() override = 0;
  /// Whether reads may be answered with a delay. Such a buffer needs the clocked engine.
  [[nodiscard]] virtual bool delays() const { return false; }

 protected:
  /// Takes back what was granted of [first, last] from all initiators.
  void invalidate(std::uint64_t first, std::uint64_t last) {
    for (int i = 0; i < socket.size(); ++i) socket[i]->invalidate_direct_mem_ptr(first, last);
  }
};

}  // namespace dlac
