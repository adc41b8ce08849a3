// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/accelerator.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

#include "tb/platform/bus.h"
#include "tb/platform/cpu.h"
#include "tb/platform/elf_file.h"
#include "tb/platform/interrupt_controller.h"
#include "tb/platform/list_log.h"
#include "tb/platform/system_controller.h"
#include "tb/platform/timer.h"
#include "tb/platform/uart.h"
#include "tb/settings/run_settings.h"
#include "tb/system/memory.h"

namespace dlac::platform {

/// What the platform is built from and what is loaded into its RAM.
struct PlatformSettings {
  MachineSettings machine;               ///< dLAC, and the latency of RAM
  std::uint32_t ram_bytes = 64U << 20U;  ///< whole pages of 4 KiB
  sc_core::sc_time quantum{10, sc_core::SC_US};
  bool cpu_dmi = true;     ///< of the processor; dLAC's is in its configuration
  std::uint32_t task = 0;  ///< SYSTEM_TASK_
  ElfProgram firmware;
  std::vector<std::uint8_t> image;  ///< lies at PLATFORM_IMAGE_BASE
};

/// Processor, bus, RAM, UART, timer, interrupt controller, system controller and dLAC. platform_map.h says where.
class Platform : public sc_core::sc_module {
 public:
  /// `terminal` gets what the firmware sends through the UART. Throws InputError for firmware or an image that does
  /// not fit, ConfigError, CpuError, std::bad_alloc.
  Platform(sc_core::sc_module_name name, const PlatformSettings& settings, std::ostream& terminal);

  /// Runs the simulation until the firmware ends it. Returns its exit code, or nullopt after a failure of the platform.
  [[nodiscard]] std::optional<int> run();
  /// One line that says why run() returned nothing.
  [[nodiscard]] std::string failure() const;

  /// Adds the processor's bus, the interrupt lines and dLAC's signals to a waveform.
  void trace(sc_core::sc_trace_file* file) const override;

  RiscvCpu cpu;
  Bus bus;
  tb::Memory ram;
  Uart uart;
  Timer timer;
  InterruptController interrupt_controller;
  SystemController system;
  Accelerator dlac;
  ListLog lists{dlac};

 private:
  void load(std::uint64_t address, const std::vector<std::uint8_t>& bytes, const std::string& what);

  sc_core::sc_signal<bool> cpu_irq_{"cpu_irq"};
  sc_core::sc_signal<bool> timer_irq_{"timer_irq"};
  sc_core::sc_signal<bool> dlac_irq_{"dlac_irq"};
};

}  // namespace dlac::platform
