// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/buffer.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// The core's own weight or feature buffer. The time that an access takes is in the ports that read and write it
/// (Organisation), so it answers at once, and grants direct access to all of it.
class LocalBuffer final : public Buffer {
 public:
  LocalBuffer(const sc_core::sc_module_name& name, std::uint32_t bytes);

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  void reset() override;

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;

  const std::uint64_t bytes_;
  std::vector<std::uint8_t> storage_;  ///< with a margin behind bytes_
};

}  // namespace dlac
