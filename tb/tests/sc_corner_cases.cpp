// SPDX-License-Identifier: Apache-2.0
// Where things happen at the same time, in another order, or after the end: resets beside errors, loads behind a failed
// one, transactions that outlive the core, periods that the simulation cannot tell apart.
#include <dlac/accelerator.h>

#include <memory>
#include <vector>

#include "sc_core_rig.h"
#include "tb/register_access.h"

namespace {

using namespace core_rig;
using namespace dlac;

constexpr std::uint64_t DataAt = 0x8000;

[[nodiscard]] LoadWeights load_from(std::uint64_t address, std::uint32_t tag) {
  LoadWeights load;
  load.header.tag = tag;
  load.header.push = LoadToCompute;
  load.address = address;
  load.bytes = 64;
  return load;
}

/// Answers all addresses; those from `slow` on after 5 us with an error, all others after 100 ns.
class UnevenMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<UnevenMemory, 32> socket{"socket"};

  explicit UnevenMemory(const sc_core::sc_module_name& name, std::uint64_t slow)
      : sc_module(name), slow_(slow), bytes_(1 << 16) {
    socket.register_b_transport(this, &UnevenMemory::b_transport);
  }
  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const bool slow = payload.get_address() >= slow_;
    delay += slow ? sc_core::sc_time(5, sc_core::SC_US) : sc_core::sc_time(100, sc_core::SC_NS);
    if (!slow) std::memcpy(payload.get_data_ptr(), &bytes_[payload.get_address()], payload.get_data_length());
    payload.set_response_status(slow ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
  }
  std::uint64_t slow_;
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

}  // namespace

TEST_CASE("corner cases: a reset within the deltas of an error leaves no trace of the error") {
  sc_core::sc_signal<bool> reset("reset");
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS),
                  [&reset](Testbench& b) {
                    CommandImage nonsense{};
                    nonsense[0] = 77;  // no opcode
                    // When does the core fail? The error shows in IRQ_STATUS in the cycle in which it happens.
                    ring(b, {nonsense}, 0, 1);
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
