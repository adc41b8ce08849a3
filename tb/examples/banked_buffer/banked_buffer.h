// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/links/buffer.h>
#include <dlac/links/buffer_access.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <systemc>
#include <vector>

/// Words in turn in `banks` banks. A bank serves one read of a column stream per cycle, in the order of the requests:
/// the grid makes those of a cycle in the order of its columns. Loads and point-wise operations meet no conflicts here.
class BankedBuffer : public dlac::Buffer {
 public:
  BankedBuffer(const sc_core::sc_module_name& name, std::uint64_t bytes, std::uint32_t banks,
               const sc_core::sc_time& period)
      : Buffer(name), period_(period), storage_(bytes), next_free_(banks) {}

  std::uint64_t bytes() const override { return storage_.size(); }
  bool delays() const override { return true; }
  void reset() override {
    std::fill(storage_.begin(), storage_.end(), std::uint8_t{0});
    std::fill(next_free_.begin(), next_free_.end(), 0U);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    const std::uint64_t address = payload.get_address(), length = payload.get_data_length();
    if (address > storage_.size() || length > storage_.size() - address) {
      return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &storage_[address], length);
    if (payload.is_write()) std::memcpy(&storage_[address], payload.get_data_ptr(), length);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);  // and no hint at direct access, which would miss the conflicts
    const auto* const access = payload.get_extension<dlac::BufferAccess>();
    if (access == nullptr || access->requester != dlac::BufferRequester::ColumnStream) return;
    std::uint64_t& free = next_free_[address / length % next_free_.size()];  // length: a word
    const std::uint64_t granted = std::max(access->cycle, free);
    free = granted + 1;
    delay += static_cast<double>(granted - access->cycle) * period_;
  }

  const sc_core::sc_time period_;
  std::vector<std::uint8_t> storage_;
  std::vector<std::uint64_t> next_free_;  ///< [bank]: cycle in which it can serve
};
