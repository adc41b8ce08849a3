// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/cpu.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace dlac::platform {
namespace {

constexpr std::uint64_t PageBytes = 4096;  // of the emulator: nothing smaller can be mapped
constexpr std::uint64_t AddressSpace = std::uint64_t{1} << 32U;
constexpr std::uint32_t InstructionBytes = 4;
constexpr std::uint32_t Seip =
    1U << 9U;                         // of the bits of MIP that an interrupt line may have, the emulator writes this
constexpr std::uint64_t Nowhere = 1;  // an address that execution never reaches: the emulator's end address
constexpr int StackBytes = 1 << 20;   // the emulator translates code on the thread's stack

/// CPU time of this thread, so that a busy machine does not look like a slow emulator.
[[nodiscard]] double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

[[nodiscard]] std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%08llx", static_cast<unsigned long long>(value));
  return text;
}

void expect_ok(uc_err error, const char* what) {
  if (error != UC_ERR_OK) throw CpuError(std::string("Unicorn: ") + what + ": " + uc_strerror(error));
}

/// The types of the callbacks are erased in Unicorn's interface.
template <typename Function>
[[nodiscard]] void* erased(Function function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

RiscvCpu::RiscvCpu(sc_core::sc_module_name name, const CpuSettings& settings) : sc_module(name), settings_(settings) {
  uc_engine* engine = nullptr;
  expect_ok(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV32, &engine), "uc_open");
  engine_.reset(engine);
  uc_hook hook = 0;
  expect_ok(uc_hook_add(engine, &hook, UC_HOOK_BLOCK, erased(&block_hook), this, 1, 0), "uc_hook_add");
  constexpr int Unmapped = UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED | UC_HOOK_MEM_FETCH_UNMAPPED;
  expect_ok(uc_hook_add(engine, &hook, Unmapped, erased(&unmapped_hook), this, 1, 0), "uc_hook_add");

  bus.register_invalidate_direct_mem_ptr(this, &RiscvCpu::invalidate_direct_mem_ptr);
  SC_HAS_PROCESS(RiscvCpu);
  SC_THREAD(run);
  set_stack_size(StackBytes);
}

void RiscvCpu::trace(sc_core::sc_trace_file* file) const {
  sc_core::sc_trace(file, program_counter_, std::string(name()) + ".pc");
  sc_core::sc_trace(file, sleeping_, std::string(name()) + ".sleeping");
}

void RiscvCpu::run() {
  synchronise();
  while (fault_.empty()) {
    sample_irq();
    emulate();
    unmap_revoked();
    if (!stopped_ && fault_.empty()) {
      sleep();  // the emulator returned by itself and without an error: wfi
    } else if (statistics_.instructions >= budget_) {
      synchronise();
    }
  }
  sc_core::sc_stop();
}

void RiscvCpu::emulate() {
  stopped_ = false;
  in_bus_seconds_ = 0;
  const double start = seconds_now();
  const uc_err error = uc_emu_start(engine_.get(), program_counter_, Nowhere, 0, 0);
  statistics_.emulation_seconds += seconds_now() - start - in_bus_seconds_;
  ++statistics_.emulations;
  uc_reg_read(engine_.get(), UC_RISCV_REG_PC, &program_counter_);
  if (error == UC_ERR_OK || !fault_.empty()) return;
  if (error == UC_ERR_FETCH_PROT && turn_into_code(program_counter_ / PageBytes * PageBytes)) return;
  if (error == UC_ERR_EXCEPTION) {
    stop_for_good(
        "a synchronous exception (illegal instruction, ecall, misaligned access), which the emulator does not "
        "hand to the trap handler");
  } else if (error == UC_ERR_WRITE_PROT) {
    stop_for_good("a write to a page of code, of which it has a copy, because there is no direct memory access to it");
  } else {
    stop_for_good(uc_strerror(error));
  }
}

void RiscvCpu::sleep() {
  // The block may go on behind the wfi: what was counted of that has not been executed.
  const std::uint64_t executed = (program_counter_ - block_) / InstructionBytes;
  const std::uint64_t ahead = block_instructions_ > executed ? block_instructions_ - executed : 0;
  statistics_.instructions = std::max(accounted_, statistics_.instructions - ahead);
  synchronise();
  const std::uint64_t begin = sc_core::sc_time_stamp().value();
  sleeping_ = true;
  while (!irq.read()) wait(irq.posedge_event());
  sleeping_ = false;
  statistics_.asleep += sc_core::sc_time::from_value(sc_core::sc_time_stamp().value() - begin);
  keeper_.reset();
  synchronise();
}

void RiscvCpu::sample_irq() {
  if (irq.read() == pending_) return;
  pending_ = irq.read();
  if (pending_) ++statistics_.interrupts;
  std::uint32_t mip = pending_ ? Seip : 0;
  uc_reg_write(engine_.get(), UC_RISCV_REG_MIP, &mip);
}

void RiscvCpu::account() {
  keeper_.inc(static_cast<double>(statistics_.instructions - accounted_) * settings_.clock_period);
  accounted_ = statistics_.instructions;
}

void RiscvCpu::synchronise() {
  account();
  keeper_.sync();
  const sc_core::sc_time quantum = tlm::tlm_global_quantum::instance().compute_local_quantum();
  const std::uint64_t instructions = std::max<std::uint64_t>(1, quantum.value() / settings_.clock_period.value());
  budget_ = revoked_.empty() ? statistics_.instructions + instructions : 0;
}

void RiscvCpu::stop_emulator() {
  stopped_ = true;
  uc_emu_stop(engine_.get());
}

void RiscvCpu::stop_for_good(const std::string& reason) {
  if (fault_.empty()) fault_ = "the processor stopped in the block at " + hex(block_) + ": " + reason;
  stop_emulator();
}

void RiscvCpu::before_block(std::uint32_t address, std::uint32_t instructions) {
  if (statistics_.instructions >= budget_) {
    stop_emulator();  // before the block: it is not executed
    return;
  }
  block_ = address;
  block_instructions_ = instructions;
  statistics_.instructions += instructions;
}

bool RiscvCpu::access(tlm::tlm_command command, std::uint64_t address, void* data, unsigned bytes) {
  const double start = seconds_now();
  synchronise();
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(static_cast<unsigned char*>(data));
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay;
  bus->b_transport(payload_, delay);
  ++statistics_.bus_accesses;
  keeper_.set(delay);
  synchronise();
  in_bus_seconds_ += seconds_now() - start;

  // At once, or the end of a trap handler would see the interrupt that it has just acknowledged. (To stop the emulator
  // here would make it do the access again.)
  sample_irq();
  if (!payload_.is_response_error()) return true;
  stop_for_good(std::string(command == tlm::TLM_READ_COMMAND ? "a read of " : "a write of ") + std::to_string(bytes) +
                " bytes at " + hex(address) + " was answered with " + payload_.get_response_string());
  return false;
}

bool RiscvCpu::map(std::uint64_t address, uc_mem_type type) {
  if (address >= AddressSpace) return false;
  const bool fetch = type == UC_MEM_FETCH_UNMAPPED;
  const bool write = type == UC_MEM_WRITE_UNMAPPED;
  if (settings_.dmi && map_direct(address, write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND)) return true;
  const std::uint64_t page = address / PageBytes * PageBytes;
  return fetch ? map_code(page) : map_io(page);
}

bool RiscvCpu::map_io(std::uint64_t page) {
  Region& region = regions_[page] = {this, page, PageBytes, false, {}};
  return uc_mmio_map(engine_.get(), page, PageBytes, &read_callback, &region, &write_callback, &region) == UC_ERR_OK;
}

bool RiscvCpu::map_code(std::uint64_t page) {
  Region& region = regions_[page] = {this, page, PageBytes, false, std::vector<std::uint8_t>(PageBytes)};
  return access(tlm::TLM_READ_COMMAND, page, region.code.data(), PageBytes) &&
         uc_mem_map_ptr(engine_.get(), page, PageBytes, UC_PROT_READ | UC_PROT_EXEC, region.code.data()) == UC_ERR_OK;
}

bool RiscvCpu::turn_into_code(std::uint64_t page) {
  const auto region = regions_.find(page);
  if (region == regions_.end() || region->second.direct || !region->second.code.empty()) return false;
  uc_mem_unmap(engine_.get(), page, PageBytes);
  stopped_ = true;  // go on
  return map_code(page);
}

bool RiscvCpu::map_direct(std::uint64_t address, tlm::tlm_command command) {
  payload_.set_command(command);
  payload_.set_address(address);
  tlm::tlm_dmi dmi;
  if (!bus->get_direct_mem_ptr(payload_, dmi) || !dmi.is_read_write_allowed()) return false;
  // Whole pages only.
  const std::uint64_t first = (dmi.get_start_address() + PageBytes - 1) / PageBytes * PageBytes;
  const std::uint64_t end = std::min<std::uint64_t>(dmi.get_end_address(), AddressSpace - 1) + 1;
  const std::uint64_t last = end / PageBytes * PageBytes;  // one behind
  if (address < first || address >= last) return false;
  unsigned char* const host = dmi.get_dmi_ptr() + (first - dmi.get_start_address());
  if (uc_mem_map_ptr(engine_.get(), first, last - first, UC_PROT_ALL, host) != UC_ERR_OK) return false;
  regions_[first] = {this, first, last - first, true, {}};
  return true;
}

void RiscvCpu::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  // If the emulator waits for a bus access, it must finish that instruction first: it stops before the next block.
  revoked_.emplace_back(first, last);
  budget_ = 0;
}

void RiscvCpu::unmap_revoked() {
  for (const auto& [first, last] : revoked_) {
    for (auto region = regions_.begin(); region != regions_.end();) {
      const auto& [base, mapped] = *region;
      const bool hit = mapped.direct && base <= last && first < base + mapped.bytes;
      if (hit) uc_mem_unmap(engine_.get(), base, mapped.bytes);
      region = hit ? regions_.erase(region) : std::next(region);
    }
  }
  revoked_.clear();
}

void RiscvCpu::block_hook(uc_engine*, std::uint64_t address, std::uint32_t size, void* self) {
  static_cast<RiscvCpu*>(self)->before_block(static_cast<std::uint32_t>(address),
                                             std::max<std::uint32_t>(1, size / InstructionBytes));
}

bool RiscvCpu::unmapped_hook(uc_engine*, uc_mem_type type, std::uint64_t address, int, std::int64_t, void* self) {
  return static_cast<RiscvCpu*>(self)->map(address, type);
}

std::uint64_t RiscvCpu::read_callback(uc_engine*, std::uint64_t offset, unsigned size, void* region) {
  const auto* const page = static_cast<const Region*>(region);
  std::uint32_t value = 0;
  page->cpu->access(tlm::TLM_READ_COMMAND, page->base + offset, &value, size);
  return value;
}

void RiscvCpu::write_callback(uc_engine*, std::uint64_t offset, unsigned size, std::uint64_t value, void* region) {
  const auto* const page = static_cast<const Region*>(region);
  page->cpu->access(tlm::TLM_WRITE_COMMAND, page->base + offset, &value, size);
}

}  // namespace dlac::platform
