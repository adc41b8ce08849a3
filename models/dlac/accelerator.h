// SPDX-License-Identifier: Apache-2.0
#pragma once
#if __cplusplus < 201703L
#error "dLAC needs C++17 or later: compile with -std=c++17"
#endif

#include <dlac/command_record.h>
#include <dlac/common/config.h>
#include <dlac/links/link.h>
#include <tlm_utils/simple_initiator_socket.h>  // platforms have come to rely on these two
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac {

/// The dLAC core, ready to be bound into a platform whose buses are `BusWidth` bits wide: 32, 64, 128, 256 or 512. The
/// width is that of the sockets' types alone; registers stay words of 32 bits, and the memory port's throughput is
/// configuration.
///
/// The host writes a command list (common/command.h) to memory, its address and length to the CSRs
/// (common/register_map.h), rings the doorbell and gets `irq` when the list has ended or failed.
template <unsigned int BusWidth>
class BasicAccelerator : public sc_core::sc_module {
 public:
  /// Control and status registers: 32-bit words, one per transaction.
  tlm::tlm_target_socket<BusWidth> csr{"csr"};
  /// Memory: commands, weights, features, outputs. 64-bit addresses, little-endian data.
  tlm::tlm_initiator_socket<BusWidth> mem{"mem"};
  /// Level: high while an enabled bit of IRQ_STATUS is set.
  sc_core::sc_out<bool> irq{"irq"};
  /// Active high: while it is high the core is held in the state after elaboration. May stay unbound.
  sc_core::sc_in<bool> reset{"reset"};

  /// `fittings`: modules for links and buffers of the user's own (links/link.h), used in the construction only.
  /// Throws ConfigError when a core of this configuration cannot be built, or a fitting does not fit. If that is a
  /// module for a link, parts of the core exist already, and the simulation must not be started.
  BasicAccelerator(const sc_core::sc_module_name& name, const Config& config, Fittings* fittings = nullptr);
  ~BasicAccelerator() override;
  BasicAccelerator(const BasicAccelerator&) = delete;
  BasicAccelerator& operator=(const BasicAccelerator&) = delete;

  [[nodiscard]] const Config& config() const;

  /// Called at the completion of every command, in the simulation's thread; for reports and timelines. May be called
  /// several times: all of them hear of it, until an empty one removes them.
  void observe(CommandObserver observer);

  /// The links between the core's modules, each of which takes a module of the user's.
  [[nodiscard]] std::vector<LinkInfo> links() const;
  /// Names of the links that owe an answer or take no command. When a simulation has come to a standstill with the core
  /// busy, it is one of them that holds it up.
  [[nodiscard]] std::vector<std::string> waiting_links() const;

  /// Adds the core's signals to a waveform: queues, tokens, grid state, irq; with the clocked engine the grid's too.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  struct Core;

  void before_end_of_elaboration() override;

  std::unique_ptr<Core> core_;
  std::unique_ptr<sc_core::sc_signal<bool>> reset_tie_;  ///< drives an unbound reset port
};

extern template class BasicAccelerator<32>;
extern template class BasicAccelerator<64>;
extern template class BasicAccelerator<128>;
extern template class BasicAccelerator<256>;
extern template class BasicAccelerator<512>;

/// The core for 32-bit buses.
class Accelerator : public BasicAccelerator<32> {
 public:
  using BasicAccelerator<32>::BasicAccelerator;
};

}  // namespace dlac
