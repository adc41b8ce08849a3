// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "tb/tests/models/sc_core_rig.h"
#include "tb/tests/random_layers.h"

/// What the tests of errors share: lists that must fail, what the registers show of it, and a layer that works after
/// it.
namespace dlac::errors_rig {

using core_rig::at;
using core_rig::ComputeToLoad;
using core_rig::ComputeToStore;
using core_rig::images;
using core_rig::LoadToCompute;
using core_rig::on_both_engines;
using core_rig::ring;
using core_rig::small_config;
using core_rig::small_convolution;
using core_rig::StoreToCompute;
using core_rig::Testbench;

constexpr std::uint64_t ListAt = 0x4000;
constexpr std::uint64_t DataAt = 0x10000;

[[nodiscard]] inline int soak_factor() { return std::getenv("DLAC_SOAK") != nullptr ? 20 : 1; }

/// A layer with its expected outputs: what a core that works computes.
class GoodLayer {
 public:
  explicit GoodLayer(Mode mode) {
    std::mt19937 random(7);
    do {
      input_ = tb::random_layer(random, mode, 3000);
    } while (input_.layer.macs() < 1500);
    expected_ = tb::reference_outputs(input_, mode);
  }
  /// Runs it; the outputs must be right and every counter as in `counters`, where this is not null.
  tb::LayerRun check(Testbench& bench, const tb::LayerRun* fresh = nullptr) const {
    tb::LayerRun run = bench.execute(input_.layer, input_.tensors, {});
    CHECK(tb::words_of(run.outputs) == expected_);
    if (fresh != nullptr) CHECK(run.counters == fresh->counters);
    return run;
  }

 private:
  tb::RandomLayer input_;
  reference::Words expected_;
};

/// CTRL.reset, and a moment for irq to fall.
inline void reset(Testbench& bench) {
  bench.reset_core();
  sc_core::wait(2, sc_core::SC_NS);
  CHECK_FALSE(bench.irq.read());
  CHECK(bench.read_register(at(Register::Status)) == 0);
}

/// What the registers show of an error.
struct Failure {
  ErrorCode code;
  std::uint64_t address;
  [[nodiscard]] bool operator==(const Failure& o) const { return code == o.code && address == o.address; }
};
inline std::ostream& operator<<(std::ostream& os, const Failure& f) { return os << f.code << " at " << f.address; }

/// Runs a list that must fail, and checks everything that a fatal error shows.
inline Failure failure_of(Testbench& bench, const std::vector<CommandImage>& list, std::uint64_t address = ListAt) {
  bench.write_register(at(Register::IrqEnable), IrqDone | IrqError);
  ring(bench, list, address, static_cast<std::uint32_t>(list.size()));
  bench.wait_for_interrupt();
  CHECK(bench.read_register(at(Register::Status)) == StatusError);
  CHECK(bench.read_register(at(Register::IrqStatus)) == IrqError);
  const Failure failure{static_cast<ErrorCode>(bench.read_register(at(Register::Error))),
                        bench.read_register(at(Register::FaultAddrLo)) |
                            std::uint64_t{bench.read_register(at(Register::FaultAddrHi))} << 32};
  // A doorbell does nothing before the reset.
  bench.write_register(at(Register::IrqStatus), IrqDone | IrqError);
  bench.write_register(at(Register::Doorbell), 1);
  sc_core::wait(10, sc_core::SC_US);
  CHECK(bench.read_register(at(Register::Status)) == StatusError);
  CHECK_FALSE(bench.irq.read());
  return failure;
}
inline Failure failure_of(Testbench& bench, const std::vector<Command>& list, std::uint64_t address = ListAt) {
  return failure_of(bench, images(list), address);
}

inline void on_bench(const Testbench::Program& program) {
  Testbench bench("bench", small_config(Mode::Train), 16 << 20, sc_core::sc_time(100, sc_core::SC_NS), program);
  bench.run();
}

[[nodiscard]] inline LoadWeights good_load_weights() {
  LoadWeights command;
  command.address = DataAt;
  command.bytes = 64;
  return command;
}
[[nodiscard]] inline LoadFeatures good_load_features() {
  LoadFeatures command;
  command.address = DataAt;
  command.channels = 2;
  command.channel_stride = 256;
  command.image_stride = 512;
  command.row_stride = 32;
  command.width = command.pitch = 8;
  command.height = command.rows = command.row_capacity = 4;
  return command;
}
/// a = accumulator, x = stream, y = stream, both from the map above.
[[nodiscard]] inline PtWiseOp good_pt_wise_op() {
  PtWiseOp op;
  op.operation = PointwiseOp::MulAdd;
  op.source_x = op.source_y = OperandSource::Stream;
  op.log2_rows = 2;
  op.channels = 2;
  op.columns = 4;
  op.row_capacity_0 = op.row_capacity_1 = op.height = op.out_height = 4;
  op.pitch_0 = op.pitch_1 = op.width = op.out_width = 8;
  return op;
}
[[nodiscard]] inline Store good_store() {
  Store command;
  command.address = DataAt + 0x1000;
  command.channel_stride = command.image_stride = 16;
  command.image_pixels = 4;
  command.log2_rows = 2;
  command.channels = 16;
  command.columns = 4;
  return command;
}
[[nodiscard]] inline std::vector<Command> one_of_each() {
  return {good_load_weights(), good_load_features(), small_convolution(), good_pt_wise_op(), good_store(), End{}};
}

/// A command with one bad field and what is wrong with it.
struct BadCommand {
  const char* what;
  ErrorCode code;
  Command command;
};
template <typename T>
[[nodiscard]] BadCommand bad(const char* what, ErrorCode code, T command, const std::function<void(T&)>& change) {
  change(command);
  return {what, code, command};
}

/// Runs each bad command behind a good one; checks code and address, then that the core works.
inline void check_bad_commands(const std::vector<BadCommand>& table) {
  on_bench([&table](Testbench& bench) {
    const GoodLayer layer(Mode::Train);
    const tb::LayerRun fresh = layer.check(bench);
    for (const BadCommand& row : table) {
      CAPTURE(row.what);
      CHECK(failure_of(bench, {good_load_weights(), row.command, End{}}) == Failure{row.code, ListAt + CommandBytes});
      reset(bench);
    }
    layer.check(bench, &fresh);
  });
}

[[nodiscard]] inline std::uint32_t pick(std::mt19937& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}
[[nodiscard]] inline bool chance(std::mt19937& random, double p) { return std::bernoulli_distribution(p)(random); }

}  // namespace dlac::errors_rig
