// SPDX-License-Identifier: Apache-2.0
#include "workloads/image.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

#include "workloads/crc32.h"
#include "workloads/input_file.h"
#include "workloads/output_file.h"

namespace dlac::workloads {
namespace {

// The structures are copied as they lie.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
static_assert(sizeof(dlac_image_header) == 104 && std::is_trivially_copyable_v<dlac_image_header>);
static_assert(offsetof(dlac_image_header, file_bytes) == 16);
static_assert(offsetof(dlac_image_header, control_crc) == 40);
static_assert(offsetof(dlac_image_header, mode) == 48);
static_assert(offsetof(dlac_image_header, layers_offset) == 80);
static_assert(offsetof(dlac_image_header, commands) == 96);
static_assert(sizeof(dlac_image_layer) == 136 && std::is_trivially_copyable_v<dlac_image_layer>);
static_assert(offsetof(dlac_image_layer, features_offset) == 48);
static_assert(offsetof(dlac_image_layer, batch) == 88);
static_assert(offsetof(dlac_image_layer, first_command) == 116);
static_assert(offsetof(dlac_image_layer, flags) == 128);

constexpr std::string_view Magic = DLAC_IMAGE_MAGIC;
static_assert(Magic.size() == sizeof dlac_image_header::magic);
constexpr std::uint32_t KnownFlags = DLAC_IMAGE_FEATURES_IN_FILE | DLAC_IMAGE_OUTPUTS_EXPECTED;
constexpr std::uint64_t Largest = std::numeric_limits<std::uint64_t>::max();

[[nodiscard]] std::uint32_t mode_number(Mode mode) { return mode == Mode::Train ? 0 : 1; }
[[nodiscard]] std::uint32_t word_bytes(const dlac_image_header& header) { return header.mode == 0 ? 4 : 2; }

/// Saturating: enough to compare with a size.
[[nodiscard]] std::uint64_t product(std::initializer_list<std::uint64_t> factors) {
  std::uint64_t result = 1;
  for (const std::uint64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result)) return Largest;
  }
  return result;
}

[[nodiscard]] std::string hexadecimal(std::uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llX", static_cast<unsigned long long>(value));
  return text.data();
}

/// What is wrong with a name; empty if nothing is.
[[nodiscard]] std::string name_problem(std::string_view name) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
  if (control) return "a name with a control character";
  if (name.empty() || name.size() >= DLAC_IMAGE_NAME_BYTES) {
    return "a name of " + std::to_string(name.size()) + " bytes";
  }
  return {};
}
constexpr const char* ExpectedName = "1 to 47 bytes, no control characters";
static_assert(DLAC_IMAGE_NAME_BYTES == 48);

// --- making

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
  [[nodiscard]] std::vector<Command> commands() const;

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
  header_.mode = mode_number(config_.mode);
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

std::vector<Command> Maker::commands() const {
  std::vector<Command> list;
  list.reserve(header_.commands);
  std::uint32_t segments = 0;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    LayerPlan plan = plans_[i];
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

// --- reading

/// Checks in an order in which nothing is believed before it has been looked at.
class Parser {
 public:
  Parser(std::vector<std::uint8_t> bytes, const std::string& name) : name_(name) { image_.bytes = std::move(bytes); }

  Image parse() {
    check_start();
    check_extents();
    check_sums();
    check_core();
    read_layers();
    read_commands();
    return std::move(image_);
  }

 private:
  void check_start();
  void check_extents();
  void check_sums() const;
  void check_core() const;
  void read_layers();
  void check_layer(const dlac_image_layer& layer, std::uint64_t first_command) const;
  void read_commands();

  [[noreturn]] void refuse(const std::string& found, const std::string& expected) const {
    throw FileError(name_, found, expected);
  }
  /// A field of the header.
  void require(bool right, const char* field, std::uint64_t value, const std::string& expected) const {
    if (!right) refuse(std::string(field) + " " + std::to_string(value), expected);
  }
  [[nodiscard]] std::uint64_t control_end() const {
    return image_.header.commands_offset + std::uint64_t{image_.header.commands} * CommandBytes;
  }

  const std::string& name_;
  Image image_;
};

void Parser::check_start() {
  const std::vector<std::uint8_t>& bytes = image_.bytes;
  dlac_image_header& header = image_.header;
  if (bytes.size() < Magic.size() || std::memcmp(bytes.data(), Magic.data(), Magic.size()) != 0) {
    refuse("no magic string", "a dLAC image");
  }
  if (bytes.size() < sizeof header) {
    refuse("truncated, " + std::to_string(bytes.size()) + " bytes", std::to_string(sizeof header) + " of header");
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  require(header.version == DLAC_IMAGE_VERSION, "version", header.version, std::to_string(DLAC_IMAGE_VERSION));
  require(header.header_bytes == sizeof header, "header_bytes", header.header_bytes, std::to_string(sizeof header));
  if (header.file_bytes > bytes.size()) {
    refuse("truncated, " + std::to_string(bytes.size()) + " bytes", std::to_string(header.file_bytes));
  }
  if (header.file_bytes < bytes.size()) {
    refuse("trailing bytes, " + std::to_string(bytes.size()) + " in all", std::to_string(header.file_bytes));
  }
}

void Parser::check_extents() {
  const dlac_image_header& header = image_.header;
  const std::uint64_t file = header.file_bytes;
  require(header.layers != 0, "layers", header.layers, "at least 1");
  require(header.commands != 0, "commands", header.commands, "at least 1");
  require(header.commands_offset % DLAC_IMAGE_ALIGNMENT == 0 && header.commands_offset <= file &&
              std::uint64_t{header.commands} * CommandBytes <= file - header.commands_offset,
          "commands_offset", header.commands_offset,
          "a multiple of 64 with " + std::to_string(header.commands) + " commands inside the file");
  require(header.layers_offset % 8 == 0 && header.layers_offset >= sizeof header &&
              header.layers_offset <= header.commands_offset &&
              std::uint64_t{header.layers} * sizeof(dlac_image_layer) <= header.commands_offset - header.layers_offset,
          "layers_offset", header.layers_offset,
          "a multiple of 8 with " + std::to_string(header.layers) + " records between header and commands");
}

void Parser::check_sums() const {
  const dlac_image_header& header = image_.header;
  dlac_image_header cleared = header;
  cleared.control_crc = 0;
  const std::uint8_t* bytes = image_.bytes.data();
  const std::uint32_t control =
      crc32(bytes + sizeof header, control_end() - sizeof header, crc32(&cleared, sizeof cleared));
  if (control != header.control_crc) {
    refuse("damaged, CRC of header, layers and commands " + hexadecimal(control), hexadecimal(header.control_crc));
  }
  const std::uint32_t data = crc32(bytes + control_end(), header.file_bytes - control_end());
  if (data != header.data_crc) {
    refuse("damaged, CRC of weights and features " + hexadecimal(data), hexadecimal(header.data_crc));
  }
}

void Parser::check_core() const {
  const dlac_image_header& header = image_.header;
  require(header.memory_bytes >= header.file_bytes, "memory_bytes", header.memory_bytes,
          "at least the " + std::to_string(header.file_bytes) + " of the file");
  require(header.base % DLAC_IMAGE_ALIGNMENT == 0 && header.memory_bytes <= Largest - header.base, "base", header.base,
          "a multiple of 64 with " + std::to_string(header.memory_bytes) + " bytes behind it");
  require(header.mode <= 1, "mode", header.mode, "0 or 1");
  require(header.reserved == 0, "reserved", header.reserved, "0");
}

void Parser::read_layers() {
  const dlac_image_header& header = image_.header;
  image_.layers.resize(header.layers);
  std::memcpy(image_.layers.data(), image_.bytes.data() + header.layers_offset,
              image_.layers.size() * sizeof(dlac_image_layer));
  std::uint64_t command = 0;
  std::set<std::string> names;
  for (const dlac_image_layer& layer : image_.layers) {
    check_layer(layer, command);
    if (!names.insert(layer.name).second) refuse("two layers named " + std::string(layer.name), "different names");
    command += layer.commands;
  }
  require(command + 1 == header.commands, "commands", header.commands,
          std::to_string(command) + " of the layers, and the end");
}

void Parser::check_layer(const dlac_image_layer& layer, std::uint64_t first_command) const {
  const dlac_image_header& header = image_.header;
  const std::string where = "layer " + std::to_string(&layer - image_.layers.data()) + ": ";
  const auto* name_end = static_cast<const char*>(std::memchr(layer.name, 0, sizeof layer.name));
  if (name_end == nullptr) refuse(where + "a name without an end", ExpectedName);
  const std::string problem = name_problem({layer.name, static_cast<std::size_t>(name_end - layer.name)});
  if (!problem.empty()) refuse(where + problem, ExpectedName);

  const auto require_layer = [&](bool right, const char* field, std::uint64_t value, const std::string& expected) {
    if (!right) refuse(where + field + " " + std::to_string(value), expected);
  };
  require_layer((layer.flags & ~KnownFlags) == 0, "flags", layer.flags, "no others than 1 and 2");
  require_layer(layer.reserved == 0, "reserved", layer.reserved, "0");
  require_layer(layer.commands != 0, "commands", layer.commands, "at least 1");
  require_layer(layer.first_command == first_command, "first_command", layer.first_command,
                std::to_string(first_command));

  const std::uint64_t word = word_bytes(header);
  const std::uint64_t features = product({layer.batch, layer.in_channels, layer.height, layer.width, word});
  const std::uint64_t outputs = product({layer.batch, layer.out_channels, layer.out_height, layer.out_width, word});
  require_layer(layer.features_bytes == features && features != 0, "features_bytes", layer.features_bytes,
                "the size of the features, " + std::to_string(features));
  require_layer(layer.outputs_bytes == outputs && outputs != 0, "outputs_bytes", layer.outputs_bytes,
                "the size of the outputs, " + std::to_string(outputs));
  const auto inside = [word](std::uint64_t offset, std::uint64_t bytes, std::uint64_t from, std::uint64_t to) {
    return offset % word == 0 && offset >= from && offset <= to && bytes <= to - offset;
  };
  const bool in_file = (layer.flags & DLAC_IMAGE_FEATURES_IN_FILE) != 0;
  require_layer(inside(layer.features_offset, features, in_file ? control_end() : header.file_bytes,
                       in_file ? header.file_bytes : header.memory_bytes),
                "features_offset", layer.features_offset,
                in_file ? "features between commands and end of file" : "features between end of file and of memory");
  require_layer(inside(layer.outputs_offset, outputs, header.file_bytes, header.memory_bytes), "outputs_offset",
                layer.outputs_offset, "outputs between end of file and of memory");
}

void Parser::read_commands() {
  const dlac_image_header& header = image_.header;
  const std::uint8_t* at = image_.bytes.data() + header.commands_offset;
  image_.commands.reserve(header.commands);
  for (std::uint32_t i = 0; i < header.commands; ++i, at += CommandBytes) {
    CommandImage words{};
    std::memcpy(words.data(), at, CommandBytes);
    const std::optional<Command> command = decode(words);
    const std::string where = "command " + std::to_string(i);
    if (!command) refuse(where + " with opcode " + std::to_string(words[0] & 0xFFU), "a command of this core");
    const bool last = i + 1 == header.commands;
    if (std::holds_alternative<End>(*command) != last) {
      refuse(
          where + " of " + std::to_string(header.commands) + " is " + std::string(to_string(Opcode(words[0] & 0xFFU))),
          "one end, the last command");
    }
    image_.commands.push_back(*command);
  }
}

}  // namespace

std::vector<std::uint8_t> make_image(const std::vector<ImageLayer>& layers, const Config& config,
                                     const MapperOptions& options, std::uint64_t base) {
  return Maker(layers, config, options, base).make();
}

Image parse_image(std::vector<std::uint8_t> bytes, const std::string& name) {
  return Parser(std::move(bytes), name).parse();
}

Image read_image(const std::string& path) {
  InputFile file = open_input_file(path, "a dLAC image that can be read");
  std::vector<std::uint8_t> bytes(file.bytes);
  file.stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<std::uint64_t>(file.stream.gcount()) != file.bytes) {
    throw FileError(path, "a read error", "a dLAC image that can be read");
  }
  return parse_image(std::move(bytes), path);
}

void check_fits(const Image& image, const std::string& name, const Config& config) {
  const dlac_image_header& header = image.header;
  const Mode made_for = header.mode == 0 ? Mode::Train : Mode::Infer;
  if (made_for != config.mode) {
    throw FileError(name, "made for mode " + std::string(to_string(made_for)),
                    "mode " + std::string(to_string(config.mode)) + ", that of this core");
  }
  const struct {
    const char* key;
    std::uint32_t made_for, core;
    bool equal;  ///< else the core may have more
  } limits[] = {{"pes", header.pes, config.pes, true},
                {"output_buffers", header.output_buffers, config.output_buffers, true},
                {"weight_buffer_bytes", header.weight_buffer_bytes, config.weight_buffer_bytes, false},
                {"feature_buffer_bytes", header.feature_buffer_bytes, config.feature_buffer_bytes, false},
                {"token_limit", header.token_limit, config.token_limit, false},
                {"queue_depth", header.queue_depth, config.queue_depth, false}};
  for (const auto& limit : limits) {
    if (limit.equal ? limit.made_for == limit.core : limit.made_for <= limit.core) continue;
    throw FileError(name, "made for " + std::string(limit.key) + " " + std::to_string(limit.made_for),
                    (limit.equal ? "" : "at most ") + std::to_string(limit.core) + ", that of this core");
  }
}

std::optional<std::size_t> features_from(const Image& image, std::size_t layer) {
  const dlac_image_layer& reader = image.layers[layer];
  for (std::size_t i = 0; i < layer; ++i) {
    if (image.layers[i].outputs_offset == reader.features_offset) return i;
  }
  return std::nullopt;
}

std::uint64_t weight_bytes(const Image& image, std::size_t layer) {
  const dlac_image_layer& record = image.layers[layer];
  std::uint64_t first = Largest, end = 0;
  for (std::uint32_t i = 0; i < record.commands; ++i) {
    const auto* load = std::get_if<LoadWeights>(&image.commands[record.first_command + i]);
    if (load == nullptr) continue;
    first = std::min(first, load->address);
    end = std::max(end, load->address + load->bytes);
  }
  return end > first ? end - first : 0;
}

}  // namespace dlac::workloads
