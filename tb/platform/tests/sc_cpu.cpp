// SPDX-License-Identifier: Apache-2.0
// The processor as a TLM-2.0 initiator, on programs of a few instructions.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "tb/platform/bus.h"
#include "tb/platform/cpu.h"
#include "tb/platform/tests/cpu_code.h"
#include "tb/protocol/checker.h"
#include "tb/system/memory.h"

namespace {

using namespace dlac::platform;
using namespace dlac::platform::rv32;
using dlac::tb::Memory;
using dlac::tb::protocol::Checker;
using sc_core::sc_time;

constexpr std::uint32_t Code = 0x80000000, Device = 0x10000000;

sc_time ns(double value) { return {value, sc_core::SC_NS}; }

/// A device that remembers its accesses and when they came, and may do something.
class Probe : public sc_core::sc_module {
 public:
  struct Access {
    std::uint64_t address;
    std::uint32_t data;
    bool write;
    sc_time time;
  };
  tlm_utils::simple_target_socket<Probe, 32> socket{"socket"};
  std::vector<Access> accesses;
  std::function<void(const Access&)> action = [](const Access&) {};
  tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE;

  explicit Probe(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &Probe::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
    std::uint32_t data = 0x1234;
    if (payload.is_write()) std::memcpy(&data, payload.get_data_ptr(), 4);
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &data, payload.get_data_length());
    accesses.push_back({payload.get_address(), data, payload.is_write(), sc_core::sc_time_stamp() + delay});
    action(accesses.back());
    delay += ns(30);
    payload.set_response_status(response);
  }
};

/// A memory whose contents move when it takes its grants back.
class Movable : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Movable, 32> socket{"socket"};
  std::vector<std::uint8_t> first, second;
  unsigned grants = 0;

  explicit Movable(sc_core::sc_module_name name) : sc_module(name), first(8192, 1), second(8192, 2) {
    socket.register_b_transport(this, &Movable::b_transport);
    socket.register_get_direct_mem_ptr(this, &Movable::get_direct_mem_ptr);
  }
  void move() {
    moved_ = true;
    socket->invalidate_direct_mem_ptr(0, 8191);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_time&) {
    std::uint8_t* const at = (moved_ ? second : first).data() + payload.get_address();
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), at, payload.get_data_length());
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.init();
    dmi.set_dmi_ptr((moved_ ? second : first).data());
    dmi.set_start_address(0);
    dmi.set_end_address(8191);
    dmi.allow_read_write();
    ++grants;
    return true;
  }
  bool moved_ = false;
};

constexpr std::uint32_t MovableBase = 0x20000000;

struct Rig {
  explicit Rig(const std::vector<std::uint32_t>& program, const sc_time& quantum = ns(1000), bool dmi = true)
      : cpu("cpu", CpuSettings{ns(2), dmi}) {
    cpu.bus.bind(checker.target);
    checker.initiator.bind(bus.initiator(0));
    bus.target(0).bind(ram.socket);
    bus.target(1).bind(probe.socket);
    bus.target(2).bind(movable.socket);
    cpu.irq.bind(irq);
    cpu.start_at(Code);
    tlm::tlm_global_quantum::instance().set(quantum);
    std::memcpy(ram.data(), program.data(), 4 * program.size());
  }
  /// The word at an offset of RAM.
  std::uint32_t word(std::uint32_t offset) {
    std::uint32_t value = 0;
    std::memcpy(&value, ram.data() + offset, 4);
    return value;
  }

  static Checker::Options options() {
    Checker::Options options;
    options.address_may_change = true;
    return options;
  }

  RiscvCpu cpu;
  Checker checker{"checker", options()};
  Bus bus{"bus", {{"cpu", ns(10)}}, {{"ram", Code, 65536}, {"probe", Device, 4096}, {"movable", MovableBase, 8192}}};
  Memory ram{"ram", 65536, ns(100)};
  Probe probe{"probe"};
  Movable movable{"movable"};
  sc_core::sc_signal<bool> irq{"irq"};
};

/// What the bus sees of two accesses behind five instructions.
void access_times(const sc_time& quantum) {
  Rig rig({lui(T1, Device), Nop, JumpOn, Nop, JumpOn, lw(T0, T1, 8), sw(T0, T1, 12), Wfi}, quantum);
  sc_core::sc_start(ns(1e6));
  REQUIRE(rig.probe.accesses.size() == 2);
  // A block's instructions are counted when it begins: five in the blocks before, three in that of the accesses.
  const sc_time first = ns(8 * 2);
  CHECK(rig.probe.accesses[0].address == 8);
  CHECK_FALSE(rig.probe.accesses[0].write);
  CHECK(rig.probe.accesses[0].time == first);
  CHECK(rig.probe.accesses[1].address == 12);
  CHECK(rig.probe.accesses[1].write);
  CHECK(rig.probe.accesses[1].data == 0x1234);
  CHECK(rig.probe.accesses[1].time == first + ns(30 + 10));  // the device and the bridge
  CHECK(rig.cpu.statistics().bus_accesses == 2);
  rig.checker.finish();
  CHECK_THAT(rig.checker.report(), Catch::Equals(""));
}

/// Counts to 98304 in a word of RAM, at offset 0x2000; then sleeps.
const std::vector<std::uint32_t> Counting{lui(T1, Code + 0x2000), lui(T2, 0x18000), addi(T0, T0, 1),
                                          sw(T0, T1, 0),          bne(T0, T2, -8),  Wfi};
/// Between two blocks the emulator cannot stop: a round of the loop, or the first with what is before it.
const sc_time CountingBlock = ns(5 * 2);

/// How far the processor is ahead of SystemC's time at most, in 20 us of counting.
sc_time largest_lead(const sc_time& quantum) {
  Rig rig(Counting, quantum);
  sc_time largest;
  while (sc_core::sc_time_stamp() < ns(20'000)) {
    sc_core::sc_start(ns(7));
    const sc_time local = (2 + 3 * rig.word(0x2000)) * ns(2);
    CHECK(local + CountingBlock >= sc_core::sc_time_stamp());  // it has not stopped
    if (local > sc_core::sc_time_stamp()) largest = std::max(largest, local - sc_core::sc_time_stamp());
  }
  return largest;
}

void check_lead(const sc_time& quantum) {
  const sc_time lead = largest_lead(quantum);
  CAPTURE(quantum, lead);
  CHECK(lead <= quantum + CountingBlock);
  CHECK(lead + ns(7) + CountingBlock >= quantum);
}

void expect_fault(const std::vector<std::uint32_t>& program, const std::string& text,
                  tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE) {
  Rig rig(program);
  rig.probe.response = response;
  sc_core::sc_start();
  CHECK_THAT(rig.cpu.fault(), Catch::Contains(text));
  CHECK(rig.probe.accesses.size() <= 1);
}

}  // namespace

TEST_CASE("an instruction takes a clock, and wfi sleeps without executing anything until the interrupt") {
  Rig rig({addi(T0, Zero, 1), addi(T0, T0, 2), JumpOn, addi(T0, T0, 4), Wfi, lui(T1, Code), sw(T0, T1, 0x100), Wfi});
  sc_core::sc_start(ns(1000));
  CHECK(rig.cpu.sleeping());
  CHECK(rig.cpu.statistics().instructions == 5);
  CHECK(rig.word(0x100) == 0);
  rig.irq.write(true);
  sc_core::sc_start(ns(4));
  rig.irq.write(false);
  sc_core::sc_start(ns(1000));
  CHECK(rig.word(0x100) == 7);
  CHECK(rig.cpu.statistics().instructions == 8);
  CHECK(rig.cpu.statistics().interrupts == 1);
  CHECK(rig.cpu.statistics().asleep == ns(1000 - 5 * 2));  // not the sleep that it is in
  CHECK(rig.cpu.fault().empty());
}

TEST_CASE("a bus access comes at the time of its instruction: quantum 0") { access_times(ns(0)); }
TEST_CASE("a bus access comes at the time of its instruction: a quantum of a few instructions") { access_times(ns(7)); }
TEST_CASE("a bus access comes at the time of its instruction: a quantum of 1 ms") { access_times(ns(1e6)); }

TEST_CASE("a busy processor runs ahead by a quantum and no more: quantum 0") { check_lead(ns(0)); }
TEST_CASE("a busy processor runs ahead by a quantum and no more: 1 us") { check_lead(ns(1000)); }
TEST_CASE("a busy processor runs ahead by a quantum and no more: 10 us") { check_lead(ns(10'000)); }

TEST_CASE("a busy processor notices an interrupt at the end of its quantum") {
  Rig rig(Counting, ns(1000));
  sc_core::sc_start(ns(3300));
  rig.irq.write(true);
  sc_core::sc_start(ns(690));
  CHECK(rig.cpu.statistics().interrupts == 0);
  sc_core::sc_start(ns(10) + CountingBlock);
  CHECK(rig.cpu.statistics().interrupts == 1);
}

TEST_CASE("without direct memory access data beside code cannot be written: the emulator has a copy of the page") {
  Rig rig({lui(T1, Code), lw(T0, T1, 0x400), sw(T0, T1, 0x404), Wfi}, ns(1000), false);
  sc_core::sc_start(ns(1e5));
  CHECK_THAT(rig.cpu.fault(),
             Catch::StartsWith("the processor stopped in the block at 0x80000000: a write to a page of code"));
}

TEST_CASE("without direct memory access data pages are I/O, and a page that is read first can be executed later") {
  Rig rig({lui(T1, Code + 0x2000), addi(T0, Zero, 41), sw(T0, T1, 0), lw(T2, T1, 0), addi(T2, T2, 1), sw(T2, T1, 4),
           lui(T1, Code + 0x1000), lw(T0, T1, 0), 0x00030067 /* jalr zero, 0(t1) */},
          ns(1000), false);
  const std::vector<std::uint32_t> later{lui(T1, Code + 0x2000), sw(T0, T1, 8), Wfi};
  std::memcpy(rig.ram.data() + 0x1000, later.data(), 4 * later.size());
  sc_core::sc_start(ns(1e5));
  CHECK(rig.cpu.fault().empty());
  CHECK(rig.word(0x2000) == 41);
  CHECK(rig.word(0x2004) == 42);
  CHECK(rig.word(0x2008) == later[0]);
  CHECK(rig.cpu.statistics().bus_accesses == 2 + 5);  // pages of code; stores and loads
  rig.checker.finish();
  CHECK_THAT(rig.checker.report(), Catch::Equals(""));
}

TEST_CASE("an access to where nobody is stops the processor and the simulation, and is named") {
  expect_fault({lui(T1, 0x40000000), lw(T0, T1, 4), Wfi},
               "a read of 4 bytes at 0x40000004 was answered with TLM_ADDRESS_ERROR_RESPONSE");
}

TEST_CASE("an access that a device refuses stops the processor and the simulation, and is named") {
  expect_fault({lui(T1, Device), sw(T0, T1, 16), Wfi},
               "a write of 4 bytes at 0x10000010 was answered with TLM_GENERIC_ERROR_RESPONSE",
               tlm::TLM_GENERIC_ERROR_RESPONSE);
}

TEST_CASE("a synchronous exception stops the processor") {
  expect_fault({Nop, JumpOn, Ecall, Wfi}, "the processor stopped in the block at 0x80000008: a synchronous exception");
}

TEST_CASE("a jump to where nobody is stops the processor") {
  expect_fault(
      {lui(T1, 0x40000000), 0x00030067 /* jalr zero, 0(t1) */},
      "the processor stopped in the block at 0x80000000: a read of 4096 bytes at 0x40000000 was answered with");
}

TEST_CASE("memory that is taken back is asked for again") {
  Rig rig(
      {lui(T1, MovableBase), lw(T0, T1, 0), lui(T2, Device), sw(T0, T2, 0), JumpOn, lw(T0, T1, 0), sw(T0, T2, 4), Wfi});
  rig.probe.action = [&rig](const Probe::Access& access) {
    if (access.address == 0) rig.movable.move();
  };
  sc_core::sc_start(ns(1e5));
  REQUIRE(rig.cpu.fault().empty());
  REQUIRE(rig.probe.accesses.size() == 2);
  CHECK(rig.probe.accesses[0].data == 0x01010101);
  CHECK(rig.probe.accesses[1].data == 0x02020202);
  CHECK(rig.movable.grants == 2);
}

TEST_CASE("memory that is taken back before anything was granted changes nothing") {
  Rig rig({Nop, Wfi});
  rig.movable.move();
  sc_core::sc_start(ns(100));
  CHECK(rig.cpu.sleeping());
  CHECK(rig.cpu.statistics().instructions == 2);
}
