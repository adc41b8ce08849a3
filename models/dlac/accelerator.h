// SPDX-License-Identifier: Apache-2.0
#pragma once
#if __cplusplus < 201703L
#error "dLAC needs C++17 or later: compile with -std=c++17"
#endif

#include <dlac/command_record.h>
#include <dlac/common/config.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <systemc>
#include <tlm>

namespace dlac {

/// The dLAC core, ready to be bound into a platform.
///
/// The host writes a command list (common/command.h) to memory, its address and length to the CSRs
/// (common/register_map.h), rings the doorbell and gets `irq` when the list has ended or failed.
class Accelerator : public sc_core::sc_module {
 public:
  /// Control and status registers: 32-bit words, one per transaction.
  tlm_utils::simple_target_socket<Accelerator, 32> csr{"csr"};
  /// Memory: commands, weights, features, outputs. 64-bit addresses, little-endian data.
  tlm_utils::simple_initiator_socket<Accelerator, 32> mem{"mem"};
  /// Level: high while an enabled bit of IRQ_STATUS is set.
  sc_core::sc_out<bool> irq{"irq"};
  /// Active high: while it is high the core is held in the state after elaboration. May stay unbound.
  sc_core::sc_in<bool> reset{"reset"};

  /// Throws ConfigError when a core of this configuration cannot be built.
  Accelerator(sc_core::sc_module_name name, const Config& config);
  ~Accelerator() override;

  [[nodiscard]] const Config& config() const;

  /// Called at the completion of every command, in the simulation's thread; for reports and timelines.
  void observe(CommandObserver observer);

  /// Adds the core's signals to a waveform: queues, tokens, grid state, irq; with the clocked engine the grid's too.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  struct Parts;

  void before_end_of_elaboration() override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);
  void drive_irq();
  void on_reset();
  void on_halt();
  void on_resume();

  std::unique_ptr<Parts> parts_;
};

}  // namespace dlac
