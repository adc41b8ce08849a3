// SPDX-License-Identifier: Apache-2.0
// A reset at any time of a layer, by the register bit or by the port: afterwards the core is as after elaboration, and
// what memory still answers to requests of before shows nowhere. (Registers)
#include <algorithm>

#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

using dlac::CodingStyle;
using dlac::CommandRecord;
using dlac::Config;
using dlac::EngineKind;
using dlac::ErrorCode;
using dlac::Mode;
using protocol_rig::Counters;
using protocol_rig::Job;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::random_jobs;
using protocol_rig::RandomBench;
using protocol_rig::small_config;
using protocol_rig::soak_factor;

constexpr std::uint64_t MemoryBytes = 256 << 10;

struct Scenario {
  CodingStyle style = CodingStyle::LooselyTimed;
  MemoryBehaviour behaviour = MemoryBehaviour::constant(sc_core::sc_time(100, sc_core::SC_NS));
  std::uint32_t dmi = 0;
  bool same_cycles = true;  ///< the memory's times are the same in every run
  int random_times = 1000;
  std::uint32_t seed = 11;
  Mode mode = Mode::Train;
  EngineKind engine = EngineKind::Schedule;
};

void reset_everywhere(const Scenario& scenario) {
  Config config = small_config(scenario.mode, scenario.style);
  config.dmi = scenario.dmi;
  config.burst_bytes = 64;
  config.engine = scenario.engine;
  const std::vector<Job> jobs = random_jobs(config, scenario.seed, 2, 1000, 2500);
  std::vector<sc_core::sc_time> completions;
  std::size_t under_way = 0;  // resets that met transactions under way
  RandomBench bench(
      "bench", config, {},
      [&](RandomBench& b) {
        const Job& job = jobs[0];
        const Job& other = jobs[1];
        const Counters fresh_other = b.execute(other);
        completions.clear();
        b.load(job);
        b.start(job);
        // A copy: what sc_time_stamp() returns moves on.
        const auto begin = sc_core::sc_time::from_value(sc_core::sc_time_stamp().value());
        CHECK(b.finish_list() == ErrorCode::None);
        const sc_core::sc_time duration = sc_core::sc_time_stamp() - begin;
        const Counters fresh = b.counters();
        REQUIRE(completions.size() == job.plan.commands.size());

        // Both resets at each command boundary, one of them at each random time.
        struct Strike {
          sc_core::sc_time time;
          bool by_port;
        };
        std::vector<Strike> strikes;
        for (const sc_core::sc_time& completion : completions) {
          for (const bool by_port : {false, true}) strikes.push_back({completion - begin, by_port});
        }
        std::mt19937_64 random(scenario.seed);
        for (int i = 0; i < scenario.random_times * std::min(soak_factor(), 5); ++i) {
          strikes.push_back({sc_core::sc_time::from_value(random() % duration.value()), i % 2 != 0});
        }
        std::size_t n = 0;
        for (const auto& [time, by_port] : strikes) {
          CAPTURE(n, time, by_port);
          b.load(job);
          b.start(job);
          sc_core::wait(time);
          under_way += b.memory.under_way() > 0 ? 1 : 0;
          if (by_port) {
            b.reset_by_port();
          } else {
            b.reset_by_register();
          }
          b.check_reset_values();
          if (n % 8 == 7) {  // late responses come now
            sc_core::wait(ns(20000));
            b.check_reset_values();
            CHECK_FALSE(b.irq.read());
          }
          // The layer itself, or another one: what is left of the first would be wrong for it.
          const Counters again = b.execute(n % 3 == 0 ? other : job);
          if (scenario.same_cycles) CHECK(again == (n % 3 == 0 ? fresh_other : fresh));
          ++n;
        }
      },
      MemoryBytes, scenario.behaviour, scenario.seed);
  bench.core.observe([&completions](const CommandRecord&) { completions.push_back(sc_core::sc_time_stamp()); });
  bench.run();
  if (scenario.style == CodingStyle::ApproximatelyTimed) CHECK(under_way > 100);
}

}  // namespace

TEST_CASE("faults: reset at every command boundary and 1,000 times, loosely timed") { reset_everywhere({}); }

TEST_CASE("faults: reset at every command boundary and 1,000 times, direct memory access") {
  Scenario scenario;
  scenario.dmi = 1;
  scenario.behaviour.dmi_hint = 1;
  scenario.same_cycles = true;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at every command boundary and 1,000 times, loosely timed, a memory that waits") {
  Scenario scenario;
  scenario.behaviour.waits = 1;
  scenario.mode = Mode::Infer;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at every command boundary and 1,000 times, approximately timed") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at every command boundary and 1,000 times, approximately timed, inference") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.mode = Mode::Infer;
  scenario.seed = 12;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at 300 times, approximately timed, clocked engine") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.engine = EngineKind::Clocked;
  scenario.random_times = 300;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at 500 times, approximately timed, a slow memory") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.behaviour = MemoryBehaviour::constant(ns(5000));
  scenario.random_times = 500;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at 500 times, loosely timed, a slow memory that waits") {
  Scenario scenario;
  scenario.behaviour = MemoryBehaviour::constant(ns(5000));
  scenario.behaviour.waits = 1;
  scenario.random_times = 500;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at 1,000 times, approximately timed, a random memory") {
  Scenario scenario;
  scenario.style = CodingStyle::ApproximatelyTimed;
  scenario.behaviour = {};
  scenario.same_cycles = false;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at 1,000 times, loosely timed, a random memory with direct memory access") {
  Scenario scenario;
  scenario.behaviour = {};
  scenario.behaviour.dmi_hint = scenario.behaviour.dmi_grant = 0.5;
  scenario.behaviour.invalidation_interval = ns(3000);
  scenario.dmi = 1;
  scenario.same_cycles = false;
  reset_everywhere(scenario);
}

TEST_CASE("faults: reset at 1,000 times under a global quantum") {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  Scenario scenario;
  scenario.behaviour.waits_partly = 0.5;
  reset_everywhere(scenario);
}
