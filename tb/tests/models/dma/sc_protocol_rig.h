// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/accelerator.h>
#include <dlac/common/register_map.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <ostream>
#include <random>
#include <string>
#include <systemc>
#include <tlm>
#include <type_traits>
#include <utility>
#include <vector>

#include "tb/protocol/checker.h"
#include "tb/protocol/random_memory.h"
#include "tb/system/memory.h"
#include "tb/tests/random_layers.h"
#include "workloads/mapper.h"
#include "workloads/packing.h"

namespace dlac {

inline std::ostream& operator<<(std::ostream& os, ErrorCode code) { return os << to_string(code); }

}  // namespace dlac

/// What the protocol and fault tests share: a core with a checker on each socket.
namespace protocol_rig {

using dlac::Config;
using dlac::CounterCount;
using dlac::ErrorCode;
using dlac::Mode;
using dlac::Register;
using dlac::tb::protocol::Checker;
using dlac::tb::protocol::MemoryBehaviour;
using dlac::tb::protocol::RandomMemory;
using Counters = std::array<std::uint64_t, CounterCount>;

[[nodiscard]] inline int soak_factor() { return std::getenv("DLAC_SOAK") != nullptr ? 20 : 1; }
[[nodiscard]] constexpr std::uint32_t at(Register r) { return static_cast<std::uint32_t>(r); }
[[nodiscard]] inline sc_core::sc_time ns(double value) { return {value, sc_core::SC_NS}; }

/// 4 x 4 PEs with four output buffers and small buffers: small layers take many commands.
[[nodiscard]] inline Config small_config(Mode mode, dlac::CodingStyle style) {
  Config config = Config::defaults(mode);
  config.pes = 16;
  config.rows = config.columns = 4;
  config.output_buffers = config.row_port_words = 4;
  config.weight_buffer_bytes = 1024;
  config.feature_buffer_bytes = 4096;
  config.mem_style = style;
  return config;
}

/// A layer, how the mapper runs it from a page's address, and what must come out.
struct Job {
  Job(dlac::tb::RandomLayer random, const Config& config, std::uint64_t base = 0)
      : input(std::move(random)),
        plan(dlac::workloads::plan_layer(input.layer, config, {})),
        expected(dlac::tb::reference_outputs(input, config.mode)),
        commands(base) {
    const auto page_up = [](std::uint64_t bytes) { return (bytes + 4095) / 4096 * 4096; };
    weights = commands + page_up(plan.commands.size() * dlac::CommandBytes);
    features = weights + page_up(plan.weight_image_bytes);
    outputs = features + page_up(input.tensors.features.size_in_bytes());
    end = outputs + page_up(input.layer.output_count() * config.word_bytes());
    image.resize(plan.weight_image_bytes);
    if (input.layer.weights == dlac::workloads::WeightKind::Ternary) {
      pack_weights(plan, input.layer, config, input.tensors.weights.span<std::int8_t>().data(), image.data());
    } else if (config.mode == Mode::Train) {
      const auto* words = reinterpret_cast<const std::uint32_t*>(input.tensors.weights.span<float>().data());
      pack_weights(plan, input.layer, config, words, image.data());
    } else {
      pack_weights(plan, input.layer, config, input.tensors.weights.span<std::uint16_t>().data(), image.data());
    }
    plan.relocate({weights, features, outputs});
    for (const dlac::Command& command : plan.commands) {
      const dlac::CommandImage words = encode(command);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(words.data());
      list.insert(list.end(), bytes, bytes + dlac::CommandBytes);
    }
  }

  dlac::tb::RandomLayer input;
  dlac::workloads::LayerPlan plan;
  reference::Words expected;
  std::vector<std::uint8_t> image;  ///< packed weights
  std::vector<std::uint8_t> list;
  std::uint64_t commands = 0, weights = 0, features = 0, outputs = 0, end = 0;  ///< addresses
};

/// Random layers, the same for every style of the memory socket.
[[nodiscard]] inline std::vector<Job> random_jobs(const Config& config, std::uint32_t seed, int count,
                                                  std::uint64_t least_macs, std::uint64_t most_macs,
                                                  std::uint64_t base = 0) {
  std::mt19937 random(seed);
  std::vector<Job> jobs;
  while (jobs.size() < static_cast<std::size_t>(count)) {
    dlac::tb::RandomLayer layer = dlac::tb::random_layer(random, config.mode, most_macs);
    if (layer.layer.macs() >= least_macs) jobs.emplace_back(std::move(layer), config, base);
  }
  return jobs;
}

/// A core, a checker on each of its sockets, a memory, and a host whose program runs in a thread.
template <typename MemoryModel>
class Bench : public sc_core::sc_module {
 public:
  using Program = std::function<void(Bench&)>;

  tlm_utils::simple_initiator_socket<Bench, 32> host{"host"};
  Checker csr_checker{"csr_checker"};
  dlac::Accelerator core;
  Checker mem_checker;
  MemoryModel memory;
  sc_core::sc_signal<bool> irq{"irq"};
  sc_core::sc_signal<bool> reset{"reset"};

  template <typename... MemoryArguments>
  Bench(sc_core::sc_module_name name, const Config& config, const Checker::Options& mem_options, Program program,
        MemoryArguments&&... memory_arguments)
      : sc_module(name),
        core("core", config),
        mem_checker("mem_checker", mem_options),
        memory("memory", std::forward<MemoryArguments>(memory_arguments)...),
        program_(std::move(program)) {
    host.bind(csr_checker.target);
    csr_checker.initiator.bind(core.csr);
    core.mem.bind(mem_checker.target);
    mem_checker.initiator.bind(memory.socket);
    core.irq.bind(irq);
    core.reset.bind(reset);
    SC_HAS_PROCESS(Bench);
    SC_THREAD(host_thread);
  }

  /// Runs the simulation to its end and checks that the host's program has ended and nobody broke the protocol.
  void run() {
    sc_core::sc_start();
    check();
  }
  void check() {
    if (failure_) std::rethrow_exception(failure_);
    CHECK(finished_);
    if constexpr (std::is_same_v<MemoryModel, RandomMemory>) CHECK(memory.lost_writes() == 0);
    for (Checker* checker : {&csr_checker, &mem_checker}) {
      checker->finish();
      CAPTURE(checker->report());
      CHECK(checker->violation_count() == 0);
    }
  }

  // For the program.
  std::uint32_t access(tlm::tlm_command command, std::uint32_t offset, std::uint32_t value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(sizeof value);
    payload.set_streaming_width(sizeof value);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    host->b_transport(payload, delay);
    if (!payload.is_response_ok()) FAIL("register " << offset << ": " << payload.get_response_string());
    if (delay != sc_core::SC_ZERO_TIME) wait(delay);
    return value;
  }
  std::uint32_t read(Register r) { return access(tlm::TLM_READ_COMMAND, at(r), 0); }
  void write(Register r, std::uint32_t value) { (void)access(tlm::TLM_WRITE_COMMAND, at(r), value); }

  void write_memory(std::uint64_t address, const void* from, std::uint64_t bytes) {
    if constexpr (std::is_same_v<MemoryModel, dlac::tb::Memory>) {
      std::memcpy(memory.data() + address, from, bytes);
    } else {
      memory.write(address, from, bytes);
    }
  }
  void read_memory(std::uint64_t address, void* to, std::uint64_t bytes) {
    if constexpr (std::is_same_v<MemoryModel, dlac::tb::Memory>) {
      std::memcpy(to, memory.data() + address, bytes);
    } else {
      memory.read(address, to, bytes);
    }
  }

  /// Writes a job's list and tensors to memory, and garbage where its outputs go.
  void load(const Job& job) {
    write_memory(job.commands, job.list.data(), job.list.size());
    write_memory(job.weights, job.image.data(), job.image.size());
    write_memory(job.features, job.input.tensors.features.bytes(), job.input.tensors.features.size_in_bytes());
    const std::vector<std::uint8_t> garbage(job.end - job.outputs, 0x5A);
    write_memory(job.outputs, garbage.data(), garbage.size());
  }
  /// Starts a job that has been loaded, with both interrupts enabled.
  void start(const Job& job) { start(job.commands, job.plan.commands.size()); }
  void start(std::uint64_t address, std::size_t commands) {
    write(Register::Ctrl, dlac::CtrlClearCounters);
    write(Register::IrqEnable, dlac::IrqDone | dlac::IrqError);
    write(Register::ListAddrLo, static_cast<std::uint32_t>(address));
    write(Register::ListAddrHi, static_cast<std::uint32_t>(address >> 32));
    write(Register::ListLength, static_cast<std::uint32_t>(commands));
    write(Register::Doorbell, 1);
  }
  /// Waits for the interrupt and acknowledges it; returns the error code.
  ErrorCode finish_list() {
    while (!irq.read()) wait(irq.posedge_event());
    const std::uint32_t status = read(Register::Status);
    CHECK((status & dlac::StatusBusy) == 0);
    write(Register::IrqStatus, dlac::IrqDone | dlac::IrqError);
    while (irq.read()) wait(irq.negedge_event());
    return (status & dlac::StatusError) == 0 ? ErrorCode::None : static_cast<ErrorCode>(read(Register::Error));
  }
  [[nodiscard]] Counters counters() {
    write(Register::Ctrl, dlac::CtrlSnapshot);
    Counters values{};
    for (std::uint32_t i = 0; i < CounterCount; ++i) {
      const std::uint32_t offset = counter_offset(static_cast<dlac::Counter>(i));
      values[i] = access(tlm::TLM_READ_COMMAND, offset, 0) | std::uint64_t{access(tlm::TLM_READ_COMMAND, offset + 4, 0)}
                                                                 << 32;
    }
    return values;
  }
  /// Elements of the outputs in memory that are not the reference's.
  [[nodiscard]] std::size_t wrong_outputs(const Job& job) {
    const std::size_t word = core.config().word_bytes();
    std::vector<std::uint8_t> bytes(job.expected.size() * word);
    read_memory(job.outputs, bytes.data(), bytes.size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < job.expected.size(); ++i) {
      std::uint32_t value = 0;
      std::memcpy(&value, &bytes[i * word], word);
      wrong += value != job.expected[i] ? 1 : 0;
    }
    return wrong;
  }
  /// Runs a job that must succeed; its outputs must be the reference's. Returns the counters.
  Counters execute(const Job& job) {
    load(job);
    start(job);
    CHECK(finish_list() == ErrorCode::None);
    CHECK(wrong_outputs(job) == 0);
    return counters();
  }
  [[nodiscard]] std::uint64_t fault_address() {
    return read(Register::FaultAddrLo) | std::uint64_t{read(Register::FaultAddrHi)} << 32;
  }
  /// CTRL.reset; returns when irq is low.
  void reset_by_register() {
    write(Register::Ctrl, dlac::CtrlReset);
    while (irq.read()) wait(irq.negedge_event());
  }
  /// A pulse on the reset port.
  void reset_by_port() {
    reset.write(true);
    wait(ns(3));
    reset.write(false);
    wait(ns(3));
    CHECK_FALSE(irq.read());
  }
  /// Every register has the value that it has after elaboration.
  void check_reset_values() {
    for (const dlac::RegisterInfo& info : dlac::registers()) {
      if (info.configured != nullptr) continue;
      CAPTURE(std::string(info.name));
      CHECK(access(tlm::TLM_READ_COMMAND, info.offset, 0) == info.reset);
      if (info.bits == 64) CHECK(access(tlm::TLM_READ_COMMAND, info.offset + 4, 0) == 0);
    }
  }

 private:
  void host_thread() {
    try {
      program_(*this);
    } catch (const sc_core::sc_unwind_exception&) {
      throw;
    } catch (...) {
      failure_ = std::current_exception();
    }
    finished_ = true;
    if constexpr (std::is_same_v<MemoryModel, RandomMemory>) memory.be_quiet();
  }

  Program program_;
  std::exception_ptr failure_;
  bool finished_ = false;
};

using RandomBench = Bench<RandomMemory>;
using PlainBench = Bench<dlac::tb::Memory>;

}  // namespace protocol_rig
