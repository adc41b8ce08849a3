// SPDX-License-Identifier: Apache-2.0
// The CSR target against a host that nobody who wrote it has seen: every transaction, legal or not, through the
// base-protocol checker and compared with the documented registers. (IEEE 1666-2011 14, 15.2;
// docs/machine_reference.md, Registers)
#include <dlac/accelerator.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tb/protocol/checker.h"
#include "tb/protocol/random_initiator.h"
#include "tb/system/memory.h"

namespace {

namespace tb = dlac::tb;
using dlac::Accelerator;
using dlac::Config;
using dlac::Mode;
using dlac::tb::protocol::Checker;
using dlac::tb::protocol::CsrModel;
using dlac::tb::protocol::InitiatorBehaviour;
using dlac::tb::protocol::RandomInitiator;

[[nodiscard]] std::uint64_t soak_factor() { return std::getenv("DLAC_SOAK") != nullptr ? 20 : 1; }

/// The host's unknown commands and null data pointers are meant.
[[nodiscard]] Checker::Options lenient() {
  Checker::Options options;
  options.strict_requests = false;
  return options;
}

/// A core between a random host and a memory that it never needs.
struct Platform {
  RandomInitiator host;
  Checker checker;
  Accelerator core;
  tb::Memory memory{"memory", 4096, sc_core::sc_time(100, sc_core::SC_NS)};
  sc_core::sc_signal<bool> irq{"irq"};

  Platform(const Config& config, const InitiatorBehaviour& behaviour, std::uint32_t seed)
      : host("host", CsrModel(config.csr_errors != 0), behaviour, seed),
        checker("checker", lenient()),
        core("core", config) {
    host.socket.bind(checker.target);
    checker.initiator.bind(core.csr);
    core.mem.bind(memory.socket);
    core.irq.bind(irq);
  }
};

void run(const InitiatorBehaviour& behaviour, std::uint32_t seed,
         const Config& config = Config::defaults(Mode::Train)) {
  Platform platform(config, behaviour, seed);
  sc_core::sc_start();
  platform.checker.finish();
  CAPTURE(platform.checker.report());
  CHECK(platform.checker.violation_count() == 0);
  std::string mismatches;
  for (const std::string& line : platform.host.mismatches()) mismatches += line + "\n";
  CAPTURE(mismatches);
  CHECK(platform.host.mismatches().empty());
  CHECK(platform.host.finished());
  CHECK(platform.host.completed() == behaviour.transactions);
  CHECK(platform.checker.blocking_transactions() + platform.checker.nonblocking_transactions() ==
        behaviour.transactions);
  // The stimulus is worth something: many accesses succeed and many do not.
  CHECK(platform.host.succeeded() > behaviour.transactions / 4);
  CHECK(platform.host.succeeded() < 3 * behaviour.transactions / 4);
  CHECK(platform.host.pool().in_use() == 0);
}

[[nodiscard]] InitiatorBehaviour transactions(std::uint64_t count, double blocking) {
  InitiatorBehaviour behaviour;
  behaviour.transactions = count * soak_factor();
  behaviour.blocking = blocking;
  return behaviour;
}

}  // namespace

TEST_CASE("protocol csr: 100,000 random accesses, loosely timed") { run(transactions(100000, 1), 1); }

TEST_CASE("protocol csr: 100,000 random accesses, approximately timed") { run(transactions(100000, 0), 2); }

TEST_CASE("protocol csr: both coding styles in turns") { run(transactions(50000, 0.5), 3); }

TEST_CASE("protocol csr: requests as fast as the target accepts them, responses ended late") {
  InitiatorBehaviour behaviour = transactions(20000, 0);
  behaviour.pause = 0;
  behaviour.max_annotation = sc_core::SC_ZERO_TIME;
  behaviour.in_flight = 32;
  behaviour.completes = behaviour.returns_end = behaviour.ends_at_once = 0;
  behaviour.max_response_accept = sc_core::sc_time(200, sc_core::SC_NS);
  run(behaviour, 4);
}

TEST_CASE("protocol csr: an initiator without times of its own") {
  InitiatorBehaviour behaviour = transactions(20000, 0);
  behaviour.pause = 0;
  behaviour.max_annotation = behaviour.max_response_accept = sc_core::SC_ZERO_TIME;
  run(behaviour, 5);
}

TEST_CASE("protocol csr: where errors are off, undefined registers read as zero and writes to them are ignored") {
  Config config = Config::defaults(Mode::Train);
  config.csr_errors = 0;
  Platform platform(config, transactions(50000, 0.5), 6);
  sc_core::sc_start();
  platform.checker.finish();
  CAPTURE(platform.checker.report());
  CHECK(platform.checker.violation_count() == 0);
  std::string mismatches;
  for (const std::string& line : platform.host.mismatches()) mismatches += line + "\n";
  CAPTURE(mismatches);
  CHECK(platform.host.mismatches().empty());
  CHECK(platform.host.finished());
}
