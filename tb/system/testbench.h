// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/accelerator.h>
#include <dlac/common/register_map.h>

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "tb/system/memory.h"
#include "workloads/layer.h"
#include "workloads/mapper.h"
#include "workloads/tensor.h"

namespace dlac::tb {

/// The tensors of one layer. Weights [K, C/groups, KH, KW]: Int8 codes in {-1,0,1} for a ternary layer, else Float32
/// (train) or Float16 (infer). Features [N, C, H, W]: Float32 (train) or Float16 (infer).
struct LayerTensors {
  workloads::Tensor weights;
  workloads::Tensor features;
};

/// What running a layer gave.
struct LayerRun {
  workloads::LayerPlan plan;
  workloads::Tensor outputs;                           ///< [N,K,OH,OW], Float32 (train) or Float16 (infer)
  std::vector<std::uint64_t> segment_cycles;           ///< of plan.segments, as the core reported them
  std::array<std::uint64_t, CounterCount> counters{};  ///< read through the CSRs; index: Counter
  double cpu_seconds = 0;  ///< host CPU time from planning and packing to the last result byte
  [[nodiscard]] std::uint64_t counter(Counter c) const { return counters[static_cast<std::size_t>(c)]; }
};

/// The core stopped a list with an error; what() names the code.
class CoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Memory, accelerator and host in one module. The host's program runs in an SC_THREAD and drives the core the real
/// way: tensors and commands into memory, CSRs through the socket, interrupt, results from memory.
class Testbench : public sc_core::sc_module {
 public:
  using Program = std::function<void(Testbench&)>;

  /// `fittings`: the core's. `memory_bytes`: see footprint(). `program` runs once when the simulation starts; its
  /// exceptions are thrown again by run().
  Testbench(sc_core::sc_module_name name, const Config& config, std::uint64_t memory_bytes,
            const sc_core::sc_time& memory_latency, Program program, Fittings* fittings = nullptr);

  /// Bytes of memory that a layer needs.
  [[nodiscard]] static std::uint64_t footprint(const workloads::ConvLayer& layer, const Config& config,
                                               const workloads::MapperOptions& options);
  /// The same of a layer whose plan is known.
  [[nodiscard]] static std::uint64_t footprint(const workloads::LayerPlan& plan, const workloads::ConvLayer& layer,
                                               const Config& config);

  /// Starts the simulation and returns when the program has ended.
  void run();
  /// `ended` is called when the program has ended, also by an exception, at that time of the simulation.
  void on_end(std::function<void()> ended) { ended_ = std::move(ended); }

  /// For the program: executes one layer. Throws CoreError, LayerError, ConfigError.
  [[nodiscard]] LayerRun execute(const workloads::ConvLayer& layer, const LayerTensors& tensors,
                                 const workloads::MapperOptions& options);

  /// For the program: writes a command list to memory at `address`, rings the doorbell, waits for the interrupt and
  /// acknowledges it. Returns the core's error code.
  [[nodiscard]] ErrorCode run_list(const std::vector<Command>& commands, std::uint64_t address = 0);
  /// For the program: a snapshot of all counters.
  [[nodiscard]] std::array<std::uint64_t, CounterCount> read_counters();
  /// For the program: CTRL.reset.
  void reset_core();
  /// For the program: SegmentResult::cycles of the mmOps run last, by tag.
  [[nodiscard]] const std::vector<std::uint64_t>& segment_cycles() const { return segment_cycles_; }

  /// For the program: one CSR access through the socket.
  [[nodiscard]] std::uint32_t read_register(std::uint32_t offset);
  void write_register(std::uint32_t offset, std::uint32_t value);
  /// For the program: blocks until irq is high.
  void wait_for_interrupt();

  [[nodiscard]] const Config& config() const { return accelerator.config(); }

  Accelerator accelerator;
  Memory memory;
  sc_core::sc_signal<bool> irq{"irq"};
  tlm_utils::simple_initiator_socket<Testbench, 32> host{"host"};

 private:
  void host_thread();
  void write_list(const std::vector<Command>& commands, std::uint64_t address);
  [[nodiscard]] std::uint32_t access(tlm::tlm_command command, std::uint32_t offset, std::uint32_t value);

  Program program_;
  std::function<void()> ended_;
  std::exception_ptr failure_;
  bool finished_ = false;
  tlm::tlm_generic_payload payload_;
  std::vector<std::uint64_t> segment_cycles_;
};

}  // namespace dlac::tb
