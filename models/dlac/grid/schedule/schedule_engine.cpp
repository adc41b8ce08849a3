// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/arithmetic.h>
#include <dlac/grid/schedule/feature_panel.h>
#include <dlac/grid/schedule/kernels.h>
#include <dlac/grid/schedule/recurrence.h>
#include <dlac/grid/schedule/schedule_engine.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace dlac {
namespace {

using namespace schedule;

// Beats worked on together: their panels stay in the first-level cache. A multiple of Recurrence::BeatBlock.
constexpr std::uint32_t ChunkBeats = 128;
constexpr std::size_t ColumnBlock = 8;    // the kernels compute columns in blocks of this many
constexpr std::size_t ChannelBlock = 16;  // and channels in vectors of at most this many
constexpr float LargestHalf = 65504.0F;

[[nodiscard]] std::uint32_t count(std::uint64_t mask) { return static_cast<std::uint32_t>(__builtin_popcountll(mask)); }

}  // namespace

class ScheduleEngine::Core {
 public:
  Core(const Config& config, BufferView weights, BufferView features)
      : config_(config),
        rule_(config.policy),
        weights_(weights),
        features_(features),
        arithmetic_(config.mode),
        gather_(config_, features) {
    std::size_t largest = 0;
    for (std::uint32_t rows = 1; rows <= 64; rows *= 2) {
      if (!config.has_grid(rows)) continue;
      largest = std::max(largest, round_up(config.pes / rows, ColumnBlock) * channel_stride(rows));
    }
    for (Bank& bank : banks_) bank.words.resize(largest);
    reshaped_.resize(largest);
  }

  SegmentResult multiply(const MmOp& op);
  std::uint64_t pointwise(const PtWiseOp& op);
  void drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
             std::uint32_t* out) {
    drain_words(accumulators(bank, log2_rows), channel_stride(1U << log2_rows), channels, columns,
                config_.mode == Mode::Infer, out);
  }
  void reset() {
    for (Bank& bank : banks_) std::fill_n(bank.words.data(), bank.words.size(), 0.0F);
  }

 private:
  /// The output buffers of one bank, binary16 values as binary32: [column][channel] of a grid shape.
  struct Bank {
    std::uint32_t log2_rows = 0;
    AlignedArray<float> words;
  };

  [[nodiscard]] std::size_t channel_stride(std::uint32_t rows) const {
    return round_up(std::size_t{rows} * config_.output_buffers, ChannelBlock);
  }
  /// A bank's words as a grid shape lays them out. PE r*C + c keeps its words when the shape changes.
  [[nodiscard]] float* accumulators(std::uint32_t bank, std::uint32_t log2_rows);
  void clear(const MmOp& op, float* bank);
  /// The kernels compute whole vectors of channels and blocks of columns: what lies in them beside the tile is put
  /// aside and put back.
  template <typename Visit>
  void for_words_beside(const MmOp& op, Visit visit) const;
  void save_words_beside(const MmOp& op, const float* bank);
  void restore_words_beside(const MmOp& op, float* bank) const;
  void begin_counts(const MmOp& op);
  void count_weights(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  void count_words(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  void count_codes(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  void count_candidates(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  [[nodiscard]] std::uint64_t nonzero_buffers(const MmOp& op, std::uint32_t beat, std::uint32_t row) const;
  /// Output buffers of a row that takes part which hold channels of the layer.
  [[nodiscard]] std::uint32_t valid_buffers(std::uint32_t row) const {
    return row + 1 == live_rows_ ? last_valid_ : config_.output_buffers;
  }
  void unpack_weights(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  void accumulate_chunk(const MmOp& op, std::uint32_t first, std::uint32_t beats);
  void bound_accumulators(std::uint32_t columns, std::uint32_t beats);
  /// 2-bit code of an operation's weight, counted from its first one.
  [[nodiscard]] std::uint32_t ternary_code(const MmOp& op, std::uint64_t weight) const {
    const std::uint64_t bit = op.weights * std::uint64_t{8} + 2 * weight;
    return weights_.data[bit / 8] >> (bit % 8) & 3U;
  }
  [[nodiscard]] std::uint32_t weight_word(std::uint64_t byte) const {
    if (config_.mode == Mode::Infer) {
      std::uint16_t word;
      std::memcpy(&word, weights_.data + byte, sizeof word);
      return word;
    }
    std::uint32_t word;
    std::memcpy(&word, weights_.data + byte, sizeof word);
    return word;
  }

  const Config config_;
  const SkipRule rule_;
  const BufferView weights_;
  const BufferView features_;
  const Arithmetic arithmetic_;
  FeatureGather gather_;
  FeaturePanel panel_;
  Recurrence recurrence_;
  std::array<Bank, 2> banks_;
  AlignedArray<float> reshaped_;  ///< scratch of accumulators()
  std::vector<float> beside_;     ///< see for_words_beside()

  // Weights of a chunk.
  std::size_t count_stride_ = 0;
  std::uint32_t live_rows_ = 0;                    ///< with channels of the layer
  std::uint32_t last_valid_ = 0;                   ///< channels of the layer in the last of them
  std::uint32_t counted_rows_ = 0;                 ///< rows behind these are 0 in counts_
  AlignedArray<std::uint16_t> counts_;             ///< [beat][row]: cycles of a PE with a live column
  std::vector<std::uint32_t> live_per_beat_;       ///< non-zero weights of a beat
  std::vector<std::uint32_t> candidates_;          ///< of a beat, where they are not its non-zero weights
  std::vector<std::uint32_t> nonfinite_per_beat_;  ///< infinite and NaN weights of a beat
  AlignedArray<float> words_;                      ///< [beat][channel]
  bool weights_nonfinite_ = false;
  float bound_ = 0;  ///< no accumulator of the tile is larger in magnitude
};

float* ScheduleEngine::Core::accumulators(std::uint32_t index, std::uint32_t log2_rows) {
  Bank& bank = banks_[index];
  if (bank.log2_rows != log2_rows) {
    const std::uint32_t buffers = config_.output_buffers;
    const std::uint32_t old_columns = config_.pes >> bank.log2_rows;
    const std::uint32_t new_columns = config_.pes >> log2_rows;
    const std::size_t old_stride = channel_stride(1U << bank.log2_rows);
    const std::size_t new_stride = channel_stride(1U << log2_rows);
    std::fill_n(reshaped_.data(), reshaped_.size(), 0.0F);
    for (std::uint32_t pe = 0; pe < config_.pes; ++pe) {
      const float* from = &bank.words[pe % old_columns * old_stride + std::size_t{pe / old_columns} * buffers];
      std::copy_n(from, buffers, &reshaped_[pe % new_columns * new_stride + std::size_t{pe / new_columns} * buffers]);
    }
    std::swap(bank.words, reshaped_);
    bank.log2_rows = log2_rows;
  }
  return bank.words.data();
}

void ScheduleEngine::Core::clear(const MmOp& op, float* bank) {
  const std::size_t stride = channel_stride(1U << op.log2_rows);
  for (std::uint32_t c = 0; c < op.columns; ++c) std::fill_n(bank + c * stride, op.channels, 0.0F);
}

template <typename Visit>
void ScheduleEngine::Core::for_words_beside(const MmOp& op, Visit visit) const {
  const std::size_t stride = channel_stride(1U << op.log2_rows);
  for (std::size_t c = 0; c < round_up(op.columns, ColumnBlock); ++c) {
    const std::size_t first = c < op.columns ? op.channels : 0;
    if (first < stride) visit(c * stride + first, stride - first);
  }
}

void ScheduleEngine::Core::save_words_beside(const MmOp& op, const float* bank) {
  beside_.clear();
  for_words_beside(
      op, [&](std::size_t at, std::size_t count) { beside_.insert(beside_.end(), bank + at, bank + at + count); });
}

void ScheduleEngine::Core::restore_words_beside(const MmOp& op, float* bank) const {
  const float* from = beside_.data();
  for_words_beside(op, [&](std::size_t at, std::size_t count) {
    std::copy_n(from, count, bank + at);
    from += count;
  });
}

void ScheduleEngine::Core::begin_counts(const MmOp& op) {
  const std::uint32_t buffers = config_.output_buffers;
  live_rows_ = static_cast<std::uint32_t>(divide_up(op.channels, buffers));
  last_valid_ = op.channels - (live_rows_ - 1) * buffers;
  count_stride_ = round_up(1U << op.log2_rows, LanePad);
  counts_.resize(ChunkBeats * count_stride_ + LanePad);
  if (counted_rows_ != live_rows_) std::fill_n(counts_.data(), counts_.size(), std::uint16_t{0});
  counted_rows_ = live_rows_;
}

void ScheduleEngine::Core::count_weights(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  live_per_beat_.resize(ChunkBeats);
  nonfinite_per_beat_.assign(beats, 0);
  weights_nonfinite_ = false;
  if (op.full_precision != 0) {
    count_words(op, first, beats);
  } else {
    count_codes(op, first, beats);
  }
  if (rule_.candidates_are_valid()) {
    // Every weight of the layer takes its turn, in every beat alike.
    const std::uint32_t units = config_.updates_per_cycle(op.full_precision != 0);
    for (std::uint32_t r = 0; r < live_rows_; ++r) {
      counts_[r] = static_cast<std::uint16_t>(divide_up(valid_buffers(r), units));
    }
    candidates_.assign(beats, op.channels);
  } else if (!rule_.candidates_are_nonzero()) {
    count_candidates(op, first, beats);
  }
}

void ScheduleEngine::Core::count_words(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  const std::uint32_t units = config_.updates_per_cycle(true);
  const std::uint64_t word_bytes = config_.word_bytes();
  const std::uint64_t beat_bytes = (std::uint64_t{config_.output_buffers} << op.log2_rows) * word_bytes;
  for (std::uint32_t t = 0; t < beats; ++t) {
    std::uint64_t word_at = op.weights + (first + t) * beat_bytes;
    live_per_beat_[t] = 0;
    for (std::uint32_t r = 0; r < live_rows_; ++r) {
      const std::uint32_t valid = valid_buffers(r);
      std::uint32_t nonzero = 0;
      for (std::uint32_t b = 0; b < valid; ++b, word_at += word_bytes) {
        const std::uint32_t word = weight_word(word_at);
        nonzero += arithmetic_.is_zero(word) ? 0 : 1;
        nonfinite_per_beat_[t] += arithmetic_.is_finite(word) ? 0 : 1;
      }
      counts_[t * count_stride_ + r] = static_cast<std::uint16_t>(divide_up(nonzero, units));
      live_per_beat_[t] += nonzero;
    }
    if (nonfinite_per_beat_[t] != 0) weights_nonfinite_ = true;
  }
}

void ScheduleEngine::Core::count_codes(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  CountJob job;
  job.beat_bits = config_.beat_bits(1U << op.log2_rows, false);
  job.packed = weights_.data + op.weights + first * job.beat_bits / 8;  // chunks start at whole bytes
  job.rows = live_rows_;
  job.buffers = config_.output_buffers;
  job.last_valid = last_valid_;
  job.units = config_.updates_per_cycle(false);
  job.beats = beats;
  job.counts = counts_.data();
  job.count_stride = count_stride_;
  job.live = live_per_beat_.data();
  count_ternary(job);
}

/// The way of a policy whose candidates are neither the non-zero weights nor all: row beat by row beat.
void ScheduleEngine::Core::count_candidates(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  const std::uint32_t units = config_.updates_per_cycle(op.full_precision != 0);
  candidates_.assign(beats, 0);
  for (std::uint32_t t = 0; t < beats; ++t) {
    for (std::uint32_t r = 0; r < live_rows_; ++r) {
      const std::uint64_t valid = ~std::uint64_t{0} >> (64 - valid_buffers(r));
      const std::uint32_t candidates = count(rule_.candidates(nonzero_buffers(op, first + t, r), valid));
      counts_[t * count_stride_ + r] = static_cast<std::uint16_t>(divide_up(candidates, units));
      candidates_[t] += candidates;
    }
  }
}

std::uint64_t ScheduleEngine::Core::nonzero_buffers(const MmOp& op, std::uint32_t beat, std::uint32_t row) const {
  const std::uint64_t first = ((std::uint64_t{beat} << op.log2_rows) + row) * config_.output_buffers;
  std::uint64_t mask = 0;
  for (std::uint32_t b = 0; b < valid_buffers(row); ++b) {
    const bool zero = op.full_precision != 0
                          ? arithmetic_.is_zero(weight_word(op.weights + (first + b) * config_.word_bytes()))
                          : ternary_code(op, first + b) == 0;
    if (!zero) mask |= std::uint64_t{1} << b;
  }
  return mask;
}

void ScheduleEngine::Core::unpack_weights(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  const std::uint32_t tile_channels = config_.output_buffers << op.log2_rows;
  const std::size_t stride = channel_stride(1U << op.log2_rows);
  words_.resize(ChunkBeats * stride + LanePad);
  for (std::uint32_t t = 0; t < beats; ++t) {
    float* out = &words_[t * stride];
    const std::uint64_t beat = std::uint64_t{first + t} * tile_channels;
    for (std::uint32_t k = 0; k < tile_channels; ++k) {
      if (op.full_precision != 0) {
        out[k] = arithmetic_.to_float(weight_word(op.weights + (beat + k) * config_.word_bytes()));
      } else {
        const std::uint32_t code = ternary_code(op, beat + k);
        out[k] = code == 0 ? 0.0F : (code == 1 ? 1.0F : -1.0F);
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

void ScheduleEngine::Core::accumulate_chunk(const MmOp& op, std::uint32_t first, std::uint32_t beats) {
  const std::uint32_t rows = 1U << op.log2_rows;
  const std::uint32_t tile_channels = rows * config_.output_buffers;
  AccumulateJob job;
  job.accumulators = banks_[op.bank].words.data();
  job.channel_stride = channel_stride(rows);
  job.channels = op.channels;
  job.features = panel_.values.data();
  job.feature_stride = panel_.stride;
  job.columns = op.columns;
  job.beats = beats;
  job.guarded = panel_.nonfinite || weights_nonfinite_;
  const bool half = config_.mode == Mode::Infer;
  if (half) bound_accumulators(op.columns, beats);
  if (op.full_precision == 0) {
    if (half) job.rounding = bound_ < LargestHalf ? Rounding::Binary16 : Rounding::Binary16Any;
  } else {
    job.rounding = half ? Rounding::Binary16Fma : Rounding::Binary32;
  }
  const std::uint64_t beat_bits = config_.beat_bits(rows, op.full_precision != 0);
  if (op.full_precision == 0 && tile_channels % ChannelBlock == 0) {
    job.packed = weights_.data + op.weights + first * (beat_bits / 8);
    job.packed_stride = beat_bits / 8;
  } else {
    unpack_weights(op, first, beats);
    job.words = words_.data();
    job.word_stride = job.channel_stride;
  }
  accumulate(job);
}

SegmentResult ScheduleEngine::Core::multiply(const MmOp& op) {
  const std::uint32_t rows = 1U << op.log2_rows;
  const std::size_t stride = channel_stride(rows);
  float* bank = accumulators(op.bank, op.log2_rows);
  bound_ = 0;
  if (op.clear != 0) {
    clear(op, bank);
  } else if (config_.mode == Mode::Infer) {
    for (std::uint32_t c = 0; c < op.columns; ++c) {
      const float* words = bank + c * stride;
      for (std::uint32_t k = 0; k < op.channels; ++k) {
        // Infinity and NaN need the kernel that copes with everything; neither may be lost in a maximum.
        bound_ = std::max(bound_, std::isfinite(words[k]) ? std::abs(words[k]) : 2 * LargestHalf);
      }
    }
  }
  save_words_beside(op, bank);

  RecurrenceShape shape;
  shape.rows = static_cast<std::uint32_t>(divide_up(op.channels, config_.output_buffers));
  shape.columns = op.columns;
  shape.window_beats = config_.window_beats;
  shape.row_beat_cycles = config_.row_beat_cycles(op.full_precision != 0);
  shape.largest_count =
      static_cast<std::uint32_t>(divide_up(config_.output_buffers, config_.updates_per_cycle(op.full_precision != 0)));
  recurrence_.begin(shape);
  gather_.begin(op);
  begin_counts(op);

  // Sums over the beats: counted columns, non-zero columns, and both times the beat's non-zero weights and candidates.
  std::uint64_t counted = 0;
  std::uint64_t live_features = 0;
  std::uint64_t live_weights = 0;
  std::uint64_t live_both = 0;
  std::uint64_t candidates = 0;
  std::uint64_t candidates_live = 0;
  SegmentResult result;
  for (std::uint32_t first = 0; first < op.beats; first += ChunkBeats) {
    const std::uint32_t beats = std::min(ChunkBeats, op.beats - first);
    gather_.gather(first, beats, panel_);
    count_weights(op, first, beats);
    accumulate_chunk(op, first, beats);
    const std::size_t count_stride = rule_.candidates_are_valid() ? 0 : count_stride_;
    recurrence_.advance(counts_.data(), count_stride, panel_.live.data(), panel_.stride, panel_.live_columns.data(),
                        beats);
    const std::uint32_t* beat_candidates = rule_.candidates_are_nonzero() ? live_per_beat_.data() : candidates_.data();
    for (std::uint32_t t = 0; t < beats; ++t) {
      counted += panel_.counted_columns[t];
      live_features += panel_.nonzero_columns[t];
      live_weights += std::uint64_t{live_per_beat_[t]} * panel_.counted_columns[t];
      live_both += std::uint64_t{live_per_beat_[t]} * panel_.nonzero_columns[t];
      candidates += std::uint64_t{beat_candidates[t]} * panel_.counted_columns[t];
      candidates_live += std::uint64_t{beat_candidates[t]} * panel_.nonzero_columns[t];
    }
    if (panel_.nonfinite || weights_nonfinite_) {
      for (std::uint32_t t = 0; t < beats; ++t) {
        std::uint64_t nonfinite_features = 0;
        const float* x = &panel_.values[t * panel_.stride];
        for (std::uint32_t c = 0; c < op.columns; ++c) nonfinite_features += std::isfinite(x[c]) ? 0 : 1;
        result.updates.masked_nonfinite +=
            nonfinite_features * (op.channels - live_per_beat_[t]) +
            std::uint64_t{nonfinite_per_beat_[t]} * (panel_.counted_columns[t] - panel_.nonzero_columns[t]);
      }
    }
  }

  restore_words_beside(op, bank);

  const RecurrenceResult schedule = recurrence_.result();
  result.cycles = schedule.cycles;
  result.pe.busy = schedule.busy;
  result.pe.starved_row = schedule.starved_row;
  result.pe.starved_column = schedule.starved_column;
  result.pe.finished_early =
      config_.pes * schedule.cycles - schedule.busy - schedule.starved_row - schedule.starved_column;

  // Candidates are executed where the feature passes; the others have a zero weight there.
  const std::uint64_t zero_features = (counted - live_features) * op.channels;
  UpdateCounts& updates = result.updates;
  updates.executed = candidates_live;
  updates.skipped_weight = live_features * op.channels - candidates_live;
  if (rule_.passes(true)) {
    updates.executed = candidates;
    updates.skipped_both = zero_features - (candidates - candidates_live);
  } else {
    updates.skipped_feature = live_weights - live_both;
    updates.skipped_both = zero_features - updates.skipped_feature;
  }
  return result;
}

std::uint64_t ScheduleEngine::Core::pointwise(const PtWiseOp& op) {
  const std::uint32_t rows = 1U << op.log2_rows;
  const std::size_t stride = channel_stride(rows);
  float* bank = accumulators(op.bank, op.log2_rows);
  const bool half = config_.mode == Mode::Infer;
  const auto to_word = [half](float value) -> std::uint32_t {
    return half ? Half::from_float(value).bits() : bits_of(value);
  };
  struct View {
    std::uint32_t base, row_capacity, pitch, first_x;
  };
  const View views[2] = {{op.base_0, op.row_capacity_0, op.pitch_0, op.first_x_0},
                         {op.base_1, op.row_capacity_1, op.pitch_1, op.first_x_1}};
  const auto streamed = [&](const View& view, std::uint32_t channel, std::uint64_t q) -> std::uint32_t {
    const std::int64_t ox = static_cast<std::int64_t>(q % op.out_width);
    const std::int64_t oy = static_cast<std::int64_t>(q / op.out_width % op.out_height);
    const std::uint64_t image = q / op.out_width / op.out_height;
    const std::int64_t y = oy * op.stride_y + op.offset_y;
    const std::int64_t x = ox * op.stride_x + op.offset_x;
    if (y < 0 || y >= op.height || x < 0 || x >= op.width) return 0;
    const std::uint64_t slot = (image * op.height + static_cast<std::uint64_t>(y)) % view.row_capacity;
    const std::uint64_t word = view.base + (std::uint64_t{channel} * view.row_capacity + slot) * view.pitch +
                               static_cast<std::uint64_t>(x) - view.first_x;
    std::uint32_t bits = 0;
    std::memcpy(&bits, features_.data + word * config_.word_bytes(), config_.word_bytes());
    return bits;
  };
  const auto operand = [&](OperandSource source, std::uint32_t immediate, std::uint32_t constants, const View& view,
                           std::uint32_t accumulator, std::uint32_t channel, std::uint64_t q) -> std::uint32_t {
    switch (source) {
      case OperandSource::Accumulator: return accumulator;
      case OperandSource::Immediate: return arithmetic_.immediate(immediate);
      case OperandSource::Constant: return weight_word(constants + std::uint64_t{channel} * config_.word_bytes());
      case OperandSource::Stream: return streamed(view, channel, q);
    }
    return 0;
  };

  for (std::uint32_t c = 0; c < op.columns; ++c) {
    const std::uint64_t q = std::uint64_t{op.first_column} + c;
    for (std::uint32_t k = 0; k < op.channels; ++k) {
      float& output = bank[c * stride + k];
      const std::uint32_t accumulator = arithmetic_.canonical(to_word(output));
      const std::uint32_t a = operand(op.source_a, op.immediate_a, op.constants_a, views[0], accumulator, k, q);
      const std::uint32_t x = operand(op.source_x, op.immediate_x, op.constants_x, views[0], accumulator, k, q);
      const std::uint32_t y = operand(op.source_y, op.immediate_y, op.constants_y, views[1], accumulator, k, q);
      std::uint32_t word = 0;
      switch (op.operation) {
        case PointwiseOp::Add: word = arithmetic_.add(a, x); break;
        case PointwiseOp::Sub: word = arithmetic_.subtract(a, x); break;
        case PointwiseOp::Mul: word = arithmetic_.multiply(a, x); break;
        case PointwiseOp::MulAdd: word = arithmetic_.fused_multiply_add(a, x, y); break;
        case PointwiseOp::Select: {
          const auto input = [a, x, y](SelectInput which) {
            switch (which) {
              case SelectInput::A: return a;
              case SelectInput::X: return x;
              case SelectInput::Y: return y;
              case SelectInput::Zero: break;
            }
            return std::uint32_t{0};
          };
          const bool chosen = arithmetic_.compare(op.compare, input(op.select_p), input(op.select_q));
          word = input(chosen ? op.select_u : op.select_v);
          break;
        }
      }
      output = arithmetic_.to_float(word);
    }
  }

  std::uint64_t constants = 0;
  for (const OperandSource source : {op.source_a, op.source_x, op.source_y}) {
    constants += source == OperandSource::Constant ? 1 : 0;
  }
  const auto is_stream = [](OperandSource source) { return source == OperandSource::Stream; };
  const std::uint64_t streams =
      (is_stream(op.source_a) || is_stream(op.source_x) ? 1U : 0U) + (is_stream(op.source_y) ? 1U : 0U);
  const bool multiplies = op.operation == PointwiseOp::Mul || op.operation == PointwiseOp::MulAdd;
  const std::uint64_t units = multiplies ? config_.multiply_units : config_.arithmetic_units;
  const std::uint64_t live_rows = divide_up(op.channels, config_.output_buffers);
  return std::max({divide_up(config_.output_buffers, units),
                   constants * divide_up(config_.output_buffers, config_.row_port_words),
                   divide_up(live_rows * config_.output_buffers * streams, config_.column_port_words)});
}

ScheduleEngine::ScheduleEngine(const Config& config, BufferView weights, BufferView features)
    : core_(std::make_unique<Core>(config, weights, features)) {}
ScheduleEngine::~ScheduleEngine() = default;

SegmentResult ScheduleEngine::multiply(const MmOp& op) { return core_->multiply(op); }
std::uint64_t ScheduleEngine::pointwise(const PtWiseOp& op) { return core_->pointwise(op); }
void ScheduleEngine::drain(std::uint32_t bank, std::uint32_t log2_rows, std::uint32_t channels, std::uint32_t columns,
                           std::uint32_t* out) const {
  core_->drain(bank, log2_rows, channels, columns, out);
}
void ScheduleEngine::reset() { core_->reset(); }
void ScheduleEngine::trace(sc_core::sc_trace_file*) const {}

}  // namespace dlac
