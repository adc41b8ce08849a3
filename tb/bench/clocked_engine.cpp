// SPDX-License-Identifier: Apache-2.0
// How many clock cycles the clocked engine simulates per second of wall time, on 3x3 convolutions with default cores.
// A program of its own and not a Google Benchmark: a SystemC design is elaborated once per process.
//
//   bench-clocked_engine [seconds per case, default 1]

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <systemc>
#include <utility>
#include <vector>

#include "tb/tests/models/grid/grid_driver.h"

namespace {

constexpr std::uint32_t Channels = 32, Map = 14, Pitch = 16, Kernel = 3;

/// One core's grid with its buffers, filled with random data of a given density.
class Core final : public sc_core::sc_module {
 public:
  Core(const sc_core::sc_module_name& name, const dlac::Config& config, double seconds)
      : sc_module(name),
        config_(config),
        seconds_(seconds),
        weights_(config.weight_buffer_bytes),
        features_(config.feature_buffer_bytes),
        engine_("engine", config_, weights_, features_) {}

  void run() {
    // {weights, features} that are not zero: dense, and like a ternary layer behind a ReLU.
    for (const auto& [weight_density, feature_density] : {std::pair{1.0, 1.0}, {0.4, 0.4}, {0.25, 0.3}}) {
      fill(weight_density, feature_density);
      for (std::uint32_t log2_rows = 2; log2_rows <= 6; log2_rows += 2)
        measure(weight_density, feature_density, log2_rows);
    }
  }

 private:
  void fill(double weight_density, double feature_density) {
    std::mt19937 random(1);
    const auto drawn = [&](double density) { return static_cast<double>(random() % 4096) < density * 4096.0; };
    for (std::uint8_t& byte : weights_) {
      byte = 0;
      for (int code = 0; code < 4; ++code) {
        const unsigned weight = drawn(weight_density) ? (random() % 2 != 0 ? 3U : 1U) : 0U;
        byte = static_cast<std::uint8_t>(byte | weight << (2 * code));
      }
    }
    // Any word with the top bits of 1.0 is an ordinary number in both formats.
    for (std::size_t i = 0; i + config_.word_bytes() <= features_.size(); i += config_.word_bytes()) {
      const bool zero = !drawn(feature_density);
      for (std::uint32_t b = 0; b < config_.word_bytes(); ++b) {
        const bool top = b + 1 == config_.word_bytes();
        features_[i + b] = zero ? 0 : static_cast<std::uint8_t>(top ? 0x3C : random() % 256);
      }
    }
  }

  void measure(double weight_density, double feature_density, std::uint32_t log2_rows) {
    dlac::MmOp op;
    op.log2_rows = log2_rows;
    op.clear = 1;
    op.channels = config_.output_buffers << log2_rows;
    op.columns = config_.pes >> log2_rows;
    op.beats = Channels * Kernel * Kernel;
    op.row_capacity = op.height = op.width = op.out_height = op.out_width = Map;
    op.pitch = Pitch;
    op.kernel_height = op.kernel_width = Kernel;
    op.offset_y = op.offset_x = -1;

    using Clock = std::chrono::steady_clock;
    const Clock::time_point begin = Clock::now();
    std::uint64_t cycles = 0;
    dlac::SegmentResult last;
    double elapsed = 0;
    do {
      last = engine_.multiply(op);
      cycles += last.cycles;
      elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (elapsed < seconds_);
    std::printf(
        "%-5s R=%-2u C=%-3u weights %.2f features %.2f: %6llu cycles per segment, %8.0f cycles/s, PE busy %2.0f %%\n",
        std::string(to_string(config_.mode)).c_str(), 1U << log2_rows, op.columns, weight_density, feature_density,
        static_cast<unsigned long long>(last.cycles), static_cast<double>(cycles) / elapsed,
        100.0 * static_cast<double>(last.pe.busy) / static_cast<double>(config_.pes * last.cycles));
    std::fflush(stdout);
  }

  const dlac::Config config_;
  const double seconds_;
  std::vector<std::uint8_t> weights_, features_;
  grid_driver::GridDriver engine_;
};

[[nodiscard]] dlac::Config clocked(dlac::Mode mode) {
  dlac::Config config = dlac::Config::defaults(mode);
  config.engine = dlac::EngineKind::Clocked;
  return config;
}

/// Runs the cores one after the other.
class Bench final : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, double seconds)
      : sc_module(name),
        train_("train", clocked(dlac::Mode::Train), seconds),
        infer_("infer", clocked(dlac::Mode::Infer), seconds) {
    SC_THREAD(run);
  }

 private:
  SC_HAS_PROCESS(Bench);
  void run() {
    train_.run();
    infer_.run();
  }
  Core train_, infer_;
};

}  // namespace

int sc_main(int argc, char* argv[]) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  Bench bench("bench", seconds);
  sc_core::sc_start();
  return 0;
}
