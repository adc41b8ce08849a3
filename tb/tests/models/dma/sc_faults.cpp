// SPDX-License-Identifier: Apache-2.0
// Memory answers one transaction of a layer with an error, for every transaction of it: the list ends with the right
// code, the right address and the interrupt, and after a reset the layer runs as if nothing had been. (Registers)
#include <deque>

#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

using dlac::CodingStyle;
using dlac::Config;
using dlac::ErrorCode;
using dlac::IrqError;
using dlac::Mode;
using dlac::Register;
using dlac::StatusError;
using protocol_rig::Counters;
using protocol_rig::Job;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::random_jobs;
using protocol_rig::RandomBench;
using protocol_rig::RandomMemory;
using protocol_rig::small_config;
using protocol_rig::soak_factor;

constexpr std::uint64_t MemoryBytes = 256 << 10;

/// Which unit of the core uses an address.
[[nodiscard]] ErrorCode code_of(const Job& job, const RandomMemory::Access& access) {
  if (access.write) return ErrorCode::StoreFault;
  return access.address < job.weights ? ErrorCode::FetchFault : ErrorCode::LoadFault;
}

[[nodiscard]] bool covers_all_kinds(const Job& job, const std::vector<RandomMemory::Access>& log) {
  unsigned kinds = 0;
  for (const auto& access : log) kinds |= 1U << static_cast<unsigned>(code_of(job, access));
  return kinds ==
         (1U << static_cast<unsigned>(ErrorCode::FetchFault) | 1U << static_cast<unsigned>(ErrorCode::LoadFault) |
          1U << static_cast<unsigned>(ErrorCode::StoreFault));
}

struct Scenario {
  CodingStyle style = CodingStyle::LooselyTimed;
  MemoryBehaviour behaviour = MemoryBehaviour::constant(sc_core::sc_time(100, sc_core::SC_NS));
  bool same_cycles = true;  ///< the memory's times are the same in every run
  bool settles = true;      ///< a moment passes before the reset, else responses are still to come after it
  std::uint32_t seed = 1;
  Mode mode = Mode::Train;
};

void fail_everywhere(const Scenario& scenario) {
  Config config = small_config(scenario.mode, scenario.style);
  config.dmi = 0;
  config.burst_bytes = 64;
  const std::vector<Job> jobs = random_jobs(config, scenario.seed, 1 + soak_factor() / 10, 1500, 4000);
  RandomBench bench(
      "bench", config, {},
      [&jobs, &scenario](RandomBench& b) {
        static constexpr std::array<tlm::tlm_response_status, 5> Errors{
            tlm::TLM_GENERIC_ERROR_RESPONSE, tlm::TLM_ADDRESS_ERROR_RESPONSE, tlm::TLM_COMMAND_ERROR_RESPONSE,
            tlm::TLM_BURST_ERROR_RESPONSE, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE};
        for (const Job& job : jobs) {
          b.memory.restart();
          const Counters fresh = b.execute(job);
          const std::size_t transactions = b.memory.log().size();
          CHECK(transactions > 50);
          CHECK(covers_all_kinds(job, b.memory.log()));
          for (std::size_t k = 0; k < transactions; ++k) {
            CAPTURE(k, transactions);
            b.load(job);
            b.memory.restart();
            b.memory.behaviour.fail_at = k;
            b.memory.behaviour.fail_status = Errors[k % Errors.size()];
            b.start(job);
            while (!b.irq.read()) sc_core::wait(b.irq.posedge_event());
            CHECK(b.read(Register::Status) == StatusError);
            CHECK(b.read(Register::IrqStatus) == IrqError);
            REQUIRE(b.memory.log().size() > k);
            const RandomMemory::Access failed = b.memory.log()[k];
            CHECK(static_cast<ErrorCode>(b.read(Register::Error)) == code_of(job, failed));
            CHECK(b.fault_address() == failed.address);
            if (scenario.settles) {
              sc_core::wait(ns(5000));
              CHECK(b.read(Register::Status) == StatusError);
              CHECK(b.fault_address() == failed.address);
            }
            b.memory.behaviour.fail_at.reset();
            if (k % 2 == 0) {
              b.reset_by_register();
            } else {
              b.reset_by_port();
            }
            b.check_reset_values();
            const Counters again = b.execute(job);
            if (scenario.same_cycles) CHECK(again == fresh);
          }
        }
      },
      MemoryBytes, scenario.behaviour, scenario.seed);
  bench.run();
}

}  // namespace

TEST_CASE("faults: at every transaction, loosely timed") { fail_everywhere({}); }

TEST_CASE("faults: at every transaction, loosely timed, inference") {
  Scenario scenario;
  scenario.mode = Mode::Infer;
  scenario.seed = 2;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, loosely timed, a memory that waits") {
  Scenario scenario;
  scenario.behaviour.waits = 1;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, loosely timed, a memory that waits for long, reset at once") {
  Scenario scenario;
  scenario.behaviour = MemoryBehaviour::constant(ns(3000));
  scenario.behaviour.waits = 1;
  scenario.settles = false;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, under a global quantum") {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  fail_everywhere({});
}

TEST_CASE("faults: at every transaction, under a global quantum, a memory that waits for long, reset at once") {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(10, sc_core::SC_US));
  Scenario scenario;
  scenario.behaviour = MemoryBehaviour::constant(ns(3000));
  scenario.behaviour.waits_partly = 0.5;
  scenario.settles = false;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, approximately timed") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, approximately timed, inference") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.mode = Mode::Infer;
  scenario.seed = 2;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, approximately timed, responses still to come after the reset") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.behaviour = MemoryBehaviour::constant(ns(3000));
  scenario.settles = false;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, approximately timed, a random memory") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.behaviour = {};
  scenario.same_cycles = scenario.settles = false;
  fail_everywhere(scenario);
}

TEST_CASE("faults: at every transaction, loosely timed, a random memory") {
  Scenario scenario;
  scenario.behaviour = {};
  scenario.same_cycles = scenario.settles = false;
  fail_everywhere(scenario);
}
