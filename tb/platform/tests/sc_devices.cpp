// SPDX-License-Identifier: Apache-2.0
// The devices by themselves: interrupt controller, timer, UART, system controller, and the protocol's side that they
// have in common.
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tb/platform/interrupt_controller.h"
#include "tb/platform/platform_map.h"
#include "tb/platform/system_controller.h"
#include "tb/platform/timer.h"
#include "tb/platform/uart.h"

namespace {

using namespace dlac::platform;
using sc_core::sc_time;

sc_time ns(double value) { return {value, sc_core::SC_NS}; }
/// Ticks of the timer: exact, also where a double is not.
sc_time ticks(std::uint64_t count) { return sc_time::from_value(count * ns(100).value()); }

/// Lets signals and methods settle, without time.
void settle() {
  while (sc_core::sc_pending_activity_at_current_time()) sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host, 32> socket{"socket"};

  Host(sc_core::sc_module_name name, RegisterDevice& device) : sc_module(name) { socket.bind(device.socket); }

  /// A payload that a device must accept, if it has the register.
  void prepare(tlm::tlm_command command, std::uint64_t address, void* data, unsigned bytes = 4) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  tlm::tlm_response_status send() {
    sc_time delay;
    socket->b_transport(payload, delay);
    return payload.get_response_status();
  }
  std::uint32_t read(std::uint64_t offset) {
    std::uint32_t value = 0;
    prepare(tlm::TLM_READ_COMMAND, offset, &value);
    REQUIRE(send() == tlm::TLM_OK_RESPONSE);
    return value;
  }
  void write(std::uint64_t offset, std::uint32_t value) {
    prepare(tlm::TLM_WRITE_COMMAND, offset, &value);
    REQUIRE(send() == tlm::TLM_OK_RESPONSE);
    settle();
  }
  /// What a debugger reads.
  std::uint32_t peek(std::uint64_t offset) {
    std::uint32_t value = 0;
    prepare(tlm::TLM_READ_COMMAND, offset, &value);
    REQUIRE(socket->transport_dbg(payload) == 4);
    return value;
  }

  tlm::tlm_generic_payload payload;
};

/// An interrupt controller with sources 1 to 31.
struct InterruptRig {
  InterruptRig() {
    controller.irq.bind(irq);
    controller.lines.bind(lines);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void set(std::uint32_t source, bool level) {
    lines[source - 1].write(level);
    settle();
  }

  sc_core::sc_vector<sc_core::sc_signal<bool>> lines{"lines", 31};
  sc_core::sc_signal<bool> irq{"irq"};
  InterruptController controller{"controller", 31};
  Host host{"host", controller};
};

struct TimerRig {
  TimerRig() {
    timer.irq.bind(irq);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void compare(std::uint64_t at) {
    host.write(TIMER_COMPARE_HI, static_cast<std::uint32_t>(at >> 32U));
    host.write(TIMER_COMPARE_LO, static_cast<std::uint32_t>(at));
  }

  sc_core::sc_signal<bool> irq{"irq"};
  Timer timer{"timer"};
  Host host{"host", timer};
};

/// The offsets of the window at which the device answers a read, or a write of 0, with success; all others must be
/// address errors.
std::set<std::uint64_t> answered(Host& host, tlm::tlm_command command) {
  std::set<std::uint64_t> offsets;
  for (std::uint64_t offset = 0; offset < PLATFORM_WINDOW_BYTES; offset += 4) {
    std::uint32_t value = 0;
    host.prepare(command, offset, &value);
    const tlm::tlm_response_status status = host.send();
    if (status == tlm::TLM_OK_RESPONSE) offsets.insert(offset);
    if (status != tlm::TLM_OK_RESPONSE) CHECK(status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  return offsets;
}

using Offsets = std::set<std::uint64_t>;

}  // namespace

TEST_CASE("interrupt controller: a claimed source is quiet until it is completed") {
  InterruptRig rig;
  rig.host.write(INTC_ENABLE, 1U << 3U);
  CHECK_FALSE(rig.irq.read());
  CHECK(rig.host.read(INTC_CLAIM) == 0);
  rig.set(3, true);
  CHECK(rig.irq.read());
  CHECK(rig.host.read(INTC_PENDING) == 1U << 3U);
  CHECK(rig.host.peek(INTC_CLAIM) == 3);  // a debugger claims nothing
  CHECK(rig.host.read(INTC_CLAIM) == 3);
  settle();
  CHECK_FALSE(rig.irq.read());
  CHECK(rig.host.read(INTC_PENDING) == 0);
  CHECK(rig.host.read(INTC_CLAIM) == 0);
  // Not even a new edge is heard.
  rig.set(3, false);
  rig.set(3, true);
  CHECK_FALSE(rig.irq.read());
  // Other numbers complete nothing.
  for (const std::uint32_t number : {0U, 2U, 4U, 32U, 35U, 0xFFFFFFFFU}) rig.host.write(INTC_CLAIM, number);
  CHECK_FALSE(rig.irq.read());
  CHECK(rig.host.read(INTC_CLAIM) == 0);
  rig.host.write(INTC_CLAIM, 3);
  CHECK(rig.irq.read());  // the line is still high
  CHECK(rig.host.read(INTC_CLAIM) == 3);
}

TEST_CASE("interrupt controller: a source counts while its line is high, and leaves no trace") {
  InterruptRig rig;
  rig.host.write(INTC_ENABLE, 1U << 1U);
  rig.set(1, true);
  CHECK(rig.irq.read());
  rig.set(1, false);
  CHECK_FALSE(rig.irq.read());
  CHECK(rig.host.read(INTC_PENDING) == 0);
  CHECK(rig.host.read(INTC_CLAIM) == 0);
  // A claimed source whose line falls is over when it is completed.
  rig.set(1, true);
  CHECK(rig.host.read(INTC_CLAIM) == 1);
  rig.set(1, false);
  rig.host.write(INTC_CLAIM, 1);
  CHECK_FALSE(rig.irq.read());
  rig.set(1, true);
  CHECK(rig.irq.read());
}

TEST_CASE("interrupt controller: a source that is not enabled is pending but neither interrupts nor is claimed") {
  InterruptRig rig;
  CHECK(rig.host.read(INTC_ENABLE) == 0);
  rig.set(1, true);
  rig.set(2, true);
  CHECK_FALSE(rig.irq.read());
  CHECK(rig.host.read(INTC_PENDING) == 6);
  CHECK(rig.host.read(INTC_CLAIM) == 0);
  rig.host.write(INTC_ENABLE, 1U << 2U);
  CHECK(rig.irq.read());
  CHECK(rig.host.read(INTC_ENABLE) == 1U << 2U);
  CHECK(rig.host.read(INTC_PENDING) == 6);
  CHECK(rig.host.read(INTC_CLAIM) == 2);
  settle();
  CHECK_FALSE(rig.irq.read());
  rig.host.write(INTC_CLAIM, 2);
  CHECK(rig.irq.read());
  rig.host.write(INTC_ENABLE, 0);
  CHECK_FALSE(rig.irq.read());
}

TEST_CASE("interrupt controller: of several sources the lowest number is claimed first") {
  InterruptRig rig;
  rig.host.write(INTC_ENABLE, 0xFFFFFFFF);
  CHECK(rig.host.read(INTC_ENABLE) == 0xFFFFFFFE);  // there is no source 0
  for (const std::uint32_t source : {31U, 17U, 5U}) rig.set(source, true);
  CHECK(rig.host.read(INTC_PENDING) == (1U << 31U | 1U << 17U | 1U << 5U));
  CHECK(rig.host.read(INTC_CLAIM) == 5);
  CHECK(rig.host.read(INTC_CLAIM) == 17);
  settle();
  CHECK(rig.irq.read());
  rig.set(2, true);
  CHECK(rig.host.read(INTC_CLAIM) == 2);
  CHECK(rig.host.read(INTC_CLAIM) == 31);
  CHECK(rig.host.read(INTC_CLAIM) == 0);
  settle();
  CHECK_FALSE(rig.irq.read());
  // They are completed in any order.
  rig.host.write(INTC_CLAIM, 17);
  CHECK(rig.host.read(INTC_CLAIM) == 17);
  CHECK(rig.host.read(INTC_CLAIM) == 0);
}

TEST_CASE("timer: the interrupt is high while time >= compare") {
  TimerRig rig;
  CHECK(rig.host.read(TIMER_COMPARE_LO) == 0xFFFFFFFF);
  CHECK(rig.host.read(TIMER_COMPARE_HI) == 0xFFFFFFFF);
  rig.compare(50);
  CHECK(rig.host.read(TIMER_COMPARE_LO) == 50);
  CHECK(rig.host.read(TIMER_COMPARE_HI) == 0);
  sc_core::sc_start(ns(4999));
  CHECK(rig.host.read(TIMER_TIME_LO) == 49);
  CHECK_FALSE(rig.irq.read());
  sc_core::sc_start(ns(1));
  settle();
  CHECK(rig.host.read(TIMER_TIME_LO) == 50);
  CHECK(rig.irq.read());
  sc_core::sc_start(ns(5000));
  CHECK(rig.irq.read());
  rig.compare(101);
  CHECK_FALSE(rig.irq.read());
  rig.compare(100);  // now
  CHECK(rig.irq.read());
  // The last value counts: a later one before the time has come, an earlier one after.
  rig.compare(150);
  rig.compare(200);
  sc_core::sc_start(ns(6000));
  CHECK_FALSE(rig.irq.read());
  rig.compare(170);
  sc_core::sc_start(ns(1000));
  settle();
  CHECK(rig.irq.read());
}

TEST_CASE("timer: TIME and COMPARE have 64 bits") {
  TimerRig rig;
  constexpr std::uint64_t Carry = std::uint64_t{1} << 32U;
  rig.compare(5 * Carry + 7);
  CHECK(rig.host.read(TIMER_COMPARE_HI) == 5);
  sc_core::sc_start(ticks(5 * Carry + 7) - ns(1));
  CHECK_FALSE(rig.irq.read());
  CHECK(rig.host.read(TIMER_TIME_LO) == 6);
  CHECK(rig.host.read(TIMER_TIME_HI) == 5);
  sc_core::sc_start(ns(1));
  settle();
  CHECK(rig.irq.read());
  CHECK(rig.host.read(TIMER_TIME_LO) == 7);
  CHECK(rig.host.read(TIMER_TIME_HI) == 5);
  rig.host.write(TIMER_COMPARE_HI, 6);
  CHECK_FALSE(rig.irq.read());
  // Later than SystemC's time can be.
  rig.host.write(TIMER_COMPARE_HI, 0x80000000);
  rig.host.write(TIMER_COMPARE_LO, 0);
  sc_core::sc_start(ticks(Carry));
  CHECK_FALSE(rig.irq.read());
}

TEST_CASE("timer: TIME_HI belongs to the last TIME_LO that was read") {
  TimerRig rig;
  constexpr std::uint64_t Carry = std::uint64_t{1} << 32U;
  sc_core::sc_start(ticks(2 * Carry - 1));
  CHECK(rig.host.read(TIMER_TIME_LO) == 0xFFFFFFFF);
  sc_core::sc_start(ticks(1));
  CHECK(rig.host.peek(TIMER_TIME_LO) == 0);  // a debugger latches nothing
  CHECK(rig.host.read(TIMER_TIME_HI) == 1);
  CHECK(rig.host.read(TIMER_TIME_HI) == 1);
  CHECK(rig.host.read(TIMER_TIME_LO) == 0);
  CHECK(rig.host.read(TIMER_TIME_HI) == 2);
}

TEST_CASE("UART: the low byte of DATA is sent at once, and a line's end is flushed") {
  /// A stream that knows how often it was flushed.
  struct Terminal : std::stringbuf {
    int flushed = 0;
    int sync() override { return ++flushed, 0; }
  } terminal;
  std::ostream stream(&terminal);
  Uart uart("uart", stream);
  Host host("host", uart);
  CHECK(host.read(UART_FLAGS) == 0x90);
  for (const std::uint32_t word : {0x41U, 0x12345642U, 0xFFFFFF00U, 0x80U}) host.write(UART_DATA, word);
  CHECK(terminal.str() == std::string("AB\0\x80", 4));
  CHECK(terminal.flushed == 0);
  host.write(UART_DATA, '\n');
  CHECK(terminal.flushed == 1);
  CHECK(host.read(UART_FLAGS) == 0x90);
}

TEST_CASE("system controller: EXIT ends the simulation with its low byte") {
  SystemController system("system", {0x4000000, 12345, SYSTEM_TASK_BENCHMARK});
  Host host("host", system);
  CHECK(host.read(SYSTEM_RAM_BYTES) == 0x4000000);
  CHECK(host.read(SYSTEM_IMAGE_BYTES) == 12345);
  CHECK(host.read(SYSTEM_TASK) == SYSTEM_TASK_BENCHMARK);
  CHECK_FALSE(system.exit_code());
  sc_core::sc_spawn([&host] {
    sc_core::wait(ns(30));
    std::uint32_t value = 0xABC07;
    host.prepare(tlm::TLM_WRITE_COMMAND, SYSTEM_EXIT, &value);
    CHECK(host.send() == tlm::TLM_OK_RESPONSE);
    sc_core::wait(ns(30));
    FAIL("the simulation goes on");
  });
  sc_core::sc_start(ns(100));
  CHECK(sc_core::sc_time_stamp() == ns(30));
  CHECK(sc_core::sc_get_status() == sc_core::SC_STOPPED);
  REQUIRE(system.exit_code());
  CHECK(*system.exit_code() == 7);
}

TEST_CASE("a timer answers at its registers' offsets only, each in its directions") {
  TimerRig rig;
  CHECK(answered(rig.host, tlm::TLM_READ_COMMAND) == Offsets{0x00, 0x04, 0x08, 0x0C});
  CHECK(answered(rig.host, tlm::TLM_WRITE_COMMAND) == Offsets{0x08, 0x0C});
}

TEST_CASE("an interrupt controller answers at its registers' offsets only") {
  InterruptRig rig;
  CHECK(answered(rig.host, tlm::TLM_READ_COMMAND) == Offsets{0x00, 0x04, 0x08});
  CHECK(answered(rig.host, tlm::TLM_WRITE_COMMAND) == Offsets{0x04, 0x08});
}

TEST_CASE("UART and system controller answer at their registers' offsets only") {
  std::ostringstream terminal;
  Uart uart("uart", terminal);
  SystemController system("system", {});
  Host uart_host("uart_host", uart), system_host("system_host", system);
  CHECK(answered(uart_host, tlm::TLM_READ_COMMAND) == Offsets{0x18});
  CHECK(answered(uart_host, tlm::TLM_WRITE_COMMAND) == Offsets{0x00});
  CHECK(answered(system_host, tlm::TLM_READ_COMMAND) == Offsets{0x04, 0x08, 0x0C});
  CHECK(answered(system_host, tlm::TLM_WRITE_COMMAND) == Offsets{0x00});
}

TEST_CASE("an access that is not one aligned word is refused as the standard says, and does nothing") {
  InterruptRig rig;
  Host& host = rig.host;
  rig.host.write(INTC_ENABLE, 6);
  rig.set(1, true);
  unsigned char data[8];
  const auto refused = [&](tlm::tlm_response_status expected) {
    CAPTURE(host.payload.get_address(), host.payload.get_data_length(), host.payload.get_command());
    const unsigned char before[8] = {0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5};
    std::memcpy(data, before, sizeof data);
    CHECK(host.send() == expected);
    CHECK(std::memcmp(data, before, sizeof data) == 0);
    // Nothing was written, claimed or completed.
    settle();
    CHECK(host.peek(INTC_ENABLE) == 6);
    CHECK(host.peek(INTC_PENDING) == 2);
  };
  for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    for (const std::uint64_t offset : {INTC_ENABLE, INTC_CLAIM}) {
      for (const unsigned bytes : {0U, 1U, 2U, 3U, 5U, 8U}) {
        host.prepare(command, offset, data, bytes);
        refused(tlm::TLM_BURST_ERROR_RESPONSE);
      }
      host.prepare(command, offset, data);
      host.payload.set_streaming_width(2);
      refused(tlm::TLM_BURST_ERROR_RESPONSE);
      for (const unsigned char enable : {TLM_BYTE_ENABLED, TLM_BYTE_DISABLED}) {
        unsigned char enables[4] = {enable, enable, enable, enable};
        host.prepare(command, offset, data);
        host.payload.set_byte_enable_ptr(enables);
        host.payload.set_byte_enable_length(4);
        refused(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
      }
      for (const std::uint64_t away : {1ULL, 2ULL, 3ULL, 0x100000000ULL}) {
        host.prepare(command, offset + away, data);
        refused(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      }
    }
  }
  host.prepare(tlm::TLM_IGNORE_COMMAND, INTC_CLAIM, data);
  refused(tlm::TLM_OK_RESPONSE);
}

TEST_CASE("a device grants no direct memory access, and a debugger may read all words at once but write none") {
  TimerRig rig;
  rig.compare(0x300000002);
  std::uint32_t words[6] = {1, 1, 1, 1, 1, 1};
  tlm::tlm_dmi dmi;
  rig.host.prepare(tlm::TLM_READ_COMMAND, 0, nullptr, 0);
  CHECK_FALSE(rig.host.socket->get_direct_mem_ptr(rig.host.payload, dmi));
  rig.host.prepare(tlm::TLM_READ_COMMAND, TIMER_COMPARE_LO, words);
  CHECK(rig.host.send() == tlm::TLM_OK_RESPONSE);
  CHECK_FALSE(rig.host.payload.is_dmi_allowed());

  rig.host.prepare(tlm::TLM_READ_COMMAND, 0, words, sizeof words);
  CHECK(rig.host.socket->transport_dbg(rig.host.payload) == 16);  // as far as there are registers
  CHECK(std::vector<std::uint32_t>(words, words + 6) == std::vector<std::uint32_t>{0, 0, 2, 3, 1, 1});
  rig.host.prepare(tlm::TLM_READ_COMMAND, 4, words, 7);
  CHECK(rig.host.socket->transport_dbg(rig.host.payload) == 4);
  for (const std::uint64_t address : {2ULL, 0x10ULL, 0x100000000ULL}) {
    rig.host.prepare(tlm::TLM_READ_COMMAND, address, words);
    CHECK(rig.host.socket->transport_dbg(rig.host.payload) == 0);
  }
  rig.host.prepare(tlm::TLM_WRITE_COMMAND, TIMER_COMPARE_LO, words);
  CHECK(rig.host.socket->transport_dbg(rig.host.payload) == 0);
  CHECK(rig.host.read(TIMER_COMPARE_LO) == 2);
}
