// SPDX-License-Identifier: Apache-2.0
#include "workloads/image.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "workloads/crc32.h"
#include "workloads/image_format.h"
#include "workloads/input_file.h"

namespace dlac::workloads {
namespace {

using image_format::ExpectedName;
using image_format::hexadecimal;
using image_format::Largest;
using image_format::Magic;
using image_format::name_problem;
using image_format::product;

constexpr std::uint32_t KnownFlags = DLAC_IMAGE_FEATURES_IN_FILE | DLAC_IMAGE_OUTPUTS_EXPECTED;

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

  const std::uint64_t word = header.mode == 0 ? 4 : 2;
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
