// SPDX-License-Identifier: Apache-2.0
// Whole layers over memories that nobody who wrote the core has seen, through a base-protocol checker on each socket:
// the outputs are those of the naive reference to the bit, and nobody breaks the protocol. (IEEE 1666-2011 11.2,
// 14, 15.2)
#include <deque>

#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

using dlac::CodingStyle;
using dlac::Config;
using dlac::EngineKind;
using dlac::Mode;
using protocol_rig::Checker;
using protocol_rig::Job;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::random_jobs;
using protocol_rig::RandomBench;
using protocol_rig::small_config;
using protocol_rig::soak_factor;

constexpr std::uint64_t MemoryBytes = 256 << 10;

struct Totals {
  std::uint64_t blocking = 0, nonblocking = 0, grants = 0;
  std::size_t most_under_way = 0;
};

/// Runs `layers` random layers on each of several cores of one simulation, a seed each, in both modes.
Totals run(
    CodingStyle style, const MemoryBehaviour& behaviour, std::uint32_t seed, int cores, int layers,
    const std::function<void(Config&)>& configure = [](Config&) {}) {
  layers *= soak_factor();
  std::deque<std::vector<Job>> jobs;
  std::deque<RandomBench> benches;
  for (int i = 0; i < cores; ++i) {
    Config config = small_config(i % 2 == 0 ? Mode::Train : Mode::Infer, style);
    configure(config);
    jobs.push_back(random_jobs(config, seed + static_cast<std::uint32_t>(i), layers, 2000, 40000));
    const std::vector<Job>& work = jobs.back();
    for (const Job& job : work) REQUIRE(job.end <= MemoryBytes);
    Checker::Options options;
    options.strict_response = behaviour.incomplete == 0;
    options.strict_grants = behaviour.dmi_misplaced == 0;
    benches.emplace_back(("bench" + std::to_string(i)).c_str(), config, options,
                         [&work](RandomBench& bench) {
                           for (const Job& job : work) (void)bench.execute(job);
                         },
                         MemoryBytes, behaviour, seed + static_cast<std::uint32_t>(i));
  }
  sc_core::sc_start();
  Totals totals;
  for (RandomBench& bench : benches) {
    CAPTURE(std::string(bench.name()));
    bench.check();
    CHECK(bench.memory.under_way() == 0);
    totals.blocking += bench.mem_checker.blocking_transactions();
    totals.nonblocking += bench.mem_checker.nonblocking_transactions();
    totals.grants += bench.memory.grants();
    totals.most_under_way = std::max(totals.most_under_way, bench.mem_checker.most_under_way());
  }
  return totals;
}

/// The longest bursts are short, so that layers take many transactions.
void short_bursts(Config& config) { config.burst_bytes = 32; }

}  // namespace

TEST_CASE("protocol memory: 100,000 random transactions, loosely timed") {
  const Totals totals = run(CodingStyle::LooselyTimed, {}, 100, 12, 20, short_bursts);
  CHECK(totals.blocking >= 100000);
  CHECK(totals.nonblocking == 0);
}

TEST_CASE("protocol memory: 100,000 random transactions, approximately timed") {
  const Totals totals = run(CodingStyle::ApproximatelyTimed, {}, 200, 12, 20, short_bursts);
  CHECK(totals.nonblocking >= 100000);
  CHECK(totals.blocking == 0);
  CHECK(totals.most_under_way > 4);
  CHECK(totals.most_under_way <= 8);
}

TEST_CASE("protocol memory: every transaction is completed early") {
  MemoryBehaviour behaviour;
  behaviour.early_completion = 1;
  (void)run(CodingStyle::ApproximatelyTimed, behaviour, 300, 2, 4);
}

TEST_CASE("protocol memory: every response comes with the request") {
  MemoryBehaviour behaviour;
  behaviour.early_completion = 0;
  behaviour.immediate_response = 1;
  (void)run(CodingStyle::ApproximatelyTimed, behaviour, 310, 2, 4);
}

TEST_CASE("protocol memory: no request is ended but by its response") {
  MemoryBehaviour behaviour;
  behaviour.early_completion = behaviour.immediate_response = behaviour.returned_end_req = 0;
  behaviour.skipped_end_req = 1;
  const Totals totals = run(CodingStyle::ApproximatelyTimed, behaviour, 320, 2, 4);
  CHECK(totals.most_under_way <= 2);  // one in its request, one in its response
}

TEST_CASE("protocol memory: every phase is a call of its own, requests are held back for long") {
  MemoryBehaviour behaviour;
  behaviour.early_completion = behaviour.immediate_response = behaviour.returned_end_req = behaviour.skipped_end_req =
      0;
  behaviour.max_accept_delay = ns(500);
  (void)run(CodingStyle::ApproximatelyTimed, behaviour, 330, 2, 4);
}

TEST_CASE("protocol memory: responses far out of order") {
  MemoryBehaviour behaviour;
  behaviour.early_completion = behaviour.immediate_response = behaviour.skipped_end_req = 0;
  behaviour.returned_end_req = 1;
  behaviour.min_latency = sc_core::SC_ZERO_TIME;
  behaviour.max_latency = ns(3000);
  const Totals totals = run(CodingStyle::ApproximatelyTimed, behaviour, 340, 4, 6, [](Config& config) {
    config.burst_bytes = 16;
    config.outstanding = 32;
  });
  CHECK(totals.most_under_way > 16);
}

TEST_CASE("protocol memory: no latency at all") {
  (void)run(CodingStyle::ApproximatelyTimed, MemoryBehaviour::constant(sc_core::SC_ZERO_TIME), 350, 2, 4);
}

TEST_CASE("protocol memory: no latency at all, loosely timed") {
  (void)run(CodingStyle::LooselyTimed, MemoryBehaviour::constant(sc_core::SC_ZERO_TIME), 360, 2, 4);
}

TEST_CASE("protocol memory: a blocking memory that always waits") {
  MemoryBehaviour behaviour;
  behaviour.waits = 1;
  (void)run(CodingStyle::LooselyTimed, behaviour, 370, 2, 6);
}

TEST_CASE("protocol memory: the clocked engine") {
  (void)run(CodingStyle::ApproximatelyTimed, {}, 380, 2, 3,
            [](Config& config) { config.engine = EngineKind::Clocked; });
}

TEST_CASE("protocol memory: direct memory access, granted in pieces and taken back at any time") {
  MemoryBehaviour behaviour;
  behaviour.dmi_hint = 0.7;
  behaviour.dmi_grant = 0.7;
  behaviour.invalidation_interval = ns(1500);
  behaviour.invalidates_in_transport = 0.1;
  const Totals totals = run(CodingStyle::LooselyTimed, behaviour, 400, 8, 10);
  CHECK(totals.grants > 500);
}

TEST_CASE("protocol memory: direct memory access that is granted elsewhere is not used") {
  MemoryBehaviour behaviour;
  behaviour.dmi_hint = 1;
  behaviour.dmi_misplaced = 0.5;
  const Totals totals = run(CodingStyle::LooselyTimed, behaviour, 405, 2, 6);
  CHECK(totals.grants > 50);
}

TEST_CASE("protocol memory: direct memory access is left alone where the configuration says so") {
  MemoryBehaviour behaviour;
  behaviour.dmi_hint = 1;
  const Totals totals = run(CodingStyle::LooselyTimed, behaviour, 410, 2, 3, [](Config& config) { config.dmi = 0; });
  CHECK(totals.grants == 0);
}

TEST_CASE("protocol memory: direct memory access is left alone without the hint") {
  const Totals totals = run(CodingStyle::LooselyTimed, {}, 420, 2, 3);
  CHECK(totals.grants == 0);
}

TEST_CASE("protocol memory: an approximately timed core asks for no direct memory access") {
  MemoryBehaviour behaviour;
  behaviour.dmi_hint = 1;
  behaviour.invalidation_interval = ns(500);
  const Totals totals = run(CodingStyle::ApproximatelyTimed, behaviour, 430, 2, 3);
  CHECK(totals.grants == 0);
}

TEST_CASE("protocol memory: random layers under a global quantum") {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  MemoryBehaviour behaviour;
  behaviour.dmi_hint = behaviour.dmi_grant = 0.3;
  behaviour.invalidation_interval = ns(3000);
  (void)run(CodingStyle::LooselyTimed, behaviour, 440, 8, 8, short_bursts);
}
