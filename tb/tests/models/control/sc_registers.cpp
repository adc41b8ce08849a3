// SPDX-License-Identifier: Apache-2.0
// The core as its host sees it: the CSR socket, the interrupt, the reset port, two cores side by side. (Registers)
#include <algorithm>
#include <initializer_list>
#include <memory>
#include <random>

#include "tb/tests/models/sc_core_rig.h"
#include "tb/tests/random_layers.h"

namespace {

namespace tb = dlac::tb;
using core_rig::at;
using core_rig::column_of_beats;
using core_rig::ComputeToStore;
using core_rig::counter;
using core_rig::images;
using core_rig::LoadToCompute;
using core_rig::MemoryBytes;
using core_rig::on_both_engines;
using core_rig::ring;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::Command;
using dlac::CommandImage;
using dlac::Config;
using dlac::Counter;
using dlac::CounterCount;
using dlac::CtrlClearCounters;
using dlac::CtrlReset;
using dlac::CtrlSnapshot;
using dlac::DeviceId;
using dlac::End;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::IrqDone;
using dlac::IrqError;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::Policy;
using dlac::Register;
using dlac::RegisterInfo;
using dlac::registers;
using dlac::RegisterSpaceBytes;
using dlac::StatusBusy;
using dlac::StatusDone;
using dlac::StatusError;
using dlac::Store;

/// One access to the CSR socket, with everything that a payload may carry.
struct Access32 {
  tlm::tlm_command command = tlm::TLM_READ_COMMAND;
  std::uint64_t address = 0;
  std::uint32_t value = 0;
  unsigned int length = 4;
  unsigned int streaming_width = 4;
  unsigned char* byte_enables = nullptr;
  unsigned int byte_enable_length = 0;
};

struct Answer {
  tlm::tlm_response_status status;
  std::uint32_t value;  ///< the data array's first word afterwards
};

Answer transport(Testbench& bench, const Access32& access) {
  unsigned char data[16] = {};
  std::memcpy(data, &access.value, sizeof access.value);
  tlm::tlm_generic_payload payload;
  payload.set_command(access.command);
  payload.set_address(access.address);
  payload.set_data_ptr(data);
  payload.set_data_length(access.length);
  payload.set_streaming_width(access.streaming_width);
  payload.set_byte_enable_ptr(access.byte_enables);
  payload.set_byte_enable_length(access.byte_enable_length);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay;
  bench.host->b_transport(payload, delay);
  CHECK_FALSE(payload.is_dmi_allowed());
  Answer answer{payload.get_response_status(), 0};
  std::memcpy(&answer.value, data, sizeof answer.value);
  return answer;
}
[[nodiscard]] tlm::tlm_response_status read_status(Testbench& bench, std::uint64_t address) {
  Access32 access;
  access.address = address;
  return transport(bench, access).status;
}
[[nodiscard]] tlm::tlm_response_status write_status(Testbench& bench, std::uint64_t address, std::uint32_t value) {
  Access32 access;
  access.command = tlm::TLM_WRITE_COMMAND;
  access.address = address;
  access.value = value;
  return transport(bench, access).status;
}
unsigned int debug(Testbench& bench, tlm::tlm_command command, std::uint64_t address, void* data, unsigned int length) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(length);
  payload.set_streaming_width(length);
  return bench.host->transport_dbg(payload);
}

void on_bench(const Testbench::Program& program) {
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS), program);
  bench.run();
}

constexpr std::uint32_t Ctrl = at(Register::Ctrl);
constexpr std::uint32_t Status = at(Register::Status);
constexpr std::uint32_t IrqEnable = at(Register::IrqEnable);
constexpr std::uint32_t IrqStatus = at(Register::IrqStatus);
constexpr std::uint32_t Doorbell = at(Register::Doorbell);
constexpr std::uint32_t ListAddrLo = at(Register::ListAddrLo);
constexpr std::uint32_t ListAddrHi = at(Register::ListAddrHi);
constexpr std::uint32_t ListLength = at(Register::ListLength);
constexpr std::uint32_t Error = at(Register::Error);

/// A list that keeps the core busy for more than 100 us: 4000 beats, computed ten times over.
[[nodiscard]] std::vector<Command> long_list() {
  MmOp op = column_of_beats(500);
  op.log2_rows = 0;
  std::vector<Command> list(10, op);
  list.emplace_back(End{});
  return list;
}

/// What a register holds before anything was written: its reset value, or what the core was built with.
[[nodiscard]] std::uint32_t value_after_reset(const Testbench& bench, const RegisterInfo& info) {
  return info.configured == nullptr ? info.reset : info.configured(bench.config());
}

void settle() { sc_core::wait(2, sc_core::SC_NS); }

[[nodiscard]] std::uint64_t snapshot_value(Testbench& bench, Counter which) {
  const std::uint32_t offset = counter_offset(which);
  return bench.read_register(offset) | std::uint64_t{bench.read_register(offset + 4)} << 32;
}

}  // namespace

TEST_CASE("registers: after elaboration every register has its documented value") {
  on_bench([](Testbench& bench) {
    for (const RegisterInfo& info : registers()) {
      CAPTURE(info.name);
      CHECK(bench.read_register(info.offset) == value_after_reset(bench, info));
      if (info.bits == 64) CHECK(bench.read_register(info.offset + 4) == 0);
    }
    CHECK(bench.read_register(0x00) == 0x43414C64);
    CHECK(bench.read_register(0x04) == 0x00010000);
    // Registers that tell what the core was built with: small_config.
    CHECK(bench.read_register(0x40) == 0);  // train
    CHECK(bench.read_register(0x44) == 16);
    CHECK(bench.read_register(0x48) == 4);
    CHECK(bench.read_register(0x54) == 4096);
    CHECK(bench.read_register(0x64) == 2000);
    CHECK_FALSE(bench.irq.read());
  });
}

TEST_CASE("registers: list address and length hold what is written") {
  on_bench([](Testbench& bench) {
    bench.write_register(ListAddrLo, 0x89ABCDEF);
    bench.write_register(ListAddrHi, 0x01234567);
    bench.write_register(ListLength, 0xFFFFFFFF);
    CHECK(bench.read_register(ListAddrLo) == 0x89ABCDEF);
    CHECK(bench.read_register(ListAddrHi) == 0x01234567);
    CHECK(bench.read_register(ListLength) == 0xFFFFFFFF);
    bench.write_register(IrqEnable, 0xFFFFFFFF);
    CHECK(bench.read_register(IrqEnable) == (IrqDone | IrqError));  // other bits read as 0
  });
}

TEST_CASE("registers: CTRL and DOORBELL read as 0") {
  on_bench([](Testbench& bench) {
    bench.write_register(Ctrl, CtrlSnapshot | CtrlClearCounters);
    CHECK(bench.read_register(Ctrl) == 0);
    CHECK(bench.read_register(Doorbell) == 0);
  });
}

TEST_CASE("registers: bits of CTRL that are not defined do nothing") {
  on_bench([](Testbench& bench) {
    bench.write_register(IrqEnable, IrqDone);
    bench.write_register(Ctrl, ~(CtrlReset | CtrlSnapshot | CtrlClearCounters));
    CHECK(bench.read_register(IrqEnable) == IrqDone);
    CHECK(bench.read_register(Status) == 0);
  });
}

TEST_CASE("registers: an access with byte enables is refused") {
  on_bench([](Testbench& bench) {
    unsigned char enables[4] = {0xFF, 0xFF, 0xFF, 0xFF};
    Access32 access;
    access.address = IrqEnable;
    access.value = 3;
    access.byte_enables = enables;
    access.byte_enable_length = sizeof enables;
    for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
      access.command = command;
      CHECK(transport(bench, access).status == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    }
    CHECK(bench.read_register(IrqEnable) == 0);
  });
}

TEST_CASE("registers: an access that is not one word long is refused") {
  on_bench([](Testbench& bench) {
    for (const unsigned int length : {0U, 1U, 2U, 3U, 5U, 8U, 16U}) {
      for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
        Access32 access;
        access.command = command;
        access.address = IrqEnable;
        access.value = 3;
        access.length = length;
        access.streaming_width = std::max(length, 4U);
        CAPTURE(length);
        CHECK(transport(bench, access).status == tlm::TLM_BURST_ERROR_RESPONSE);
      }
    }
    CHECK(bench.read_register(IrqEnable) == 0);
  });
}

TEST_CASE("registers: a streaming width below the data length is refused, 0 means the data length") {
  on_bench([](Testbench& bench) {
    Access32 access;
    access.command = tlm::TLM_WRITE_COMMAND;
    access.address = IrqEnable;
    access.value = 3;
    for (const unsigned int width : {1U, 2U, 3U}) {
      access.streaming_width = width;
      CAPTURE(width);
      CHECK(transport(bench, access).status == tlm::TLM_BURST_ERROR_RESPONSE);
    }
    CHECK(bench.read_register(IrqEnable) == 0);
    for (const unsigned int width : {0U, 4U, 64U}) {
      access.streaming_width = width;
      access.value = width == 0 ? 3 : 1;
      CAPTURE(width);
      CHECK(transport(bench, access).status == tlm::TLM_OK_RESPONSE);
      CHECK(bench.read_register(IrqEnable) == access.value);
    }
    // A length of 0 has no meaning, whatever the width.
    access.length = access.streaming_width = 0;
    CHECK(transport(bench, access).status == tlm::TLM_BURST_ERROR_RESPONSE);
  });
}

TEST_CASE("registers: a counter is read in one access of eight bytes, and nothing else is") {
  on_bench([](Testbench& bench) {
    CHECK(bench.run_list(long_list()) == ErrorCode::None);
    const auto read = [&bench](std::uint64_t address, tlm::tlm_command command, std::uint64_t& value) {
      tlm::tlm_generic_payload payload;
      payload.set_command(command);
      payload.set_address(address);
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
      payload.set_data_length(8);
      payload.set_streaming_width(8);
      sc_core::sc_time delay;
      bench.host->b_transport(payload, delay);
      return payload.get_response_status();
    };
    bench.write_register(Ctrl, dlac::CtrlSnapshot);
    for (std::uint32_t i = 0; i < dlac::CounterCount; ++i) {
      const std::uint32_t offset = dlac::counter_offset(static_cast<Counter>(i));
      CAPTURE(i);
      std::uint64_t whole = ~std::uint64_t{0};
      CHECK(read(offset, tlm::TLM_READ_COMMAND, whole) == tlm::TLM_OK_RESPONSE);
      CHECK(whole == (std::uint64_t{bench.read_register(offset + 4)} << 32 | bench.read_register(offset)));
      CHECK(read(offset + 4, tlm::TLM_READ_COMMAND, whole) == tlm::TLM_BURST_ERROR_RESPONSE);
      CHECK(read(offset, tlm::TLM_WRITE_COMMAND, whole) == tlm::TLM_BURST_ERROR_RESPONSE);
    }
    std::uint64_t cycles = 0;
    CHECK(read(dlac::counter_offset(Counter::Cycles), tlm::TLM_READ_COMMAND, cycles) == tlm::TLM_OK_RESPONSE);
    CHECK(cycles > 5000);
    // It is the snapshot's, which does not move while the core works: its two words belong together.
    ring(bench, core_rig::images(long_list()), 0, 11);
    sc_core::wait(10, sc_core::SC_US);
    std::uint64_t later = 0;
    CHECK(read(dlac::counter_offset(Counter::Cycles), tlm::TLM_READ_COMMAND, later) == tlm::TLM_OK_RESPONSE);
    CHECK(later == cycles);
    std::uint64_t value = 0;
    for (const std::uint32_t offset : {0x00U, 0x08U, 0x18U, 0x20U, 0x40U, 0x38U, 0xF8U, RegisterSpaceBytes}) {
      CHECK(read(offset, tlm::TLM_READ_COMMAND, value) == tlm::TLM_BURST_ERROR_RESPONSE);
    }
  });
}

TEST_CASE("registers: with csr_narrow, bytes and halves of a word are read and written where they lie") {
  Config config = small_config(Mode::Train);
  config.csr_narrow = 1;
  Testbench bench("bench", config, MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS), [](Testbench& b) {
    const auto access = [&b](tlm::tlm_command command, std::uint64_t address, unsigned int length,
                             std::uint32_t value = 0) {
      Access32 narrow;
      narrow.command = command;
      narrow.address = address;
      narrow.length = narrow.streaming_width = length;
      narrow.value = value;
      return transport(b, narrow);
    };
    constexpr auto Read = tlm::TLM_READ_COMMAND, Write = tlm::TLM_WRITE_COMMAND;
    // "dLAC"
    CHECK(access(Read, 0, 1).value == 'd');
    CHECK(access(Read, 3, 1).value == 'C');
    CHECK(access(Read, 2, 2).value == 0x4341);
    CHECK(access(Read, 1, 2).status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(access(Read, 0, 3).status == tlm::TLM_BURST_ERROR_RESPONSE);
    b.write_register(ListLength, 0x11223344);
    CHECK(access(Write, ListLength + 1, 1, 0xAA).status == tlm::TLM_OK_RESPONSE);
    CHECK(b.read_register(ListLength) == 0x1122AA44);
    CHECK(access(Write, ListLength + 2, 2, 0x5566).status == tlm::TLM_OK_RESPONSE);
    CHECK(b.read_register(ListLength) == 0x5566AA44);
    CHECK(access(Write, 0, 1, 1).status == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(access(Read, 0x34, 1).status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    // Writing 1 clears: a byte that is not written clears nothing.
    b.write_register(ListLength, 0);
    b.write_register(Doorbell, 1);  // refused
    CHECK(b.read_register(IrqStatus) == 2);
    CHECK(access(Write, IrqStatus + 1, 1, 0xFF).status == tlm::TLM_OK_RESPONSE);
    CHECK(b.read_register(IrqStatus) == 2);
    CHECK(access(Write, IrqStatus, 1, 2).status == tlm::TLM_OK_RESPONSE);
    CHECK(b.read_register(IrqStatus) == 0);
  });
  bench.run();
}

TEST_CASE("registers: addresses that are unaligned or hold no register are refused") {
  on_bench([](Testbench& bench) {
    std::vector<std::uint64_t> holes{1,
                                     2,
                                     3,
                                     5,
                                     0x0A,
                                     0x103,
                                     0x34,
                                     0xFC,
                                     RegisterSpaceBytes,
                                     RegisterSpaceBytes + 4,
                                     0x1000,
                                     0x1'0000'0000,
                                     0x1'0000'0008,
                                     0xFFFF'FFFF'FFFF'FFFC};
    for (std::uint64_t address = at(Register::FaultAddrHi) + 4; address < at(Register::CoreMode); address += 4) {
      holes.push_back(address);
    }
    for (std::uint64_t address = at(Register::CoreClockPeriod) + 4; address < at(Register::Counters); address += 4) {
      holes.push_back(address);
    }
    for (const std::uint64_t address : holes) {
      CAPTURE(address);
      CHECK(read_status(bench, address) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
      CHECK(write_status(bench, address, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    CHECK(read_status(bench, RegisterSpaceBytes - 4) == tlm::TLM_OK_RESPONSE);  // the last counter's high word
  });
}

TEST_CASE("registers: read-only registers refuse writes and keep their values") {
  on_bench([](Testbench& bench) {
    std::vector<std::uint32_t> offsets{0x00, 0x04, 0x0C, 0x28, 0x2C, 0x30};
    for (std::uint32_t i = 0; i < 2 * CounterCount; ++i) offsets.push_back(0x100 + 4 * i);
    for (const std::uint32_t offset : offsets) {
      CAPTURE(offset);
      const std::uint32_t before = bench.read_register(offset);
      CHECK(write_status(bench, offset, 0xFFFFFFFF) == tlm::TLM_COMMAND_ERROR_RESPONSE);
      CHECK(bench.read_register(offset) == before);
    }
  });
}

TEST_CASE("registers: an ignore command is answered and does nothing") {
  on_bench([](Testbench& bench) {
    Access32 access;
    access.command = tlm::TLM_IGNORE_COMMAND;
    access.address = IrqEnable;
    access.value = 3;
    const Answer answer = transport(bench, access);
    CHECK(answer.status == tlm::TLM_OK_RESPONSE);
    CHECK(answer.value == 3);  // the data array is not touched
    CHECK(bench.read_register(IrqEnable) == 0);
    access.address = at(Register::Id);  // also where a write would be refused
    CHECK(transport(bench, access).status == tlm::TLM_OK_RESPONSE);
    access.address = Doorbell;
    CHECK(transport(bench, access).status == tlm::TLM_OK_RESPONSE);
    CHECK(bench.read_register(Status) == 0);
  });
}

TEST_CASE("registers: a debug read of any length and alignment gives the bytes of the registers") {
  on_bench([](Testbench& bench) {
    bench.write_register(ListAddrLo, 0x33221100);
    bench.write_register(ListAddrHi, 0x77665544);
    unsigned char bytes[16] = {};
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, ListAddrLo + 1, bytes, 6) == 6);
    const unsigned char expected[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x00};
    CHECK(std::equal(std::begin(expected), std::end(expected), bytes));
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, at(Register::FaultAddrHi), bytes, 16) == 4);  // a hole follows
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, RegisterSpaceBytes - 2, bytes, 16) == 2);
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, RegisterSpaceBytes, bytes, 4) == 0);
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, 0xFFFF'FFFF'FFFF'FFFE, bytes, 4) == 0);
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, 0, bytes, 0) == 0);
  });
}

TEST_CASE("registers: debug accesses have no side effects") {
  on_bench([](Testbench& bench) {
    std::uint32_t ones = 0xFFFFFFFF;
    for (const RegisterInfo& info : registers()) {
      CHECK(debug(bench, tlm::TLM_WRITE_COMMAND, info.offset, &ones, 4) == 0);  // writes nothing
    }
    CHECK(debug(bench, tlm::TLM_IGNORE_COMMAND, 0, &ones, 4) == 0);
    settle();
    for (const RegisterInfo& info : registers()) {
      CHECK(bench.read_register(info.offset) == value_after_reset(bench, info));
    }
    // Reading everything while a list runs changes neither its course nor the snapshot.
    ring(bench, images(long_list()), 0, 11);
    sc_core::wait(1, sc_core::SC_US);
    std::vector<unsigned char> bytes(RegisterSpaceBytes);
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, 0, bytes.data(), 0x34) == 0x34);
    CHECK(debug(bench, tlm::TLM_READ_COMMAND, 0x100, bytes.data(), 8 * CounterCount) == 8 * CounterCount);
    CHECK(std::all_of(bytes.begin(), bytes.begin() + std::ptrdiff_t{8} * CounterCount,
                      [](unsigned char b) { return b == 0; }));
    CHECK(bench.read_register(Status) == StatusBusy);
    CHECK(bench.read_register(IrqStatus) == 0);
    bench.write_register(IrqEnable, IrqDone);
    bench.wait_for_interrupt();
    CHECK(bench.read_register(Status) == StatusDone);
  });
}

TEST_CASE("registers: an access takes no time and leaves the annotated delay alone") {
  on_bench([](Testbench& bench) {
    std::uint32_t value = 0;
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(at(Register::Id));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay(7, sc_core::SC_NS);
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the time that it refers to goes on
    const sc_core::sc_time before = sc_core::sc_time_stamp();
    bench.host->b_transport(payload, delay);
    CHECK(payload.is_response_ok());
    CHECK(value == DeviceId);
    CHECK(delay == sc_core::sc_time(7, sc_core::SC_NS));
    CHECK(sc_core::sc_time_stamp() == before);
  });
}

TEST_CASE("registers: the interrupt is the level of enabled and pending") {
  on_bench([](Testbench& bench) {
    const std::vector<CommandImage> list = images({End{}});
    ring(bench, list, 0, 1);
    sc_core::wait(1, sc_core::SC_US);
    CHECK(bench.read_register(Status) == StatusDone);
    CHECK(bench.read_register(IrqStatus) == IrqDone);  // pending, whether or not enabled
    CHECK_FALSE(bench.irq.read());
    bench.write_register(IrqEnable, IrqError);
    settle();
    CHECK_FALSE(bench.irq.read());
    bench.write_register(IrqEnable, IrqDone);
    settle();
    CHECK(bench.irq.read());
    bench.write_register(IrqEnable, 0);
    settle();
    CHECK_FALSE(bench.irq.read());
    CHECK(bench.read_register(IrqStatus) == IrqDone);  // masking does not acknowledge
    bench.write_register(IrqEnable, IrqDone | IrqError);
    settle();
    CHECK(bench.irq.read());
    bench.write_register(IrqStatus, IrqError);  // a one at another bit
    settle();
    CHECK(bench.irq.read());
    bench.write_register(IrqStatus, 0);  // zeros
    settle();
    CHECK(bench.irq.read());
    bench.write_register(IrqStatus, IrqDone);
    settle();
    CHECK_FALSE(bench.irq.read());
    CHECK(bench.read_register(IrqStatus) == 0);
    CHECK(bench.read_register(Status) == StatusDone);  // acknowledging leaves the status
  });
}

TEST_CASE("registers: done and error are acknowledged one by one") {
  on_bench([](Testbench& bench) {
    bench.write_register(IrqEnable, IrqDone | IrqError);
    ring(bench, images(long_list()), 0, 11);
    bench.write_register(Doorbell, 1);  // while busy: an error, and the list goes on
    settle();
    CHECK(bench.irq.read());
    CHECK(bench.read_register(IrqStatus) == IrqError);
    bench.write_register(IrqStatus, IrqError);
    settle();
    CHECK_FALSE(bench.irq.read());
    bench.write_register(Doorbell, 1);
    sc_core::wait(1, sc_core::SC_MS);
    CHECK(bench.read_register(IrqStatus) == (IrqDone | IrqError));
    bench.write_register(IrqStatus, IrqDone);
    settle();
    CHECK(bench.irq.read());
    bench.write_register(IrqStatus, IrqError);
    settle();
    CHECK_FALSE(bench.irq.read());
  });
}

TEST_CASE("registers: a doorbell clears done and error of the list before") {
  on_bench([](Testbench& bench) {
    CHECK(bench.run_list({End{}}) == ErrorCode::None);
    ring(bench, images(long_list()), 0, 11);
    CHECK(bench.read_register(Status) == StatusBusy);
    bench.write_register(Doorbell, 1);
    CHECK(bench.read_register(Status) == (StatusBusy | StatusError));
    CHECK(bench.read_register(Error) == 11);
    sc_core::wait(1, sc_core::SC_MS);
    CHECK(bench.read_register(Status) == (StatusDone | StatusError));
    ring(bench, images(long_list()), 0, 11);
    CHECK(bench.read_register(Status) == StatusBusy);
    CHECK(bench.read_register(Error) == 0);
    sc_core::wait(1, sc_core::SC_MS);
    CHECK(bench.read_register(Status) == StatusDone);
  });
}

TEST_CASE("registers: list address and length may be changed while a list runs") {
  on_bench([](Testbench& bench) {
    ring(bench, images(long_list()), 0, 11);
    bench.write_register(ListAddrLo, 0xFFFFFFFC);
    bench.write_register(ListAddrHi, 0xFFFFFFFF);
    bench.write_register(ListLength, 0);
    sc_core::wait(1, sc_core::SC_MS);
    CHECK(bench.read_register(Status) == StatusDone);
    CHECK(counter(bench, Counter::Commands) == 11);
  });
}

TEST_CASE("registers: a snapshot is one instant, and stands still until the next") {
  Config config = small_config(Mode::Train);
  on_both_engines(config, [](Testbench& bench) {
    // Loads, mmOps, drains and waits in a mixture; snapshots at odd times.
    std::vector<Command> list;
    for (int i = 0; i < 12; ++i) {
      LoadWeights load;
      load.address = 0x8000;
      load.bytes = 1024;
      load.header.push = LoadToCompute;
      list.emplace_back(load);
      MmOp op = column_of_beats(40);
      op.header.pop = LoadToCompute;
      op.header.push = ComputeToStore;
      list.emplace_back(op);
      Store store;
      store.address = 0x10000;
      store.image_pixels = store.channels = store.columns = 1;
      store.header.pop = ComputeToStore;
      list.emplace_back(store);
    }
    list.emplace_back(End{});
    std::mt19937 random(5);
    ring(bench, images(list), 0, static_cast<std::uint32_t>(list.size()));
    std::uint64_t cycles_before = 0;
    int taken = 0;
    while (bench.read_register(Status) == StatusBusy) {
      sc_core::wait(std::uniform_int_distribution<int>(1, 150000)(random), sc_core::SC_PS);
      const auto counters = bench.read_counters();
      const auto value = [&counters](Counter c) { return counters[static_cast<std::size_t>(c)]; };
      CHECK(value(Counter::Cycles) == value(Counter::ComputeCycles) + value(Counter::PointwiseCycles) +
                                          value(Counter::WaitWeightsCycles) + value(Counter::WaitFeaturesCycles) +
                                          value(Counter::WaitDrainCycles) + value(Counter::IdleCycles));
      CHECK(value(Counter::Cycles) >= cycles_before);
      cycles_before = value(Counter::Cycles);
      ++taken;
      // Time passes; what is read stays.
      sc_core::wait(20, sc_core::SC_NS);
      for (std::uint32_t i = 0; i < CounterCount; ++i) {
        CHECK(snapshot_value(bench, static_cast<Counter>(i)) == counters[i]);
      }
    }
    CHECK(taken > 20);
    CHECK(bench.read_register(Status) == StatusDone);
    const auto end = bench.read_counters();
    sc_core::wait(1, sc_core::SC_US);
    CHECK(bench.read_counters() == end);  // nothing counts between lists
    CHECK(end[static_cast<std::size_t>(Counter::Commands)] == list.size());
    CHECK(end[static_cast<std::size_t>(Counter::Segments)] == 12);
  });
}

TEST_CASE("registers: counters sum over lists until they are cleared") {
  on_bench([](Testbench& bench) {
    // run_list() clears them first; the second list is rung by hand.
    CHECK(bench.run_list({column_of_beats(5), End{}}) == ErrorCode::None);
    const auto once = bench.read_counters();
    ring(bench, images({column_of_beats(5), End{}}), 0, 2);
    sc_core::wait(1, sc_core::SC_US);
    const auto twice = bench.read_counters();
    for (std::uint32_t i = 0; i < CounterCount; ++i) {
      CAPTURE(to_string(static_cast<Counter>(i)));
      CHECK(twice[i] == 2 * once[i]);
    }
    CHECK(twice[static_cast<std::size_t>(Counter::Commands)] == 4);
    bench.write_register(Ctrl, CtrlClearCounters);
    CHECK(snapshot_value(bench, Counter::Commands) == 4);  // the snapshot stays
    for (const std::uint64_t value : bench.read_counters()) CHECK(value == 0);
  });
}

TEST_CASE("registers: clearing the counters in the middle of a list starts them from that cycle") {
  // The list takes 67 cycles to the first mmOp and 501 cycles each for ten; at cycle 1000 they are cleared.
  Config config = small_config(Mode::Train);
  config.policy = Policy::None;
  on_both_engines(config, [](Testbench& bench) {
    ring(bench, images(long_list()), 0, 11);
    sc_core::wait(2000, sc_core::SC_NS);
    bench.write_register(Ctrl, CtrlClearCounters);
    sc_core::wait(1, sc_core::SC_MS);
    CHECK(counter(bench, Counter::Cycles) == 67 + 10 * 501 - 1000);
    CHECK(counter(bench, Counter::ComputeCycles) == 67 + 10 * 501 - 1000);
    CHECK(counter(bench, Counter::IdleCycles) == 0);
  });
}

TEST_CASE("registers: CTRL.reset brings every register back") {
  on_bench([](Testbench& bench) {
    CHECK(bench.run_list({column_of_beats(5), End{}}) == ErrorCode::None);
    (void)bench.read_counters();
    bench.write_register(ListAddrHi, 5);
    bench.write_register(Doorbell, 1);
    sc_core::wait(1, sc_core::SC_US);
    CHECK(bench.read_register(Error) == static_cast<std::uint32_t>(ErrorCode::FetchFault));
    CHECK(bench.irq.read());
    bench.reset_core();
    settle();
    CHECK_FALSE(bench.irq.read());
    for (const RegisterInfo& info : registers()) {
      CAPTURE(info.name);
      CHECK(bench.read_register(info.offset) == value_after_reset(bench, info));
    }
    for (const std::uint64_t value : bench.read_counters()) CHECK(value == 0);
  });
}

TEST_CASE("registers: the reset port holds the core as after elaboration") {
  sc_core::sc_signal<bool> reset("reset");
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
                  [&reset](Testbench& b) {
                    CHECK(b.run_list({End{}}) == ErrorCode::None);
                    ring(b, images(long_list()), 0, 11);
                    sc_core::wait(1, sc_core::SC_US);
                    reset.write(true);
                    settle();
                    CHECK(b.read_register(Status) == 0);
                    CHECK(b.read_register(IrqStatus) == 0);
                    CHECK(b.read_register(IrqEnable) == 0);
                    CHECK(b.read_register(ListLength) == 0);
                    // Held: what is written is lost, a doorbell starts nothing.
                    b.write_register(IrqEnable, IrqDone | IrqError);
                    ring(b, images({End{}}), 0, 1);
                    b.write_register(Doorbell, 1);
                    sc_core::wait(1, sc_core::SC_US);
                    CHECK_FALSE(b.irq.read());
                    CHECK(b.read_register(Status) == 0);
                    CHECK(b.read_register(IrqEnable) == 0);
                    CHECK(b.read_register(IrqStatus) == 0);
                    reset.write(false);
                    sc_core::wait(10, sc_core::SC_US);
                    CHECK(b.read_register(Status) == 0);
                    for (const std::uint64_t value : b.read_counters()) CHECK(value == 0);
                    CHECK(b.run_list({End{}}) == ErrorCode::None);
                    CHECK(counter(b, Counter::Cycles) == 59);
                  });
  bench.accelerator.reset.bind(reset);
  bench.run();
}

TEST_CASE("registers: a reset that is high from the start holds the core until it falls") {
  sc_core::sc_signal<bool> reset("reset", true);
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
                  [&reset](Testbench& b) {
                    settle();
                    ring(b, images({End{}}), 0, 1);
                    sc_core::wait(1, sc_core::SC_US);
                    CHECK(b.read_register(Status) == 0);
                    CHECK(b.read_register(IrqStatus) == 0);
                    reset.write(false);
                    settle();
                    CHECK(b.run_list({End{}}) == ErrorCode::None);
                  });
  bench.accelerator.reset.bind(reset);
  bench.run();
}

TEST_CASE("registers: two cores in one simulation do not influence each other") {
  std::mt19937 random(41);
  std::vector<tb::RandomLayer> layers;
  layers.reserve(6);
  for (int i = 0; i < 6; ++i) layers.push_back(tb::random_layer(random, Mode::Train, 20000));
  std::vector<tb::LayerRun> alone;
  std::vector<tb::LayerRun> together;
  const auto program = [&layers](tb::Testbench& bench, std::vector<tb::LayerRun>& runs) {
    for (const tb::RandomLayer& layer : layers) {
      runs.push_back(bench.execute(layer.layer, layer.tensors, {}));
      bench.reset_core();
    }
  };
  bool first_done = false;
  sc_core::sc_event second_round;
  Config config = small_config(Mode::Train);
  constexpr std::uint64_t Memory = 16 << 20;
  const sc_core::sc_time latency(100, sc_core::SC_NS);
  Testbench first("first", config, Memory, latency, [&](Testbench& bench) {
    program(bench, alone);
    second_round.notify();
    program(bench, together);
    first_done = true;
  });
  // The other has another size, another clock, errors, resets and no pause.
  Config other = small_config(Mode::Infer);
  other.engine = EngineKind::Clocked;
  other.clock_period_ps = 1300;
  std::vector<tb::RandomLayer> others;
  others.reserve(4);
  for (int i = 0; i < 4; ++i) others.push_back(tb::random_layer(random, Mode::Infer, 5000));
  int rounds = 0;
  Testbench second("second", other, Memory, latency, [&](Testbench& bench) {
    sc_core::wait(second_round);
    while (!first_done) {
      for (const tb::RandomLayer& layer : others) {
        const tb::LayerRun run = bench.execute(layer.layer, layer.tensors, {});
        CHECK(tb::words_of(run.outputs) == tb::reference_outputs(layer, Mode::Infer));
        ring(bench, {CommandImage{0xFF}}, 0, 1);
        sc_core::wait(1, sc_core::SC_US);
        CHECK(bench.read_register(Error) == static_cast<std::uint32_t>(ErrorCode::IllegalCommand));
        bench.reset_core();
        settle();  // irq falls
        ++rounds;
        if (first_done) break;
      }
    }
  });
  first.run();
  second.run();
  REQUIRE(alone.size() == layers.size());
  REQUIRE(together.size() == layers.size());
  CHECK(rounds > 1);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    CHECK(together[i].counters == alone[i].counters);
    CHECK(tb::words_of(together[i].outputs) == tb::words_of(alone[i].outputs));
    CHECK(tb::words_of(alone[i].outputs) == tb::reference_outputs(layers[i], Mode::Train));
  }
}

TEST_CASE("registers: a host outside the simulation may reset the core and start a list while time stands still") {
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
                  [](Testbench& b) { ring(b, images(long_list()), 0, 11); });
  sc_core::sc_start(1, sc_core::SC_US);
  // The simulation is paused, the list half done.
  CHECK(bench.read_register(Status) == StatusBusy);
  bench.write_register(Ctrl, CtrlReset);
  CHECK(bench.read_register(Status) == 0);
  // Nothing of the list shows any more.
  bench.write_register(IrqEnable, IrqDone | IrqError);
  sc_core::sc_start(1, sc_core::SC_MS);
  CHECK(bench.read_register(Status) == 0);
  CHECK(bench.read_register(IrqStatus) == 0);
  CHECK_FALSE(bench.irq.read());

  // A list rung in the same pause as a reset takes as long as one rung later.
  std::vector<std::uint64_t> cycles;
  for (const bool pause_between : {false, true}) {
    ring(bench, images(long_list()), 0, 11);
    sc_core::sc_start(1, sc_core::SC_US);
    bench.write_register(Ctrl, CtrlReset);
    if (pause_between) sc_core::sc_start(1, sc_core::SC_US);
    bench.write_register(IrqEnable, IrqDone | IrqError);
    ring(bench, images(long_list()), 0, 11);
    CHECK(bench.read_register(Status) == StatusBusy);
    sc_core::sc_start(1, sc_core::SC_MS);
    CHECK(bench.read_register(Status) == StatusDone);
    CHECK(bench.irq.read());
    bench.write_register(Ctrl, CtrlSnapshot);
    cycles.push_back(snapshot_value(bench, Counter::Cycles));
  }
  CHECK(cycles[0] == cycles[1]);
  CHECK(cycles[0] > std::uint64_t{10} * 500);

  // The last of several resets counts.
  ring(bench, images(long_list()), 0, 11);
  bench.write_register(Ctrl, CtrlReset);
  sc_core::sc_start(1, sc_core::SC_MS);
  CHECK(bench.read_register(Status) == 0);
}
