// SPDX-License-Identifier: Apache-2.0
// How fast the model is, and what the machine could do: whole networks through the testbench, the phases around the
// engine, the clocked engine, and the limits of the host (multiply-adds, cache bandwidth, SystemC events).
// docs/performance.md has figures. A SystemC design is elaborated once per process, so every run of one is a child
// process that reports its CPU time.
//
//   bench-network [--benchmark_filter=REGEX] [--benchmark_repetitions=N]
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "tb/running/jobs.h"
#include "tb/running/runner.h"
#include "tb/system/testbench.h"
#include "workloads/density_profile.h"
#include "workloads/mapper.h"
#include "workloads/networks.h"
#include "workloads/synthetic.h"

namespace {

namespace tb = dlac::tb;
namespace workloads = dlac::workloads;
using dlac::Config;
using dlac::EngineKind;
using dlac::Mode;

double cpu_now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// What a child process found.
struct Measured {
  double seconds = 0;
  std::uint64_t cycles = 0;
  bool good = false;
};

Measured in_child(const std::function<Measured()>& measure) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    Measured found;
    try {
      found = measure();
      found.good = true;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    const bool written = write(ends[1], &found, sizeof found) == static_cast<ssize_t>(sizeof found);
    _exit(written ? 0 : 1);  // without the destructors of the parent's objects
  }
  close(ends[1]);
  Measured found;
  if (child < 0 || read(ends[0], &found, sizeof found) != static_cast<ssize_t>(sizeof found)) found = {};
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return found;
}

// --- networks

/// Layers and how they are run.
struct Run {
  tb::NetworkSelection selection;
  tb::RunSettings settings;
};

Run run_of(const std::string& network, Mode mode, EngineKind engine) {
  Run command;
  command.selection.network = network;
  command.settings.machine.core = Config::defaults(mode);
  command.settings.machine.core.engine = engine;
  command.settings.verify = tb::VerifyLevel::None;
  return command;
}

/// A network or some of its layers through memory, commands and interrupt: the CPU time from packing to the last result
/// byte that `dlac-tb run` reports.
void run_network(benchmark::State& state, const Run& command) {
  std::uint64_t macs = 0;
  for (const tb::Job& job :
       tb::network_jobs(command.selection, command.settings.machine.core.mode, command.settings.seed))
    macs += job.layer.macs();
  std::uint64_t cycles = 0;
  double seconds = 0;
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): the library's loop
  for (auto _ : state) {
    const Measured found = in_child([&] {
      std::vector<tb::Job> jobs =
          tb::network_jobs(command.selection, command.settings.machine.core.mode, command.settings.seed);
      const tb::RunOutcome outcome = tb::run_jobs(jobs, command.settings, {});
      Measured sum;
      for (const tb::LayerReport& layer : outcome.layers) {
        sum.seconds += layer.figures.cpu_seconds;
        sum.cycles += layer.figures.compute_cycles();
      }
      return sum;
    });
    if (!found.good) {
      state.SkipWithError("the run failed");
      return;
    }
    state.SetIterationTime(found.seconds);
    seconds += found.seconds;
    cycles += found.cycles;
  }
  state.counters["MAC/s"] = static_cast<double>(macs) * static_cast<double>(state.iterations()) / seconds;
  state.counters["compute_cycle/s"] = static_cast<double>(cycles) / seconds;
}

void network(benchmark::State& state, const char* name, Mode mode) {
  run_network(state, run_of(name, mode, EngineKind::Schedule));
}
BENCHMARK_CAPTURE(network, resnet34_train, "resnet34", Mode::Train)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(network, resnet34_infer, "resnet34", Mode::Infer)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(network, resnet18_train, "resnet18", Mode::Train)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(network, resnet152_train, "resnet152", Mode::Train)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(network, vgg16_train, "vgg16", Mode::Train)->UseManualTime()->Unit(benchmark::kMillisecond);

/// One small layer, so that a run takes about a second.
void clocked(benchmark::State& state, Mode mode) {
  Run command = run_of("resnet34", mode, EngineKind::Clocked);
  command.selection.layers = {"layer4.0.downsample"};
  run_network(state, command);
}
BENCHMARK_CAPTURE(clocked, train, Mode::Train)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(clocked, infer, Mode::Infer)->UseManualTime()->Unit(benchmark::kMillisecond);

// --- phases of ResNet-34 outside the core; the engine's own parts show in a profile

void map_layers(benchmark::State& state, Mode mode) {
  const Config config = Config::defaults(mode);
  const workloads::Network network = workloads::network("resnet34");
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): the library's loop
  for (auto _ : state) {
    for (const workloads::NetworkLayer& layer : network.layers) {
      benchmark::DoNotOptimize(workloads::plan_layer(layer.conv, config));
    }
  }
}
BENCHMARK_CAPTURE(map_layers, train, Mode::Train)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(map_layers, infer, Mode::Infer)->Unit(benchmark::kMillisecond);

void pack_layers(benchmark::State& state, Mode mode) {
  const Config config = Config::defaults(mode);
  const workloads::Network network = workloads::network("resnet34");
  struct Work {
    const workloads::ConvLayer* layer;
    workloads::LayerPlan plan;
    workloads::Tensor codes;
    std::vector<std::uint8_t> image;
  };
  std::vector<Work> works;
  for (const workloads::NetworkLayer& layer : network.layers) {
    if (layer.conv.weights != workloads::WeightKind::Ternary) continue;
    Work work{&layer.conv,
              workloads::plan_layer(layer.conv, config),
              workloads::synthetic_codes(layer.conv, layer.densities, 1),
              {}};
    work.image.resize(work.plan.weight_image_bytes);
    works.push_back(std::move(work));
  }
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): the library's loop
  for (auto _ : state) {
    for (Work& work : works) {
      workloads::pack_weights(work.plan, *work.layer, config, work.codes.span<std::int8_t>().data(), work.image.data());
      benchmark::ClobberMemory();
    }
  }
}
BENCHMARK_CAPTURE(pack_layers, train, Mode::Train)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pack_layers, infer, Mode::Infer)->Unit(benchmark::kMillisecond);

// --- limits of the host

#if defined(__x86_64__)
constexpr std::size_t VectorBytes = 64;
constexpr std::uint64_t Chains = 12;

/// Independent chains of multiply-adds in registers, `Chains` vectors per round. In assembly, so that no compiler
/// spills the sums; zmm16 and up belong to no compiled code around it, which is built without AVX-512.
void multiply_adds(std::uint64_t rounds) {
  asm volatile(
      "vpxord %%zmm16, %%zmm16, %%zmm16\n"
      "1:\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm17\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm18\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm19\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm20\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm21\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm22\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm23\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm24\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm25\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm26\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm27\n"
      "vfmadd231ps %%zmm16, %%zmm16, %%zmm28\n"
      "dec %0\n"
      "jnz 1b\n"
      : "+r"(rounds)
      :
      : "cc");
}

/// Reads `bytes` (a multiple of 512) from `data`, eight vectors per turn.
void load_all(const char* data, std::size_t bytes) {
  asm volatile(
      "1:\n"
      "vmovaps (%0), %%zmm16\n"
      "vmovaps 64(%0), %%zmm17\n"
      "vmovaps 128(%0), %%zmm18\n"
      "vmovaps 192(%0), %%zmm19\n"
      "vmovaps 256(%0), %%zmm20\n"
      "vmovaps 320(%0), %%zmm21\n"
      "vmovaps 384(%0), %%zmm22\n"
      "vmovaps 448(%0), %%zmm23\n"
      "add $512, %0\n"
      "sub $512, %1\n"
      "jnz 1b\n"
      : "+r"(data), "+r"(bytes)
      :
      : "cc", "memory");
}

void host_multiply_adds(benchmark::State& state) {
  if (!__builtin_cpu_supports("avx512f")) {
    state.SkipWithError("needs AVX-512");
    return;
  }
  constexpr std::uint64_t Rounds = 100000;
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): the library's loop
  for (auto _ : state) multiply_adds(Rounds);
  const double operations = static_cast<double>(state.iterations()) * static_cast<double>(Rounds * Chains * 16);
  state.counters["MAC/s"] = benchmark::Counter(operations, benchmark::Counter::kIsRate);
}
BENCHMARK(host_multiply_adds)->Unit(benchmark::kMillisecond);

/// Argument: KiB.
void host_loads(benchmark::State& state) {
  if (!__builtin_cpu_supports("avx512f")) {
    state.SkipWithError("needs AVX-512");
    return;
  }
  const std::size_t bytes = static_cast<std::size_t>(state.range(0)) * 1024;
  constexpr std::uint64_t Rounds = 100;
  const std::unique_ptr<char, void (*)(void*)> data(static_cast<char*>(std::aligned_alloc(VectorBytes, bytes)),
                                                    std::free);
  std::fill_n(data.get(), bytes, 1);
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): the library's loop
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < Rounds; ++i) load_all(data.get(), bytes);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(Rounds * bytes));
}
BENCHMARK(host_loads)->Arg(16)->Arg(256)->Arg(8192)->Unit(benchmark::kMicrosecond);
#endif

/// As many methods as the grid has PEs, each sensitive to the clock and writing some signals: what any model with a
/// process per PE pays for at least.
class Methods final : public sc_core::sc_module {
 public:
  Methods(const sc_core::sc_module_name& name, std::size_t count, std::size_t writes)
      : sc_module(name), signals_(count * writes) {
    for (std::size_t i = 0; i < count; ++i) {
      sc_core::sc_spawn_options options;
      options.spawn_method();
      options.set_sensitivity(&clock_.posedge_event());
      options.dont_initialize();
      sc_core::sc_spawn(
          [this, i, writes] {
            for (std::size_t w = 0; w < writes; ++w) signals_[i * writes + w].write(++value_);
          },
          sc_core::sc_gen_unique_name("method"), &options);
    }
  }

 private:
  sc_core::sc_clock clock_{"clock", sc_core::sc_time(2, sc_core::SC_NS)};
  std::vector<sc_core::sc_signal<std::uint32_t>> signals_;
  std::uint32_t value_ = 0;
};

/// Argument: signal writes per method and cycle.
void host_events(benchmark::State& state) {
  constexpr std::uint64_t Cycles = 20000;
  double seconds = 0;
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): the library's loop
  for (auto _ : state) {
    const Measured found = in_child([&] {
      Methods methods("methods", 512, static_cast<std::size_t>(state.range(0)));
      const double begin = cpu_now();
      sc_core::sc_start(sc_core::sc_time(2.0 * static_cast<double>(Cycles), sc_core::SC_NS));
      return Measured{cpu_now() - begin, Cycles, true};
    });
    if (!found.good) {
      state.SkipWithError("the run failed");
      return;
    }
    state.SetIterationTime(found.seconds);
    seconds += found.seconds;
  }
  state.counters["cycle/s"] = static_cast<double>(Cycles) * static_cast<double>(state.iterations()) / seconds;
}
BENCHMARK(host_events)->Arg(0)->Arg(1)->Arg(4)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

int sc_main(int argc, char* argv[]) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

/// In place of the library's, which prints a banner before sc_main().
int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}
