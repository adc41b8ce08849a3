// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/clocked/datapath.h>
#include <dlac/grid/clocked/zero_skip.h>
#include <dlac/links/links.h>

#include <cstdint>
#include <systemc>

namespace dlac::clocked {

/// One processing element: zero-skip control, and the arithmetic units with their output buffers. (Organisation)
class ProcessingElement final : public sc_core::sc_module {
 public:
  ZeroSkip zero_skip;
  Datapath datapath;

  /// `settle`: the event that follows the clock's tick when the streams' signals are stable. `positions` and `status`
  /// are the grid's.
  ProcessingElement(const sc_core::sc_module_name& name, std::uint32_t number, const Config& config,
                    const sc_core::sc_event& settle, sc_core::sc_vector<BeatSignal>& positions, GridStatus& status)
      : sc_module(name),
        zero_skip("zero_skip", number, config, settle, positions, status),
        datapath("datapath", config) {}
  ProcessingElement(const ProcessingElement&) = delete;
  ProcessingElement& operator=(const ProcessingElement&) = delete;

  void bind(Links& links) { links.bind<UpdateTypes>(Protocol::Update, zero_skip.update, datapath.update); }

  /// Begins a segment at the streams that the grid shape gives to this PE. The first `valid` output buffers hold
  /// channels of the layer.
  void start(const MmOp& op, std::uint32_t updates_per_cycle, std::uint32_t valid) {
    datapath.start(op, valid);
    zero_skip.start(op.beats, updates_per_cycle);
  }
  /// Leaves the segment, finished or not. Accumulators stay.
  void stop() {
    zero_skip.stop();
    datapath.stop();
  }
  /// Back to the state after elaboration.
  void reset() {
    zero_skip.stop();
    datapath.reset();
  }
  void trace(sc_core::sc_trace_file* file) const override {
    zero_skip.trace(file);
    datapath.trace(file);
  }
};

}  // namespace dlac::clocked
