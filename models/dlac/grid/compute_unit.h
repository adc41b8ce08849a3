// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/control/core_context.h>
#include <dlac/dma/load_unit.h>
#include <dlac/grid/engine.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>

namespace dlac {

/// Executes the compute queue on the grid, whichever engine it is: checks an operation, has the engine compute it, and
/// lets its cycles pass.
class ComputeUnit : public sc_core::sc_module {
 public:
  ComputeUnit(sc_core::sc_module_name name, CoreContext& core, Engine& engine, const LoadUnit& load,
              const BufferView& weights);

  void reset();

 private:
  void run();
  void note_wait();
  void execute(const MmOp& op, const QueuedCommand& queued);
  void execute(const PtWiseOp& op, const QueuedCommand& queued);

  CoreContext& core_;
  Engine& engine_;
  const LoadUnit& load_;
  const BufferView weights_;
  sc_core::sc_process_handle thread_;
};

}  // namespace dlac
