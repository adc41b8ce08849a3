// SPDX-License-Identifier: Apache-2.0
// Cores for buses of other widths than 32 bits: both sockets bind without an adaptor, and nothing else changes.
#include <dlac/accelerator.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tb/tests/models/links/sc_link_rig.h"

namespace {

using dlac::BasicAccelerator;
using dlac::CodingStyle;
using dlac::Config;
using dlac::CounterCount;
using dlac::Mode;
using dlac::Register;
using link_rig::Bench;

constexpr std::uint64_t ListAt = 0x100;

/// A host and a memory whose sockets are so many bits wide, with a core between them.
template <unsigned int Width>
class Platform final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Platform, Width> host{"host"};
  tlm_utils::simple_target_socket<Platform, Width> memory{"memory"};
  BasicAccelerator<Width> core;
  sc_core::sc_signal<bool> irq{"irq"};

  Platform(const sc_core::sc_module_name& name, const Config& config, const std::vector<std::uint8_t>& bytes)
      : sc_module(name), core("core", config), bytes_(bytes) {
    host.bind(core.csr);
    core.mem.bind(memory);
    core.irq.bind(irq);
    memory.register_b_transport(this, &Platform::b_transport);
    SC_HAS_PROCESS(Platform);
    SC_THREAD(run);
  }

  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::uint64_t error = ~std::uint64_t{0};
  std::array<std::uint64_t, CounterCount> counters{};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t address = payload.get_address();
    REQUIRE(address + payload.get_data_length() <= bytes_.size());
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &bytes_[address], payload.get_data_length());
    if (payload.is_write()) std::memcpy(&bytes_[address], payload.get_data_ptr(), payload.get_data_length());
    delay += sc_core::sc_time(100, sc_core::SC_NS);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  std::uint64_t access(tlm::tlm_command command, std::uint64_t address, unsigned int length, std::uint64_t value = 0) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    sc_core::sc_time delay;
    host->b_transport(payload, delay);
    CHECK(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
    wait(delay);
    return value;
  }
  void write(Register which, std::uint32_t value) {
    (void)access(tlm::TLM_WRITE_COMMAND, static_cast<std::uint32_t>(which), 4, value);
  }
  void run() {
    const auto list = core_rig::images(link_rig::layer(Mode::Train));
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::memcpy(&bytes_[ListAt + i * dlac::CommandBytes], list[i].data(), dlac::CommandBytes);
    }
    write(Register::IrqEnable, dlac::IrqDone | dlac::IrqError);
    write(Register::ListAddrLo, ListAt);
    write(Register::ListLength, static_cast<std::uint32_t>(list.size()));
    write(Register::Doorbell, 1);
    wait(irq.posedge_event());
    error = access(tlm::TLM_READ_COMMAND, static_cast<std::uint32_t>(Register::Error), 4);
    write(Register::Ctrl, dlac::CtrlSnapshot);
    for (std::uint32_t i = 0; i < CounterCount; ++i) {
      counters.at(i) = access(tlm::TLM_READ_COMMAND, dlac::counter_offset(static_cast<dlac::Counter>(i)), 8);
    }
  }

  std::vector<std::uint8_t> bytes_;
};

template <unsigned int Width>
void check(const Platform<Width>& platform, const Bench& narrow) {
  INFO(Width << " bits");
  CHECK(platform.error == 0);
  CHECK(platform.counters == narrow.outcome.counters);
  const auto first = platform.bytes().begin() + static_cast<std::ptrdiff_t>(link_rig::OutputsAt);
  const auto bytes = static_cast<std::ptrdiff_t>(narrow.outcome.outputs.size());
  CHECK(std::vector<std::uint8_t>(first, first + bytes) == narrow.outcome.outputs);
}

}  // namespace

TEST_CASE("bus width: cores for wider buses bind to both sockets, with the same outputs and cycles") {
  Config config = link_rig::config_of(dlac::EngineKind::Schedule);
  config.dmi = 0;
  Bench narrow("narrow", config, nullptr);
  link_rig::fill(narrow.testbench, Mode::Train);
  const std::vector<std::uint8_t> bytes(narrow.testbench.memory.data(),
                                        narrow.testbench.memory.data() + narrow.testbench.memory.size());
  const Platform<32> p32("p32", config, bytes);
  const Platform<64> p64("p64", config, bytes);
  const Platform<128> p128("p128", config, bytes);
  const Platform<256> p256("p256", config, bytes);
  const Platform<512> p512("p512", config, bytes);
  narrow.testbench.run();
  check(p32, narrow);
  check(p64, narrow);
  check(p128, narrow);
  check(p256, narrow);
  check(p512, narrow);
}

TEST_CASE("bus width: approximately timed, too") {
  Config config = link_rig::config_of(dlac::EngineKind::Schedule);
  config.mem_style = CodingStyle::ApproximatelyTimed;
  Bench narrow("narrow", config, nullptr);
  link_rig::fill(narrow.testbench, Mode::Train);
  const std::vector<std::uint8_t> bytes(narrow.testbench.memory.data(),
                                        narrow.testbench.memory.data() + narrow.testbench.memory.size());
  const Platform<64> p64("p64", config, bytes);
  const Platform<128> p128("p128", config, bytes);
  narrow.testbench.run();
  for (const auto* outputs : {&p64.bytes(), &p128.bytes()}) {
    CHECK(std::memcmp(outputs->data() + link_rig::OutputsAt, narrow.outcome.outputs.data(),
                      narrow.outcome.outputs.size()) == 0);
  }
  CHECK(p64.error == 0);
  CHECK(p128.error == 0);
}
