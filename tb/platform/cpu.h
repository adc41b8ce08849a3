// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>
#include <unicorn/unicorn.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

namespace dlac::platform {

/// The emulator cannot be set up.
class CpuError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CpuSettings {
  sc_core::sc_time clock_period{2, sc_core::SC_NS};  ///< time of an instruction
  bool dmi = true;  ///< false: every load and store is a b_transport, and so is the first fetch from each page of code
};

struct CpuStatistics {
  std::uint64_t instructions = 0;
  std::uint64_t interrupts = 0;    ///< times that the interrupt line rose as the processor saw it
  std::uint64_t bus_accesses = 0;  ///< b_transport calls
  std::uint64_t emulations = 0;    ///< calls of the emulator
  double emulation_seconds = 0;    ///< CPU time in the emulator, without bus accesses
  sc_core::sc_time asleep;         ///< simulated time in wfi
};

/// An RV32IM processor, emulated by Unicorn, as a loosely timed TLM-2.0 initiator with temporal decoupling.
///
/// It knows no address map. The first access to a page asks for direct memory access: what is granted is mapped into
/// the emulator and runs at its speed; the rest goes through b_transport. An instruction takes one clock period, an
/// access through b_transport its delay in addition.
///
/// Every access through b_transport happens with the processor's time and SystemC's in step, before and after: what a
/// device sees does not depend on the quantum, and the interrupt line is up to date when the next instruction runs.
///
/// What the emulator limits: the interrupt arrives as the supervisor external one, SEIP, in machine mode (mcause
/// 0x80000009); mcycle and minstret count host ticks; instructions are counted as 4 bytes each, so code must not be
/// compressed; an access that the bus refuses cannot be made a trap and ends the simulation with fault(); it executes
/// no code out of I/O, so without direct access it gets a copy of each page of code, which must not be written later.
class RiscvCpu : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<RiscvCpu, 32> bus{"bus"};
  sc_core::sc_in<bool> irq{"irq"};  ///< level

  /// Throws CpuError when the emulator does not start.
  RiscvCpu(sc_core::sc_module_name name, const CpuSettings& settings);

  /// Where execution begins. Before the simulation starts.
  void start_at(std::uint32_t address) { program_counter_ = address; }

  [[nodiscard]] const CpuStatistics& statistics() const { return statistics_; }
  /// Asleep in wfi now.
  [[nodiscard]] bool sleeping() const { return sleeping_; }
  /// One line that says why the processor stopped for good; empty as long as it has not.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  /// Adds program counter (as of the last stop of the emulator) and sleep to a waveform.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  struct Close {
    void operator()(uc_engine* engine) const { uc_close(engine); }
  };
  /// Pages that are mapped in the emulator: directly, as I/O, or, without direct access, as a copy of code.
  struct Region {
    RiscvCpu* cpu = nullptr;
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
    bool direct = false;
    std::vector<std::uint8_t> code;
  };

  void run();
  void emulate();
  void sleep();
  void sample_irq();
  /// Brings the quantum keeper's local time up to the instructions executed.
  void account();
  /// Lets SystemC's time catch up and computes how many instructions may run until the next quantum boundary.
  void synchronise();
  void stop_emulator();
  void stop_for_good(const std::string& reason);

  void before_block(std::uint32_t address, std::uint32_t instructions);
  /// One b_transport. False, and a fault(), when it is answered with an error.
  bool access(tlm::tlm_command command, std::uint64_t address, void* data, unsigned bytes);
  [[nodiscard]] bool map(std::uint64_t address, uc_mem_type type);
  [[nodiscard]] bool map_direct(std::uint64_t address, tlm::tlm_command command);
  [[nodiscard]] bool map_code(std::uint64_t page);
  [[nodiscard]] bool map_io(std::uint64_t page);
  /// A page that was read before is executed: false if it is not one that map_io() mapped.
  [[nodiscard]] bool turn_into_code(std::uint64_t page);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);
  void unmap_revoked();

  // What Unicorn calls; `self` or `region` is what was registered.
  static void block_hook(uc_engine*, std::uint64_t address, std::uint32_t size, void* self);
  static bool unmapped_hook(uc_engine*, uc_mem_type type, std::uint64_t address, int size, std::int64_t value,
                            void* self);
  static std::uint64_t read_callback(uc_engine*, std::uint64_t offset, unsigned size, void* region);
  static void write_callback(uc_engine*, std::uint64_t offset, unsigned size, std::uint64_t value, void* region);

  const CpuSettings settings_;
  std::unique_ptr<uc_engine, Close> engine_;
  std::map<std::uint64_t, Region> regions_;  ///< by base
  std::vector<std::pair<std::uint64_t, std::uint64_t>> revoked_;

  tlm_utils::tlm_quantumkeeper keeper_;
  std::uint64_t budget_ = 1;     ///< value of statistics_.instructions at which to synchronise
  std::uint64_t accounted_ = 0;  ///< instructions that the keeper knows of
  bool stopped_ = false;         ///< we asked the emulator to return
  bool pending_ = false;         ///< MIP.SEIP as written last
  double in_bus_seconds_ = 0;    ///< of the present emulation
  bool sleeping_ = false;
  std::uint32_t program_counter_ = 0;  ///< as of the last stop of the emulator
  std::uint32_t block_ = 0;            ///< address of the block that is executed: the emulator knows no better
  std::uint32_t block_instructions_ = 0;

  tlm::tlm_generic_payload payload_;
  CpuStatistics statistics_;
  std::string fault_;
};

}  // namespace dlac::platform
