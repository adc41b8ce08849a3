// SPDX-License-Identifier: Apache-2.0
// However the core talks to a memory of one latency, it computes the same outputs in the same cycles: loosely timed,
// annotated or waiting, through DMI that states its latencies or does not, ahead of time within a global quantum, or in
// four phases. (Memory port)
#include <deque>

#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

using dlac::CodingStyle;
using dlac::Config;
using dlac::EngineKind;
using dlac::Mode;
using protocol_rig::Checker;
using protocol_rig::Counters;
using protocol_rig::Job;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::PlainBench;
using protocol_rig::random_jobs;
using protocol_rig::RandomBench;
using protocol_rig::small_config;
using protocol_rig::soak_factor;

constexpr std::uint64_t MemoryBytes = 1 << 20;

using Results = std::vector<Counters>;

/// Runs the same layers on cores of one simulation that differ in nothing but the way to memory.
class Styles {
 public:
  Styles(Config config, const sc_core::sc_time& latency, std::uint32_t seed, int layers)
      : jobs_(random_jobs(config, seed, layers * soak_factor(), 1000, 30000)) {
    config.mem_style = CodingStyle::LooselyTimed;
    config.dmi = 1;
    add_plain("dmi", config, latency);
    config.dmi = 0;
    add_plain("annotated", config, latency);
    MemoryBehaviour waiting = MemoryBehaviour::constant(latency);
    waiting.waits = 1;
    add_random("waiting", config, waiting);
    MemoryBehaviour partly = MemoryBehaviour::constant(latency);
    partly.waits_partly = 0.7;
    add_random("partly_waiting", config, partly);
    config.dmi = 1;
    MemoryBehaviour pieces = MemoryBehaviour::constant(latency);
    pieces.dmi_hint = 1;
    add_random("dmi_in_pieces", config, pieces);
    // What b_transport takes then counts for direct accesses, too.
    pieces.dmi_latency = 0;
    add_random("dmi_without_latencies", config, pieces);
    config.mem_style = CodingStyle::ApproximatelyTimed;
    add_plain("four_phase", config, latency);
    add_random("four_phase_foreign", config, MemoryBehaviour::constant(latency));
    MemoryBehaviour early = MemoryBehaviour::constant(latency);
    early.early_completion = 0.5;
    add_random("completed_early", config, early);
  }

  void check() {
    sc_core::sc_start();
    for (PlainBench& bench : plain_) bench.check();
    for (RandomBench& bench : random_) bench.check();
    const Results& expected = results_.front();
    REQUIRE(expected.size() == jobs_.size());
    for (std::size_t style = 1; style < results_.size(); ++style) {
      CAPTURE(names_[style]);
      REQUIRE(results_[style].size() == jobs_.size());
      for (std::size_t i = 0; i < jobs_.size(); ++i) {
        CAPTURE(i);
        CHECK(results_[style][i] == expected[i]);
      }
    }
  }

 private:
  template <typename AnyBench>
  auto program() {
    Results& results = results_.emplace_back();
    return [this, &results](AnyBench& bench) {
      for (const Job& job : jobs_) results.push_back(bench.execute(job));
    };
  }
  void add_plain(const char* name, const Config& config, const sc_core::sc_time& latency) {
    names_.emplace_back(name);
    plain_.emplace_back(name, config, Checker::Options{}, program<PlainBench>(), MemoryBytes, latency);
  }
  void add_random(const char* name, const Config& config, const MemoryBehaviour& behaviour) {
    names_.emplace_back(name);
    random_.emplace_back(name, config, Checker::Options{}, program<RandomBench>(), MemoryBytes, behaviour, 1U);
  }

  std::vector<Job> jobs_;
  std::vector<std::string> names_;
  std::deque<Results> results_;
  std::deque<PlainBench> plain_;
  std::deque<RandomBench> random_;
};

[[nodiscard]] Config with(Mode mode, std::uint32_t outstanding, std::uint32_t burst_bytes) {
  Config config = small_config(mode, CodingStyle::LooselyTimed);
  config.outstanding = outstanding;
  config.burst_bytes = burst_bytes;
  return config;
}

void set_quantum(double microseconds) {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(microseconds, sc_core::SC_US));
}

}  // namespace

TEST_CASE("protocol styles: 100 ns, one burst outstanding") {
  Styles(with(Mode::Train, 1, 256), ns(100), 1, 6).check();
}
TEST_CASE("protocol styles: 100 ns, two short bursts outstanding") {
  Styles(with(Mode::Infer, 2, 64), ns(100), 2, 6).check();
}
TEST_CASE("protocol styles: 100 ns, eight bursts outstanding") {
  Styles(with(Mode::Train, 8, 256), ns(100), 3, 6).check();
}
TEST_CASE("protocol styles: bursts of one beat") { Styles(with(Mode::Infer, 8, 16), ns(100), 4, 6).check(); }
TEST_CASE("protocol styles: no latency") { Styles(with(Mode::Train, 8, 32), ns(0), 5, 6).check(); }
TEST_CASE("protocol styles: a latency shorter than a cycle") {
  Styles(with(Mode::Train, 2, 32), ns(0.7), 6, 6).check();
}
TEST_CASE("protocol styles: a latency that is no multiple of the clock period") {
  Styles(with(Mode::Infer, 8, 64), ns(101.3), 7, 6).check();
}
TEST_CASE("protocol styles: a latency of a microsecond, 32 bursts outstanding") {
  Styles(with(Mode::Train, 32, 32), ns(1000), 8, 6).check();
}
TEST_CASE("protocol styles: an odd clock period") {
  Config config = with(Mode::Infer, 4, 32);
  config.clock_period_ps = 1237;
  Styles(config, ns(55.5), 9, 6).check();
}
TEST_CASE("protocol styles: a narrow port and the clocked engine") {
  Config config = with(Mode::Train, 3, 128);
  config.memory_bytes_per_cycle = 3;
  config.engine = EngineKind::Clocked;
  Styles(config, ns(77), 10, 3).check();
}
TEST_CASE("protocol styles: a global quantum of 1 us changes no cycle") {
  set_quantum(1);
  Styles(with(Mode::Train, 8, 64), ns(100), 11, 6).check();
}
TEST_CASE("protocol styles: a global quantum of 100 us changes no cycle") {
  set_quantum(100);
  Styles(with(Mode::Infer, 8, 64), ns(100), 12, 6).check();
}
TEST_CASE("protocol styles: a global quantum and a latency that is no multiple of the clock period") {
  set_quantum(1);
  Styles(with(Mode::Train, 2, 32), ns(33.1), 13, 6).check();
}
TEST_CASE("protocol styles: a global quantum shorter than a cycle") {
  set_quantum(0.0005);
  Styles(with(Mode::Train, 8, 32), ns(100), 14, 6).check();
}
