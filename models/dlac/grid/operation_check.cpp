// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/operation_check.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace dlac {
namespace {

constexpr std::int64_t LargestSize = 1 << 24;

[[nodiscard]] bool sizes_ok(std::initializer_list<std::uint32_t> sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [](std::uint32_t s) { return s >= 1 && s <= LargestSize; });
}
[[nodiscard]] bool signed_ok(std::initializer_list<std::int32_t> values) {
  return std::all_of(values.begin(), values.end(),
                     [](std::int32_t v) { return v >= -LargestSize && v <= LargestSize; });
}

/// Closed range of integers; empty when last < first.
struct Range {
  std::int64_t first, last;
};

/// ceil(a/b) and floor(a/b) for b > 0.
[[nodiscard]] std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }
[[nodiscard]] std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// ox of the pixels [first, first + count): all of them once the range reaches the next row.
[[nodiscard]] Range pixel_columns(std::uint64_t first, std::uint64_t count, std::uint32_t out_width) {
  const std::uint64_t ox = first % out_width;
  if (ox + count > out_width) return {0, std::int64_t{out_width} - 1};
  return {static_cast<std::int64_t>(ox), static_cast<std::int64_t>(ox + count - 1)};
}

/// Map columns inside [0, width) that pixel columns `ox` and kernel columns [0, kernel) name.
[[nodiscard]] Range named_columns(Range ox, std::int64_t stride, std::int64_t kernel, std::int64_t step,
                                  std::int64_t offset, std::int64_t insert, std::int64_t width) {
  const std::int64_t reach = (kernel - 1) * step;
  const std::int64_t low = ox.first * stride + std::min<std::int64_t>(reach, 0) + offset;
  const std::int64_t high = ox.last * stride + std::max<std::int64_t>(reach, 0) + offset;
  return {std::max<std::int64_t>(ceil_div(low, insert), 0), std::min(floor_div(high, insert), width - 1)};
}

[[nodiscard]] bool held(Range x, std::uint32_t first_x, std::uint32_t pitch) {
  return x.last < x.first || (x.first >= first_x && x.last < std::int64_t{first_x} + pitch);
}

/// Whether `planes` circular planes from word `base` on lie in the feature buffer.
[[nodiscard]] bool planes_fit(const Config& config, std::uint64_t base, std::uint64_t planes,
                              std::uint64_t row_capacity, std::uint64_t pitch) {
  const std::uint64_t words = config.feature_buffer_bytes / config.word_bytes();
  if (row_capacity == 0 || pitch == 0 || row_capacity > words || pitch > words || planes > words) return false;
  const std::uint64_t plane = row_capacity * pitch;
  return plane <= words && base + planes * plane <= words;
}

[[nodiscard]] bool tile_ok(const Config& config, std::uint32_t log2_rows, std::uint32_t channels,
                           std::uint32_t columns) {
  if (log2_rows > 6) return false;
  const std::uint32_t rows = 1U << log2_rows;
  return config.has_grid(rows) && channels >= 1 && channels <= rows * config.output_buffers && columns >= 1 &&
         columns <= config.pes / rows;
}

}  // namespace

std::uint64_t weight_bits(const MmOp& op, const Config& config) {
  return op.beats * config.beat_bits(1U << op.log2_rows, op.full_precision != 0);
}

bool has_illegal_code(const std::uint8_t* first, std::uint64_t bits) {
  constexpr std::uint64_t High = 0xAAAAAAAAAAAAAAAAULL;  // the code's high bit without its low bit
  for (std::uint64_t offset = 0; offset < bits; offset += 64) {
    std::uint64_t codes = 0;
    if (bits - offset >= 64) {
      std::memcpy(&codes, first + offset / 8, sizeof codes);
    } else {
      std::memcpy(&codes, first + offset / 8, (bits - offset + 7) / 8);
      codes &= (std::uint64_t{1} << (bits - offset)) - 1;
    }
    if ((codes & High & ~(codes << 1)) != 0) return true;
  }
  return false;
}

ErrorCode check(const MmOp& op, const Config& config) {
  if (!tile_ok(config, op.log2_rows, op.channels, op.columns) || op.beats == 0) return ErrorCode::IllegalField;
  if (!sizes_ok({op.height, op.width, op.kernel_height, op.kernel_width, op.out_height, op.out_width, op.stride_y,
                 op.stride_x, op.insert_y, op.insert_x}) ||
      !signed_ok({op.step_y, op.step_x, op.offset_y, op.offset_x})) {
    return ErrorCode::IllegalField;
  }
  const bool pixel_beats = op.order == BeatOrder::PixelBeats;
  // Which of the two indices is the pixel and which the kernel position.
  const std::uint64_t first_pixel = pixel_beats ? op.first_beat : op.first_column;
  const std::uint64_t pixels = pixel_beats ? op.beats : op.columns;
  const std::uint64_t first_position = pixel_beats ? op.first_column : op.first_beat;
  const std::uint64_t positions = pixel_beats ? op.columns : op.beats;

  constexpr std::uint64_t IndexLimit = std::uint64_t{1} << 32;
  if (std::uint64_t{op.first_beat} + op.beats > IndexLimit ||
      std::uint64_t{op.first_column} + op.columns > IndexLimit) {
    return ErrorCode::IllegalField;
  }
  const std::uint64_t bytes = (weight_bits(op, config) + 7) / 8;
  if (op.weights > config.weight_buffer_bytes || bytes > config.weight_buffer_bytes - op.weights) {
    return ErrorCode::BufferRange;
  }
  if (op.full_precision != 0 && op.weights % config.word_bytes() != 0) return ErrorCode::IllegalField;

  const std::uint64_t kernel = std::uint64_t{op.kernel_height} * op.kernel_width;
  const std::uint64_t first_channel = first_position / kernel;
  const std::uint64_t last_channel = (first_position + positions - 1) / kernel;
  if (first_channel < op.first_channel ||
      !planes_fit(config, op.base, last_channel - op.first_channel + 1, op.row_capacity, op.pitch)) {
    return ErrorCode::BufferRange;
  }
  const Range x = named_columns(pixel_columns(first_pixel, pixels, op.out_width), op.stride_x, op.kernel_width,
                                op.step_x, op.offset_x, op.insert_x, op.width);
  if (!held(x, op.first_x, op.pitch)) return ErrorCode::BufferRange;
  return ErrorCode::None;
}

ErrorCode check(const PtWiseOp& op, const Config& config) {
  if (!tile_ok(config, op.log2_rows, op.channels, op.columns) || op.operation > PointwiseOp::Select ||
      op.compare > Compare::NotEqual) {
    return ErrorCode::IllegalField;
  }
  const auto uses = [&op](OperandSource source) {
    return op.source_a == source || op.source_x == source || op.source_y == source;
  };
  if (uses(OperandSource::Constant)) {
    const std::uint64_t bytes = std::uint64_t{op.channels} * config.word_bytes();
    for (const auto& [source, offset] : {std::pair{op.source_a, op.constants_a}, std::pair{op.source_x, op.constants_x},
                                         std::pair{op.source_y, op.constants_y}}) {
      if (source != OperandSource::Constant) continue;
      if (offset % config.word_bytes() != 0) return ErrorCode::IllegalField;
      if (offset + bytes > config.weight_buffer_bytes) return ErrorCode::BufferRange;
    }
  }
  if (uses(OperandSource::Stream)) {
    if (!sizes_ok({op.height, op.width, op.out_height, op.out_width, op.stride_y, op.stride_x}) ||
        !signed_ok({op.offset_y, op.offset_x})) {
      return ErrorCode::IllegalField;
    }
    const Range x = named_columns(pixel_columns(op.first_column, op.columns, op.out_width), op.stride_x, 1, 0,
                                  op.offset_x, 1, op.width);
    if ((op.source_a == OperandSource::Stream || op.source_x == OperandSource::Stream) &&
        (!planes_fit(config, op.base_0, op.channels, op.row_capacity_0, op.pitch_0) ||
         !held(x, op.first_x_0, op.pitch_0))) {
      return ErrorCode::BufferRange;
    }
    if (op.source_y == OperandSource::Stream &&
        (!planes_fit(config, op.base_1, op.channels, op.row_capacity_1, op.pitch_1) ||
         !held(x, op.first_x_1, op.pitch_1))) {
      return ErrorCode::BufferRange;
    }
  }
  return ErrorCode::None;
}

ErrorCode check(const Store& store, const Config& config) {
  const bool legal = tile_ok(config, store.log2_rows, store.channels, store.columns) && store.image_pixels != 0;
  return legal ? ErrorCode::None : ErrorCode::IllegalField;
}

}  // namespace dlac
