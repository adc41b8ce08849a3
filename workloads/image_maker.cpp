// SPDX-License-Identifier: Apache-2.0
#include "workloads/image_maker.h"

#include <dlac/common/command.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "workloads/crc32.h"
#include "workloads/image_format.h"

namespace dlac::workloads {
namespace {

using image_format::ExpectedName;
using image_format::hexadecimal;
using image_format::Largest;
using image_format::Magic;
using image_format::name_problem;
using image_format::product;

/// Hands out space from 0 on, in aligned pieces.
class Space {
 public:
  /// The offset of a new piece.
  [[nodiscard]] std::uint64_t take(std::uint64_t bytes, std::uint64_t alignment = DLAC_IMAGE_ALIGNMENT) {
    const std::uint64_t offset = (end_ + alignment - 1) / alignment * alignment;
    if (offset < end_ || __builtin_add_overflow(offset, bytes, &end_)) {
      throw ImageError("image", "larger than 2^64 bytes", "layers that fit");
    }
    return offset;
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  std::uint64_t end_ = 0;
};

/// Writes all layers into one image.
class Maker {
 public:
  Maker(const std::vector<ImageLayer>& layers, const Config& config, const MapperOptions& options, std::uint64_t base)
      : layers_(layers), config_(config), records_(layers.size()) {
    header_.base = base;
    for (const ImageLayer& layer : layers) plans_.push_back(plan_layer(layer.conv, config, options));
  }

  std::vector<std::uint8_t> make() {
    if (layers_.empty()) throw ImageError("image", "no layers", "at least one");
    if (header_.base % DLAC_IMAGE_ALIGNMENT != 0) {
      throw ImageError("base", hexadecimal(header_.base), "a multiple of " + std::to_string(DLAC_IMAGE_ALIGNMENT));
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) describe(i);
    describe_core();
    lay_out();
    std::vector<std::uint8_t> bytes(header_.file_bytes);
    for (std::size_t i = 0; i < layers_.size(); ++i) put_tensors(i, bytes);
    put_control(bytes);
    return bytes;
  }

 private:
  void describe(std::size_t index);
  void describe_core();
  void lay_out();
  void put_tensors(std::size_t index, std::vector<std::uint8_t>& bytes) const;
  void put_control(std::vector<std::uint8_t>& bytes);
  /// Of all layers, made out of the plans: to be called once.
  [[nodiscard]] std::vector<Command> commands();

  [[noreturn]] void refuse(std::size_t index, const std::string& found, const std::string& expected) const {
    throw ImageError("layer " + layers_[index].conv.name, found, expected);
  }
  [[nodiscard]] const Tensor* tensor(std::size_t index) const { return std::get_if<Tensor>(&layers_[index].features); }

  const std::vector<ImageLayer>& layers_;
  const Config& config_;
  std::vector<LayerPlan> plans_;
  std::vector<dlac_image_layer> records_;
  std::vector<std::uint64_t> weights_offsets_;
  std::uint64_t control_end_ = 0;
  dlac_image_header header_{};
};

/// All of a layer's record but its offsets.
void Maker::describe(std::size_t index) {
  const ImageLayer& layer = layers_[index];
  const ConvLayer& conv = layer.conv;
  const std::string problem = name_problem(conv.name);
  if (!problem.empty()) refuse(index, problem, ExpectedName);
  for (std::size_t i = 0; i < index; ++i) {
    if (layers_[i].conv.name == conv.name) refuse(index, "a name given twice", "every layer to have its own");
  }

  dlac_image_layer& record = records_[index];
  std::copy(conv.name.begin(), conv.name.end(), record.name);
  record.features_bytes = product({conv.feature_count(), config_.word_bytes()});
  record.outputs_bytes = product({conv.output_count(), config_.word_bytes()});
  record.macs = conv.macs();
  record.batch = conv.batch;
  record.in_channels = conv.in_channels;
  record.height = conv.height;
  record.width = conv.width;
  record.out_channels = conv.out_channels;
  record.out_height = conv.out_height();
  record.out_width = conv.out_width();
  if (layer.outputs_crc) {
    record.outputs_crc = *layer.outputs_crc;
    record.flags |= DLAC_IMAGE_OUTPUTS_EXPECTED;
  }

  if (layer.weights.elements() != conv.weight_count()) {
    refuse(index, std::to_string(layer.weights.elements()) + " weights", std::to_string(conv.weight_count()));
  }
  if (const Tensor* features = tensor(index)) {
    record.flags |= DLAC_IMAGE_FEATURES_IN_FILE;
    if (features->size_in_bytes() != record.features_bytes) {
      refuse(index, std::to_string(features->size_in_bytes()) + " bytes of features",
             std::to_string(record.features_bytes));
    }
  } else if (const auto* from = std::get_if<FeaturesFromLayer>(&layer.features)) {
    if (from->index >= index) refuse(index, "features of a later layer", "those of an earlier one");
    const ConvLayer& producer = layers_[from->index].conv;
    const auto shape = [](std::uint32_t n, std::uint32_t c, std::uint32_t h, std::uint32_t w) {
      return std::to_string(n) + "x" + std::to_string(c) + "x" + std::to_string(h) + "x" + std::to_string(w);
    };
    const std::string needed = shape(conv.batch, conv.in_channels, conv.height, conv.width);
    const std::string given = shape(producer.batch, producer.out_channels, producer.out_height(), producer.out_width());
    if (needed != given) {
      refuse(index, "features " + needed, given + ", the outputs of layer " + producer.name);
    }
  }
}

void Maker::describe_core() {
  header_.mode = config_.mode == Mode::Train ? 0 : 1;
  header_.pes = config_.pes;
  header_.output_buffers = config_.output_buffers;
  header_.weight_buffer_bytes = config_.weight_buffer_bytes;
  header_.feature_buffer_bytes = config_.feature_buffer_bytes;
  header_.token_limit = config_.token_limit;
  header_.queue_depth = config_.queue_depth;
}

void Maker::lay_out() {
  std::uint64_t commands = 0;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    const std::uint64_t own = plans_[i].commands.size() - 1;  // without the end
    if (commands + own >= std::numeric_limits<std::uint32_t>::max()) {
      throw ImageError("image", "more than 2^32 - 1 commands", "a list that LIST_LENGTH can name");
    }
    records_[i].first_command = static_cast<std::uint32_t>(commands);
    records_[i].commands = static_cast<std::uint32_t>(own);
    commands += own;
  }
  std::memcpy(header_.magic, Magic.data(), Magic.size());
  header_.version = DLAC_IMAGE_VERSION;
  header_.header_bytes = sizeof header_;
  header_.layers = static_cast<std::uint32_t>(layers_.size());
  header_.commands = static_cast<std::uint32_t>(commands + 1);

  Space space;
  (void)space.take(sizeof header_);
  header_.layers_offset = space.take(records_.size() * sizeof(dlac_image_layer), 8);
  header_.commands_offset = space.take(std::uint64_t{header_.commands} * CommandBytes);
  control_end_ = space.end();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    weights_offsets_.push_back(space.take(plans_[i].weight_image_bytes));
    if (tensor(i) != nullptr) records_[i].features_offset = space.take(records_[i].features_bytes);
  }
  header_.file_bytes = space.end();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (std::holds_alternative<FeaturesFromHost>(layers_[i].features)) {
      records_[i].features_offset = space.take(records_[i].features_bytes);
    } else if (const auto* from = std::get_if<FeaturesFromLayer>(&layers_[i].features)) {
      records_[i].features_offset = records_[from->index].outputs_offset;
    }
    records_[i].outputs_offset = space.take(records_[i].outputs_bytes);
  }
  header_.memory_bytes = space.end();
  if (header_.memory_bytes > Largest - header_.base) {
    throw ImageError("base", hexadecimal(header_.base),
                     "an address with " + std::to_string(header_.memory_bytes) + " bytes behind it");
  }
}

void Maker::put_tensors(std::size_t index, std::vector<std::uint8_t>& bytes) const {
  pack_weights(plans_[index], layers_[index].conv, config_, layers_[index].weights,
               bytes.data() + weights_offsets_[index]);
  if (const Tensor* features = tensor(index)) {
    std::memcpy(bytes.data() + records_[index].features_offset, features->bytes(), features->size_in_bytes());
  }
}

std::vector<Command> Maker::commands() {
  std::vector<Command> list;
  list.reserve(header_.commands);
  std::uint32_t segments = 0;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    LayerPlan& plan = plans_[i];
    plan.relocate({header_.base + weights_offsets_[i], header_.base + records_[i].features_offset,
                   header_.base + records_[i].outputs_offset});
    plan.commands.pop_back();  // the end
    if (i != 0) header_of(plan.commands.front()).fence = 1;
    for (Command& command : plan.commands) {
      header_of(command).tag += segments;
      list.push_back(command);
    }
    segments += static_cast<std::uint32_t>(plan.segments.size());
  }
  list.emplace_back(End{});
  return list;
}

/// Last, because of the checksums.
void Maker::put_control(std::vector<std::uint8_t>& bytes) {
  std::uint8_t* at = bytes.data() + header_.commands_offset;
  for (const Command& command : commands()) {
    std::memcpy(at, encode(command).data(), CommandBytes);
    at += CommandBytes;
  }
  std::memcpy(bytes.data() + header_.layers_offset, records_.data(), records_.size() * sizeof(dlac_image_layer));
  header_.data_crc = crc32(bytes.data() + control_end_, bytes.size() - control_end_);
  header_.control_crc = 0;
  std::memcpy(bytes.data(), &header_, sizeof header_);
  header_.control_crc = crc32(bytes.data(), control_end_);
  std::memcpy(bytes.data(), &header_, sizeof header_);
}

}  // namespace

std::string image_name(std::string text) {
  constexpr std::size_t Longest = DLAC_IMAGE_NAME_BYTES - 1;
  if (text.size() > Longest) {
    std::size_t end = Longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;  // within a UTF-8 character
    text.resize(end == 0 ? Longest : end);
  }
  std::replace_if(text.begin(), text.end(), image_format::is_control, '_');
  return text.empty() ? "layer" : text;
}

std::vector<std::uint8_t> make_image(const std::vector<ImageLayer>& layers, const Config& config,
                                     const MapperOptions& options, std::uint64_t base) {
  return Maker(layers, config, options, base).make();
}

}  // namespace dlac::workloads
