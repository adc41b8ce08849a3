// SPDX-License-Identifier: Apache-2.0
#include "tb/system/testbench.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include "tb/system/main_stack.h"
#include "tb/system/register_access.h"

namespace dlac::tb {
namespace {

constexpr std::uint64_t PageBytes = 4096;

[[nodiscard]] std::uint64_t page_up(std::uint64_t bytes) { return (bytes + PageBytes - 1) / PageBytes * PageBytes; }

[[nodiscard]] double cpu_now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Where commands and tensors of a layer lie: one after the other from address 0, each on its own page.
struct Layout {
  Layout(const workloads::LayerPlan& plan, const workloads::ConvLayer& layer, const Config& config)
      : weights(page_up(plan.commands.size() * CommandBytes)),
        features(weights + page_up(plan.weight_image_bytes)),
        outputs(features + page_up(layer.feature_count() * config.word_bytes())),
        end(outputs + page_up(layer.output_count() * config.word_bytes())) {}
  std::uint64_t weights, features, outputs, end;
};

}  // namespace

Testbench::Testbench(sc_core::sc_module_name name, const Config& config, std::uint64_t memory_bytes,
                     const sc_core::sc_time& memory_latency, Program program, Fittings* fittings)
    : sc_module(name),
      accelerator("accelerator", config, fittings),
      memory("memory", memory_bytes, memory_latency),
      program_(std::move(program)) {
  host.bind(accelerator.csr);
  accelerator.mem.bind(memory.socket);
  accelerator.irq.bind(irq);
  accelerator.observe([this](const CommandRecord& record) {
    if (std::holds_alternative<MmOp>(record.command)) {
      const std::size_t tag = header_of(record.command).tag;
      if (tag < segment_cycles_.size()) segment_cycles_[tag] = record.segment.cycles;
    }
  });
  SC_HAS_PROCESS(Testbench);
  SC_THREAD(host_thread);
}

std::uint64_t Testbench::footprint(const workloads::ConvLayer& layer, const Config& config,
                                   const workloads::MapperOptions& options) {
  return footprint(workloads::plan_layer(layer, config, options), layer, config);
}

std::uint64_t Testbench::footprint(const workloads::LayerPlan& plan, const workloads::ConvLayer& layer,
                                   const Config& config) {
  return Layout(plan, layer, config).end;
}

void Testbench::run() {
  // Returns when nothing is left to happen; a second testbench of the same simulation runs along.
  if (!finished_) sc_core::sc_start();
  restore_main_stack();
  if (failure_) std::rethrow_exception(failure_);
  if (finished_) return;
  std::string links;
  for (const std::string& link : accelerator.waiting_links()) links += (links.empty() ? "" : ", ") + link;
  throw CoreError("the simulation came to a standstill before the host's program had ended" +
                  (links.empty() ? "" : "; the core waits on the link " + links));
}

void Testbench::host_thread() {
  try {
    program_(*this);
  } catch (const sc_core::sc_unwind_exception&) {
    throw;  // the kernel's own way of ending a thread
  } catch (...) {
    failure_ = std::current_exception();
  }
  finished_ = true;
  if (ended_) ended_();
}

LayerRun Testbench::execute(const workloads::ConvLayer& layer, const LayerTensors& tensors,
                            const workloads::MapperOptions& options) {
  const Config& config = accelerator.config();
  const double start = cpu_now();
  LayerRun run;
  run.plan = workloads::plan_layer(layer, config, options);
  const Layout layout(run.plan, layer, config);
  if (layout.end > memory.size()) throw CoreError("layer " + layer.name + " needs more memory than the testbench has");

  // The host writes the tensors and the command list to memory.
  workloads::pack_weights(run.plan, layer, config, tensors.weights, memory.data() + layout.weights);
  std::memcpy(memory.data() + layout.features, tensors.features.bytes(), tensors.features.size_in_bytes());
  run.plan.relocate({layout.weights, layout.features, layout.outputs});
  const ErrorCode error = run_list(run.plan.commands);
  if (error != ErrorCode::None) {
    throw CoreError("layer " + layer.name + ": the core reports: " + std::string(to_string(error)));
  }
  run.counters = read_counters();
  run.segment_cycles = segment_cycles_;

  const bool train = config.mode == Mode::Train;
  run.outputs = workloads::Tensor(train ? workloads::ElementType::Float32 : workloads::ElementType::Float16,
                                  {layer.batch, layer.out_channels, layer.out_height(), layer.out_width()});
  std::memcpy(run.outputs.bytes(), memory.data() + layout.outputs, run.outputs.size_in_bytes());
  run.cpu_seconds = cpu_now() - start;
  return run;
}

void Testbench::write_list(const std::vector<Command>& commands, std::uint64_t address) {
  if (address + commands.size() * CommandBytes > memory.size()) throw CoreError("command list outside the memory");
  std::uint8_t* list = memory.data() + address;
  std::size_t segments = 0;
  for (const Command& command : commands) {
    const CommandImage words = encode(command);
    std::memcpy(list, words.data(), CommandBytes);  // both little-endian
    list += CommandBytes;
    if (std::holds_alternative<MmOp>(command)) {
      segments = std::max<std::size_t>(segments, std::size_t{header_of(command).tag} + 1);
    }
  }
  segment_cycles_.assign(segments, 0);
}

ErrorCode Testbench::run_list(const std::vector<Command>& commands, std::uint64_t address) {
  const auto at = [](Register r) { return static_cast<std::uint32_t>(r); };
  write_list(commands, address);
  write_register(at(Register::Ctrl), CtrlClearCounters);
  write_register(at(Register::IrqEnable), IrqDone | IrqError);
  write_register(at(Register::ListAddrLo), static_cast<std::uint32_t>(address));
  write_register(at(Register::ListAddrHi), static_cast<std::uint32_t>(address >> 32));
  write_register(at(Register::ListLength), static_cast<std::uint32_t>(commands.size()));
  write_register(at(Register::Doorbell), 1);
  wait_for_interrupt();
  const std::uint32_t status = read_register(at(Register::Status));
  write_register(at(Register::IrqStatus), IrqDone | IrqError);
  while (irq.read()) wait(irq.negedge_event());
  if ((status & StatusError) == 0) return ErrorCode::None;
  return static_cast<ErrorCode>(read_register(at(Register::Error)));
}

std::array<std::uint64_t, CounterCount> Testbench::read_counters() {
  std::array<std::uint64_t, CounterCount> counters{};
  write_register(static_cast<std::uint32_t>(Register::Ctrl), CtrlSnapshot);
  for (std::uint32_t i = 0; i < CounterCount; ++i) {
    const std::uint32_t offset = counter_offset(static_cast<Counter>(i));
    counters[i] = read_register(offset) | std::uint64_t{read_register(offset + 4)} << 32;
  }
  return counters;
}

void Testbench::reset_core() {
  write_register(static_cast<std::uint32_t>(Register::Ctrl), CtrlReset);
  while (irq.read()) wait(irq.negedge_event());  // the level of before must not be taken for the next list's
}

std::uint32_t Testbench::read_register(std::uint32_t offset) { return access(tlm::TLM_READ_COMMAND, offset, 0); }

void Testbench::write_register(std::uint32_t offset, std::uint32_t value) {
  (void)access(tlm::TLM_WRITE_COMMAND, offset, value);
}

std::uint32_t Testbench::access(tlm::tlm_command command, std::uint32_t offset, std::uint32_t value) {
  set_register_access(payload_, command, offset, value);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  host->b_transport(payload_, delay);
  if (!payload_.is_response_ok()) {
    throw CoreError("CSR access to offset " + std::to_string(offset) + ": " + payload_.get_response_string());
  }
  if (delay != sc_core::SC_ZERO_TIME) wait(delay);
  return value;
}

void Testbench::wait_for_interrupt() {
  while (!irq.read()) wait(irq.posedge_event());
}

}  // namespace dlac::tb
