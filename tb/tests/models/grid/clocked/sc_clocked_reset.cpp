// SPDX-License-Identifier: Apache-2.0
// A reset in the middle of a segment.
#include <functional>
#include <utility>

#include "tb/tests/models/grid/clocked/sc_clocked_rig.h"

namespace {

using clocked_model::Rig;
using clocked_model::small_config;
using clocked_model::Thread;
using dlac::SegmentResult;
using sc_core::sc_time;

constexpr std::uint32_t Period = 2000;
const sc_time& period() {
  static const sc_time time(Period, sc_core::SC_PS);
  return time;
}

/// Four PEs as 2 x 2, B = 2, D = 2, dense: n = 2 per beat, done = 3, 5, 7, 9 in every PE; 9 cycles.
dlac::MmOp dense_op(Rig& rig) {
  const std::vector<double> beat(4, 1.0);
  return rig.place(1, {beat, beat, beat, beat}, {{1, 2}, {1, 2}, {1, 2}, {1, 2}});
}
const std::vector<double>& dense_outputs() {
  static const std::vector<double> outputs{4, 8, 4, 8, 4, 8, 4, 8};
  return outputs;
}
constexpr std::uint64_t DenseCycles = 9;

/// A testbench method.
class Method final : public sc_core::sc_module {
 public:
  Method(const sc_core::sc_module_name& name, std::function<void()> body) : sc_module(name), body_(std::move(body)) {
    SC_METHOD(run);
    sensitive << go;
    dont_initialize();
  }
  sc_core::sc_event go{"go"};

 private:
  SC_HAS_PROCESS(Method);
  void run() { body_(); }
  std::function<void()> body_;
};

/// Who calls Engine::reset(), and when.
enum class Order { ThreadThenEngine, EngineThenThread, WorkerAfterRestart };

}  // namespace

TEST_CASE("clocked reset: at any time of a segment the next one is as after elaboration") {
  Rig rig("engine", small_config(4, 2, 1, 2));
  Order order = Order::ThreadThenEngine;
  bool restarted = false;
  int completed = 0;
  sc_core::sc_event go;

  Thread worker("worker", [&] {
    if (restarted) {
      if (order == Order::WorkerAfterRestart) rig.engine.reset();
      // At once, in the very delta cycle of the reset: without clearing, so that left-over sums would show.
      dlac::MmOp op = dense_op(rig);
      op.clear = 0;
      const sc_time due = sc_core::sc_time_stamp() + period() * static_cast<double>(DenseCycles);
      const SegmentResult result = rig.engine.multiply(op);
      CHECK(result.cycles == DenseCycles);
      CHECK(result.pe == dlac::PeCycles{32, 4, 0, 0});
      CHECK(result.updates == dlac::UpdateCounts{32, 0, 0, 0, 0});
      CHECK(sc_core::sc_time_stamp() == due);
      CHECK(rig.outputs(op) == dense_outputs());
      ++completed;
      restarted = false;
    }
    for (;;) {
      sc_core::wait(go);
      rig.engine.multiply(dense_op(rig));
    }
  });
  const auto strike = [&] {
    if (order == Order::ThreadThenEngine) {
      // The worker must not start over before the engine has been reset.
      restarted = false;
      worker.handle.reset();
      rig.engine.reset();
    }
    restarted = true;
    if (order == Order::EngineThenThread) rig.engine.reset();
    worker.handle.reset();
  };
  // A thread runs after the methods of its delta cycle, a method possibly before the grid's: what the tick or the
  // settle event of this delta cycle made runnable is then still to run.
  Method early("early", strike);
  Thread control("control", [&] {
    for (const Order how : {Order::ThreadThenEngine, Order::EngineThenThread, Order::WorkerAfterRestart}) {
      for (const bool from_method : {false, true}) {
        // On every clock edge and between, and in each of the delta cycles of an edge.
        for (int half_cycles = 0; half_cycles < 2 * static_cast<int>(DenseCycles); ++half_cycles) {
          for (int deltas = 0; deltas < 5; ++deltas) {
            order = how;
            go.notify(sc_core::SC_ZERO_TIME);
            sc_core::wait(go);
            if (half_cycles != 0) sc_core::wait(period() * (half_cycles / 2.0));
            for (int i = 0; i < deltas; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
            INFO("order " << static_cast<int>(how) << " method " << from_method << " half cycles " << half_cycles
                          << " deltas " << deltas);
            const int before = completed;
            if (from_method) {
              early.go.notify(sc_core::SC_ZERO_TIME);
            } else {
              strike();
            }
            sc_core::wait(period() * 20.0);
            CHECK(completed == before + 1);
          }
        }
      }
    }
  });
  sc_core::sc_start();
  CHECK(completed == 3 * 2 * 18 * 5);
}

TEST_CASE("clocked reset: nothing happens after it") {
  Rig rig("engine", small_config(4, 2, 1, 2));
  bool restarted = false;
  Thread worker("worker", [&] {
    if (restarted) return;
    rig.engine.multiply(dense_op(rig));
    FAIL("the segment went on");
  });
  Thread control("control", [&] {
    sc_core::wait(period() * 4.0);
    restarted = true;
    worker.handle.reset();
    rig.engine.reset();
    std::vector<std::uint32_t> words(8, 1);
    rig.engine.drain(0, 1, 4, 2, words.data());
    CHECK(words == std::vector<std::uint32_t>(8, 0));
  });
  sc_core::sc_start();
  CHECK(sc_core::sc_time_stamp() == period() * 4.0);
}

TEST_CASE("clocked reset: both banks become +0") {
  Rig rig("engine", small_config(4, 2, 1, 2));
  Thread worker("worker", [&] {
    for (std::uint32_t bank = 0; bank < 2; ++bank) {
      dlac::MmOp op = dense_op(rig);
      op.bank = bank;
      rig.engine.multiply(op);
      CHECK(rig.outputs(op) == dense_outputs());
    }
    rig.engine.reset();
    for (std::uint32_t bank = 0; bank < 2; ++bank) {
      std::vector<std::uint32_t> words(8, 1);
      rig.engine.drain(bank, 1, 4, 2, words.data());
      CHECK(words == std::vector<std::uint32_t>(8, 0));
    }
  });
  sc_core::sc_start();
}

TEST_CASE("clocked reset: within a beat of several cycles, and the next segment's beats take one") {
  // Four binary32 weights through a port of one word: p = 4, W = 4, 8, one update each, done = 5, 9. Ternary ones are
  // delivered at 1 and 2: done = 2, 3.
  dlac::Config config = small_config(1, 4, 1, 8);
  config.row_port_words = 1;
  Rig rig("engine", config);
  bool restarted = false;
  int completed = 0;
  sc_core::sc_event go;
  Thread worker("worker", [&] {
    if (restarted) {
      restarted = false;
      const dlac::MmOp op = rig.place(0, {{1, 0, 0, 0}, {0, -1, 0, 0}}, {{3}, {5}});
      const SegmentResult result = rig.engine.multiply(op);
      CHECK(result.cycles == 3);
      CHECK(result.pe == dlac::PeCycles{2, 1, 0, 0});
      CHECK(rig.outputs(op) == std::vector<double>{3, -5, 0, 0});
      ++completed;
    }
    for (;;) {
      sc_core::wait(go);
      rig.engine.multiply(rig.place(0, {{0, 0.5, 0, 0}, {0, 0, 0, 2}}, {{3}, {5}}, true));
    }
  });
  Thread control("control", [&] {
    for (int cycles = 0; cycles < 9; ++cycles) {
      INFO("reset in cycle " << cycles);
      go.notify(sc_core::SC_ZERO_TIME);
      sc_core::wait(period() * (cycles + 0.5));
      restarted = true;
      rig.engine.reset();
      worker.handle.reset();
      sc_core::wait(period() * 10.5);
      CHECK(completed == cycles + 1);
    }
  });
  sc_core::sc_start();
  CHECK(completed == 9);
}
