// SPDX-License-Identifier: Apache-2.0
// Several cores in one simulation: beside each other, and on one bus to one memory. Nobody notices the others but by
// the time that the bus takes. (IEEE 1666-2011 15.2)
#include <deque>

#include "tb/protocol/bus.h"
#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

namespace tb = dlac::tb;
using dlac::CodingStyle;
using dlac::Config;
using dlac::EngineKind;
using dlac::Mode;
using protocol_rig::Bench;
using protocol_rig::Checker;
using protocol_rig::Counters;
using protocol_rig::Job;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::random_jobs;
using protocol_rig::RandomBench;
using protocol_rig::RandomMemory;
using protocol_rig::small_config;
using protocol_rig::soak_factor;
using tb::protocol::Bus;

constexpr std::uint64_t MemoryBytes = 1 << 20;
constexpr std::uint64_t RegionBytes = 256 << 10;

/// The bus with its memory behind a checker, in the place of a core's memory.
struct SharedMemory {
  Bus bus;
  Checker checker;
  RandomMemory memory;

  SharedMemory(std::size_t cores, const MemoryBehaviour& behaviour)
      : bus("bus", cores), checker("checker"), memory("memory", MemoryBytes, behaviour, 31) {
    bus.memory.bind(checker.target);
    checker.initiator.bind(memory.socket);
  }
};

/// A core's view of the shared memory.
class Share : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket_tagged<Bus, 32>& socket;

  Share(sc_core::sc_module_name name, SharedMemory& shared, std::size_t index)
      : sc_module(name), socket(shared.bus.ports[index]), memory_(shared.memory) {}
  void write(std::uint64_t address, const void* from, std::uint64_t bytes) { memory_.write(address, from, bytes); }
  void read(std::uint64_t address, void* to, std::uint64_t bytes) const { memory_.read(address, to, bytes); }

 private:
  RandomMemory& memory_;
};
using SharedBench = Bench<Share>;

void share(const std::vector<CodingStyle>& styles, const MemoryBehaviour& behaviour) {
  SharedMemory shared(styles.size(), behaviour);
  std::deque<std::vector<Job>> jobs;
  std::deque<SharedBench> benches;
  Checker::Options options;
  options.address_may_change = true;  // a bus follows
  std::size_t running = styles.size();
  for (std::size_t i = 0; i < styles.size(); ++i) {
    Config config = small_config(i % 2 == 0 ? Mode::Train : Mode::Infer, styles[i]);
    config.burst_bytes = 64;
    jobs.push_back(
        random_jobs(config, 32 + static_cast<std::uint32_t>(i), 8 * soak_factor(), 1000, 20000, i * RegionBytes));
    for (const Job& job : jobs.back()) REQUIRE(job.end <= (i + 1) * RegionBytes);
    benches.emplace_back(("bench" + std::to_string(i)).c_str(), config, options,
                         [&work = jobs.back(), &running, &shared](SharedBench& bench) {
                           for (const Job& job : work) (void)bench.execute(job);
                           if (--running == 0) shared.memory.be_quiet();
                         },
                         shared, i);
  }
  sc_core::sc_start();
  for (SharedBench& bench : benches) {
    CAPTURE(std::string(bench.name()));
    bench.check();
  }
  shared.checker.finish();
  CAPTURE(shared.checker.report());
  CHECK(shared.checker.violation_count() == 0);
  CHECK(shared.memory.under_way() == 0);
}

constexpr CodingStyle Lt = CodingStyle::LooselyTimed;
constexpr CodingStyle At = CodingStyle::ApproximatelyTimed;

}  // namespace

TEST_CASE("protocol shared: two loosely timed cores on one memory") { share({Lt, Lt}, {}); }

TEST_CASE("protocol shared: two approximately timed cores on one memory") { share({At, At}, {}); }

TEST_CASE("protocol shared: four cores of both styles on one memory") { share({Lt, At, Lt, At}, {}); }

TEST_CASE("protocol shared: four cores on one memory with direct memory access") {
  MemoryBehaviour behaviour;
  behaviour.dmi_hint = behaviour.dmi_grant = 0.7;
  behaviour.invalidation_interval = ns(1500);
  share({Lt, Lt, At, Lt}, behaviour);
}

TEST_CASE("protocol shared: cores with a memory each do not know of each other") {
  // Alone, then all at once: the same cycles and counters, whatever the neighbours do.
  const sc_core::sc_time turn(2, sc_core::SC_MS);
  std::deque<std::vector<Job>> jobs;
  std::deque<RandomBench> benches;
  std::vector<std::array<std::vector<Counters>, 2>> runs(4);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Config config = small_config(i % 2 == 0 ? Mode::Train : Mode::Infer, i < 2 ? Lt : At);
    config.engine = i == 1 ? EngineKind::Clocked : EngineKind::Schedule;
    jobs.push_back(random_jobs(config, 41 + static_cast<std::uint32_t>(i), 4, 1000, 8000));
    benches.emplace_back(("bench" + std::to_string(i)).c_str(), config, Checker::Options{},
                         [&work = jobs.back(), &mine = runs[i], i, turn](RandomBench& bench) {
                           sc_core::wait(i * turn);
                           for (const Job& job : work) mine[0].push_back(bench.execute(job));
                           REQUIRE(sc_core::sc_time_stamp() < (i + 1) * turn);
                           sc_core::wait(10 * turn - sc_core::sc_time_stamp());
                           for (const Job& job : work) mine[1].push_back(bench.execute(job));
                         },
                         RegionBytes, MemoryBehaviour::constant(ns(100)), 1U);
  }
  sc_core::sc_start();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    CAPTURE(i);
    benches[i].check();
    CHECK(runs[i][0] == runs[i][1]);
  }
}
