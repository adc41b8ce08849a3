// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/engine.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// The weight buffer or the feature buffer: a byte-addressed store behind a TLM target socket. Its timing is in the
/// ports that read and write it (arch. 2), so it answers at once, and grants DMI to all of it.
class LocalBuffer : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<LocalBuffer, 32> socket{"socket"};

  LocalBuffer(sc_core::sc_module_name name, std::uint32_t bytes);

  /// What the grid's ports read.
  [[nodiscard]] BufferView view() const { return {storage_.data(), bytes_}; }
  void reset();

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  std::uint64_t bytes_;
  std::vector<std::uint8_t> storage_;  ///< bytes_ and BufferSlack more
};

}  // namespace dlac
