// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/links/beat_protocol.h>
#include <dlac/links/operation_protocol.h>
#include <dlac/links/transport_defaults.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

namespace dlac::clocked {

/// What a cycle touches of a data path. The grid holds those of all PEs side by side, like their accumulators.
struct DatapathState {
  std::uint32_t* bank = nullptr;  ///< accumulators of the segment's bank
  std::uint32_t buffer = 0;       ///< last output buffer updated (traced)
  std::uint32_t value = 0;        ///< and its value, as a word
  float real = 0;                 ///< and as a number, when traced
  bool traced = false;
};

/// The arithmetic units of one PE and its two banks of B output buffers. Does what the zero-skip control says, in the
/// mode's arithmetic. (The arithmetic)
class Datapath final : public sc_core::sc_module,
                       private ForwardDefaults<UpdateTypes>,
                       private ForwardDefaults<DrainTypes> {
  // First, beside what a call needs.
  DatapathState& state_;
  const Arithmetic arithmetic_;

 public:
  tlm::tlm_target_socket<32, UpdateTypes> update{"update"};
  tlm::tlm_target_socket<32, DrainTypes> drain{"drain"};

  /// `state` is this PE's, `accumulators` its two banks: [bank][buffer].
  Datapath(const sc_core::sc_module_name& name, const Config& config, DatapathState& state,
           std::uint32_t* accumulators);
  Datapath(const Datapath&) = delete;
  Datapath& operator=(const Datapath&) = delete;

  /// Begins a segment, of which the first `valid` output buffers hold channels of the layer.
  void start(const MmOp& op, std::uint32_t valid);
  /// Leaves the segment. Accumulators stay.
  void stop();
  /// Back to the state after elaboration.
  void reset();
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  void b_transport(Update& request, sc_core::sc_time& delay) override;
  void b_transport(Drain& request, sc_core::sc_time& delay) override;
  void accumulate(const Update& request);
  void pointwise(const Update& request);

  std::uint32_t* const accumulators_;  ///< [bank][buffer]
  const std::uint32_t output_buffers_;
  const int word_bits_;
};

}  // namespace dlac::clocked
