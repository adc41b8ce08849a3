// SPDX-License-Identifier: Apache-2.0
// A memory that does its work and leaves the response status incomplete (IEEE 1666-2011 14.17): an error in strict
// mode, one warning in lenient mode. (strict_response)
#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

using dlac::CodingStyle;
using dlac::Config;
using dlac::ErrorCode;
using dlac::Mode;
using protocol_rig::Checker;
using protocol_rig::Counters;
using protocol_rig::Job;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::random_jobs;
using protocol_rig::RandomBench;
using protocol_rig::RandomMemory;
using protocol_rig::small_config;

constexpr std::uint64_t MemoryBytes = 256 << 10;

[[nodiscard]] Config incomplete_config(CodingStyle style, bool strict) {
  Config config = small_config(Mode::Train, style);
  config.strict_response = strict ? 1 : 0;
  config.burst_bytes = 64;
  return config;
}

[[nodiscard]] MemoryBehaviour incomplete() {
  MemoryBehaviour behaviour = MemoryBehaviour::constant(ns(100));
  behaviour.incomplete = 1;
  return behaviour;
}

/// The memory is at fault here, not the core.
[[nodiscard]] Checker::Options tolerant() {
  Checker::Options options;
  options.strict_response = false;
  return options;
}

void check_strict(CodingStyle style) {
  const Config config = incomplete_config(style, true);
  const std::vector<Job> jobs = random_jobs(config, 21, 1, 1500, 4000);
  RandomBench bench(
      "bench", config, tolerant(),
      [&jobs](RandomBench& b) {
        const Job& job = jobs[0];
        // Always: the first fetch fails.
        b.load(job);
        b.start(job);
        CHECK(b.finish_list() == ErrorCode::FetchFault);
        CHECK(b.fault_address() == 0);
        b.reset_by_register();
        // Once, at every transaction.
        b.memory.behaviour.incomplete = 0;
        b.memory.restart();
        const Counters fresh = b.execute(job);
        const std::size_t transactions = b.memory.log().size();
        for (std::size_t k = 0; k < transactions; ++k) {
          CAPTURE(k);
          b.load(job);
          b.memory.restart();
          b.memory.behaviour.fail_at = k;
          b.memory.behaviour.fail_status = tlm::TLM_INCOMPLETE_RESPONSE;
          b.start(job);
          const ErrorCode code = b.finish_list();
          const RandomMemory::Access failed = b.memory.log().at(k);
          CHECK(code == (failed.write                   ? ErrorCode::StoreFault
                         : failed.address < job.weights ? ErrorCode::FetchFault
                                                        : ErrorCode::LoadFault));
          CHECK(b.fault_address() == failed.address);
          b.memory.behaviour.fail_at.reset();
          b.reset_by_register();
        }
        CHECK(b.execute(job) == fresh);
      },
      MemoryBytes, incomplete(), 21U);
  bench.run();
}

void check_lenient(CodingStyle style) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);  // and count them
  const int before = sc_core::sc_report_handler::get_count(sc_core::SC_WARNING);
  const Config config = incomplete_config(style, false);
  const std::vector<Job> jobs = random_jobs(config, 22, 4, 1500, 20000);
  RandomBench bench(
      "bench", config, tolerant(),
      [&](RandomBench& b) {
        std::vector<Counters> runs;
        runs.reserve(jobs.size());
        for (const Job& job : jobs) runs.push_back(b.execute(job));
        CHECK(sc_core::sc_report_handler::get_count(sc_core::SC_WARNING) == before + 1);
        // A memory that answers completely: the same cycles, no further warning; nor after a reset.
        b.memory.behaviour.incomplete = 0;
        for (std::size_t i = 0; i < jobs.size(); ++i) CHECK(b.execute(jobs[i]) == runs[i]);
        b.reset_by_register();
        b.memory.behaviour.incomplete = 0.5;
        CHECK(b.execute(jobs[0]) == runs[0]);
        CHECK(sc_core::sc_report_handler::get_count(sc_core::SC_WARNING) == before + 1);
        // Any other status than OK is an error in lenient mode, too.
        b.memory.behaviour.incomplete = 0;
        b.load(jobs[0]);
        b.memory.restart();
        b.memory.behaviour.fail_at = 1;
        b.start(jobs[0]);
        CHECK(b.finish_list() != ErrorCode::None);
      },
      MemoryBytes, incomplete(), 22U);
  bench.run();
}

}  // namespace

TEST_CASE("faults: an incomplete response is an error in strict mode, loosely timed") {
  check_strict(CodingStyle::LooselyTimed);
}
TEST_CASE("faults: an incomplete response is an error in strict mode, approximately timed") {
  check_strict(CodingStyle::ApproximatelyTimed);
}
TEST_CASE("faults: incomplete responses are one warning in lenient mode, loosely timed") {
  check_lenient(CodingStyle::LooselyTimed);
}
TEST_CASE("faults: incomplete responses are one warning in lenient mode, approximately timed") {
  check_lenient(CodingStyle::ApproximatelyTimed);
}

TEST_CASE("faults: each of two lenient cores warns once of incomplete responses") {
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);  // and count them
  const int before = sc_core::sc_report_handler::get_count(sc_core::SC_WARNING);
  const Config config = incomplete_config(CodingStyle::LooselyTimed, false);
  const std::vector<Job> jobs = random_jobs(config, 23, 2, 1500, 4000);
  const RandomBench::Program program = [&jobs](RandomBench& b) {
    for (const Job& job : jobs) (void)b.execute(job);
  };
  RandomBench first("first", config, tolerant(), program, MemoryBytes, incomplete(), 23U);
  RandomBench second("second", config, tolerant(), program, MemoryBytes, incomplete(), 24U);
  first.run();
  second.check();
  CHECK(sc_core::sc_report_handler::get_count(sc_core::SC_WARNING) == before + 2);
}

TEST_CASE("faults: strict mode is the default") {
  CHECK(Config::defaults(Mode::Train).strict_response == 1);
  CHECK(Config::defaults(Mode::Infer).strict_response == 1);
}
