// SPDX-License-Identifier: Apache-2.0
// The driver's part for images: whole ones, damaged ones, hostile ones, and moving them about.
#include <dlac/common/command.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "dlac.h"
#include "tb/tests/driver/fake_registers.h"

using dlac::Command;
using dlac::CommandImage;
using dlac::End;
using dlac::LoadFeatures;
using dlac::LoadWeights;
using dlac::MmOp;
using dlac::Store;

namespace {

/// CRC-32 bit by bit, as IEEE 802.3 defines it.
[[nodiscard]] std::uint32_t naive_crc(const std::uint8_t* bytes, std::size_t size) {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB8'8320 : crc >> 1;
  }
  return ~crc;
}

/// Memory of exactly some bytes at a multiple of 8, so that a sanitizer sees each access beyond it.
class Bytes {
 public:
  explicit Bytes(std::size_t size) : data_(new (std::align_val_t{64}) std::uint8_t[size]), size_(size) {
    std::fill_n(data_.get(), size, std::uint8_t{0});
  }
  Bytes(const std::uint8_t* from, std::size_t size) : Bytes(size) { std::copy_n(from, size, data_.get()); }
  [[nodiscard]] std::uint8_t* data() { return data_.get(); }
  [[nodiscard]] const std::uint8_t* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Delete {
    void operator()(std::uint8_t* bytes) const { ::operator delete[](bytes, std::align_val_t{64}); }
  };
  std::unique_ptr<std::uint8_t[], Delete> data_;
  std::size_t size_;
};

// Where everything lies in the image below, by hand: a header of 8 + 2*4 + 3*8 + 10*4 + 2*8 + 2*4 = 104 bytes, two
// layer records of 48 + 5*8 + 12*4 = 136 bytes, commands from the next multiple of 64.
constexpr std::uint64_t Base = 0x8000'0000;
constexpr std::uint64_t LayersAt = 104;
constexpr std::uint64_t CommandsAt = 384;
constexpr std::uint32_t Commands = 7;
constexpr std::uint64_t WeightsAt = CommandsAt + std::uint64_t{Commands} * 128;  // 1280
constexpr std::uint64_t FeaturesAt = WeightsAt + 64;
constexpr std::uint64_t FileBytes = FeaturesAt + 256;
constexpr std::uint64_t Outputs0At = FileBytes;
constexpr std::uint64_t Outputs1At = Outputs0At + 128;
constexpr std::uint64_t MemoryBytes = Outputs1At + 128;

/// Two layers, the second of which reads what the first writes.
[[nodiscard]] std::vector<Command> commands_at(std::uint64_t base) {
  LoadWeights weights;
  weights.address = base + WeightsAt;
  weights.bytes = 64;
  LoadFeatures features;
  features.address = base + FeaturesAt;
  features.channels = features.rows = features.height = features.row_capacity = 4;
  features.width = features.pitch = 4;
  MmOp op;
  op.weights = 16;
  op.channels = 4;
  Store store;
  store.address = base + Outputs0At;
  LoadFeatures second = features;
  second.address = base + Outputs0At;
  Store last = store;
  last.address = base + Outputs1At;
  return {weights, features, op, store, second, last, End{}};
}

class Image {
 public:
  Image() : memory_(MemoryBytes) {
    dlac_image_header& h = header();
    std::memcpy(h.magic, "dLACimg\n", 8);
    h.version = 1;
    h.header_bytes = 104;
    h.file_bytes = FileBytes;
    h.memory_bytes = MemoryBytes;
    h.base = Base;
    h.mode = 0;
    h.pes = 16;
    h.output_buffers = 4;
    h.weight_buffer_bytes = h.feature_buffer_bytes = 4096;
    h.token_limit = 9;
    h.queue_depth = 3;
    h.layers = 2;
    h.layers_offset = LayersAt;
    h.commands_offset = CommandsAt;
    h.commands = Commands;
    const std::vector<Command> commands = commands_at(Base);
    for (std::uint32_t i = 0; i < Commands; ++i) {
      const CommandImage words = encode(commands[i]);
      std::memcpy(bytes() + command_at(i), words.data(), 128);
    }
    for (std::uint64_t i = WeightsAt; i < FileBytes; ++i) bytes()[i] = static_cast<std::uint8_t>(i * 7);
    for (std::uint32_t i = 0; i < 2; ++i) {
      dlac_image_layer& l = layer(i);
      std::memcpy(l.name, i == 0 ? "conv1" : "conv2", 6);
      l.features_offset = i == 0 ? FeaturesAt : Outputs0At;
      l.features_bytes = i == 0 ? 256 : 128;
      l.outputs_offset = i == 0 ? Outputs0At : Outputs1At;
      l.outputs_bytes = 128;
      l.first_command = i == 0 ? 0 : 4;
      l.commands = i == 0 ? 4 : 2;
      l.flags = i == 0 ? DLAC_IMAGE_FEATURES_IN_FILE : DLAC_IMAGE_OUTPUTS_EXPECTED;
    }
    // The second layer's outputs are zeros: the CRC-32 of 128 of them.
    const std::vector<std::uint8_t> zeros(128);
    layer(1).outputs_crc = naive_crc(zeros.data(), zeros.size());
    seal();
  }

  /// Brings both checksums up to date, as far as there is something that they can cover.
  void seal() {
    dlac_image_header& h = header();
    const std::uint64_t list_bytes = std::uint64_t{h.commands} * 128;
    if (h.commands_offset > MemoryBytes || list_bytes > MemoryBytes - h.commands_offset) return;
    const std::uint64_t control = h.commands_offset + list_bytes;
    if (control < sizeof h || h.file_bytes < control || h.file_bytes > MemoryBytes) return;
    h.data_crc = naive_crc(bytes() + control, h.file_bytes - control);  // first: the other one covers it
    h.control_crc = 0;
    h.control_crc = naive_crc(bytes(), control);
  }

  [[nodiscard]] std::uint8_t* bytes() { return memory_.data(); }
  [[nodiscard]] dlac_image_header& header() { return *reinterpret_cast<dlac_image_header*>(bytes()); }
  [[nodiscard]] dlac_image_layer& layer(std::uint32_t i) {
    return reinterpret_cast<dlac_image_layer*>(bytes() + LayersAt)[i];
  }
  [[nodiscard]] CommandImage command(std::uint32_t i) const {
    CommandImage words;
    std::memcpy(words.data(), memory_.data() + command_at(i), 128);
    return words;
  }
  [[nodiscard]] int open(dlac_image* opened = nullptr) {
    dlac_image ignored{};
    return dlac_image_open(opened != nullptr ? opened : &ignored, bytes(), FileBytes);
  }
  [[nodiscard]] dlac_image opened() {
    dlac_image image{};
    REQUIRE(open(&image) == DLAC_OK);
    return image;
  }
  [[nodiscard]] std::vector<std::uint8_t> contents() const { return {memory_.data(), memory_.data() + memory_.size()}; }

 private:
  [[nodiscard]] static std::size_t command_at(std::size_t i) { return CommandsAt + i * 128; }

  Bytes memory_;
};

/// The core that the image was made for.
[[nodiscard]] dlac_device suitable_core() {
  dlac_device core{};
  core.base = FakeRegisters::Base;
  core.pes = 16;
  core.output_buffers = 4;
  core.weight_buffer_bytes = core.feature_buffer_bytes = 4096;
  core.token_limit = 9;
  core.queue_depth = 3;
  return core;
}

}  // namespace

TEST_CASE("driver: CRC-32 gives the published check values") {
  const auto crc = [](const std::string& text) { return dlac_crc32(0, text.data(), text.size()); };
  CHECK(crc("") == 0);
  CHECK(crc("123456789") == 0xCBF4'3926);
  CHECK(crc("The quick brown fox jumps over the lazy dog") == 0x414F'A339);
  // In pieces, as zlib's.
  CHECK(dlac_crc32(dlac_crc32(0, "1234", 4), "56789", 5) == 0xCBF4'3926);
  std::mt19937 random(5);
  std::vector<std::uint8_t> bytes(1000);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  CHECK(dlac_crc32(0, bytes.data(), bytes.size()) == naive_crc(bytes.data(), bytes.size()));
}

TEST_CASE("driver: the layout of an image is the same for every compiler") {
  CHECK(sizeof(dlac_image_header) == 104);
  CHECK(offsetof(dlac_image_header, file_bytes) == 16);
  CHECK(offsetof(dlac_image_header, control_crc) == 40);
  CHECK(offsetof(dlac_image_header, layers_offset) == 80);
  CHECK(offsetof(dlac_image_header, commands) == 96);
  CHECK(sizeof(dlac_image_layer) == 136);
  CHECK(offsetof(dlac_image_layer, features_offset) == 48);
  CHECK(offsetof(dlac_image_layer, batch) == 88);
  CHECK(offsetof(dlac_image_layer, flags) == 128);
}

TEST_CASE("driver: a whole image opens and points into itself") {
  Image file;
  const dlac_image image = file.opened();
  CHECK(static_cast<void*>(image.header) == file.bytes());
  CHECK(reinterpret_cast<std::uint8_t*>(image.layers) == file.bytes() + LayersAt);
  CHECK(image.commands == file.bytes() + CommandsAt);
  CHECK(std::string(image.layers[1].name) == "conv2");
  // Memory behind the file does not matter.
  dlac_image other{};
  CHECK(dlac_image_open(&other, file.bytes(), MemoryBytes) == DLAC_OK);
  // No layers at all, and no features: a list is enough.
  Image bare;
  bare.header().layers = 0;
  bare.seal();
  CHECK(bare.open() == DLAC_OK);
}

TEST_CASE("driver: no image opens without a place for it") {
  Image file;
  dlac_image image{};
  CHECK(dlac_image_open(nullptr, file.bytes(), FileBytes) == DLAC_E_ARGUMENT);
  CHECK(dlac_image_open(&image, nullptr, FileBytes) == DLAC_E_ARGUMENT);
  for (int shift = 1; shift < 8; ++shift) {
    CHECK(dlac_image_open(&image, file.bytes() + shift, FileBytes - 8) == DLAC_E_ARGUMENT);
  }
}

TEST_CASE("driver: an image that was cut off does not open, wherever") {
  const Image whole;
  const std::vector<std::uint8_t> contents = whole.contents();
  for (std::size_t size = 0; size < FileBytes; ++size) {
    Bytes part(contents.data(), size);
    dlac_image image{};
    CAPTURE(size);
    CHECK(dlac_image_open(&image, part.data(), size) == DLAC_E_IMAGE_SIZE);
    CHECK(image.header == nullptr);
  }
}

TEST_CASE("driver: every flipped bit of the file is noticed") {
  Image file;
  for (std::size_t i = 0; i < FileBytes; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      file.bytes()[i] ^= static_cast<std::uint8_t>(1 << bit);
      CAPTURE(i, bit);
      CHECK(file.open() != DLAC_OK);
      file.bytes()[i] ^= static_cast<std::uint8_t>(1 << bit);
    }
  }
  CHECK(file.open() == DLAC_OK);
  // The checksum tells where.
  file.bytes()[CommandsAt + 5] ^= 1;
  CHECK(file.open() == DLAC_E_IMAGE_CHECKSUM);
  file.bytes()[CommandsAt + 5] ^= 1;
  file.bytes()[FileBytes - 1] ^= 0x80;
  CHECK(file.open() == DLAC_E_IMAGE_CHECKSUM);
}

TEST_CASE("driver: an image with right checksums and wrong contents does not open") {
  constexpr std::uint64_t Huge = 0xFFFF'FFFF'FFFF'FFF0;
  using Header = dlac_image_header;
  using Layer = dlac_image_layer;
  struct Case {
    const char* what;
    std::function<void(Header&, Layer&)> damage;
    int expected = DLAC_E_IMAGE_SIZE;
  };
  const std::vector<Case> cases{
      {"magic", [](Header& h, Layer&) { h.magic[7] = '\r'; }, DLAC_E_IMAGE_MAGIC},
      {"older version", [](Header& h, Layer&) { h.version = 0; }, DLAC_E_IMAGE_VERSION},
      {"newer version", [](Header& h, Layer&) { h.version = 2; }, DLAC_E_IMAGE_VERSION},
      {"smaller header", [](Header& h, Layer&) { h.header_bytes = 96; }},
      {"larger header", [](Header& h, Layer&) { h.header_bytes = 112; }},
      {"file longer than given", [](Header& h, Layer&) { h.file_bytes = FileBytes + 1; }},
      {"huge file", [](Header& h, Layer&) { h.file_bytes = h.memory_bytes = Huge; }},
      {"file without its commands", [](Header& h, Layer&) { h.file_bytes = WeightsAt - 1; }},
      {"no file", [](Header& h, Layer&) { h.file_bytes = 0; }},
      {"memory smaller than the file", [](Header& h, Layer&) { h.memory_bytes = FileBytes - 1; }},
      {"memory beyond all addresses", [](Header& h, Layer&) { h.memory_bytes = Huge; }},
      {"no commands", [](Header& h, Layer&) { h.commands = 0; }},
      {"too many commands", [](Header& h, Layer&) { h.commands = 0xFFFF'FFFF; }},
      {"commands behind the file", [](Header& h, Layer&) { h.commands_offset = 0x10000; }},
      {"commands at the end of all addresses", [](Header& h, Layer&) { h.commands_offset = 0xFFFF'FFFF'FFFF'FFC0; }},
      {"commands in the layer records", [](Header& h, Layer&) { h.commands_offset = 320; }},
      {"commands in the header", [](Header& h, Layer&) { h.commands_offset = 64; }},
      {"commands misaligned", [](Header& h, Layer&) { h.commands_offset = CommandsAt + 32, h.commands = 2; }},
      {"layer records misaligned", [](Header& h, Layer&) { h.layers_offset = LayersAt - 4; }},
      {"layer records in the header", [](Header& h, Layer&) { h.layers_offset = LayersAt - 8; }},
      {"layer records behind the file", [](Header& h, Layer&) { h.layers_offset = Huge; }},
      {"too many layers", [](Header& h, Layer&) { h.layers = 3; }},
      {"far too many layers", [](Header& h, Layer&) { h.layers = 0xFFFF'FFFF; }},
      {"a name without an end", [](Header&, Layer& l) { std::memset(l.name, 'x', sizeof l.name); }},
      {"features behind the file",
       [](Header&, Layer& l) { l.features_offset = FileBytes, l.flags |= DLAC_IMAGE_FEATURES_IN_FILE; }},
      {"features partly behind the file",
       [](Header&, Layer& l) { l.features_offset = FileBytes - 124, l.flags |= DLAC_IMAGE_FEATURES_IN_FILE; }},
      {"features partly behind memory", [](Header&, Layer& l) { l.features_offset = MemoryBytes - 124; }},
      {"features that wrap around", [](Header&, Layer& l) { l.features_offset = Huge, l.features_bytes = 32; }},
      {"huge features", [](Header&, Layer& l) { l.features_bytes = Huge; }},
      {"features among the commands", [](Header&, Layer& l) { l.features_offset = WeightsAt - 4; }},
      {"features misaligned", [](Header&, Layer& l) { l.features_offset = Outputs0At - 2; }},
      {"outputs partly behind memory", [](Header&, Layer& l) { l.outputs_offset = Outputs1At + 4; }},
      {"outputs that wrap around", [](Header&, Layer& l) { l.outputs_offset = Huge; }},
      {"huge outputs", [](Header&, Layer& l) { l.outputs_bytes = Huge; }},
      {"outputs over the header", [](Header&, Layer& l) { l.outputs_offset = 0; }},
      {"outputs misaligned", [](Header&, Layer& l) { l.outputs_offset = Outputs0At + 1; }},
      {"more commands than the list", [](Header&, Layer& l) { l.commands = 4; }},
      {"a first command behind the list", [](Header&, Layer& l) { l.first_command = 8, l.commands = 0; }},
      {"commands that wrap around", [](Header&, Layer& l) { l.first_command = 4, l.commands = 0xFFFF'FFFE; }},
  };
  for (const Case& c : cases) {
    Image file;
    c.damage(file.header(), file.layer(1));
    file.seal();
    dlac_image image{};
    CAPTURE(c.what);
    CHECK(file.open(&image) == c.expected);
    CHECK(image.header == nullptr);
  }
}

TEST_CASE("driver: whatever the bytes, opening and placing stay inside the memory") {
  std::mt19937 random(11);
  int opened = 0;
  for (int round = 0; round < 20000; ++round) {
    Image file;
    // Mostly in the header and the records, where it hurts; the checksums come after.
    for (std::uint32_t i = random() % 4 + 1; i > 0; --i) {
      const std::size_t at = random() % (random() % 8 == 0 ? FileBytes : CommandsAt);
      file.bytes()[at] = static_cast<std::uint8_t>(random() % 4 == 0 ? 0xFF : random());
    }
    if (random() % 16 != 0) file.seal();
    dlac_image image{};
    if (file.open(&image) != DLAC_OK) continue;
    ++opened;
    (void)dlac_image_place(&image, random() % 1024 * 64);
    if (image.header->memory_bytes > MemoryBytes) continue;  // the loader would have had to provide more
    for (std::uint32_t layer = 0; layer < 4; ++layer) (void)dlac_image_check_outputs(&image, layer);
  }
  CHECK(opened > 100);  // it does come to that
}

TEST_CASE("driver: an image is placed, placed again and brought back") {
  Image file;
  dlac_image image = file.opened();
  const std::vector<std::uint8_t> original = file.contents();
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0x40}, std::uint64_t{0x1234'5678'9ABC'DEC0},
                                      std::uint64_t{0xFFFF'FFFF'0000'0000}, Base}) {
    CAPTURE(address);
    REQUIRE(dlac_image_place(&image, address) == DLAC_OK);
    CHECK(image.header->base == address);
    const std::vector<Command> expected = commands_at(address);
    for (std::uint32_t i = 0; i < Commands; ++i) CHECK(file.command(i) == encode(expected[i]));
    CHECK(file.open() == DLAC_OK);  // the checksum went along
    CHECK(dlac_image_place(&image, address) == DLAC_OK);
  }
  CHECK(file.contents() == original);
}

TEST_CASE("driver: an image is not placed where it cannot be") {
  Image file;
  dlac_image image = file.opened();
  const std::vector<std::uint8_t> original = file.contents();
  CHECK(dlac_image_place(nullptr, 0) == DLAC_E_ARGUMENT);
  CHECK(dlac_image_place(&image, 0x1020) == DLAC_E_ARGUMENT);                 // no multiple of 64
  CHECK(dlac_image_place(&image, 0xFFFF'FFFF'FFFF'FFC0) == DLAC_E_ARGUMENT);  // does not fit behind it
  CHECK(file.contents() == original);
}

TEST_CASE("driver: an image runs on the core that it was made for, or one with more of what counts") {
  Image file;
  const dlac_image image = file.opened();
  dlac_device core = suitable_core();
  CHECK(dlac_image_fits(&image, &core) == DLAC_OK);
  CHECK(dlac_image_fits(nullptr, &core) == DLAC_E_ARGUMENT);
  CHECK(dlac_image_fits(&image, nullptr) == DLAC_E_ARGUMENT);
  for (std::uint32_t dlac_device::*member : {&dlac_device::mode, &dlac_device::pes, &dlac_device::output_buffers}) {
    dlac_device other = core;
    ++(other.*member);
    CHECK(dlac_image_fits(&image, &other) == DLAC_E_IMAGE_CORE);
  }
  for (std::uint32_t dlac_device::*member : {&dlac_device::weight_buffer_bytes, &dlac_device::feature_buffer_bytes,
                                             &dlac_device::token_limit, &dlac_device::queue_depth}) {
    dlac_device other = core;
    ++(other.*member);
    CHECK(dlac_image_fits(&image, &other) == DLAC_OK);
    other.*member -= 2;
    CHECK(dlac_image_fits(&image, &other) == DLAC_E_IMAGE_CORE);
  }
}

TEST_CASE("driver: an image's list is submitted where the image was placed") {
  FakeRegisters fake;
  Image file;
  dlac_image image = file.opened();
  dlac_device core = suitable_core();
  REQUIRE(dlac_image_place(&image, 0x1'2345'6000) == DLAC_OK);
  CHECK(dlac_submit_image(&core, &image) == DLAC_OK);
  CHECK(fake.writes == std::vector<std::pair<std::uint32_t, std::uint32_t>>{
                           {0x1C, 0x2345'6000 + CommandsAt}, {0x20, 1}, {0x24, Commands}, {0x18, 1}});
  fake.writes.clear();
  core.pes = 32;
  CHECK(dlac_submit_image(&core, &image) == DLAC_E_IMAGE_CORE);
  CHECK(fake.writes.empty());
}

TEST_CASE("driver: outputs are compared with their checksum") {
  Image file;
  const dlac_image image = file.opened();
  CHECK(dlac_image_check_outputs(&image, 1) == DLAC_OK);
  file.bytes()[MemoryBytes - 1] = 1;
  CHECK(dlac_image_check_outputs(&image, 1) == DLAC_E_IMAGE_CHECKSUM);
  CHECK(dlac_image_check_outputs(&image, 0) == DLAC_E_ARGUMENT);  // holds no checksum
  CHECK(dlac_image_check_outputs(&image, 2) == DLAC_E_ARGUMENT);
  CHECK(dlac_image_check_outputs(nullptr, 0) == DLAC_E_ARGUMENT);
}
