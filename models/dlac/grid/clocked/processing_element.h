// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/grid/clocked/datapath.h>
#include <dlac/grid/clocked/zero_skip.h>
#include <dlac/links/links.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace dlac::clocked {

/// One processing element: zero-skip control, and the arithmetic units with their output buffers. (Organisation)
class ProcessingElement final : public sc_core::sc_module {
 public:
  ZeroSkip zero_skip;
  Datapath datapath;

  /// What the PEs of a grid share, and what a cycle touches of each, side by side.
  struct Shared {
    const Config& config;
    sc_core::sc_vector<BeatSignal>& positions;
    GridStatus& status;
    std::vector<ZeroSkipState> zero_skips;    ///< [PE]
    std::vector<DatapathState> datapaths;     ///< [PE]
    std::vector<std::uint32_t> accumulators;  ///< [PE][bank][buffer]
  };

  ProcessingElement(const sc_core::sc_module_name& name, std::uint32_t number, Shared& shared)
      : sc_module(name),
        zero_skip("zero_skip", number, shared.config, shared.zero_skips[number], shared.positions, shared.status),
        datapath("datapath", shared.config, shared.datapaths[number],
                 &shared.accumulators[std::size_t{2} * number * shared.config.output_buffers]) {}
  ProcessingElement(const ProcessingElement&) = delete;
  ProcessingElement& operator=(const ProcessingElement&) = delete;

  void bind(Links& links) { links.bind<UpdateTypes>(Protocol::Update, zero_skip.update, datapath.update); }

  /// Begins a segment at the streams that the grid shape gives to this PE. The first `valid` output buffers hold
  /// channels of the layer.
  void start(const MmOp& op, std::uint32_t updates_per_cycle, std::uint32_t valid) {
    datapath.start(op, valid);
    zero_skip.start(op.first_beat, op.beats, updates_per_cycle);
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
