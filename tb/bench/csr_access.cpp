// SPDX-License-Identifier: Apache-2.0
// How many register accesses a second the CSR socket takes, beside a target that does nothing: what the TLM call itself
// costs. A program of its own and not a Google Benchmark: a SystemC design is elaborated once per process.
//
//   bench-csr_access [accesses per case, default 20000000]

#include <dlac/accelerator.h>
#include <dlac/common/register_map.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <systemc>
#include <tlm>

#include "tb/system/memory.h"
#include "tb/system/register_access.h"

namespace {

/// Answers, and does nothing else.
class EmptyTarget final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<EmptyTarget, 32> socket{"socket"};

  explicit EmptyTarget(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &EmptyTarget::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

class Bench final : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, std::uint64_t accesses) : sc_module(name), accesses_(accesses) {
    to_core_.bind(core_.csr);
    to_empty_.bind(empty_.socket);
    core_.mem.bind(memory_.socket);
    core_.irq.bind(irq_);
    SC_THREAD(run);
  }

 private:
  SC_HAS_PROCESS(Bench);
  using Socket = tlm_utils::simple_initiator_socket<Bench, 32>;

  void run() {
    using dlac::Register;
    const double base = measure(to_empty_, tlm::TLM_READ_COMMAND, Register::Id);
    std::printf("%-24s %6.1f M accesses/s\n", "an empty target", base / 1e6);
    const auto report = [&](const char* what, tlm::tlm_command command, Register offset) {
      const double rate = measure(to_core_, command, offset);
      std::printf("%-24s %6.1f M accesses/s, %.2f of an empty target's\n", what, rate / 1e6, rate / base);
    };
    report("read ID", tlm::TLM_READ_COMMAND, Register::Id);
    report("read STATUS", tlm::TLM_READ_COMMAND, Register::Status);
    report("read a counter", tlm::TLM_READ_COMMAND, Register::Counters);
    report("write LIST_ADDR_LO", tlm::TLM_WRITE_COMMAND, Register::ListAddrLo);
    report("write IRQ_STATUS", tlm::TLM_WRITE_COMMAND, Register::IrqStatus);
  }

  /// Accesses per second of wall time, each with all attributes set as an initiator does.
  double measure(Socket& socket, tlm::tlm_command command, dlac::Register offset) {
    std::uint32_t value = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < accesses_; ++i) {
      dlac::tb::set_register_access(payload_, command, static_cast<std::uint64_t>(offset), value);
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      socket->b_transport(payload_, delay);
      if (!payload_.is_response_ok()) std::abort();
    }
    return static_cast<double>(accesses_) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  const std::uint64_t accesses_;
  Socket to_core_{"to_core"};
  Socket to_empty_{"to_empty"};
  dlac::Accelerator core_{"core", dlac::Config::defaults(dlac::Mode::Train)};
  dlac::tb::Memory memory_{"memory", 4096, sc_core::SC_ZERO_TIME};
  EmptyTarget empty_{"empty"};
  sc_core::sc_signal<bool> irq_{"irq"};
  tlm::tlm_generic_payload payload_;
};

}  // namespace

int sc_main(int argc, char* argv[]) {
  const std::uint64_t accesses = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000'000;
  if (accesses == 0) {
    std::fprintf(stderr, "bench-csr_access: %s: expected a number of accesses, from 1\n", argv[1]);
    return 2;
  }
  Bench bench("bench", accesses);
  sc_core::sc_start();
  return 0;
}
