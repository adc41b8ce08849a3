// SPDX-License-Identifier: Apache-2.0
#include "workloads/mapper.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "workloads/packing.h"

namespace dlac::workloads {
namespace {

constexpr std::uint32_t BlockAlignment = 16;  // arch. 2: tiles aligned to 16 bytes
constexpr std::uint32_t RunAhead = 64;        // segments that loads may be ahead of the grid
constexpr std::uint32_t MaximumResidentSegments = 4;
constexpr std::uint32_t None = std::numeric_limits<std::uint32_t>::max();

// What the cost estimate assumes of a beat: the share of B/A' cycles that it takes once zeros are skipped. The plan
// does not depend on the policy, so that policies can be compared on the same tiles.
constexpr double TernaryBeatShare = 0.4;
constexpr double FullPrecisionBeatShare = 0.8;
constexpr double SegmentOverheadCycles = 12;  // windows fill and PEs finish unevenly
constexpr double TieBreak = 0.05;             // of two equally fast plans the one with less work on the other side

[[nodiscard]] std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }
[[nodiscard]] std::uint64_t align_up(std::uint64_t a, std::uint64_t b) { return divide_up(a, b) * b; }

struct Range {
  std::uint32_t first = 0, end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - first; }
};

/// Input positions inside [0, extent) that outputs [out.first, out.end) of one axis touch; empty if all is padding.
[[nodiscard]] Range touched(Range out, std::uint32_t stride, std::uint32_t pad, std::uint32_t dilation,
                            std::uint32_t kernel, std::uint32_t extent) {
  const std::int64_t low = std::int64_t{out.first} * stride - pad;
  const std::int64_t high = std::int64_t{out.end - 1} * stride - pad + std::int64_t{kernel - 1} * dilation + 1;
  const std::int64_t first = std::clamp<std::int64_t>(low, 0, extent);
  const std::int64_t end = std::clamp<std::int64_t>(high, first, extent);
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end)};
}

/// A column strip of the output map and the input columns that it touches.
struct Strip {
  Range out;
  Range in;
};

/// Consecutive output pixels that one tile computes, and the input rows (counted over the batch) that it touches.
struct PixelTile {
  std::uint32_t strip = 0;
  std::uint32_t first_pixel = 0;
  std::uint32_t pixels = 0;
  Range rows;
};

/// Everything that a candidate mapping decides.
struct Candidate {
  std::uint32_t log2_rows = 0;
  LoopOrder order = LoopOrder::WeightsOuter;
  std::uint32_t strips = 1;
  std::uint32_t chunk_channels = 0;  ///< input channels per segment's feature load; 0: all channels stay resident
  std::uint32_t segment_beats = 0;   ///< longest segment
  std::uint32_t weight_slots = 0;    ///< blocks that the weight buffer holds
  double cost = 0;
};

class Mapper {
 public:
  Mapper(const ConvLayer& layer, const Config& config, const MapperOptions& options)
      : layer_(layer),
        config_(config),
        options_(options),
        full_precision_(layer.weights == WeightKind::FullPrecision),
        word_(config.word_bytes()),
        buffer_words_(config.feature_buffer_bytes / config.word_bytes()),
        out_h_(layer.out_height()),
        out_w_(layer.out_width()),
        group_in_(layer.in_channels / layer.groups),
        group_out_(layer.out_channels / layer.groups),
        kernel_(layer.kernel_h * layer.kernel_w),
        beats_(static_cast<std::uint32_t>(layer.beats())) {}

  [[nodiscard]] LayerPlan plan();

 private:
  [[nodiscard]] std::vector<Strip> make_strips(std::uint32_t count) const;
  [[nodiscard]] std::vector<PixelTile> make_tiles(const std::vector<Strip>& strips, std::uint32_t columns) const;
  [[nodiscard]] std::uint64_t block_bytes(std::uint32_t log2_rows, std::uint64_t beats) const {
    return align_up(divide_up(beats * config_.beat_bits(1U << log2_rows, full_precision_), 8), BlockAlignment);
  }
  [[nodiscard]] std::uint32_t longest_block(std::uint32_t log2_rows, std::uint64_t bytes) const;
  /// Considers a grid shape and a number of strips in both loop orders; true if all channels stay resident.
  bool consider(std::uint32_t log2_rows, std::uint32_t strip_count);
  void consider_weights(Candidate candidate, const std::vector<Strip>& strips, const std::vector<PixelTile>& tiles,
                        std::uint32_t row_capacity);
  [[nodiscard]] std::uint32_t segments_per_tile(const Candidate& candidate) const;
  [[nodiscard]] LayerPlan build(const Candidate& candidate) const;

  const ConvLayer& layer_;
  const Config& config_;
  const MapperOptions& options_;
  const bool full_precision_;
  const std::uint32_t word_;
  const std::uint32_t buffer_words_;
  const std::uint32_t out_h_, out_w_;
  const std::uint32_t group_in_, group_out_, kernel_, beats_;
  std::optional<Candidate> best_;
  bool weights_too_large_ = false;
};

std::vector<Strip> Mapper::make_strips(std::uint32_t count) const {
  const auto width = static_cast<std::uint32_t>(divide_up(out_w_, count));
  std::vector<Strip> strips;
  for (std::uint32_t x = 0; x < out_w_; x += width) {
    const Range out{x, std::min(x + width, out_w_)};
    strips.push_back(
        {out, touched(out, layer_.stride_w, layer_.pad_w, layer_.dilation_w, layer_.kernel_w, layer_.width)});
  }
  // One strip holds whole rows, also columns that no output touches: rows then are contiguous in memory.
  if (strips.size() == 1) strips[0].in = {0, layer_.width};
  return strips;
}

std::vector<PixelTile> Mapper::make_tiles(const std::vector<Strip>& strips, std::uint32_t columns) const {
  const std::uint32_t out_rows = layer_.batch * out_h_;
  const auto rows_of = [&](std::uint32_t first_row, std::uint32_t last_row) {
    Range rows{None, 0};
    for (std::uint32_t r = first_row; r <= last_row; ++r) {
      const std::uint32_t oy = r % out_h_;
      const Range y =
          touched({oy, oy + 1}, layer_.stride_h, layer_.pad_h, layer_.dilation_h, layer_.kernel_h, layer_.height);
      if (y.size() == 0) continue;
      const std::uint32_t image = r / out_h_ * layer_.height;
      rows.first = std::min(rows.first, image + y.first);
      rows.end = std::max(rows.end, image + y.end);
    }
    if (rows.first == None) rows = {0, 0};
    return rows;
  };

  std::vector<PixelTile> tiles;
  if (strips.size() == 1) {
    const std::uint32_t pixels = out_rows * out_w_;
    for (std::uint32_t p = 0; p < pixels; p += columns) {
      const std::uint32_t count = std::min(columns, pixels - p);
      tiles.push_back({0, p, count, rows_of(p / out_w_, (p + count - 1) / out_w_)});
    }
    return tiles;
  }
  for (std::uint32_t s = 0; s < strips.size(); ++s) {
    for (std::uint32_t r = 0; r < out_rows; ++r) {
      const Range rows = rows_of(r, r);
      for (std::uint32_t x = strips[s].out.first; x < strips[s].out.end; x += columns) {
        tiles.push_back({s, r * out_w_ + x, std::min(columns, strips[s].out.end - x), rows});
      }
    }
  }
  return tiles;
}

std::uint32_t Mapper::longest_block(std::uint32_t log2_rows, std::uint64_t bytes) const {
  const std::uint64_t usable = bytes / BlockAlignment * BlockAlignment;
  const std::uint64_t beats = usable * 8 / config_.beat_bits(1U << log2_rows, full_precision_);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(beats, beats_));
}

std::uint32_t Mapper::segments_per_tile(const Candidate& candidate) const {
  if (candidate.chunk_channels == 0) return static_cast<std::uint32_t>(divide_up(beats_, candidate.segment_beats));
  std::uint32_t count = 0;
  for (std::uint32_t c = 0; c < group_in_; c += candidate.chunk_channels) {
    const std::uint32_t chunk_beats = std::min(candidate.chunk_channels, group_in_ - c) * kernel_;
    count += static_cast<std::uint32_t>(divide_up(chunk_beats, candidate.segment_beats));
  }
  return count;
}

bool Mapper::consider(std::uint32_t log2_rows, std::uint32_t strip_count) {
  const std::vector<Strip> strips = make_strips(strip_count);
  const std::vector<PixelTile> tiles = make_tiles(strips, config_.pes >> log2_rows);
  std::uint64_t pitch = 1;
  for (const Strip& strip : strips) pitch = std::max<std::uint64_t>(pitch, strip.in.size());

  // Rows of one tile, and of two tiles that follow each other: while one computes the other's rows come in.
  std::uint32_t rows_single = 1;
  std::uint32_t rows_pair = 1;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    rows_single = std::max(rows_single, tiles[i].rows.size());
    if (i == 0 || tiles[i].strip != tiles[i - 1].strip || tiles[i].rows.size() == 0) continue;
    const Range previous = tiles[i - 1].rows.size() != 0 ? tiles[i - 1].rows : tiles[i].rows;
    rows_pair =
        std::max(rows_pair, std::max(previous.end, tiles[i].rows.end) - std::min(previous.first, tiles[i].rows.first));
  }
  rows_pair = std::max(rows_pair, rows_single);

  Candidate candidate;
  candidate.log2_rows = log2_rows;
  candidate.strips = strip_count;
  const std::uint64_t row_words = pitch * group_in_;
  const bool resident = row_words * rows_pair <= buffer_words_;
  std::uint64_t row_capacity = rows_single;
  if (resident) {
    row_capacity = buffer_words_ / row_words;
  } else {
    const std::uint64_t channels = buffer_words_ / 2 / (pitch * rows_single);
    if (channels == 0) return false;
    candidate.chunk_channels = static_cast<std::uint32_t>(std::min<std::uint64_t>(channels, group_in_));
  }
  for (const LoopOrder order : {LoopOrder::WeightsOuter, LoopOrder::FeaturesOuter}) {
    if (options_.order && *options_.order != order) continue;
    candidate.order = order;
    consider_weights(candidate, strips, tiles, static_cast<std::uint32_t>(row_capacity));
  }
  return resident;
}

void Mapper::consider_weights(Candidate candidate, const std::vector<Strip>& strips,
                              const std::vector<PixelTile>& tiles, std::uint32_t row_capacity) {
  const std::uint32_t log2_rows = candidate.log2_rows;
  const std::uint64_t tile_channels = std::uint64_t{config_.output_buffers} << log2_rows;
  const std::uint64_t channel_tiles = divide_up(group_out_, tile_channels);
  const std::uint64_t all_tiles = channel_tiles * layer_.groups;
  const std::uint32_t chunk_beats = candidate.chunk_channels == 0 ? beats_ : candidate.chunk_channels * kernel_;
  const std::uint64_t buffer = config_.weight_buffer_bytes;

  // Longest segments first: whole layer resident, whole channel tile resident beside the next block, then streaming.
  bool resident_tile = false;
  bool resident_layer = false;
  candidate.segment_beats = chunk_beats;
  if (all_tiles * segments_per_tile(candidate) * block_bytes(log2_rows, chunk_beats) <= buffer) {
    resident_tile = resident_layer = true;
  } else {
    for (std::uint32_t n = 1; n <= MaximumResidentSegments && !resident_tile; ++n) {
      candidate.segment_beats = std::min(chunk_beats, static_cast<std::uint32_t>(divide_up(beats_, n)));
      const std::uint64_t blocks = segments_per_tile(candidate) + 1;
      resident_tile = blocks * block_bytes(log2_rows, candidate.segment_beats) <= buffer;
    }
    if (!resident_tile) candidate.segment_beats = std::min(chunk_beats, longest_block(log2_rows, buffer / 2));
  }
  if (candidate.segment_beats == 0) {
    weights_too_large_ = true;
    return;
  }
  const std::uint32_t segments = segments_per_tile(candidate);
  candidate.weight_slots = static_cast<std::uint32_t>(buffer / block_bytes(log2_rows, candidate.segment_beats));
  if (resident_layer) candidate.weight_slots = static_cast<std::uint32_t>(all_tiles * segments);

  const bool features_outer = candidate.order == LoopOrder::FeaturesOuter;
  const double beat_share = full_precision_ ? FullPrecisionBeatShare : TernaryBeatShare;
  const double beat_cycles =
      std::max(1.0, beat_share * config_.output_buffers / config_.updates_per_cycle(full_precision_));
  const double tile_count = static_cast<double>(all_tiles) * static_cast<double>(tiles.size());
  const double compute = tile_count * (beats_ * beat_cycles + segments * SegmentOverheadCycles);

  double weight_bytes = static_cast<double>(all_tiles) * static_cast<double>(block_bytes(log2_rows, beats_));
  const bool group_resident = channel_tiles * segments <= candidate.weight_slots;
  if (features_outer ? !group_resident : !resident_tile) weight_bytes *= static_cast<double>(tiles.size());

  double feature_words = 0;
  if (candidate.chunk_channels != 0) {
    for (const PixelTile& tile : tiles) {
      feature_words += static_cast<double>(strips[tile.strip].in.size()) * tile.rows.size();
    }
    feature_words *= static_cast<double>(channel_tiles);
  } else {
    for (const Strip& strip : strips) {
      feature_words += static_cast<double>(strip.in.size()) * layer_.height * layer_.batch;
    }
    const bool whole_map = strips.size() == 1 && row_capacity >= layer_.height * layer_.batch;
    if (!features_outer && !whole_map) feature_words *= static_cast<double>(channel_tiles);
  }
  const double words = feature_words * layer_.in_channels + static_cast<double>(layer_.output_count());
  const double memory = (weight_bytes + words * word_) / config_.memory_bytes_per_cycle;

  candidate.cost = std::max(compute, memory) + TieBreak * (compute + memory);
  if (!best_ || candidate.cost < best_->cost) best_ = candidate;
}

/// Emits the command list of a mapping. Keeps track of what each part of the buffers holds and which segment used it
/// last: a load that overwrites it must wait for that segment.
class Emitter {
 public:
  Emitter(const ConvLayer& layer, const Config& config, const Candidate& candidate, std::vector<Strip> strips,
          std::uint32_t row_capacity, std::uint32_t pitch, LayerPlan& plan)
      : layer_(layer),
        config_(config),
        candidate_(candidate),
        strips_(std::move(strips)),
        row_capacity_(row_capacity),
        pitch_(pitch),
        run_ahead_(std::min(RunAhead, config.token_limit)),
        plan_(plan),
        weight_slots_(candidate.weight_slots),
        feature_rows_(row_capacity),
        feature_slots_(2) {
    for (const WeightBlock& block : plan.blocks) slot_bytes_ = std::max(slot_bytes_, block.bytes);
  }

  /// Computes one tile: `blocks` are its segments' weight blocks in beat order.
  void tile(const PixelTile& pixels, std::uint32_t group, Range blocks);
  void finish();

 private:
  struct Slot {
    std::uint64_t holds = ~std::uint64_t{0};
    std::uint32_t last_use = None;  ///< segment
  };

  std::uint32_t load_weights(std::uint32_t block);
  void load_rows(const PixelTile& pixels, std::uint32_t group);
  std::uint32_t load_chunk(const PixelTile& pixels, std::uint32_t group, std::uint32_t first_channel);
  void load_features(const PixelTile& pixels, std::uint32_t channel, std::uint32_t channels, Range rows,
                     std::uint32_t base);
  /// Adds a load of the segment being emitted that overwrites what segment `after` was the last to use.
  void add_load(Command command, std::uint32_t after);
  /// Gives the segment's loads and its mmOp their tokens.
  void synchronise_loads(MmOp& op);

  const ConvLayer& layer_;
  const Config& config_;
  const Candidate& candidate_;
  const std::vector<Strip> strips_;
  const std::uint32_t row_capacity_, pitch_, run_ahead_;
  LayerPlan& plan_;
  std::uint32_t slot_bytes_ = 0;
  std::vector<Slot> weight_slots_;
  std::vector<Slot> feature_rows_;            ///< circular rows, all channels resident
  std::vector<Slot> feature_slots_;           ///< halves of the buffer, features by segment
  std::uint32_t waited_for_ = None;           ///< last segment that a load has waited for
  std::vector<std::uint32_t> pops_;           ///< segments whose loads take a compute->load token
  std::uint32_t first_load_ = None;           ///< first load of the segment being emitted, index of the command
  std::uint32_t loads_wait_for_ = None;       ///< last segment that used what these loads overwrite
  std::vector<std::uint32_t> mm_of_segment_;  ///< index of the command
  std::vector<std::uint32_t> store_of_tile_;
};

void Emitter::add_load(Command command, std::uint32_t after) {
  header_of(command).tag = static_cast<std::uint32_t>(plan_.segments.size());
  if (after != None && (loads_wait_for_ == None || after > loads_wait_for_)) loads_wait_for_ = after;
  if (first_load_ == None) first_load_ = static_cast<std::uint32_t>(plan_.commands.size());
  plan_.commands.push_back(std::move(command));
}

void Emitter::synchronise_loads(MmOp& op) {
  if (first_load_ == None) return;
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  std::uint32_t after = loads_wait_for_;
  const auto at_least = [&after](std::uint32_t s) {
    if (after == None || after < s) after = s;
  };
  // No counter passes its limit: load->compute, because loads are at most run_ahead_ segments ahead; compute->load,
  // because a segment gives a token only when the load that takes the one `limit` before has been waited for.
  if (segment >= run_ahead_) at_least(segment - run_ahead_);
  if (after != None && (waited_for_ == None || after > waited_for_)) {
    if (pops_.size() >= run_ahead_) at_least(pops_[pops_.size() - run_ahead_]);
    header_of(plan_.commands[first_load_]).pop = token_bit(Token::ComputeToLoad);
    header_of(plan_.commands[mm_of_segment_[after]]).push |= token_bit(Token::ComputeToLoad);
    waited_for_ = after;
    pops_.push_back(segment);
  }
  header_of(plan_.commands.back()).push |= token_bit(Token::LoadToCompute);
  op.header.pop |= token_bit(Token::LoadToCompute);
}

std::uint32_t Emitter::load_weights(std::uint32_t block) {
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  std::size_t victim = 0;
  for (std::size_t i = 0; i < weight_slots_.size(); ++i) {
    if (weight_slots_[i].holds == block) {
      weight_slots_[i].last_use = segment;
      return static_cast<std::uint32_t>(i * slot_bytes_);
    }
    // None + 1 wraps to 0: a slot never used comes first.
    if (weight_slots_[i].last_use + 1 < weight_slots_[victim].last_use + 1) victim = i;
  }
  Slot& slot = weight_slots_[victim];
  LoadWeights load;
  load.address = plan_.blocks[block].offset;
  load.bytes = plan_.blocks[block].bytes;
  load.destination = static_cast<std::uint32_t>(victim * slot_bytes_);
  add_load(load, slot.last_use);
  slot = {block, segment};
  return load.destination;
}

void Emitter::load_features(const PixelTile& pixels, std::uint32_t channel, std::uint32_t channels, Range rows,
                            std::uint32_t base) {
  // The last segment that used one of the slots which these rows overwrite.
  std::uint32_t after = None;
  const auto consider = [&after](const Slot& slot) {
    if (slot.last_use != None && (after == None || slot.last_use > after)) after = slot.last_use;
  };
  if (candidate_.chunk_channels == 0) {
    for (std::uint32_t g = rows.first; g < rows.end; ++g) consider(feature_rows_[g % row_capacity_]);
  } else {
    consider(feature_slots_[base == 0 ? 0 : 1]);
  }
  const Strip& strip = strips_[pixels.strip];
  const std::uint32_t word = config_.word_bytes();
  const std::uint64_t plane = std::uint64_t{layer_.height} * layer_.width;
  LoadFeatures load;
  load.address = (channel * plane + strip.in.first) * word;
  load.channels = channels;
  load.channel_stride = static_cast<std::uint32_t>(plane * word);
  load.image_stride = static_cast<std::uint32_t>(plane * layer_.in_channels * word);
  load.row_stride = layer_.width * word;
  load.width = strip.in.size();
  load.height = layer_.height;
  load.first_row = rows.first;
  load.rows = rows.size();
  load.base = base;
  load.row_capacity = row_capacity_;
  load.pitch = pitch_;
  add_load(load, after);
}

void Emitter::load_rows(const PixelTile& pixels, std::uint32_t group) {
  const std::uint32_t channels = layer_.in_channels / layer_.groups;
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  const std::uint64_t epoch = std::uint64_t{group} * strips_.size() + pixels.strip;
  const auto key = [&](std::uint32_t g) { return epoch << 32 | g; };
  const auto held = [&](std::uint32_t g) { return feature_rows_[g % row_capacity_].holds == key(g); };
  if (strips_[pixels.strip].in.size() != 0) {
    // The rows that this tile keeps are in use by it, whatever else is loaded.
    for (std::uint32_t g = pixels.rows.first; g < pixels.rows.end;) {
      if (held(g)) {
        ++g;
        continue;
      }
      std::uint32_t end = g;
      while (end < pixels.rows.end && !held(end)) ++end;
      load_features(pixels, group * channels, channels, {g, end}, 0);
      for (; g < end; ++g) feature_rows_[g % row_capacity_].holds = key(g);
    }
  }
  for (std::uint32_t g = pixels.rows.first; g < pixels.rows.end; ++g) {
    feature_rows_[g % row_capacity_].last_use = segment;
  }
}

std::uint32_t Emitter::load_chunk(const PixelTile& pixels, std::uint32_t group, std::uint32_t first_channel) {
  const std::uint32_t group_channels = layer_.in_channels / layer_.groups;
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  const std::uint64_t key = (std::uint64_t{pixels.first_pixel} << 32 | pixels.strip) * layer_.in_channels +
                            group * group_channels + first_channel;
  const std::uint32_t half = candidate_.chunk_channels * row_capacity_ * pitch_;
  for (std::uint32_t i = 0; i < feature_slots_.size(); ++i) {
    if (feature_slots_[i].holds == key) {
      feature_slots_[i].last_use = segment;
      return i * half;
    }
  }
  const std::uint32_t victim = feature_slots_[0].last_use + 1 <= feature_slots_[1].last_use + 1 ? 0 : 1;
  const std::uint32_t channels = std::min(candidate_.chunk_channels, group_channels - first_channel);
  if (pixels.rows.size() != 0 && strips_[pixels.strip].in.size() != 0) {
    load_features(pixels, group * group_channels + first_channel, channels, pixels.rows, victim * half);
  }
  feature_slots_[victim] = {key, segment};
  return victim * half;
}

void Emitter::tile(const PixelTile& pixels, std::uint32_t group, Range blocks) {
  const std::uint32_t tile = plan_.tiles++;
  const std::uint32_t kernel = layer_.kernel_h * layer_.kernel_w;
  for (std::uint32_t b = blocks.first; b < blocks.end; ++b) {
    const WeightBlock& block = plan_.blocks[b];
    const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
    first_load_ = loads_wait_for_ = None;

    MmOp op;
    op.weights = load_weights(b);
    if (candidate_.chunk_channels == 0) {
      load_rows(pixels, group);
    } else {
      op.first_channel = block.first_beat / kernel / candidate_.chunk_channels * candidate_.chunk_channels;
      op.base = load_chunk(pixels, group, op.first_channel);
    }
    synchronise_loads(op);
    if (b == blocks.first && tile >= 2) {
      op.header.pop |= token_bit(Token::StoreToCompute);
      header_of(plan_.commands[store_of_tile_[tile - 2]]).push |= token_bit(Token::StoreToCompute);
    }
    if (b + 1 == blocks.end) op.header.push |= token_bit(Token::ComputeToStore);
    op.header.tag = segment;
    op.log2_rows = candidate_.log2_rows;
    op.bank = tile % 2;
    op.clear = b == blocks.first ? 1 : 0;
    op.full_precision = layer_.weights == WeightKind::FullPrecision ? 1 : 0;
    op.order = BeatOrder::KernelBeats;
    op.channels = block.channels;
    op.first_column = pixels.first_pixel;
    op.columns = pixels.pixels;
    op.first_beat = block.first_beat;
    op.beats = block.beats;
    op.row_capacity = row_capacity_;
    op.pitch = pitch_;
    op.first_x = strips_[pixels.strip].in.first;
    op.height = layer_.height;
    op.width = layer_.width;
    op.kernel_height = layer_.kernel_h;
    op.kernel_width = layer_.kernel_w;
    op.out_height = layer_.out_height();
    op.out_width = layer_.out_width();
    op.stride_y = layer_.stride_h;
    op.stride_x = layer_.stride_w;
    op.step_y = static_cast<std::int32_t>(layer_.dilation_h);
    op.step_x = static_cast<std::int32_t>(layer_.dilation_w);
    op.offset_y = -static_cast<std::int32_t>(layer_.pad_h);
    op.offset_x = -static_cast<std::int32_t>(layer_.pad_w);
    mm_of_segment_.push_back(static_cast<std::uint32_t>(plan_.commands.size()));
    plan_.commands.emplace_back(op);
    plan_.segments.push_back({tile, b, block.first_channel, block.channels, pixels.first_pixel, pixels.pixels,
                              block.first_beat, block.beats});
  }

  const WeightBlock& block = plan_.blocks[blocks.first];
  const std::uint32_t word = config_.word_bytes();
  const std::uint64_t image_pixels = std::uint64_t{layer_.out_height()} * layer_.out_width();
  Store store;
  store.header.pop = token_bit(Token::ComputeToStore);
  store.header.tag = static_cast<std::uint32_t>(plan_.segments.size() - 1);
  store.address = block.first_channel * image_pixels * word;
  store.channel_stride = static_cast<std::uint32_t>(image_pixels * word);
  store.image_stride = static_cast<std::uint32_t>(image_pixels * layer_.out_channels * word);
  store.image_pixels = static_cast<std::uint32_t>(image_pixels);
  store.first_pixel = pixels.first_pixel;
  store.log2_rows = candidate_.log2_rows;
  store.bank = tile % 2;
  store.channels = block.channels;
  store.columns = pixels.pixels;
  store_of_tile_.push_back(static_cast<std::uint32_t>(plan_.commands.size()));
  plan_.commands.emplace_back(store);
}

void Emitter::finish() { plan_.commands.emplace_back(End{}); }

LayerPlan Mapper::build(const Candidate& candidate) const {
  LayerPlan plan;
  plan.log2_rows = candidate.log2_rows;
  plan.grid_rows = 1U << candidate.log2_rows;
  plan.grid_columns = config_.pes >> candidate.log2_rows;
  plan.order = candidate.order;
  plan.strips = candidate.strips;
  plan.features_by_segment = candidate.chunk_channels != 0;

  const std::uint32_t tile_channels = config_.output_buffers << candidate.log2_rows;
  const std::uint32_t chunk_beats = candidate.chunk_channels == 0 ? beats_ : candidate.chunk_channels * kernel_;
  std::vector<std::vector<Range>> blocks_of(layer_.groups);  // per group, a range of blocks per channel tile
  for (std::uint32_t group = 0; group < layer_.groups; ++group) {
    for (std::uint32_t k = 0; k < group_out_; k += tile_channels) {
      Range range{static_cast<std::uint32_t>(plan.blocks.size()), 0};
      for (std::uint32_t chunk = 0; chunk < beats_; chunk += chunk_beats) {
        const std::uint32_t chunk_end = std::min(chunk + chunk_beats, beats_);
        for (std::uint32_t t = chunk; t < chunk_end; t += candidate.segment_beats) {
          WeightBlock block;
          block.first_channel = group * group_out_ + k;
          block.channels = std::min(tile_channels, group_out_ - k);
          block.first_beat = t;
          block.beats = std::min(candidate.segment_beats, chunk_end - t);
          block.offset = plan.weight_image_bytes;
          block.bytes = static_cast<std::uint32_t>(block_bytes(candidate.log2_rows, block.beats));
          plan.weight_image_bytes += block.bytes;
          plan.blocks.push_back(block);
        }
      }
      range.end = static_cast<std::uint32_t>(plan.blocks.size());
      blocks_of[group].push_back(range);
    }
  }

  const std::vector<Strip> strips = make_strips(candidate.strips);
  const std::vector<PixelTile> tiles = make_tiles(strips, plan.grid_columns);
  std::uint32_t pitch = 1;
  for (const Strip& strip : strips) pitch = std::max(pitch, strip.in.size());
  std::uint32_t row_capacity = 1;
  for (const PixelTile& tile : tiles) row_capacity = std::max(row_capacity, tile.rows.size());
  if (candidate.chunk_channels == 0) {
    // No more rows than there are, so that a map that fits stays in place.
    row_capacity = std::max(row_capacity, std::min(buffer_words_ / (pitch * group_in_), layer_.batch * layer_.height));
  }

  Emitter emitter(layer_, config_, candidate, strips, row_capacity, pitch, plan);
  for (std::uint32_t group = 0; group < layer_.groups; ++group) {
    if (candidate.order == LoopOrder::WeightsOuter) {
      for (const Range& blocks : blocks_of[group]) {
        for (const PixelTile& tile : tiles) emitter.tile(tile, group, blocks);
      }
    } else {
      for (const PixelTile& tile : tiles) {
        for (const Range& blocks : blocks_of[group]) emitter.tile(tile, group, blocks);
      }
    }
  }
  emitter.finish();
  return plan;
}

LayerPlan Mapper::plan() {
  constexpr std::uint64_t Limit = std::numeric_limits<std::uint32_t>::max();
  for (const auto& [key, count] : {std::pair{"features of an image", layer_.feature_count() / layer_.batch},
                                   std::pair{"outputs of an image", layer_.output_count() / layer_.batch},
                                   std::pair{"pixels", layer_.pixels()}, std::pair{"beats", layer_.beats()}}) {
    if (count * word_ > Limit) {
      throw LayerError(layer_.name, key, std::to_string(count), "at most " + std::to_string(Limit / word_));
    }
  }
  for (std::uint32_t log2_rows = 0; log2_rows <= 6; ++log2_rows) {
    const std::uint32_t rows = 1U << log2_rows;
    if (!config_.has_grid(rows) || (options_.grid_rows && *options_.grid_rows != rows)) continue;
    // Whole rows if all channels of two tiles fit, else strips of as many pixels as there are columns, or fewer.
    if (consider(log2_rows, 1)) continue;
    const std::uint64_t columns = config_.pes >> log2_rows;
    for (std::uint64_t width = std::min<std::uint64_t>(columns, out_w_); width >= 1; width /= 2) {
      const auto count = static_cast<std::uint32_t>(divide_up(out_w_, width));
      if (count > 1 && consider(log2_rows, count)) break;
    }
  }
  if (!best_) {
    if (weights_too_large_) {
      throw ConfigError("weight_buffer_bytes", std::to_string(config_.weight_buffer_bytes),
                        "room for one double-buffered segment of one beat of layer " + layer_.name);
    }
    throw ConfigError("feature_buffer_bytes", std::to_string(config_.feature_buffer_bytes),
                      "room for one double-buffered segment of one beat of layer " + layer_.name);
  }
  return build(*best_);
}

template <typename Weight>
void pack_blocks(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const Weight* weights,
                 std::uint8_t* image) {
  constexpr bool Codes = std::is_same_v<Weight, std::int8_t>;
  if (Codes != (layer.weights == WeightKind::Ternary) || (!Codes && sizeof(Weight) != config.word_bytes())) {
    throw LayerError(layer.name, "weights", std::to_string(8 * sizeof(Weight)) + "-bit elements",
                     std::string(to_string(layer.weights)) + " weights of mode " + std::string(to_string(config.mode)));
  }
  const auto filter_beats = static_cast<std::size_t>(layer.beats());
  for (const WeightBlock& block : plan.blocks) {
    TileSlice slice;
    slice.first_channel = block.first_channel;
    slice.channels = block.channels;
    slice.first_beat = block.first_beat;
    slice.beats = block.beats;
    slice.tile_channels = std::size_t{config.output_buffers} << plan.log2_rows;
    const std::uint64_t bytes = Codes ? packed_ternary_bytes(block.beats, slice.tile_channels)
                                      : packed_word_bytes(block.beats, slice.tile_channels, sizeof(Weight));
    if (bytes > block.bytes || block.offset + block.bytes > plan.weight_image_bytes) {
      throw LayerError(layer.name, "plan", std::to_string(block.bytes) + " bytes for a block",
                       std::to_string(bytes) + ": the plan of this layer for this configuration");
    }
    std::uint8_t* out = image + block.offset;
    if constexpr (std::is_same_v<Weight, std::int8_t>) {
      pack_ternary(weights, filter_beats, slice, out);
    } else {
      pack_words(weights, filter_beats, slice, reinterpret_cast<Weight*>(out));
    }
  }
}

}  // namespace

void LayerPlan::relocate(const LayerAddresses& addresses) {
  for (Command& command : commands) {
    if (auto* weights = std::get_if<LoadWeights>(&command)) weights->address += addresses.weights;
    if (auto* features = std::get_if<LoadFeatures>(&command)) features->address += addresses.features;
    if (auto* store = std::get_if<Store>(&command)) store->address += addresses.outputs;
  }
}

LayerPlan plan_layer(const ConvLayer& layer, const Config& config, const MapperOptions& options) {
  layer.validate();
  return Mapper(layer, config, options).plan();
}

void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::int8_t* codes,
                  std::uint8_t* image) {
  pack_blocks(plan, layer, config, codes, image);
}
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint32_t* words,
                  std::uint8_t* image) {
  pack_blocks(plan, layer, config, words, image);
}
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const std::uint16_t* words,
                  std::uint8_t* image) {
  pack_blocks(plan, layer, config, words, image);
}
void pack_weights(const LayerPlan& plan, const ConvLayer& layer, const Config& config, const Tensor& weights,
                  std::uint8_t* image) {
  if (layer.weights == WeightKind::Ternary) {
    pack_blocks(plan, layer, config, weights.span<std::int8_t>().data(), image);
  } else if (config.mode == Mode::Train) {
    const auto* words = reinterpret_cast<const std::uint32_t*>(weights.span<float>().data());
    pack_blocks(plan, layer, config, words, image);
  } else {
    pack_blocks(plan, layer, config, weights.span<std::uint16_t>().data(), image);
  }
}

}  // namespace dlac::workloads
