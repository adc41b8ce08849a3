// SPDX-License-Identifier: Apache-2.0
#include "workloads/command_emitter.h"

#include <algorithm>
#include <utility>

namespace dlac::workloads {
namespace {

constexpr std::uint32_t RunAhead = 64;  // segments that loads may be ahead of the grid

}  // namespace

CommandEmitter::CommandEmitter(const ConvLayer& layer, const Config& config, const Mapping& mapping,
                               std::vector<Strip> strips, std::uint32_t row_capacity, std::uint32_t pitch,
                               LayerPlan& plan)
    : layer_(layer),
      config_(config),
      mapping_(mapping),
      strips_(std::move(strips)),
      row_capacity_(row_capacity),
      pitch_(pitch),
      run_ahead_(std::min(RunAhead, config.token_limit)),
      plan_(plan),
      weight_slots_(mapping.weight_slots),
      feature_rows_(row_capacity),
      feature_slots_(2) {
  for (const WeightBlock& block : plan.blocks) slot_bytes_ = std::max(slot_bytes_, block.bytes);
}

void CommandEmitter::add_load(Command command, std::uint32_t after) {
  header_of(command).tag = static_cast<std::uint32_t>(plan_.segments.size());
  if (after != NoSegment && (loads_wait_for_ == NoSegment || after > loads_wait_for_)) loads_wait_for_ = after;
  if (first_load_ == NoCommand) first_load_ = static_cast<std::uint32_t>(plan_.commands.size());
  plan_.commands.push_back(command);
}

void CommandEmitter::synchronise_loads(MmOp& op) {
  if (first_load_ == NoCommand) return;
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  std::uint32_t after = loads_wait_for_;
  const auto at_least = [&after](std::uint32_t s) {
    if (after == NoSegment || after < s) after = s;
  };
  // No counter passes its limit, because loads are at most run_ahead_ segments ahead: load->compute, and compute->load
  // as well, for a load takes its token from a segment at most so many before the one that it is for.
  if (segment >= run_ahead_) at_least(segment - run_ahead_);
  if (after != NoSegment && (waited_for_ == NoSegment || after > waited_for_)) {
    header_of(plan_.commands[first_load_]).pop = token_bit(Token::ComputeToLoad);
    header_of(plan_.commands[mm_of_segment_[after]]).push |= token_bit(Token::ComputeToLoad);
    waited_for_ = after;
  }
  header_of(plan_.commands.back()).push |= token_bit(Token::LoadToCompute);
  op.header.pop |= token_bit(Token::LoadToCompute);
}

std::uint32_t CommandEmitter::load_weights(std::uint32_t block) {
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  std::size_t victim = 0;
  for (std::size_t i = 0; i < weight_slots_.size(); ++i) {
    if (weight_slots_[i].holds == block) {
      weight_slots_[i].last_use = segment;
      return static_cast<std::uint32_t>(i * slot_bytes_);
    }
    // NoSegment + 1 wraps to 0: a slot never used comes first.
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

void CommandEmitter::load_features(const PixelTile& pixels, std::uint32_t channel, std::uint32_t channels, Range rows,
                                   std::uint32_t base) {
  // The last segment that used one of the slots which these rows overwrite.
  std::uint32_t after = NoSegment;
  const auto consider = [&after](const Slot& slot) {
    if (slot.last_use != NoSegment && (after == NoSegment || slot.last_use > after)) after = slot.last_use;
  };
  if (mapping_.chunk_channels == 0) {
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

void CommandEmitter::load_rows(const PixelTile& pixels, std::uint32_t group) {
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

std::uint32_t CommandEmitter::load_chunk(const PixelTile& pixels, std::uint32_t group, std::uint32_t first_channel) {
  const std::uint32_t group_channels = layer_.in_channels / layer_.groups;
  const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
  const std::uint64_t key = (std::uint64_t{pixels.first_pixel} << 32 | pixels.strip) * layer_.in_channels +
                            std::uint64_t{group} * group_channels + first_channel;
  const std::uint32_t half = mapping_.chunk_channels * row_capacity_ * pitch_;
  for (std::uint32_t i = 0; i < feature_slots_.size(); ++i) {
    if (feature_slots_[i].holds == key) {
      feature_slots_[i].last_use = segment;
      return i * half;
    }
  }
  const std::uint32_t victim = feature_slots_[0].last_use + 1 <= feature_slots_[1].last_use + 1 ? 0 : 1;
  const std::uint32_t channels = std::min(mapping_.chunk_channels, group_channels - first_channel);
  if (pixels.rows.size() != 0 && strips_[pixels.strip].in.size() != 0) {
    load_features(pixels, group * group_channels + first_channel, channels, pixels.rows, victim * half);
  }
  feature_slots_[victim] = {key, segment};
  return victim * half;
}

/// The parts that loads and order do not decide.
MmOp CommandEmitter::operation(const PixelTile& pixels, const WeightBlock& block) const {
  MmOp op;
  op.log2_rows = mapping_.log2_rows;
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
  return op;
}

Store CommandEmitter::store(const PixelTile& pixels, const WeightBlock& block) const {
  const std::uint32_t word = config_.word_bytes();
  const std::uint64_t image_pixels = std::uint64_t{layer_.out_height()} * layer_.out_width();
  Store store;
  store.address = block.first_channel * image_pixels * word;
  store.channel_stride = static_cast<std::uint32_t>(image_pixels * word);
  store.image_stride = static_cast<std::uint32_t>(image_pixels * layer_.out_channels * word);
  store.image_pixels = static_cast<std::uint32_t>(image_pixels);
  store.first_pixel = pixels.first_pixel;
  store.log2_rows = mapping_.log2_rows;
  store.channels = block.channels;
  store.columns = pixels.pixels;
  return store;
}

void CommandEmitter::tile(const PixelTile& pixels, std::uint32_t group, Range blocks) {
  const std::uint32_t tile = plan_.tiles++;
  const std::uint32_t kernel = layer_.kernel_h * layer_.kernel_w;
  for (std::uint32_t b = blocks.first; b < blocks.end; ++b) {
    const WeightBlock& block = plan_.blocks[b];
    const auto segment = static_cast<std::uint32_t>(plan_.segments.size());
    first_load_ = NoCommand;
    loads_wait_for_ = NoSegment;

    MmOp op = operation(pixels, block);
    op.weights = load_weights(b);
    if (mapping_.chunk_channels == 0) {
      load_rows(pixels, group);
    } else {
      op.first_channel = block.first_beat / kernel / mapping_.chunk_channels * mapping_.chunk_channels;
      op.base = load_chunk(pixels, group, op.first_channel);
    }
    synchronise_loads(op);
    if (b == blocks.first && tile >= 2) {
      op.header.pop |= token_bit(Token::StoreToCompute);
      header_of(plan_.commands[store_of_tile_[tile - 2]]).push |= token_bit(Token::StoreToCompute);
    }
    if (b + 1 == blocks.end) op.header.push |= token_bit(Token::ComputeToStore);
    op.header.tag = segment;
    op.bank = tile % 2;
    op.clear = b == blocks.first ? 1 : 0;
    mm_of_segment_.push_back(static_cast<std::uint32_t>(plan_.commands.size()));
    plan_.commands.emplace_back(op);
    plan_.segments.push_back({tile, b, block.first_channel, block.channels, pixels.first_pixel, pixels.pixels,
                              block.first_beat, block.beats});
  }

  Store drain = store(pixels, plan_.blocks[blocks.first]);
  drain.header.pop = token_bit(Token::ComputeToStore);
  drain.header.tag = static_cast<std::uint32_t>(plan_.segments.size() - 1);
  drain.bank = tile % 2;
  store_of_tile_.push_back(static_cast<std::uint32_t>(plan_.commands.size()));
  plan_.commands.emplace_back(drain);
}

}  // namespace dlac::workloads
