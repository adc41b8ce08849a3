// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/platform.h"

#include <algorithm>

#include "tb/platform/platform_map.h"
#include "tb/reports/text.h"
#include "workloads/settings/input_error.h"

namespace dlac::platform {
namespace {

// The processor reaches everything through a bridge of 10 ns; dLAC's memory port has RAM's latency and no other. [A]
enum Initiators : std::size_t { CpuPort, DlacPort };
enum Targets : std::size_t { RamPort, UartPort, TimerPort, IntcPort, SystemPort, CsrPort };
constexpr double BridgeNs = 10;

[[nodiscard]] std::vector<Bus::Initiator> initiators() {
  return {{"cpu", {BridgeNs, sc_core::SC_NS}}, {"dlac_mem", sc_core::SC_ZERO_TIME}};
}

[[nodiscard]] std::vector<Bus::Target> targets(std::uint64_t ram_bytes) {
  return {{"ram", PLATFORM_RAM_BASE, ram_bytes},
          {"uart", PLATFORM_UART_BASE, PLATFORM_WINDOW_BYTES},
          {"timer", PLATFORM_TIMER_BASE, PLATFORM_WINDOW_BYTES},
          {"intc", PLATFORM_INTC_BASE, PLATFORM_WINDOW_BYTES},
          {"system", PLATFORM_SYSTEM_BASE, PLATFORM_WINDOW_BYTES},
          {"dlac_csr", PLATFORM_DLAC_BASE, PLATFORM_WINDOW_BYTES}};
}

}  // namespace

Platform::Platform(sc_core::sc_module_name name, const PlatformSettings& settings, std::ostream& terminal)
    : sc_module(name),
      cpu("cpu", CpuSettings{{2, sc_core::SC_NS}, settings.cpu_dmi}),
      bus("bus", initiators(), targets(settings.ram_bytes)),
      ram("ram", settings.ram_bytes, {static_cast<double>(settings.machine.memory_latency_ns), sc_core::SC_NS}),
      uart("uart", terminal),
      timer("timer"),
      interrupt_controller("interrupt_controller", 2),
      system("system", {settings.ram_bytes, static_cast<std::uint32_t>(settings.image.size()), settings.task}),
      dlac("dlac", settings.machine.core) {
  cpu.bus.bind(bus.initiator(CpuPort));
  dlac.mem.bind(bus.initiator(DlacPort));
  bus.target(RamPort).bind(ram.socket);
  bus.target(UartPort).bind(uart.socket);
  bus.target(TimerPort).bind(timer.socket);
  bus.target(IntcPort).bind(interrupt_controller.socket);
  bus.target(SystemPort).bind(system.socket);
  bus.target(CsrPort).bind(dlac.csr);
  bus.watch(CsrPort, [this](const tlm::tlm_generic_payload& payload) { lists.access(payload); });
  timer.irq.bind(timer_irq_);
  dlac.irq.bind(dlac_irq_);
  interrupt_controller.lines[PLATFORM_IRQ_TIMER - 1].bind(timer_irq_);
  interrupt_controller.lines[PLATFORM_IRQ_DLAC - 1].bind(dlac_irq_);
  interrupt_controller.irq.bind(cpu_irq_);
  cpu.irq.bind(cpu_irq_);
  tlm::tlm_global_quantum::instance().set(settings.quantum);

  for (const ElfSegment& segment : settings.firmware.segments) {
    load(segment.address, segment.bytes, "--firmware");
    if (!settings.image.empty() && segment.address + segment.bytes.size() > PLATFORM_IMAGE_BASE) {
      throw InputError("--firmware", "", "reaches into the image", "the first MiB of RAM to be enough for it");
    }
  }
  cpu.start_at(settings.firmware.entry);
  if (!settings.image.empty()) load(PLATFORM_IMAGE_BASE, settings.image, "--image");
}

void Platform::load(std::uint64_t address, const std::vector<std::uint8_t>& bytes, const std::string& what) {
  const std::uint64_t room =
      address < PLATFORM_RAM_BASE ? 0 : ram.size() - std::min(ram.size(), address - PLATFORM_RAM_BASE);
  if (bytes.size() > room) {
    throw InputError(what, "", std::to_string(bytes.size()) + " bytes",
                     "at most " + std::to_string(room) + ", the RAM from its address on (--ram-bytes)");
  }
  std::copy(bytes.begin(), bytes.end(), ram.data() + (address - PLATFORM_RAM_BASE));
}

std::optional<int> Platform::run() {
  sc_core::sc_start();
  return failure().empty() ? system.exit_code() : std::nullopt;
}

std::string Platform::failure() const {
  if (!cpu.fault().empty()) return cpu.fault();
  if (system.exit_code()) return {};
  return "the processor sleeps in wfi, and nothing is left to happen that could wake it";
}

void Platform::trace(sc_core::sc_trace_file* file) const {
  cpu.trace(file);
  bus.trace(file);
  for (const auto* line : {&cpu_irq_, &timer_irq_, &dlac_irq_}) sc_core::sc_trace(file, *line, line->name());
  dlac.trace(file);
}

}  // namespace dlac::platform
