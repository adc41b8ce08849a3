// SPDX-License-Identifier: Apache-2.0
// What the CSR socket does with commands that nobody expects, with accesses ahead of time, and with callers that must
// not wait or keep nothing. (docs/integration.md, section 4)
#define SC_INCLUDE_DYNAMIC_PROCESSES  // SystemC declares sc_spawn only then
#include <deque>
#include <initializer_list>
#include <utility>
#include <vector>

#include "tb/protocol/memory_manager.h"
#include "tb/system/register_access.h"
#include "tb/tests/models/sc_core_rig.h"

namespace {

namespace tb = dlac::tb;
using core_rig::at;
using core_rig::column_of_beats;
using core_rig::images;
using core_rig::MemoryBytes;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::Command;
using dlac::CommandBytes;
using dlac::CommandImage;
using dlac::Config;
using dlac::DeviceId;
using dlac::End;
using dlac::IrqDone;
using dlac::IrqError;
using dlac::Mode;
using dlac::Register;
using dlac::StatusBusy;
using dlac::StatusDone;
using sc_core::sc_time;

constexpr std::uint32_t Undefined = 0x3C;
[[nodiscard]] sc_time us(double value) { return {value, sc_core::SC_US}; }
/// A copy: what sc_time_stamp() refers to goes on.
[[nodiscard]] sc_time now() { return sc_core::sc_time_stamp(); }

struct Answer {
  tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
  std::uint32_t value = 0;
  sc_time delay;  ///< that is left
};

Answer access(Testbench& bench, tlm::tlm_command command, std::uint32_t offset, std::uint32_t value,
              const sc_time& delay = sc_core::SC_ZERO_TIME) {
  Answer answer{tlm::TLM_INCOMPLETE_RESPONSE, value, delay};
  tlm::tlm_generic_payload payload;
  tb::set_register_access(payload, command, offset, answer.value);
  bench.host->b_transport(payload, answer.delay);
  answer.status = payload.get_response_status();
  return answer;
}
[[nodiscard]] tlm::tlm_response_status status_without_data(Testbench& bench, tlm::tlm_command command,
                                                           std::uint32_t offset) {
  std::uint32_t value = 0;
  sc_time delay;
  tlm::tlm_generic_payload payload;
  tb::set_register_access(payload, command, offset, value);
  payload.set_data_ptr(nullptr);
  bench.host->b_transport(payload, delay);
  return payload.get_response_status();
}

void on_bench(const Testbench::Program& program, std::uint32_t csr_errors = 1) {
  Config config = small_config(Mode::Train);
  config.csr_errors = csr_errors;
  Testbench bench("bench", config, MemoryBytes, sc_time(100, sc_core::SC_NS), program);
  bench.run();
}

void strange_commands(std::uint32_t csr_errors) {
  on_bench(
      [csr_errors](Testbench& bench) {
        const auto nowhere = csr_errors != 0 ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_COMMAND_ERROR_RESPONSE;
        const auto unknown = static_cast<tlm::tlm_command>(3);
        for (const Register r : {Register::Id, Register::IrqEnable, Register::Doorbell}) {
          const Answer answer = access(bench, unknown, at(r), 3);
          CHECK(answer.status == tlm::TLM_COMMAND_ERROR_RESPONSE);
          CHECK(answer.value == 3);
        }
        CHECK(access(bench, unknown, Undefined, 0).status == nowhere);
        CHECK(status_without_data(bench, unknown, at(Register::Id)) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(access(bench, tlm::TLM_IGNORE_COMMAND, at(Register::Doorbell), 1).status == tlm::TLM_OK_RESPONSE);
        CHECK(access(bench, tlm::TLM_IGNORE_COMMAND, Undefined, 1).status ==
              (csr_errors != 0 ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE));
        CHECK(status_without_data(bench, tlm::TLM_IGNORE_COMMAND, at(Register::Id)) == tlm::TLM_OK_RESPONSE);
        for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
          for (const Register r : {Register::Id, Register::IrqEnable, Register::Doorbell}) {
            CHECK(status_without_data(bench, command, at(r)) == tlm::TLM_GENERIC_ERROR_RESPONSE);
          }
          CHECK(status_without_data(bench, command, Undefined) ==
                (csr_errors != 0 ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE));
        }
        // Nothing of it was a doorbell or wrote anything.
        CHECK(bench.read_register(at(Register::Status)) == 0);
        CHECK(bench.read_register(at(Register::IrqEnable)) == 0);
      },
      csr_errors);
}

/// A host that keeps the responses it gets and ends them when it is told to.
class SlowHost final : public sc_core::sc_module {
 public:
  using Payload = tlm::tlm_generic_payload;
  tlm_utils::simple_initiator_socket<SlowHost, 32> socket{"socket"};

  explicit SlowHost(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_nb_transport_bw(this, &SlowHost::nb_transport_bw);
  }
  /// Reads a register; the payload has a reference of this host's.
  Payload& request(Register which) {
    Payload& payload = payloads_.allocate();
    payload.acquire();
    tb::set_register_access(payload, tlm::TLM_READ_COMMAND, at(which), values_.emplace_back());
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay;
    CHECK(socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED);
    return payload;
  }
  tlm::tlm_sync_enum end(Payload& payload, sc_time delay = sc_core::SC_ZERO_TIME) {
    tlm::tlm_phase phase = tlm::END_RESP;
    return socket->nb_transport_fw(payload, phase, delay);
  }

  std::vector<std::pair<Payload*, sc_time>> responses;  ///< and when they began

 private:
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::BEGIN_RESP) responses.emplace_back(&payload, now() + delay);
    return tlm::TLM_ACCEPTED;
  }
  tb::protocol::MemoryManager payloads_;
  std::deque<std::uint32_t> values_;
};

/// A slow host with a core and a memory that nobody asks for anything.
struct SlowHostBench {
  SlowHost host{"host"};
  dlac::Accelerator core{"core", small_config(Mode::Train)};
  tb::Memory memory{"memory", 4096, us(1)};
  sc_core::sc_signal<bool> irq{"irq"};

  SlowHostBench() {
    host.socket.bind(core.csr);
    core.mem.bind(memory.socket);
    core.irq.bind(irq);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

/// Prepares a list that takes ten times 500 cycles, 10 us and a bit.
void prepare_list(Testbench& bench) {
  std::vector<Command> list(10, column_of_beats(500));
  list.emplace_back(End{});
  const std::vector<CommandImage> encoded = images(list);
  std::memcpy(bench.memory.data(), encoded.data(), encoded.size() * CommandBytes);
  bench.write_register(at(Register::ListLength), static_cast<std::uint32_t>(encoded.size()));
  bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
}
/// Rings with a delay; returns the time until the interrupt, from the call on.
sc_time ring_ahead(Testbench& bench, const sc_time& delay) {
  const sc_time called = now();
  const Answer answer = access(bench, tlm::TLM_WRITE_COMMAND, at(Register::Doorbell), 1, delay);
  CHECK(answer.status == tlm::TLM_OK_RESPONSE);
  CHECK(answer.delay == sc_core::SC_ZERO_TIME);
  CHECK(now() == called + delay);
  bench.wait_for_interrupt();
  const sc_time took = now() - called;
  bench.write_register(at(Register::IrqStatus), IrqDone | IrqError);
  sc_core::wait(us(2));
  return took;
}

}  // namespace

TEST_CASE("csr access: ignored and unknown commands, accesses without data") { strange_commands(1); }

TEST_CASE("csr access: ignored and unknown commands, accesses without data, where errors are off") {
  strange_commands(0);
}

TEST_CASE("csr access: a doorbell ahead of time starts the list at its time") {
  on_bench([](Testbench& bench) {
    prepare_list(bench);
    const sc_time usual = ring_ahead(bench, sc_core::SC_ZERO_TIME);
    CHECK(usual > us(10));
    CHECK(ring_ahead(bench, us(1)) == usual + us(1));
  });
}

TEST_CASE("csr access: every write that sets something off waits for its time, a stored value does not") {
  on_bench([](Testbench& bench) {
    for (const Register r : {Register::Ctrl, Register::IrqEnable, Register::IrqStatus, Register::Doorbell}) {
      CAPTURE(at(r));
      const sc_time called = now();
      CHECK(access(bench, tlm::TLM_WRITE_COMMAND, at(r), 0, us(1)).delay == sc_core::SC_ZERO_TIME);
      CHECK(now() == called + us(1));
    }
    for (const Register r : {Register::ListAddrLo, Register::ListAddrHi, Register::ListLength}) {
      CAPTURE(at(r));
      const sc_time called = now();
      CHECK(access(bench, tlm::TLM_WRITE_COMMAND, at(r), 0, us(1)).delay == us(1));
      CHECK(now() == called);
    }
  });
}

TEST_CASE("csr access: a read ahead of time waits for what a running list changes, and for nothing else") {
  on_bench([](Testbench& bench) {
    prepare_list(bench);
    const auto waits = [&bench](Register r) {
      const sc_time called = now();
      const Answer answer = access(bench, tlm::TLM_READ_COMMAND, at(r), 0, us(1));
      CHECK(answer.status == tlm::TLM_OK_RESPONSE);
      CHECK(now() + answer.delay == called + us(1));
      return answer.delay == sc_core::SC_ZERO_TIME;
    };
    const auto changing = {Register::Status, Register::IrqStatus, Register::Error, Register::FaultAddrLo,
                           Register::FaultAddrHi};
    for (const Register r : changing) CHECK_FALSE(waits(r));  // nothing runs
    bench.write_register(at(Register::Doorbell), 1);
    for (const Register r : changing) CHECK(waits(r));
    for (const Register r : {Register::Id, Register::CorePes, Register::ListLength, Register::Counters}) {
      CHECK_FALSE(waits(r));
    }
    CHECK(bench.read_register(at(Register::Status)) == StatusBusy);
    // The value is that of its time: by then the list has ended.
    const Answer done = access(bench, tlm::TLM_READ_COMMAND, at(Register::Status), 0, us(100));
    CHECK(done.value == StatusDone);
  });
}

TEST_CASE("csr access: with csr_keep_delay the delay never shrinks, and a read returns the state of its time") {
  Config config = small_config(Mode::Train);
  config.csr_keep_delay = 1;
  Testbench bench("bench", config, MemoryBytes, sc_time(100, sc_core::SC_NS), [](Testbench& b) {
    prepare_list(b);
    const auto reads = [&b](Register r, const sc_time& delay) {
      const sc_time called = now();
      const Answer answer = access(b, tlm::TLM_READ_COMMAND, at(r), 0, delay);
      CHECK(answer.status == tlm::TLM_OK_RESPONSE);
      CHECK(answer.delay == delay);
      CHECK((now() == called || now() == called + delay));
      return answer.value;
    };
    CHECK(reads(Register::Id, us(1)) == DeviceId);
    const sc_time before = now();
    const Answer doorbell = access(b, tlm::TLM_WRITE_COMMAND, at(Register::Doorbell), 1, us(3));
    CHECK(doorbell.delay == us(3));
    CHECK(now() == before + us(3));  // the list starts when it was meant to
    CHECK(reads(Register::Status, us(1)) == StatusBusy);
    CHECK(reads(Register::Status, us(100)) == StatusDone);  // by then the list has ended
  });
  bench.run();
}

TEST_CASE("csr access: who cannot wait is answered at once and keeps the delay") {
  std::vector<Answer> answers;
  Testbench bench("bench", small_config(Mode::Train), MemoryBytes, sc_time(100, sc_core::SC_NS), [&](Testbench& b) {
    prepare_list(b);
    sc_core::sc_spawn_options method;
    method.spawn_method();
    sc_core::sc_spawn(
        [&] {
          answers.push_back(access(b, tlm::TLM_WRITE_COMMAND, at(Register::Doorbell), 1, us(1)));
          answers.push_back(access(b, tlm::TLM_READ_COMMAND, at(Register::Status), 0, us(1)));
        },
        "method", &method);
    b.wait_for_interrupt();
  });
  bench.run();
  // So is a host outside the simulation.
  answers.push_back(access(bench, tlm::TLM_WRITE_COMMAND, at(Register::Doorbell), 1, us(1)));
  answers.push_back(access(bench, tlm::TLM_READ_COMMAND, at(Register::Status), 0, us(1)));
  REQUIRE(answers.size() == 4);
  for (const Answer& answer : answers) {
    CHECK(answer.status == tlm::TLM_OK_RESPONSE);
    CHECK(answer.delay == us(1));
  }
  CHECK(answers[1].value == StatusBusy);
  CHECK(answers[3].value == StatusBusy);
}

TEST_CASE("csr access: nb_transport without a memory manager is completed at once") {
  on_bench([](Testbench& bench) {
    const auto send = [&bench](tlm::tlm_command command, Register r, std::uint32_t& value) {
      tlm::tlm_generic_payload payload;  // gone when this returns
      tb::set_register_access(payload, command, at(r), value);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_time delay = us(1);
      CHECK(bench.host->nb_transport_fw(payload, phase, delay) == tlm::TLM_COMPLETED);
      CHECK(delay == us(1));
      return payload.get_response_status();
    };
    std::uint32_t value = 0x89ABCDEF;
    CHECK(send(tlm::TLM_WRITE_COMMAND, Register::ListAddrHi, value) == tlm::TLM_OK_RESPONSE);
    CHECK(send(tlm::TLM_WRITE_COMMAND, Register::Id, value) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(send(tlm::TLM_READ_COMMAND, Register::Id, value) == tlm::TLM_OK_RESPONSE);
    CHECK(value == DeviceId);
    sc_core::wait(us(5));
    CHECK(bench.read_register(at(Register::ListAddrHi)) == 0x89ABCDEF);
  });
}

TEST_CASE("csr access: the end of a response that has not begun ends none") {
  SlowHostBench bench;
  tlm::tlm_generic_payload& first = bench.host.request(Register::Id);
  sc_core::sc_start(us(1));
  tlm::tlm_generic_payload& second = bench.host.request(Register::Version);
  sc_core::sc_start(us(1));
  // The second response waits for the end of the first, which is no business of the second's.
  REQUIRE(bench.host.responses.size() == 1);
  CHECK(bench.host.responses[0].first == &first);
  CHECK(bench.host.end(second) == tlm::TLM_ACCEPTED);
  sc_core::sc_start(us(1));
  CHECK(bench.host.responses.size() == 1);
  CHECK(bench.host.end(first) == tlm::TLM_COMPLETED);
  sc_core::sc_start(us(1));
  REQUIRE(bench.host.responses.size() == 2);
  CHECK(bench.host.responses[1].first == &second);
  // One that has ended already is none either.
  CHECK(bench.host.end(first) == tlm::TLM_ACCEPTED);
  CHECK(bench.host.end(second) == tlm::TLM_COMPLETED);
  CHECK(bench.host.end(second) == tlm::TLM_ACCEPTED);
  first.release();
  second.release();
}

TEST_CASE("csr access: the next response begins when the end of the one before has come, its delay included") {
  SlowHostBench bench;
  tlm::tlm_generic_payload& first = bench.host.request(Register::Id);
  sc_core::sc_start(us(1));
  tlm::tlm_generic_payload& second = bench.host.request(Register::Version);
  sc_core::sc_start(us(1));
  CHECK(bench.host.end(first, us(3)) == tlm::TLM_COMPLETED);  // at 2 us
  sc_core::sc_start(us(10));
  REQUIRE(bench.host.responses.size() == 2);
  CHECK(bench.host.responses[1].first == &second);
  CHECK(bench.host.responses[1].second == us(5));
  CHECK(bench.host.end(second) == tlm::TLM_COMPLETED);
  first.release();
  second.release();
}
