// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/command.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/clocked/address_generator.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/links/beat_protocol.h>
#include <dlac/links/buffer_port.h>
#include <dlac/links/transport_defaults.h>

#include <array>
#include <cstdint>
#include <tlm>
#include <vector>

namespace dlac::clocked {

/// The stream that carries the features of one PE column out of the feature buffer, one per beat, with its address
/// generator and the zero detection at the window's input. Its port also reads the streamed operands of point-wise
/// operations.
class ColumnStream final : public OperandStream, private ForwardDefaults<ColumnBeatTypes> {
 public:
  BufferPort buffer;
  tlm::tlm_target_socket<32, ColumnBeatTypes> beats{"beats"};

  ColumnStream(const sc_core::sc_module_name& name, std::uint32_t index, const Config& config, GridStatus& status);

  /// Begins a segment as tile column `column`.
  void start(const MmOp& op, std::uint32_t column);
  /// Reads the streamed operands of a point-wise operation for tile column `column`. Returns the cycles by which the
  /// buffer delays them.
  [[nodiscard]] std::uint64_t load_operands(const PtWiseOp& op, std::uint32_t column);

 private:
  bool fill_directly(std::uint32_t slot, sc_core::sc_time& delay) override;
  bool fill_by_transaction(std::uint32_t slot, sc_core::sc_time& delay) override;
  void b_transport(BeatRead<ColumnBeat>& read, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(BeatRead<ColumnBeat>& read, tlm::tlm_dmi& dmi) override;
  void fill(std::uint32_t slot, const ColumnBeat& beat);
  [[nodiscard]] ColumnBeat beat_of(const std::uint8_t* data) const;
  /// A streamed operand: view `view` (0 or 1) at tile channel `channel` and tile column `column`; +0 outside the map.
  [[nodiscard]] std::uint32_t operand(const PtWiseOp& op, std::uint32_t view, std::uint32_t channel,
                                      std::uint32_t column, sc_core::sc_time& delay);

  const Arithmetic arithmetic_;
  const std::uint32_t word_bytes_;
  const SkipRule rule_;
  AddressGenerator addresses_;
  std::uint64_t first_beat_ = 0;
  std::vector<ColumnBeat> window_;
  std::array<std::vector<std::uint32_t>, 2> operands_;  ///< of views 0 and 1: [tile channel]
};

}  // namespace dlac::clocked
