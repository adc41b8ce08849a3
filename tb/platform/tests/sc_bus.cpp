// SPDX-License-Identifier: Apache-2.0
// The bus between initiators and memories: addresses, direct memory access, its invalidation, debug access, and the
// base protocol with dLAC's four-phase transactions, watched by a checker on either side.
#include <dlac/accelerator.h>
#include <dlac/common/command.h>
#include <dlac/common/register_map.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>

#include "tb/platform/bus.h"
#include "tb/protocol/checker.h"
#include "tb/protocol/random_memory.h"
#include "tb/system/memory.h"

namespace {

using namespace dlac::platform;
using dlac::tb::Memory;
using sc_core::sc_time;

sc_time ns(double value) { return {value, sc_core::SC_NS}; }

class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host, 32> socket{"socket"};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;

  explicit Host(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_invalidate_direct_mem_ptr(this, &Host::invalidate);
  }
  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, void* data, unsigned bytes,
                                  sc_time* delay = nullptr) {
    sc_time none;
    prepare(command, address, data, bytes);
    socket->b_transport(payload_, delay != nullptr ? *delay : none);
    CHECK(payload_.get_address() == address);
    return payload_.get_response_status();
  }
  unsigned debug(tlm::tlm_command command, std::uint64_t address, void* data, unsigned bytes) {
    prepare(command, address, data, bytes);
    return socket->transport_dbg(payload_);
  }
  bool direct(std::uint64_t address, tlm::tlm_dmi& dmi) {
    prepare(tlm::TLM_READ_COMMAND, address, nullptr, 0);
    const bool granted = socket->get_direct_mem_ptr(payload_, dmi);
    CHECK(payload_.get_address() == address);
    return granted;
  }

 private:
  void prepare(tlm::tlm_command command, std::uint64_t address, void* data, unsigned bytes) {
    payload_.set_command(command);
    payload_.set_address(address);
    payload_.set_data_ptr(static_cast<unsigned char*>(data));
    payload_.set_data_length(bytes);
    payload_.set_streaming_width(bytes);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) { invalidated.emplace_back(first, last); }

  tlm::tlm_generic_payload payload_;
};

struct Rig {
  Rig() {
    first.socket.bind(bus.initiator(0));
    second.socket.bind(bus.initiator(1));
    bus.target(0).bind(low.socket);
    bus.target(1).bind(high.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  Host first{"first"}, second{"second"};
  Bus bus{"bus", {{"first", ns(10)}, {"second", ns(0)}}, {{"low", 0x1000, 0x1000}, {"high", 0x80000000, 0x8000}}};
  Memory low{"low", 0x4000, ns(100)};  // larger than its window
  Memory high{"high", 0x8000, ns(50)};
};

}  // namespace

TEST_CASE("the bus translates addresses and adds the initiator's path to the delay") {
  Rig rig;
  std::uint32_t value = 0x11223344, back = 0;
  sc_time delay = ns(5);
  CHECK(rig.first.access(tlm::TLM_WRITE_COMMAND, 0x80000010, &value, 4, &delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(5 + 50 + 10));
  CHECK(std::memcmp(rig.high.data() + 0x10, &value, 4) == 0);
  delay = ns(0);
  CHECK(rig.second.access(tlm::TLM_READ_COMMAND, 0x80000010, &back, 4, &delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(50));
  CHECK(back == value);
  CHECK(rig.first.debug(tlm::TLM_READ_COMMAND, 0x80000010, &back, 4) == 4);
  CHECK(rig.first.debug(tlm::TLM_READ_COMMAND, 0x70000010, &back, 4) == 0);
}

TEST_CASE("an access that is not inside one window is an address error") {
  Rig rig;
  std::uint32_t value = 0;
  for (const std::uint64_t address : {0x0FFCULL, 0x0FFEULL, 0x1FFEULL, 0x2000ULL, 0x7FFFFFFEULL, 0x80007FFDULL,
                                      0x80008000ULL, 0x100001000ULL, 0xFFFFFFFFFFFFFFFEULL}) {
    CAPTURE(address);
    CHECK(rig.first.access(tlm::TLM_READ_COMMAND, address, &value, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  CHECK(rig.first.access(tlm::TLM_READ_COMMAND, 0x1FFC, &value, 4) == tlm::TLM_OK_RESPONSE);
}

TEST_CASE("direct memory access is granted in the bus's addresses, and for no more than the window") {
  Rig rig;
  tlm::tlm_dmi dmi;
  REQUIRE(rig.first.direct(0x1800, dmi));
  CHECK(dmi.get_start_address() == 0x1000);
  CHECK(dmi.get_end_address() == 0x1FFF);
  CHECK(dmi.get_dmi_ptr() == rig.low.data());
  CHECK(dmi.get_read_latency() == ns(110));
  REQUIRE(rig.second.direct(0x80007FFF, dmi));
  CHECK(dmi.get_start_address() == 0x80000000);
  CHECK(dmi.get_end_address() == 0x80007FFF);
  CHECK(dmi.get_write_latency() == ns(50));
  CHECK_FALSE(rig.first.direct(0x3000, dmi));
  CHECK(dmi.get_start_address() == 0x3000);
  CHECK(dmi.get_end_address() == 0x3000);
}

TEST_CASE("an invalidation reaches every initiator, translated and clipped to the window") {
  Rig rig;
  rig.low.socket->invalidate_direct_mem_ptr(0x800, 0x3FFF);
  rig.low.socket->invalidate_direct_mem_ptr(0x1000, 0x3FFF);  // outside the window
  rig.high.socket->invalidate_direct_mem_ptr(0, ~sc_dt::uint64{0});
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{{0x1800, 0x1FFF}, {0x80000000, 0x80007FFF}};
  CHECK(rig.first.invalidated == expected);
  CHECK(rig.second.invalidated == expected);
}

TEST_CASE("four-phase transactions of dLAC keep the base protocol on both sides of the bus") {
  using namespace dlac;
  using tb::protocol::Checker;
  using tb::protocol::RandomMemory;
  constexpr std::uint64_t Base = 0x80000000, List = 0x8000, Source = 0x100, Bytes = 0x6000;
  Config config = Config::defaults(Mode::Train);
  config.mem_style = CodingStyle::ApproximatelyTimed;
  config.burst_bytes = 32;

  Host host("host");
  Accelerator core("core", config);
  sc_core::sc_signal<bool> irq("irq");
  Checker::Options options;
  options.address_may_change = true;
  Checker above("above", options), below("below");
  Bus bus("bus", {{"core", ns(0)}}, {{"memory", Base, 0x10000}});
  RandomMemory memory("memory", 0x10000, {}, 17);
  host.socket.bind(core.csr);
  core.irq.bind(irq);
  core.mem.bind(above.target);
  above.initiator.bind(bus.initiator(0));
  bus.target(0).bind(below.target);
  below.initiator.bind(memory.socket);

  const auto run = [&](std::uint64_t list) {
    const auto write = [&](Register offset, std::uint32_t value) {
      REQUIRE(host.access(tlm::TLM_WRITE_COMMAND, static_cast<std::uint32_t>(offset), &value, 4) ==
              tlm::TLM_OK_RESPONSE);
    };
    write(Register::ListAddrLo, static_cast<std::uint32_t>(list));
    write(Register::ListAddrHi, static_cast<std::uint32_t>(list >> 32U));
    write(Register::ListLength, 2);
    write(Register::Doorbell, 1);
    sc_core::sc_start(ns(1e6));
    std::uint32_t error = 0;
    REQUIRE(host.access(tlm::TLM_READ_COMMAND, static_cast<std::uint32_t>(Register::Error), &error, 4) ==
            tlm::TLM_OK_RESPONSE);
    return static_cast<ErrorCode>(error);
  };

  LoadWeights load;
  load.address = Base + Source;
  load.bytes = Bytes;
  const CommandImage words[2] = {encode(Command(load)), encode(Command(End{}))};
  memory.write(List, words, sizeof words);
  CHECK(run(Base + List) == ErrorCode::None);
  CHECK(above.nonblocking_transactions() >= Bytes / 32);
  CHECK(above.most_under_way() == 8);
  CHECK(below.nonblocking_transactions() == above.nonblocking_transactions());

  // A list where nobody is: the bus itself completes the transaction.
  CHECK(run(Base + 0x10000) == ErrorCode::FetchFault);
  above.finish();
  below.finish();
  CHECK_THAT(above.report(), Catch::Equals(""));
  CHECK_THAT(below.report(), Catch::Equals(""));
}
