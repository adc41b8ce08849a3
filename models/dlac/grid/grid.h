// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/links/buffer.h>
#include <dlac/links/links.h>
#include <dlac/links/operation_protocol.h>
#include <dlac/links/resettable.h>
#include <dlac/links/transport_defaults.h>

#include <memory>
#include <systemc>
#include <tlm>

namespace dlac {

/// The PE grid with its output buffers: what executes mmOp and ptWiseOp. Two engines, chosen by configuration, that
/// agree to the cycle and to the bit and have the same outer sockets. (Two engines)
class Grid : public sc_core::sc_module,
             public Resettable,
             protected ForwardDefaults<OperationTypes>,
             protected ForwardDefaults<DrainTypes> {
 public:
  tlm::tlm_target_socket<32, OperationTypes> operation{"operation"};
  tlm::tlm_target_socket<32, DrainTypes> drain{"drain"};

  explicit Grid(const sc_core::sc_module_name& name) : sc_module(name) {
    operation.bind(static_cast<tlm::tlm_fw_transport_if<OperationTypes>&>(*this));
    drain.bind(static_cast<tlm::tlm_fw_transport_if<DrainTypes>&>(*this));
  }
  Grid(const Grid&) = delete;
  Grid& operator=(const Grid&) = delete;

  /// Binds what the grid reads, and its links inside.
  virtual void bind(Links& links, Buffer& weights, Buffer& features) = 0;
  /// Back to the state after elaboration: both banks +0. An operation under way is dropped, not answered.
  void reset() override = 0;
  /// Adds the engine's signals to a waveform, before the simulation starts; the schedule engine has none.
  void trace(sc_core::sc_trace_file* file) const override = 0;
};

/// The grid of a configuration. `config` must outlive it.
[[nodiscard]] std::unique_ptr<Grid> make_grid(const char* name, const Config& config, const sc_core::sc_time& period);

}  // namespace dlac
