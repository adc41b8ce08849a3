// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>

#include <cstdint>
#include <tlm>

namespace dlac {

/// A beat of a row stream as the PEs of the row see it. Bit b of a mask belongs to output buffer b; buffers whose
/// channel lies outside the layer are in no mask and in no count.
struct RowBeat {
  std::uint64_t candidates = 0;          ///< buffers that are live if the feature lets them (SkipRule)
  std::uint64_t nonzero = 0;             ///< buffers with a weight other than +-0
  std::uint64_t negative = 0;            ///< ternary weights: buffers with weight -1
  const std::uint32_t* words = nullptr;  ///< full-precision weights, one per output buffer; else null
  std::uint8_t candidate_count = 0;
  std::uint8_t nonzero_count = 0;
  std::uint8_t zero_count = 0;
  std::uint8_t nonfinite_count = 0;  ///< weights that are infinite or NaN
};

/// What the zero detection at the window's input says about a feature.
enum class FeatureKind : std::uint8_t { Inserted = 0, Zero = 1, Finite = 2, NonFinite = 3 };
inline constexpr std::uint32_t FeatureKinds = 4;

/// A beat of a column stream as the PEs of the column see it.
struct ColumnBeat {
  std::uint32_t feature = 0;  ///< word of the mode's format
  FeatureKind kind = FeatureKind::Zero;
  bool passes = false;  ///< updates with this feature are executed (SkipRule)
};

/// A PE looks at a beat in its stream's window, once it is delivered, by b_transport; or, for a ptWiseOp, at the words
/// that the port holds for it. What `beat` or `words` points to stays until the PE is past it.
///
/// Direct access: a grant's pointer is that of the window, D beats, beat t of the segment at t mod D. It is taken back
/// when the grid takes another shape.
template <typename Beat>
struct BeatRead {
  std::uint32_t pe = 0;
  std::uint64_t number = 0;  ///< beat of the reduction
  std::uint32_t slot = 0;    ///< of the window: beat of the segment mod D
  std::uint64_t cycle = 0;   ///< clock edge from which on the PE is at this beat
  const Beat* beat = nullptr;

  bool pointwise = false;                ///< asks for words in place of a beat
  std::uint32_t operand = 0;             ///< of a row: 0, 1, 2 for a, x, y; of a column: view 0 or 1
  std::uint32_t first = 0;               ///< of the words: tile channel of output buffer 0
  const std::uint32_t* words = nullptr;  ///< one per output buffer
  tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
};

struct RowBeatTypes {
  using tlm_payload_type = BeatRead<RowBeat>;
  using tlm_phase_type = tlm::tlm_phase;
};
struct ColumnBeatTypes {
  using tlm_payload_type = BeatRead<ColumnBeat>;
  using tlm_phase_type = tlm::tlm_phase;
};

/// What the zero-skip control of a PE has its arithmetic units do in a cycle, by b_transport: the updates of up to A'
/// output buffers with one beat, or a ptWiseOp on all of them at once.
struct Update {
  std::uint32_t pe = 0;
  tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
  std::uint64_t buffers = 0;  ///< mask of the output buffers to be updated, lowest first
  std::uint64_t cycle = 0;    ///< clock edge that ends the cycle in which they are executed
  // Of an mmOp.
  std::uint64_t number = 0;  ///< beat of the reduction
  const RowBeat* weights = nullptr;
  const ColumnBeat* feature = nullptr;
  // Of a ptWiseOp: null for an mmOp. Operands that are neither constants nor streamed have no words.
  const PtWiseOp* pointwise = nullptr;
  const std::uint32_t* words_a = nullptr;
  const std::uint32_t* words_x = nullptr;
  const std::uint32_t* words_y = nullptr;
};

struct UpdateTypes {
  using tlm_payload_type = Update;
  using tlm_phase_type = tlm::tlm_phase;
};

}  // namespace dlac
