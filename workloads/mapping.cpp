// SPDX-License-Identifier: Apache-2.0
#include "workloads/mapping.h"

#include <algorithm>

namespace dlac::workloads {
namespace {

constexpr std::uint32_t BlockAlignment = 16;  // Data layout: tiles aligned to 16 bytes

}  // namespace

MappedLayer::MappedLayer(const ConvLayer& of, const Config& on)
    : layer(of),
      config(on),
      full_precision(of.weights == WeightKind::FullPrecision),
      buffer_words(on.feature_buffer_bytes / on.word_bytes()),
      group_in(of.in_channels / of.groups),
      group_out(of.out_channels / of.groups),
      kernel(of.kernel_h * of.kernel_w),
      beats(static_cast<std::uint32_t>(of.beats())) {}

std::uint64_t MappedLayer::block_bytes(std::uint32_t log2_rows, std::uint64_t block_beats) const {
  const std::uint64_t bits = block_beats * config.beat_bits(1U << log2_rows, full_precision);
  return divide_up(divide_up(bits, 8), BlockAlignment) * BlockAlignment;
}

std::uint32_t MappedLayer::longest_block(std::uint32_t log2_rows, std::uint64_t bytes) const {
  const std::uint64_t usable = bytes / BlockAlignment * BlockAlignment;
  const std::uint64_t fitting = usable * 8 / config.beat_bits(1U << log2_rows, full_precision);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(fitting, beats));
}

std::uint32_t MappedLayer::segments_per_tile(const Mapping& mapping) const {
  if (mapping.chunk_channels == 0) return static_cast<std::uint32_t>(divide_up(beats, mapping.segment_beats));
  std::uint32_t count = 0;
  for (std::uint32_t c = 0; c < group_in; c += mapping.chunk_channels) {
    const std::uint32_t chunk_beats = std::min(mapping.chunk_channels, group_in - c) * kernel;
    count += static_cast<std::uint32_t>(divide_up(chunk_beats, mapping.segment_beats));
  }
  return count;
}

}  // namespace dlac::workloads
