// SPDX-License-Identifier: Apache-2.0
// The byte and burst counters under direct memory access, where the port sleeps through a transfer: at any time they
// say what the formula of docs/machine_reference.md, Memory port, issues up to then, whether they are read or cleared.
#include <algorithm>

#include "tb/tests/models/sc_core_rig.h"

namespace {

using core_rig::at;
using core_rig::images;
using core_rig::MemoryBytes;
using core_rig::ring;
using core_rig::small_config;
using core_rig::Testbench;
using dlac::Command;
using dlac::Config;
using dlac::Counter;
using dlac::CtrlClearCounters;
using dlac::CtrlSnapshot;
using dlac::End;
using dlac::ErrorCode;
using dlac::LoadWeights;
using dlac::Mode;
using dlac::Register;
using dlac::StatusDone;
using dlac::Store;

constexpr std::uint64_t HalfPeriodPs = 1000;
constexpr std::uint64_t LatencyCycles = 50;
constexpr std::uint64_t PortBytes = 16;
constexpr std::size_t Outstanding = 2;

/// bytes_read, bytes_written, read_bursts, write_bursts
using Traffic = std::array<std::uint64_t, 4>;
[[nodiscard]] Traffic operator+(Traffic a, const Traffic& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}
[[nodiscard]] Traffic operator-(Traffic a, const Traffic& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

/// The formula, burst by burst.
class Formula {
 public:
  void issue(std::uint64_t arrival, std::uint64_t bytes, bool write) {
    std::uint64_t cycle = std::max(arrival, next_free_);
    if (bursts_.size() >= Outstanding) cycle = std::max(cycle, bursts_[bursts_.size() - Outstanding].complete);
    const std::uint64_t beats = (bytes + PortBytes - 1) / PortBytes;
    next_free_ = cycle + beats;
    bursts_.push_back({cycle, cycle + beats + LatencyCycles, bytes, write});
  }
  [[nodiscard]] std::uint64_t complete() const { return bursts_.back().complete; }
  [[nodiscard]] Traffic until(std::uint64_t cycle) const {
    Traffic traffic{};
    for (const Burst& burst : bursts_) {
      if (burst.issue <= cycle)
        traffic = traffic + (burst.write ? Traffic{0, burst.bytes, 0, 1} : Traffic{burst.bytes, 0, 1, 0});
    }
    return traffic;
  }

 private:
  struct Burst {
    std::uint64_t issue, complete, bytes;
    bool write;
  };
  std::vector<Burst> bursts_;
  std::uint64_t next_free_ = 0;
};

/// A load of 4 KiB, then a store of 16 channels of 16 bytes each.
[[nodiscard]] std::vector<Command> load_and_store() {
  LoadWeights load;
  load.address = 0x8000;
  load.bytes = 4096;
  Store store;
  store.header.fence = 1;
  store.address = 0x10000;
  store.channel_stride = 16;
  store.image_pixels = store.columns = 4;
  store.log2_rows = 2;
  store.channels = 16;
  return {load, store, End{}};
}
/// Its bursts: two fetches; the load as soon as the first is there; when that is complete, the store, which drains for
/// 16 cycles. What is asked for in a cycle is issued from the next one on.
[[nodiscard]] Formula load_and_store_formula() {
  Formula formula;
  formula.issue(1, 256, false);
  const std::uint64_t dispatched = formula.complete();
  formula.issue(1, 128, false);
  for (int i = 0; i < 16; ++i) formula.issue(dispatched + 1, 256, false);
  const std::uint64_t drained = formula.complete() + 16;
  for (int i = 0; i < 16; ++i) formula.issue(drained + 1, 16, true);
  return formula;
}

[[nodiscard]] Traffic traffic(Testbench& bench, std::uint32_t ctrl) {
  bench.write_register(at(Register::Ctrl), ctrl);
  const auto value = [&bench](Counter which) {
    const std::uint32_t offset = counter_offset(which);
    return bench.read_register(offset) | std::uint64_t{bench.read_register(offset + 4)} << 32;
  };
  return {value(Counter::BytesRead), value(Counter::BytesWritten), value(Counter::ReadBursts),
          value(Counter::WriteBursts)};
}

void half_cycles(std::uint64_t count) { sc_core::wait(sc_core::sc_time::from_value(count * HalfPeriodPs)); }

/// A core that has been granted direct memory access; the program starts on a clock edge.
void on_granted(const Testbench::Program& program) {
  Config config = small_config(Mode::Train);
  config.outstanding = Outstanding;
  Testbench bench("bench", config, MemoryBytes, sc_core::sc_time(100, sc_core::SC_NS), [&program](Testbench& b) {
    CHECK(b.run_list(load_and_store()) == ErrorCode::None);
    program(b);
  });
  bench.run();
}
void start(Testbench& bench) { ring(bench, images(load_and_store()), 0, 3); }

}  // namespace

TEST_CASE("traffic: a snapshot at any time of a transfer counts what is issued by then") {
  on_granted([](Testbench& bench) {
    const Formula formula = load_and_store_formula();
    const std::uint64_t end = formula.complete() + 10;
    bench.write_register(at(Register::Ctrl), CtrlClearCounters);
    start(bench);
    for (std::uint64_t half = 0; half < 2 * end; ++half) {
      CAPTURE(half);
      CHECK(traffic(bench, CtrlSnapshot) == formula.until(half / 2));
      half_cycles(1);
    }
    CHECK(bench.read_register(at(Register::Status)) == StatusDone);
    CHECK(traffic(bench, CtrlSnapshot) == Traffic{256 + 128 + 4096, 256, 2 + 16, 16});
  });
}

TEST_CASE("traffic: counters cleared at any time of a transfer start from there, and the parts add up") {
  on_granted([](Testbench& bench) {
    const Formula formula = load_and_store_formula();
    const std::uint64_t end = formula.complete() + 10;
    const Traffic total = formula.until(end);
    for (std::uint64_t half = 1; half < 2 * end; half += 37) {
      CAPTURE(half);
      start(bench);
      half_cycles(half);
      bench.write_register(at(Register::Ctrl), CtrlClearCounters);
      half_cycles(2 * end - half);
      CHECK(traffic(bench, CtrlSnapshot) == total - formula.until(half / 2));

      bench.write_register(at(Register::Ctrl), CtrlClearCounters);
      start(bench);
      half_cycles(half);
      const Traffic first = traffic(bench, CtrlSnapshot | CtrlClearCounters);
      CHECK(first == formula.until(half / 2));
      half_cycles(2 * end - half);
      CHECK(first + traffic(bench, CtrlSnapshot | CtrlClearCounters) == total);
    }
  });
}
