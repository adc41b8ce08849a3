// SPDX-License-Identifier: Apache-2.0
#include "tb/protocol/payload_image.h"

#include <algorithm>

namespace dlac::tb::protocol {

PayloadImage::PayloadImage(const tlm::tlm_generic_payload& payload)
    : command_(payload.get_command()),
      address_(payload.get_address()),
      data_(payload.get_data_ptr()),
      length_(payload.get_data_length()),
      enables_(payload.get_byte_enable_ptr()),
      enable_length_(payload.get_byte_enable_length()),
      streaming_width_(payload.get_streaming_width()) {
  const bool keep_data =
      command_ == tlm::TLM_WRITE_COMMAND || (command_ == tlm::TLM_READ_COMMAND && enables_ != nullptr);
  if (keep_data && data_ != nullptr) data_bytes_.assign(data_, data_ + length_);
  if (enables_ != nullptr) enable_bytes_.assign(enables_, enables_ + enable_length_);
}

std::string PayloadImage::difference(const tlm::tlm_generic_payload& payload, bool address_may_change) const {
  if (payload.get_command() != command_) return "command";
  if (payload.get_address() != address_ && !address_may_change) return "address";
  if (payload.get_data_ptr() != data_) return "data pointer";
  if (payload.get_data_length() != length_) return "data length";
  if (payload.get_byte_enable_ptr() != enables_) return "byte enable pointer";
  if (payload.get_byte_enable_length() != enable_length_) return "byte enable length";
  if (payload.get_streaming_width() != streaming_width_) return "streaming width";
  if (command_ == tlm::TLM_WRITE_COMMAND && !std::equal(data_bytes_.begin(), data_bytes_.end(), data_)) {
    return "data of a write";
  }
  if (!std::equal(enable_bytes_.begin(), enable_bytes_.end(), enables_)) return "byte enables";
  return {};
}

bool PayloadImage::wrote_disabled_byte(const tlm::tlm_generic_payload& payload) const {
  if (command_ != tlm::TLM_READ_COMMAND || enable_bytes_.empty() || payload.get_data_ptr() != data_) return false;
  for (std::size_t i = 0; i < data_bytes_.size(); ++i) {
    if (enable_bytes_[i % enable_bytes_.size()] == TLM_BYTE_DISABLED && data_[i] != data_bytes_[i]) return true;
  }
  return false;
}

}  // namespace dlac::tb::protocol
