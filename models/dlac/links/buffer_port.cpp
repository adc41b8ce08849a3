// SPDX-License-Identifier: Apache-2.0
#include <dlac/links/buffer_port.h>

#include <cstring>

namespace dlac {

std::string_view to_string(BufferRequester requester) {
  switch (requester) {
    case BufferRequester::Load: return "load";
    case BufferRequester::RowStream: return "row_stream";
    case BufferRequester::ColumnStream: return "column_stream";
    case BufferRequester::Constants: return "constants";
    case BufferRequester::PointwiseStream: return "pointwise_stream";
    case BufferRequester::CodeCheck: return "code_check";
  }
  return "";
}

BufferPort::BufferPort(const char* name, BufferRequester requester, std::uint32_t index) : socket(name) {
  access_.requester = requester;
  access_.index = index;
  payload_.set_extension(&access_);
  socket.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
}

BufferPort::~BufferPort() {
  payload_.clear_extension(&access_);  // it is a member, not to be deleted with the payload
}

void BufferPort::ask(std::uint64_t address) {
  asked_ = true;
  size_ = 0;
  tlm::tlm_generic_payload request;
  request.set_command(access_.requester == BufferRequester::Load ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  request.set_address(address);
  dmi_.init();
  if (!socket->get_direct_mem_ptr(request, dmi_) || dmi_.get_dmi_ptr() == nullptr) return;
  if (address < dmi_.get_start_address() || address > dmi_.get_end_address()) return;
  first_ = dmi_.get_start_address();
  size_ = dmi_.get_end_address() - first_ + 1;
  latency_ = dmi_.get_read_latency();
}

void BufferPort::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  // Whoever took something back may grant it again: a response says so.
  if (size_ == 0 || first > first_ + (size_ - 1) || last < first_) return;
  size_ = 0;
  taken_back_ = true;
}

BufferPort::Good BufferPort::transact(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data,
                                      std::uint64_t bytes, std::uint64_t beat, std::uint64_t cycle,
                                      sc_core::sc_time& delay) {
  access_.beat = beat;
  access_.cycle = cycle;
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(data);
  payload_.set_data_length(static_cast<unsigned int>(bytes));
  payload_.set_streaming_width(static_cast<unsigned int>(bytes));
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  socket->b_transport(payload_, delay);
  if (taken_back_ && payload_.is_dmi_allowed()) asked_ = taken_back_ = false;
  return payload_.is_response_ok();
}

BufferPort::Good BufferPort::read(std::uint64_t address, std::uint8_t* data, std::uint64_t bytes, std::uint64_t beat,
                                  std::uint64_t cycle, sc_core::sc_time& delay) {
  return transact(tlm::TLM_READ_COMMAND, address, data, bytes, beat, cycle, delay);
}

BufferPort::Good BufferPort::write(std::uint64_t address, const std::uint8_t* data, std::uint64_t bytes,
                                   std::uint64_t cycle) {
  sc_core::sc_time delay;  // a write's is of no account: the load counts by the memory port
  return transact(tlm::TLM_WRITE_COMMAND, address, const_cast<std::uint8_t*>(data), bytes, 0, cycle, delay);
}

BufferPort::Good BufferPort::fetch(std::uint64_t address, std::uint8_t* data, std::uint64_t bytes, std::uint64_t beat,
                                   std::uint64_t cycle, sc_core::sc_time& delay) {
  if (const std::uint8_t* const source = readable(address, bytes)) {
    std::memcpy(data, source, bytes);
    delay += latency_;
    return true;
  }
  return read(address, data, bytes, beat, cycle, delay);
}

}  // namespace dlac
