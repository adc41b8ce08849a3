// SPDX-License-Identifier: Apache-2.0
// The core's own buffer as a target of the base protocol.
#include <dlac/buffers/local_buffer.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>

namespace {

constexpr std::uint32_t Bytes = 48;

struct Host final : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Host, 32> socket{"socket"};
  dlac::LocalBuffer buffer{"buffer", Bytes};

  explicit Host(const sc_core::sc_module_name& name) : sc_module(name) { socket.bind(buffer.socket); }
  tlm::tlm_generic_payload& payload(tlm::tlm_command command, std::uint64_t address, unsigned int length) {
    payload_.set_command(command);
    payload_.set_address(address);
    payload_.set_data_ptr(data.data());
    payload_.set_data_length(length);
    payload_.set_streaming_width(length);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload_;
  }
  tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address, unsigned int length) {
    sc_core::sc_time delay;
    socket->b_transport(payload(command, address, length), delay);
    CHECK(delay == sc_core::SC_ZERO_TIME);
    return payload_.get_response_status();
  }
  unsigned int debug(tlm::tlm_command command, std::uint64_t address, unsigned int length) {
    return socket->transport_dbg(payload(command, address, length));
  }
  std::uint8_t byte_at(std::uint64_t address) {
    CHECK(transport(tlm::TLM_READ_COMMAND, address, 1) == tlm::TLM_OK_RESPONSE);
    return data[0];
  }

  std::array<std::uint8_t, 64> data{};

 private:
  tlm::tlm_generic_payload payload_;
};

}  // namespace

TEST_CASE("local buffer: every byte is read and written, the one behind the last is an address error") {
  Host host("host");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (std::uint32_t i = 0; i < Bytes; ++i) {
    host.data[0] = static_cast<std::uint8_t>(3 * i + 1);
    REQUIRE(host.transport(tlm::TLM_WRITE_COMMAND, i, 1) == tlm::TLM_OK_RESPONSE);
  }
  REQUIRE(host.transport(tlm::TLM_READ_COMMAND, 0, Bytes) == tlm::TLM_OK_RESPONSE);
  for (std::uint32_t i = 0; i < Bytes; ++i) CHECK(host.data[i] == static_cast<std::uint8_t>(3 * i + 1));
  for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    CHECK(host.transport(command, 0, Bytes + 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(host.transport(command, Bytes - 3, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(host.transport(command, Bytes, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(host.transport(command, ~std::uint64_t{0} - 1, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(host.transport(command, Bytes - 4, 4) == tlm::TLM_OK_RESPONSE);
  }
}

TEST_CASE("local buffer: debug accesses read and write as far as there are bytes") {
  Host host("host");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  host.data = {1, 2, 3, 4};
  CHECK(host.debug(tlm::TLM_WRITE_COMMAND, 4, 4) == 4);
  for (std::uint64_t i = 0; i < 4; ++i) CHECK(host.byte_at(4 + i) == i + 1);
  host.data = {5, 6, 7, 8};
  CHECK(host.debug(tlm::TLM_WRITE_COMMAND, Bytes - 2, 4) == 2);
  CHECK(host.byte_at(Bytes - 2) == 5);
  CHECK(host.byte_at(Bytes - 1) == 6);
  host.data = {};
  CHECK(host.debug(tlm::TLM_READ_COMMAND, Bytes - 1, 8) == 1);
  CHECK(host.data[0] == 6);
  CHECK(host.data[1] == 0);
  CHECK(host.debug(tlm::TLM_READ_COMMAND, Bytes, 1) == 0);
}

TEST_CASE("local buffer: direct access reaches what transactions do, and a reset clears all of it") {
  Host host("host");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  tlm::tlm_dmi dmi;
  REQUIRE(host.socket->get_direct_mem_ptr(host.payload(tlm::TLM_READ_COMMAND, 0, 1), dmi));
  CHECK(dmi.is_read_write_allowed());
  CHECK(dmi.get_start_address() == 0);
  REQUIRE(dmi.get_end_address() >= Bytes - 1);
  dmi.get_dmi_ptr()[Bytes - 1] = 9;
  CHECK(host.byte_at(Bytes - 1) == 9);
  dmi.get_dmi_ptr()[0] = 7;
  host.buffer.reset();
  CHECK(host.byte_at(0) == 0);
  CHECK(host.byte_at(Bytes - 1) == 0);
  CHECK(dmi.get_dmi_ptr()[0] == 0);
}
