// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <tlm>

namespace dlac {

/// Who reads or writes a local buffer.
enum class BufferRequester : std::uint8_t {
  Load,             ///< the load unit writes what a burst brought
  RowStream,        ///< row stream `index` reads the weights of a beat
  ColumnStream,     ///< column stream `index` reads the feature of a beat
  Constants,        ///< the row port of row `index` reads per-channel constants of a ptWiseOp
  PointwiseStream,  ///< the column port of column `index` reads streamed operands of a ptWiseOp
  CodeCheck         ///< the compute unit looks for illegal ternary codes; no beat
};
[[nodiscard]] std::string_view to_string(BufferRequester requester);

/// Ignorable extension of a transaction on a local buffer: whose it is, and when it counts.
struct BufferAccess : tlm::tlm_extension<BufferAccess> {
  static constexpr std::uint32_t AllStreams = ~std::uint32_t{0};

  BufferRequester requester = BufferRequester::Load;
  std::uint32_t index = 0;  ///< row or column; AllStreams for the one read per segment of the schedule engine
  std::uint64_t beat = 0;  ///< of the streams: beat of the reduction (first one of several); of the ports: tile channel
  /// Clock edge, counted from time 0, at which the access counts: the burst is complete, the beat is delivered unless
  /// the buffer delays it, or the operation starts that all other reads belong to.
  std::uint64_t cycle = 0;

  [[nodiscard]] tlm::tlm_extension_base* clone() const override {
    return std::make_unique<BufferAccess>(*this).release();
  }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const BufferAccess&>(other); }
};

}  // namespace dlac
