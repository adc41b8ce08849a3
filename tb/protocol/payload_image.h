// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <tlm>
#include <vector>

namespace dlac::tb::protocol {

/// What of a transaction must not change during its life (IEEE 1666-2011 14.7), as it was when the image was taken.
class PayloadImage {
 public:
  PayloadImage() = default;
  explicit PayloadImage(const tlm::tlm_generic_payload& payload);

  /// Names the first thing that differs, empty if nothing does. An interconnect may change the address on its way to
  /// the target; a target may not.
  [[nodiscard]] std::string difference(const tlm::tlm_generic_payload& payload, bool address_may_change) const;

  /// True if a byte of a read that its byte enables exclude is not as it was. (14.13)
  [[nodiscard]] bool wrote_disabled_byte(const tlm::tlm_generic_payload& payload) const;

 private:
  tlm::tlm_command command_ = tlm::TLM_IGNORE_COMMAND;
  std::uint64_t address_ = 0;
  const unsigned char* data_ = nullptr;
  unsigned int length_ = 0;
  const unsigned char* enables_ = nullptr;
  unsigned int enable_length_ = 0;
  unsigned int streaming_width_ = 0;
  std::vector<unsigned char> data_bytes_;    ///< of a write, or of a read with byte enables
  std::vector<unsigned char> enable_bytes_;  ///< the byte enable array
};

}  // namespace dlac::tb::protocol
