// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/arithmetic.h>
#include <dlac/common/skip_policy.h>
#include <dlac/grid/clocked/address_generator.h>
#include <dlac/grid/clocked/operand_stream.h>
#include <dlac/grid/engine.h>

#include <cstdint>
#include <vector>

namespace dlac::clocked {

/// What the zero detection at the window's input says about a feature.
enum class FeatureKind : std::uint8_t { Inserted = 0, Zero = 1, Finite = 2, NonFinite = 3 };
inline constexpr std::uint32_t FeatureKinds = 4;

/// A beat of a column stream as the PEs of the column see it.
struct ColumnBeat {
  std::uint32_t feature = 0;  ///< word of the mode's format
  FeatureKind kind = FeatureKind::Zero;
  bool passes = false;  ///< updates with this feature are executed (SkipRule)
};

/// The stream that carries the features of one PE column out of the feature buffer, one per beat, with its address
/// generator and the zero detection at the window's input.
class ColumnStream final : public OperandStream {
 public:
  ColumnStream(const sc_core::sc_module_name& name, const Config& config, BufferView features,
               const sc_core::sc_event& tick);

  /// Begins a segment as tile column `column`.
  void start(const MmOp& op, std::uint32_t column);
  /// The beat in slot `slot` (beat number mod D) of the window.
  [[nodiscard]] const ColumnBeat& beat(std::uint32_t slot) const { return window_[slot]; }
  /// A stream operand of a point-wise operation: view `view` (0 or 1) at tile channel `channel` and tile column
  /// `column`; +0 outside the map.
  [[nodiscard]] std::uint32_t operand(const PtWiseOp& op, std::uint32_t view, std::uint32_t channel,
                                      std::uint32_t column) const;

 private:
  void fill(std::uint32_t slot) override;

  const Arithmetic arithmetic_;
  const BufferView features_;
  const std::uint32_t word_bytes_;
  const SkipRule rule_;
  AddressGenerator addresses_;
  std::vector<ColumnBeat> window_;
};

}  // namespace dlac::clocked
