// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/divide_up.h>
#include <dlac/grid/pointwise_cycles.h>
#include <dlac/grid/schedule/accumulate.h>
#include <dlac/grid/schedule/feature_panel.h>
#include <dlac/grid/schedule/output_banks.h>
#include <dlac/grid/schedule/pointwise.h>
#include <dlac/grid/schedule/recurrence.h>
#include <dlac/grid/schedule/schedule_engine.h>
#include <dlac/grid/schedule/update_sums.h>
#include <dlac/grid/schedule/weight_counter.h>
#include <dlac/grid/schedule/weight_view.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dlac {
namespace {

using schedule::AccumulateJob;
using schedule::AlignedArray;
using schedule::FeatureGather;
using schedule::FeaturePanel;
using schedule::LanePad;
using schedule::OutputBanks;
using schedule::Pointwise;
using schedule::Recurrence;
using schedule::RecurrenceResult;
using schedule::RecurrenceShape;
using schedule::Rounding;
using schedule::UpdateSums;
using schedule::WeightCounter;
using schedule::WeightPanel;
using schedule::WeightView;

// Beats worked on together: their panels stay in the first-level cache. A multiple of Recurrence::BeatBlock.
constexpr std::uint32_t ChunkBeats = 128;
constexpr std::uint32_t PackedChannels = 16;  // tiles of a multiple of this many channels need no unpacking of codes
constexpr float LargestHalf = 65504.0F;

}  // namespace

class ScheduleEngine::Core {
 public:
  Core(const Config& config, BufferView weights, BufferView features)
      : config_(config),
        rule_(config.policy),
        weights_(config_, weights),
        features_(features),
        banks_(config_),
        counter_(config_, rule_, weights_, ChunkBeats),
        gather_(config_, features) {}

  void set_views(BufferView weights, BufferView features) {
    weights_.set_buffer(weights);
    features_ = features;
    gather_.set_buffer(features);
  }
  SegmentResult multiply(const MmOp& op);
  std::uint64_t pointwise(const PtWiseOp& op) {
    float* bank = banks_.accumulators(op.bank, op.log2_rows);
    Pointwise(config_, op, weights_, features_).apply(bank, banks_.channel_stride(op.log2_rows));
    return pointwise_cycles(op, config_);
  }
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out) {
    banks_.drain(bank, log2_rows, channels, columns, out);
  }
  void reset() { banks_.clear(); }

 private:
  [[nodiscard]] RecurrenceShape shape_of(const MmOp& op) const;
  void begin_accumulators(const MmOp& op);
  void bound_accumulators(std::uint32_t columns, std::uint32_t beats);
  [[nodiscard]] Rounding rounding_of(const MmOp& op) const;
  void unpack_weights(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  void accumulate_chunk(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  [[nodiscard]] SegmentResult result_of(const UpdateSums& sums);

  const Config config_;
  const SkipRule rule_;
  WeightView weights_;
  BufferView features_;
  OutputBanks banks_;
  WeightCounter counter_;
  FeatureGather gather_;
  FeaturePanel panel_;
  Recurrence recurrence_;
  AlignedArray<float> words_;  ///< weights of a chunk: [beat][channel]
  float bound_ = 0;            ///< no accumulator of the tile is larger in magnitude
};

RecurrenceShape ScheduleEngine::Core::shape_of(const MmOp& op) const {
  const bool full_precision = op.full_precision != 0;
  RecurrenceShape shape;
  shape.rows = static_cast<std::uint32_t>(divide_up(op.channels, config_.output_buffers));
  shape.columns = op.columns;
  shape.window_beats = config_.window_beats;
  shape.row_beat_cycles = config_.row_beat_cycles(full_precision);
  shape.largest_count =
      static_cast<std::uint32_t>(divide_up(config_.output_buffers, config_.updates_per_cycle(full_precision)));
  return shape;
}

void ScheduleEngine::Core::begin_accumulators(const MmOp& op) {
  float* bank = banks_.accumulators(op.bank, op.log2_rows);
  const std::size_t stride = banks_.channel_stride(op.log2_rows);
  bound_ = 0;
  for (std::uint32_t c = 0; c < op.columns; ++c) {
    float* words = bank + c * stride;
    if (op.clear != 0) {
      std::fill_n(words, op.channels, 0.0F);
    } else if (config_.mode == Mode::Infer) {
      for (std::uint32_t k = 0; k < op.channels; ++k) {
        // Infinity and NaN need the kernel that copes with everything; neither may be lost in a maximum.
        bound_ = std::max(bound_, std::isfinite(words[k]) ? std::abs(words[k]) : 2 * LargestHalf);
      }
    }
  }
}

void ScheduleEngine::Core::bound_accumulators(std::uint32_t columns, std::uint32_t beats) {
  float largest = 0;
  for (std::uint32_t c = 0; c < columns; ++c) largest = std::max(largest, panel_.magnitude[c]);
  // A rounding grows a magnitude by at most 2^-11; e^(n/2048) covers n of them, the last factor binary32's own.
  if (panel_.nonfinite) largest = std::numeric_limits<float>::infinity();  // a NaN is lost in the maximum
  bound_ = (bound_ + largest) * std::exp(static_cast<float>(beats + 8) / 2048.0F) * 1.0001F;
}

Rounding ScheduleEngine::Core::rounding_of(const MmOp& op) const {
  if (config_.mode == Mode::Train) return Rounding::Binary32;
  if (op.full_precision != 0) return Rounding::Binary16Fma;
  return bound_ < LargestHalf ? Rounding::Binary16 : Rounding::Binary16Any;
}

void ScheduleEngine::Core::unpack_weights(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  const std::uint32_t tile_channels = config_.output_buffers << op.log2_rows;
  const std::size_t stride = banks_.channel_stride(op.log2_rows);
  words_.resize(ChunkBeats * stride + LanePad);
  for (std::uint32_t t = 0; t < beats; ++t) {
    const std::uint64_t beat = std::uint64_t{first + t} * tile_channels;
    for (std::uint32_t k = 0; k < tile_channels; ++k) words_[t * stride + k] = weights_.value(op, beat + k);
  }
}

void ScheduleEngine::Core::accumulate_chunk(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  if (config_.mode == Mode::Infer) bound_accumulators(op.columns, beats);
  const std::uint32_t tile_channels = config_.output_buffers << op.log2_rows;
  AccumulateJob job;
  job.accumulators = banks_.accumulators(op.bank, op.log2_rows);
  job.channel_stride = banks_.channel_stride(op.log2_rows);
  job.channels = op.channels;
  job.features = panel_.values.data();
  job.feature_stride = panel_.stride;
  job.columns = op.columns;
  job.beats = beats;
  job.guarded = panel_.nonfinite || counter_.panel().any_nonfinite;
  job.rounding = rounding_of(op);
  if (op.full_precision == 0 && tile_channels % PackedChannels == 0) {
    job.packed_stride = config_.beat_bits(1U << op.log2_rows, false) / 8;
    job.packed = weights_.data() + op.weights + first * job.packed_stride;
  } else {
    unpack_weights(op, first, beats);
    job.words = words_.data();
    job.word_stride = job.channel_stride;
  }
  accumulate(job);
}

SegmentResult ScheduleEngine::Core::result_of(const UpdateSums& sums) {
  const RecurrenceResult schedule = recurrence_.result();
  SegmentResult result;
  result.cycles = schedule.cycles;
  result.updates = sums.counts(rule_);
  result.pe.busy = schedule.busy;
  result.pe.starved_row = schedule.starved_row;
  result.pe.starved_column = schedule.starved_column;
  result.pe.finished_early =
      config_.pes * schedule.cycles - schedule.busy - schedule.starved_row - schedule.starved_column;
  return result;
}

SegmentResult ScheduleEngine::Core::multiply(const MmOp& op) {
  begin_accumulators(op);
  banks_.save_beside(op);
  recurrence_.begin(shape_of(op));
  gather_.begin(op);
  counter_.begin(op);
  UpdateSums sums(op.channels);
  for (std::uint32_t first = 0; first < op.beats; first += ChunkBeats) {
    const std::uint32_t beats = std::min(ChunkBeats, op.beats - first);
    gather_.gather(first, beats, panel_);
    counter_.count(first, beats);
    accumulate_chunk(op, first, beats);
    const WeightPanel& weights = counter_.panel();
    recurrence_.advance(weights.counts.data(), weights.count_stride, panel_.live.data(), panel_.stride,
                        panel_.live_columns.data(), beats);
    sums.add(panel_, weights, beats);
  }
  banks_.restore_beside(op);
  return result_of(sums);
}

ScheduleEngine::ScheduleEngine(const Config& config, BufferView weights, BufferView features)
    : core_(std::make_unique<Core>(config, weights, features)) {}
ScheduleEngine::~ScheduleEngine() = default;

void ScheduleEngine::set_views(BufferView weights, BufferView features) { core_->set_views(weights, features); }
SegmentResult ScheduleEngine::multiply(const MmOp& op) { return core_->multiply(op); }
std::uint64_t ScheduleEngine::pointwise(const PtWiseOp& op) { return core_->pointwise(op); }
void ScheduleEngine::drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
                           std::uint32_t* out) const {
  core_->drain(bank, log2_rows, channels, columns, out);
}
void ScheduleEngine::reset() { core_->reset(); }

}  // namespace dlac
