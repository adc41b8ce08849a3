// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/schedule/feature_panel.h>
#include <dlac/grid/schedule/gather.h>

#include <algorithm>

namespace dlac::schedule {
namespace {

constexpr std::size_t ColumnVector = 16;  // columns of the widest vector

/// Index on one axis of the map of coordinate `u` among `insert`-spaced positions; Padding or Inserted if none.
[[nodiscard]] std::int32_t map_index(std::int64_t u, std::int64_t insert, std::int64_t extent) {
  if (insert != 1) {
    const std::int64_t remainder = u % insert;
    if (remainder != 0) return FeatureGather::Inserted;
    u /= insert;
  }
  return u >= 0 && u < extent ? static_cast<std::int32_t>(u) : FeatureGather::Padding;
}

}  // namespace

FeatureGather::FeatureGather(const Config& config, BufferView features)
    : config_(config), by_feature_(!SkipRule(config.policy).passes(true)), features_(features) {}

void FeatureGather::begin(const MmOp& op) {
  op_ = op;
  stride_ = round_up(op.columns, LanePad);
  if (op.order == BeatOrder::KernelBeats) begin_kernel_beats(op);
}

void FeatureGather::begin_kernel_beats(const MmOp& op) {
  // Only the kernel positions that the segment visits get a table: a kernel may be far larger than a segment.
  const std::uint64_t kernel = std::uint64_t{op.kernel_height} * op.kernel_width;
  positions_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(kernel, op.beats));
  offsets_.resize(positions_ * stride_);
  counted_.assign(positions_, op.columns);
  const bool inserts = op.insert_y != 1 || op.insert_x != 1;
  for (std::uint32_t i = 0; i < positions_; ++i) {
    const std::uint64_t position = (op.first_beat + std::uint64_t{i}) % kernel;
    std::int32_t* offsets = &offsets_[i * stride_];
    fill_offsets(op, static_cast<std::int64_t>(position / op.kernel_width),
                 static_cast<std::int64_t>(position % op.kernel_width), offsets);
    if (inserts) counted_[i] -= static_cast<std::uint32_t>(std::count(offsets, offsets + op.columns, Inserted));
    std::fill(offsets + op.columns, offsets + stride_, Inserted);
  }
  runs_.resize(positions_ * (stride_ / RunLanes));
  find_runs(offsets_.data(), positions_, stride_, round_up(op.columns, ColumnVector), runs_.data());
}

void FeatureGather::fill_offsets(const MmOp& op, std::int64_t kh, std::int64_t kw, std::int32_t* offsets) {
  std::uint64_t row = op.first_column / op.out_width;
  std::int64_t ox = op.first_column % op.out_width;
  const auto columns = static_cast<std::int64_t>(op.columns);
  for (std::int64_t c = 0; c < columns; ++row, ox = 0) {
    // Pixels of one output row share the row of the map.
    const std::int64_t run = std::min(columns - c, std::int64_t{op.out_width} - ox);
    const std::int64_t u = static_cast<std::int64_t>(row % op.out_height) * op.stride_y + kh * op.step_y + op.offset_y;
    const std::int32_t y = map_index(u, op.insert_y, op.height);
    const std::int32_t row_part =
        y < 0 ? y
              : static_cast<std::int32_t>((row / op.out_height * op.height + static_cast<std::uint64_t>(y)) %
                                          op.row_capacity * op.pitch);
    const std::int64_t v = ox * op.stride_x + kw * op.step_x + op.offset_x;
    std::int32_t* out = offsets + c;
    if (op.insert_x == 1) {
      for (std::int64_t i = 0; i < run; ++i) {
        const std::int64_t x = v + i * op.stride_x;
        const bool inside = row_part >= 0 && x >= 0 && x < op.width;
        out[i] = inside ? static_cast<std::int32_t>(row_part + x - op.first_x) : std::min(row_part, Padding);
      }
    } else {
      for (std::int64_t i = 0; i < run; ++i) {
        const std::int32_t x = map_index(v + i * op.stride_x, op.insert_x, op.width);
        // An inserted zero on either axis wins over padding on the other.
        out[i] = (row_part < 0 || x < 0) ? std::min({row_part, x, Padding})
                                         : row_part + x - static_cast<std::int32_t>(op.first_x);
      }
    }
    c += run;
  }
}

void FeatureGather::gather(std::uint32_t first, std::uint32_t beats, FeaturePanel& panel) {
  // The kernels write whole vectors of columns; what is behind them up to the stride stays 0.
  if (panel.stride != stride_ || panel.columns != op_.columns) {
    std::fill_n(panel.values.data(), panel.values.size(), 0.0F);
    std::fill_n(panel.live.data(), panel.live.size(), std::uint16_t{0});
    panel.stride = stride_;
    panel.columns = op_.columns;
  }
  panel.values.resize(beats * stride_);
  panel.live.resize(beats * stride_);
  panel.live_columns.resize(beats);
  panel.nonzero_columns.resize(beats);
  panel.counted_columns.resize(beats);
  panel.magnitude.resize(stride_);
  panel.nonfinite = false;
  if (op_.order == BeatOrder::KernelBeats) {
    gather_kernel_beats(first, beats, panel);
  } else {
    gather_pixel_beats(first, beats, panel);
  }
}

void FeatureGather::gather_kernel_beats(std::uint32_t first, std::uint32_t beats, FeaturePanel& panel) {
  const std::uint64_t kernel = std::uint64_t{op_.kernel_height} * op_.kernel_width;
  const std::uint64_t t = op_.first_beat + std::uint64_t{first};
  const std::uint64_t plane_stride = std::uint64_t{op_.row_capacity} * op_.pitch;
  GatherJob job;
  job.buffer = features_.data;
  job.half = config_.mode == Mode::Infer;
  job.stride = stride_;
  job.vector_columns = round_up(op_.columns, ColumnVector);
  job.plane = op_.base + (t / kernel - op_.first_channel) * plane_stride;
  job.plane_stride = plane_stride;
  job.positions = positions_;
  job.first_position = first % positions_;
  job.beats_to_next_plane = static_cast<std::uint32_t>(std::min<std::uint64_t>(kernel - t % kernel, beats));
  job.beats_per_plane = static_cast<std::uint32_t>(std::min<std::uint64_t>(kernel, beats));
  job.beats = beats;
  job.offsets = offsets_.data();
  job.runs = runs_.data();
  job.by_feature = by_feature_;
  gather_features(job, panel);
  for (std::uint32_t i = 0; i < beats; ++i) panel.counted_columns[i] = counted_[(job.first_position + i) % positions_];
}

void FeatureGather::gather_pixel_beats(std::uint32_t first, std::uint32_t beats, FeaturePanel& panel) {
  const std::uint64_t positions = std::uint64_t{op_.kernel_height} * op_.kernel_width;
  std::fill_n(panel.magnitude.data(), stride_, 0.0F);
  for (std::uint32_t i = 0; i < beats; ++i) {
    const std::uint64_t q = std::uint64_t{op_.first_beat} + first + i;
    const auto ox = static_cast<std::int64_t>(q % op_.out_width);
    const auto oy = static_cast<std::int64_t>(q / op_.out_width % op_.out_height);
    const std::uint64_t image = q / op_.out_width / op_.out_height;
    float* values = &panel.values[i * stride_];
    std::uint16_t* live = &panel.live[i * stride_];
    std::fill_n(values, stride_, 0.0F);
    std::fill_n(live, stride_, std::uint16_t{0});
    std::uint32_t counted = 0;
    std::uint32_t nonzero = 0;
    for (std::uint32_t c = 0; c < op_.columns; ++c) {
      const std::uint64_t j = std::uint64_t{op_.first_column} + c;
      const std::int64_t kh = j / op_.kernel_width % op_.kernel_height;
      const std::int64_t kw = j % op_.kernel_width;
      const std::int32_t y = map_index(oy * op_.stride_y + kh * op_.step_y + op_.offset_y, op_.insert_y, op_.height);
      const std::int32_t x = map_index(ox * op_.stride_x + kw * op_.step_x + op_.offset_x, op_.insert_x, op_.width);
      if (y == Inserted || x == Inserted) continue;
      ++counted;
      if (!by_feature_) live[c] = 0xFFFF;
      if (y < 0 || x < 0) continue;
      const std::uint64_t word =
          op_.base +
          ((j / positions - op_.first_channel) * op_.row_capacity + (image * op_.height + y) % op_.row_capacity) *
              op_.pitch +
          x - op_.first_x;
      values[c] = load_feature(features_.data, word, config_.mode == Mode::Infer);
      if (values[c] != 0.0F) {  // true for NaN
        ++nonzero;
        if (by_feature_) live[c] = 0xFFFF;
      }
      if (!(values[c] - values[c] == 0.0F)) panel.nonfinite = true;
      panel.magnitude[c] += values[c] < 0 ? -values[c] : values[c];
    }
    panel.counted_columns[i] = counted;
    panel.nonzero_columns[i] = nonzero;
    panel.live_columns[i] = by_feature_ ? nonzero : counted;
  }
}

}  // namespace dlac::schedule
