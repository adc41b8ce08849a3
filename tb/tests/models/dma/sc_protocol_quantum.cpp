// SPDX-License-Identifier: Apache-2.0
// Temporal decoupling of the memory socket: how far ahead of the simulation bursts are sent. (IEEE 1666-2011 9.2)
#include <dlac/common/command.h>

#include "tb/tests/models/dma/sc_protocol_rig.h"

namespace {

using dlac::CodingStyle;
using dlac::CommandImage;
using dlac::Config;
using dlac::End;
using dlac::ErrorCode;
using dlac::LoadWeights;
using dlac::Mode;
using protocol_rig::MemoryBehaviour;
using protocol_rig::ns;
using protocol_rig::RandomBench;

constexpr std::uint64_t MemoryBytes = 128 << 10;
constexpr std::uint32_t LoadBytes = 48 << 10;  // 3072 cycles of the port, 6.1 us

/// The longest delay that memory sees while a long load runs.
[[nodiscard]] sc_core::sc_time most_ahead(const sc_core::sc_time& quantum, CodingStyle style, std::uint32_t dmi = 0) {
  tlm::tlm_global_quantum::instance().set(quantum);
  Config config = Config::defaults(Mode::Train);
  config.mem_style = style;
  config.dmi = dmi;
  LoadWeights load;
  load.address = 4096;
  load.bytes = LoadBytes;
  RandomBench bench(
      "bench", config, {},
      [&load](RandomBench& b) {
        const std::array<CommandImage, 2> list{encode(load), encode(End{})};
        b.write_memory(0, list.data(), sizeof list);
        b.start(0, list.size());
        CHECK(b.finish_list() == ErrorCode::None);
      },
      MemoryBytes, MemoryBehaviour::constant(ns(100)), 1U);
  bench.run();
  CHECK(bench.memory.log().size() > LoadBytes / config.burst_bytes);
  return bench.mem_checker.most_ahead();
}

constexpr auto Lt = CodingStyle::LooselyTimed;

}  // namespace

TEST_CASE("protocol quantum: without one nothing is sent ahead of time") { CHECK(most_ahead(ns(0), Lt) == ns(0)); }

TEST_CASE("protocol quantum: bursts are sent up to a quantum of 1 us ahead, and no further") {
  const sc_core::sc_time ahead = most_ahead(ns(1000), Lt);
  CHECK(ahead > ns(900));  // the last burst that begins within the quantum
  CHECK(ahead < ns(1000 + 2));
}

TEST_CASE("protocol quantum: a burst that begins with the end of the quantum is not sent") {
  // Bursts of 16 cycles, 32 ns: at 0, 32, 64 and 96 of the 128 ns.
  const sc_core::sc_time ahead = most_ahead(ns(128), Lt);
  CHECK(ahead >= ns(96));
  CHECK(ahead < ns(128));
}

TEST_CASE("protocol quantum: a short one, no multiple of the clock period, is rounded up to it") {
  const sc_core::sc_time ahead = most_ahead(ns(101), Lt);
  CHECK(ahead > ns(50));
  CHECK(ahead < ns(101 + 2));
}

TEST_CASE("protocol quantum: a quantum longer than the load sends all of it ahead") {
  const sc_core::sc_time ahead = most_ahead(ns(100000), Lt);
  CHECK(ahead > ns(6000));
  CHECK(ahead < ns(7000));
}

TEST_CASE("protocol quantum: four-phase transactions are never sent ahead") {
  CHECK(most_ahead(ns(1000), CodingStyle::ApproximatelyTimed) == ns(0));
}
