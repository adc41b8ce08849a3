// SPDX-License-Identifier: Apache-2.0
#include <dlac/dma/burst_payload.h>

#include <utility>

namespace dlac {

BurstPayload& BurstPool::take(bool write, std::uint64_t address, std::uint32_t bytes) {
  if (free_.empty()) {
    all_.push_back(std::make_unique<BurstPayload>(this, burst_bytes_));
    free_.push_back(all_.back().get());
  }
  BurstPayload& payload = *free_.back();
  free_.pop_back();
  payload.acquire();
  payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.address = address;
  payload.set_address(address);
  payload.set_data_ptr(payload.data.data());
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_byte_enable_length(0);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  payload.issued = payload.responded = payload.ok = false;
  payload.held = true;
  return payload;
}

void BurstPool::give_back(BurstPayload& payload) {
  payload.held = false;
  payload.release();
}

void BurstPool::close() {
  closing_ = true;
  self_ = shared_from_this();
  for (const auto& payload : all_) {
    if (payload->held) give_back(*payload);
  }
  closing_ = false;
  if (free_.size() == all_.size()) self_.reset();
}

void BurstPool::free(tlm::tlm_generic_payload* payload) {
  payload->reset();  // extensions that others added
  free_.push_back(static_cast<BurstPayload*>(payload));
  if (self_ != nullptr && !closing_ && free_.size() == all_.size()) {
    const std::shared_ptr<BurstPool> last = std::move(self_);  // which ends with this function
  }
}

}  // namespace dlac
