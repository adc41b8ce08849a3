// SPDX-License-Identifier: Apache-2.0
// Where things happen at the same time, in another order, or after the end: resets beside errors, loads behind a failed
// one, transactions that outlive the core, periods that the simulation cannot tell apart.
#include <dlac/accelerator.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tb/system/register_access.h"
#include "tb/tests/models/sc_core_rig.h"

namespace {

namespace tb = dlac::tb;
using core_rig::at;
using core_rig::column_of_beats;
using core_rig::images;
using core_rig::LoadToCompute;
using core_rig::MemoryBytes;
using core_rig::ring;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::Accelerator;
using dlac::CodingStyle;
using dlac::CommandBytes;
using dlac::CommandImage;
using dlac::CommandRecord;
using dlac::Config;
using dlac::ConfigError;
using dlac::Counter;
using dlac::CtrlSnapshot;
using dlac::End;
using dlac::ErrorCode;
using dlac::IrqDone;
using dlac::IrqError;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Mode;
using dlac::Register;
using dlac::StatusBusy;
using dlac::StatusDone;
using dlac::StatusError;
using dlac::Store;

constexpr std::uint64_t DataAt = 0x8000;

[[nodiscard]] LoadWeights load_from(std::uint64_t address, std::uint32_t tag) {
  LoadWeights load;
  load.header.tag = tag;
  load.header.push = LoadToCompute;
  load.address = address;
  load.bytes = 64;
  return load;
}

/// Answers all addresses; those from `slow` on after 5 us with an error, all others after 100 ns. Annotates these
/// times, or waits for them.
class UnevenMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<UnevenMemory, 32> socket{"socket"};

  explicit UnevenMemory(const sc_core::sc_module_name& name, std::uint64_t slow, bool waits = false)
      : sc_module(name), slow_(slow), waits_(waits), bytes_(1 << 16) {
    socket.register_b_transport(this, &UnevenMemory::b_transport);
  }
  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const bool slow = payload.get_address() >= slow_;
    delay += slow ? sc_core::sc_time(5, sc_core::SC_US) : sc_core::sc_time(100, sc_core::SC_NS);
    if (!slow) std::memcpy(payload.get_data_ptr(), &bytes_[payload.get_address()], payload.get_data_length());
    payload.set_response_status(slow ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
    if (!waits_) return;
    sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  std::uint64_t slow_;
  bool waits_;
  std::vector<std::uint8_t> bytes_;
};

/// Reads as it holds; answers what is at `appointed` or behind it all at the same time, writes with an error.
class AppointedMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<AppointedMemory, 32> socket{"socket"};

  AppointedMemory(const sc_core::sc_module_name& name, std::uint64_t appointed, const sc_core::sc_time& time)
      : sc_module(name), appointed_(appointed), time_(time), bytes_(1 << 16) {
    socket.register_b_transport(this, &AppointedMemory::b_transport);
  }
  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (payload.get_address() >= appointed_) delay = time_ - sc_core::sc_time_stamp();
    if (payload.is_read())
      std::memcpy(payload.get_data_ptr(), &bytes_[payload.get_address()], payload.get_data_length());
    payload.set_response_status(payload.is_read() ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE);
  }
  std::uint64_t appointed_;
  sc_core::sc_time time_;
  std::vector<std::uint8_t> bytes_;
};

/// Keeps every transaction, answers none, and releases them when it is destroyed.
class HoldingMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<HoldingMemory, 32> socket{"socket"};

  explicit HoldingMemory(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_nb_transport_fw(this, &HoldingMemory::nb_transport_fw);
  }
  ~HoldingMemory() override {
    for (tlm::tlm_generic_payload* const payload : held_) payload->release();
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    payload.acquire();
    held_.push_back(&payload);
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  std::vector<tlm::tlm_generic_payload*> held_;
};

/// A core on a foreign memory, driven from outside the simulation.
template <typename ForeignMemory>
struct Bound : sc_core::sc_module {
  template <typename... Arguments>
  explicit Bound(sc_core::sc_module_name name, const Config& config, Arguments... arguments)
      : sc_module(name), core(std::make_unique<Accelerator>("core", config)), memory("memory", arguments...) {
    host.bind(core->csr);
    core->mem.bind(memory.socket);
    core->irq.bind(irq);
  }
  std::uint32_t access(tlm::tlm_command command, Register offset, std::uint32_t value) {
    tb::set_register_access(payload, command, at(offset), value);
    sc_core::sc_time delay;
    host->b_transport(payload, delay);
    REQUIRE(payload.is_response_ok());
    return value;
  }
  void write(Register offset, std::uint32_t value) { (void)access(tlm::TLM_WRITE_COMMAND, offset, value); }
  std::uint32_t read(Register offset) { return access(tlm::TLM_READ_COMMAND, offset, 0); }

  std::unique_ptr<Accelerator> core;
  ForeignMemory memory;
  sc_core::sc_signal<bool> irq{"irq"};
  tlm_utils::simple_initiator_socket<Bound, 32> host{"host"};
  tlm::tlm_generic_payload payload;
};

/// The fifth burst of a load fails after 5 us: all that is due before still happens.
void error_after_5_us() {
  const Config config = small_config(Mode::Train);
  LoadWeights failing = load_from(0xC000 - 1024, 2);
  failing.bytes = 4096;
  MmOp compute = column_of_beats(500);
  compute.header.tag = 3;
  const std::vector<CommandImage> list = images({load_from(DataAt, 1), failing, compute, load_from(DataAt, 4), End{}});

  Bound<UnevenMemory> ahead("ahead", config, std::uint64_t{0xC000}, false);
  Bound<UnevenMemory> waiting("waiting", config, std::uint64_t{0xC000}, true);
  const std::array<Bound<UnevenMemory>*, 2> both{&ahead, &waiting};
  std::array<std::vector<std::uint32_t>, 2> completed;
  for (std::size_t i = 0; i < 2; ++i) {
    std::memcpy(both[i]->memory.data(), list.data(), list.size() * CommandBytes);
    both[i]->core->observe(
        [&tags = completed[i]](const CommandRecord& record) { tags.push_back(header_of(record.command).tag); });
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (auto* const bound : both) {
    bound->write(Register::IrqEnable, IrqDone | IrqError);
    bound->write(Register::ListLength, 5);
    bound->write(Register::Doorbell, 1);
  }
  // The bursts of 16 beats are issued at 72, 88, 104, 120 and 136; the fifth is complete 16 + 2500 cycles later. (see
  // sc_timing.cpp)
  sc_core::sc_start((136 + 16 + 2500) * 2000.0 - 1, sc_core::SC_PS);
  for (auto* const bound : both) {
    CHECK(bound->read(Register::Status) == StatusBusy);
    CHECK_FALSE(bound->irq.read());
  }
  sc_core::sc_start(2, sc_core::SC_PS);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& bound = *both[i];
    CAPTURE(std::string(bound.name()));
    CHECK(bound.irq.read());
    CHECK(bound.read(Register::Status) == StatusError);
    CHECK(bound.read(Register::Error) == static_cast<std::uint32_t>(ErrorCode::LoadFault));
    CHECK(bound.read(Register::FaultAddrLo) == 0xC000);
    CHECK(completed[i] == std::vector<std::uint32_t>{1, 3});
    // Three fetches, the first load, four good bursts, the eight that may be outstanding, and when the first of these
    // has failed the load behind.
    bound.write(Register::Ctrl, CtrlSnapshot);
    CHECK(bound.read(static_cast<Register>(counter_offset(Counter::ReadBursts))) == 3 + 1 + 4 + 8 + 1);
  }
}

}  // namespace

TEST_CASE("corner cases: a reset within the deltas of an error leaves no trace of the error") {
  sc_core::sc_signal<bool> reset("reset");
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
                  [&reset](Testbench& b) {
                    CommandImage nonsense{};
                    nonsense[0] = 77;  // no opcode
                    // When does the core fail? The error shows in IRQ_STATUS in the cycle in which it happens.
                    ring(b, {nonsense}, 0, 1);
                    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the time that it refers to goes on
                    const sc_core::sc_time rung = sc_core::sc_time_stamp();
                    b.write_register(at(Register::IrqEnable), IrqError);
                    b.wait_for_interrupt();
                    const sc_core::sc_time after = sc_core::sc_time_stamp() - rung;
                    b.reset_core();
                    sc_core::wait(1, sc_core::SC_US);
                    for (int deltas = 0; deltas < 8; ++deltas) {
                      CAPTURE(deltas);
                      ring(b, {nonsense}, 0, 1);
                      sc_core::wait(after);
                      for (int i = 0; i < deltas; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
                      reset.write(true);
                      sc_core::wait(10, sc_core::SC_NS);
                      CHECK(b.read_register(at(Register::Status)) == 0);
                      CHECK(b.read_register(at(Register::Error)) == 0);
                      CHECK(b.read_register(at(Register::IrqStatus)) == 0);
                      reset.write(false);
                      sc_core::wait(990, sc_core::SC_NS);
                      CHECK(b.read_register(at(Register::Status)) == 0);
                      CHECK(b.run_list({End{}}) == ErrorCode::None);
                      b.reset_core();
                    }
                  });
  bench.accelerator.reset.bind(reset);
  bench.run();
}

TEST_CASE("corner cases: loads behind a failed one are not reported as complete, nor is the failed one") {
  Config config = small_config(Mode::Train);
  Bound<UnevenMemory> bound("bound", config, std::uint64_t{0xC000});
  std::vector<std::uint32_t> completed;
  bound.core->observe([&](const CommandRecord& record) { completed.push_back(header_of(record.command).tag); });
  const std::vector<CommandImage> list =
      images({load_from(DataAt, 1), load_from(0xD000, 2), load_from(DataAt, 3), load_from(DataAt, 4), End{}});
  std::memcpy(bound.memory.data(), list.data(), list.size() * CommandBytes);
  sc_core::sc_start(10, sc_core::SC_NS);
  bound.write(Register::ListLength, 5);
  bound.write(Register::Doorbell, 1);
  sc_core::sc_start(100, sc_core::SC_US);
  CHECK(bound.read(Register::Status) == StatusError);
  CHECK(bound.read(Register::Error) == static_cast<std::uint32_t>(ErrorCode::LoadFault));
  CHECK(bound.read(Register::FaultAddrLo) == 0xD000);
  CHECK(completed == std::vector<std::uint32_t>{1});
  bound.write(Register::Ctrl, CtrlSnapshot);
  CHECK(bound.access(tlm::TLM_READ_COMMAND, static_cast<Register>(counter_offset(Counter::Commands)), 0) == 1);
}

TEST_CASE("corner cases: an error that memory tells ahead of time counts at its time") { error_after_5_us(); }

TEST_CASE("corner cases: an error that memory tells ahead of time counts at its time, under a global quantum") {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  error_after_5_us();
}

TEST_CASE("corner cases: phases of a transaction that is none of the core's are ignored") {
  Config config = small_config(Mode::Train);
  config.mem_style = CodingStyle::ApproximatelyTimed;
  Bound<HoldingMemory> four_phase("four_phase", config);
  Bound<UnevenMemory> blocking("blocking", small_config(Mode::Train), std::uint64_t{0xC000});
  const std::vector<CommandImage> list = images({End{}});
  std::memcpy(blocking.memory.data(), list.data(), CommandBytes);
  tlm::tlm_generic_payload foreign;
  const auto send = [&foreign](auto& memory) {
    for (const tlm::tlm_phase_enum called : {tlm::END_REQ, tlm::BEGIN_RESP}) {
      tlm::tlm_phase phase = called;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      CHECK(memory.socket->nb_transport_bw(foreign, phase, delay) == tlm::TLM_ACCEPTED);
      CHECK(phase == called);
      CHECK(delay == sc_core::SC_ZERO_TIME);
    }
  };
  const auto ring = [](auto& bound, std::uint32_t commands) {
    bound.write(Register::ListLength, commands);
    bound.write(Register::Doorbell, 1);
  };
  sc_core::sc_start(10, sc_core::SC_NS);
  send(four_phase.memory);  // when nothing is under way
  send(blocking.memory);
  ring(four_phase, 100);
  ring(blocking, 1);
  sc_core::sc_start(50, sc_core::SC_NS);
  const std::size_t held = four_phase.memory.held();
  CHECK(held > 0);
  send(four_phase.memory);  // when others are
  send(blocking.memory);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK(four_phase.read(Register::Status) == StatusBusy);
  CHECK(blocking.read(Register::Status) == StatusDone);
}

TEST_CASE("corner cases: of two units that fail in the same delta cycle the first one's error counts") {
  Config config = small_config(Mode::Train);
  config.token_limit = 2;
  Bound<AppointedMemory> bound("bound", config, std::uint64_t{0xC000}, sc_core::sc_time(2, sc_core::SC_US));
  // The third load gives one token too many in the cycle in which memory refuses the store. Both are complete one beat
  // after the response; within a cycle, loads come before stores.
  LoadWeights late = load_from(0xC000, 3);
  late.bytes = 16;
  Store store;
  store.address = 0xC000;
  store.image_pixels = store.channels = store.columns = 1;
  const std::vector<CommandImage> list = images({load_from(DataAt, 1), load_from(DataAt, 2), late, store, End{}});
  std::memcpy(bound.memory.data() + 0x100, list.data(), list.size() * CommandBytes);
  sc_core::sc_start(10, sc_core::SC_NS);
  bound.write(Register::IrqEnable, IrqDone | IrqError);
  bound.write(Register::ListAddrLo, 0x100);
  bound.write(Register::ListLength, 5);
  bound.write(Register::Doorbell, 1);
  sc_core::sc_start(1990, sc_core::SC_NS);
  CHECK(bound.read(Register::Status) == StatusBusy);
  sc_core::sc_start(10, sc_core::SC_NS);
  CHECK(bound.irq.read());
  CHECK(bound.read(Register::Status) == StatusError);
  CHECK(bound.read(Register::IrqStatus) == IrqError);
  CHECK(bound.read(Register::Error) == static_cast<std::uint32_t>(ErrorCode::TokenOverflow));
  CHECK(bound.read(Register::FaultAddrLo) == 0x100 + 2 * CommandBytes);
  // There is no second interrupt, and no second error behind the first.
  bound.write(Register::IrqStatus, IrqDone | IrqError);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK_FALSE(bound.irq.read());
  CHECK(bound.read(Register::IrqStatus) == 0);
  CHECK(bound.read(Register::Error) == static_cast<std::uint32_t>(ErrorCode::TokenOverflow));
}

TEST_CASE("corner cases: a memory may release its transactions after the core is gone") {
  Config config = small_config(Mode::Train);
  config.mem_style = CodingStyle::ApproximatelyTimed;
  Bound<HoldingMemory> bound("bound", config);
  sc_core::sc_start(10, sc_core::SC_NS);
  bound.write(Register::ListLength, 100);
  bound.write(Register::Doorbell, 1);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK(bound.read(Register::Status) == StatusBusy);
  CHECK(bound.memory.held() > 0);
  bound.core.reset();  // the memory's destructor follows
}

TEST_CASE("corner cases: a clock period that the time resolution cannot tell is refused") {
  sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
  Config config = small_config(Mode::Train);
  for (const std::uint32_t period : {400U, 1500U, 999U, 2001U}) {
    CAPTURE(period);
    config.clock_period_ps = period;
    CHECK_THROWS_AS(Accelerator("refused", config), ConfigError);
  }
  config.clock_period_ps = 3000;
  CHECK_NOTHROW(Accelerator("taken", config));
}
