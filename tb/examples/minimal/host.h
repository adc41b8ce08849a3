// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/register_map.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>
#include <utility>

/// Stands for the CPU: runs a program in a thread of the simulation and gives it memory, dLAC's registers and the
/// interrupt. Addresses are the platform's.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> socket{"socket"};
  sc_core::sc_in<bool> irq{"irq"};

  Host(sc_core::sc_module_name name, std::uint64_t dlac_base, std::function<void(Host&)> program)
      : sc_module(name), dlac_base_(dlac_base), program_(std::move(program)) {
    SC_HAS_PROCESS(Host);
    SC_THREAD(run);
  }

  void read(std::uint64_t address, void* data, std::size_t bytes) {
    access(tlm::TLM_READ_COMMAND, address, static_cast<unsigned char*>(data), bytes);
  }
  void write(std::uint64_t address, const void* data, std::size_t bytes) {
    // The payload knows no const; a write command does not change its data.
    access(tlm::TLM_WRITE_COMMAND, address, static_cast<unsigned char*>(const_cast<void*>(data)), bytes);
  }
  std::uint32_t read_register(dlac::Register offset) {
    std::uint32_t value = 0;
    read(dlac_base_ + static_cast<std::uint32_t>(offset), &value, sizeof value);
    return value;
  }
  void write_register(dlac::Register offset, std::uint32_t value) {
    write(dlac_base_ + static_cast<std::uint32_t>(offset), &value, sizeof value);
  }
  void wait_for_interrupt() {
    while (!irq.read()) wait(irq.posedge_event());
  }

 private:
  void run() { program_(*this); }

  /// Every transaction of the host: sets each attribute anew, lets the time pass, looks at the response.
  void access(tlm::tlm_command command, std::uint64_t address, unsigned char* data, std::size_t bytes) {
    payload_.set_command(command);
    payload_.set_address(address);
    payload_.set_data_ptr(data);
    payload_.set_data_length(static_cast<unsigned int>(bytes));
    payload_.set_streaming_width(static_cast<unsigned int>(bytes));
    payload_.set_byte_enable_ptr(nullptr);
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload_, delay);
    wait(delay);
    if (!payload_.is_response_ok()) SC_REPORT_FATAL(name(), payload_.get_response_string().c_str());
  }

  const std::uint64_t dlac_base_;
  const std::function<void(Host&)> program_;
  tlm::tlm_generic_payload payload_;
};
