// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "workloads/crc32.h"
#include "workloads/image.h"
#include "workloads/output_file.h"
#include "workloads/random.h"

namespace dlac::workloads {
using Catch::Matchers::Contains;

namespace {

/// CRC-32 bit by bit, from the polynomial's definition.
std::uint32_t naive_crc(const std::uint8_t* bytes, std::size_t size) {
  std::uint32_t value = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < size; ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool out = ((value ^ static_cast<std::uint32_t>(bytes[i] >> bit)) & 1U) != 0;
      value >>= 1U;
      if (out) value ^= 0xEDB88320U;
    }
  }
  return value ^ 0xFFFFFFFFU;
}

ConvLayer pointwise(const std::string& name, std::uint32_t in, std::uint32_t out) {
  ConvLayer layer;
  layer.name = name;
  layer.in_channels = in;
  layer.out_channels = out;
  layer.height = layer.width = 2;
  return layer;
}

Tensor codes(const std::vector<std::size_t>& shape, const std::vector<std::int8_t>& values) {
  Tensor tensor(ElementType::Int8, shape);
  std::copy(values.begin(), values.end(), tensor.span<std::int8_t>().begin());
  return tensor;
}

Tensor counting(const std::vector<std::size_t>& shape) {
  Tensor tensor(ElementType::Float32, shape);
  float value = 0;
  for (float& each : tensor.span<float>()) each = ++value;
  return tensor;
}

/// "a" from 4 to 3 channels on 2x2 features in the file, and "b" from 3 to 5 channels on the outputs of "a".
std::vector<ImageLayer> two_layers() {
  return {{pointwise("a", 4, 3),
           codes({3, 4, 1, 1},
                 {
                     1, 0, -1, 1,   //
                     0, 1, 0, -1,   //
                     -1, -1, 0, 0,  //
                 }),
           counting({1, 4, 2, 2}), 0x12345678U},
          {pointwise("b", 3, 5), codes({5, 3, 1, 1}, {1, 1, 1, 0, 0, 0, -1, 0, 1, 0, 1, 0, 1, 0, 0}),
           FeaturesFromLayer{0}, std::nullopt}};
}

/// One row of PEs, so that a beat of packed weights is B = 8 codes: two bytes.
const MapperOptions OneRow{1, std::nullopt};

std::vector<std::uint8_t> two_layer_image(std::uint64_t base = 0) {
  return make_image(two_layers(), Config::defaults(Mode::Train), OneRow, base);
}

template <class T>
T at(const std::vector<std::uint8_t>& bytes, std::uint64_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Of two_layer_image(): 104 of header, two records of 136, rounded up to 64, nine commands of 128.
constexpr std::uint64_t Records = 104, Commands = 384, ControlEnd = 384 + 9 * 128;

/// Puts a value into the control part and makes its checksum right again.
template <class T>
std::vector<std::uint8_t> patched(std::vector<std::uint8_t> bytes, std::uint64_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  std::memset(bytes.data() + 40, 0, 4);
  const std::uint32_t crc = naive_crc(bytes.data(), ControlEnd);
  std::memcpy(bytes.data() + 40, &crc, 4);
  return bytes;
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.what();
  } catch (const ImageError& error) {
    return error.what();
  }
  return "accepted";
}
std::string refusal_of(const std::vector<std::uint8_t>& bytes) {
  return refusal([&] { (void)parse_image(bytes, "x.dlac"); });
}

}  // namespace

TEST_CASE("image: CRC-32 of known texts, in one piece and in several") {
  CHECK(crc32("", 0) == 0);
  CHECK(crc32("a", 1) == 0xE8B7BE43U);
  CHECK(crc32("123456789", 9) == 0xCBF43926U);  // the check value of the CRC catalogues
  CHECK(crc32("6789", 4, crc32("12345", 5)) == 0xCBF43926U);
  const std::vector<std::uint8_t> bytes = two_layer_image();
  CHECK(crc32(bytes.data(), bytes.size()) == naive_crc(bytes.data(), bytes.size()));
}

TEST_CASE("image: header, records, commands and tensors lie where the format says") {
  const std::vector<std::uint8_t> bytes = two_layer_image();
  // Each layer is four commands (weights, features, mmOp, store), and there is one end. Each has one block of packed
  // weights: 4 or 3 beats of two bytes, rounded up to 16.
  const std::uint64_t weights_a = ControlEnd;              // 1536
  const std::uint64_t features_a = 1600;                   // behind 16 bytes of weights
  const std::uint64_t weights_b = features_a + 64;         // 4 channels of 4 pixels of 4 bytes
  const std::uint64_t file_end = weights_b + 16;           // 1680
  const std::uint64_t outputs_a = 1728, outputs_b = 1792;  // 48 and 80 bytes
  REQUIRE(bytes.size() == file_end);

  CHECK(std::memcmp(bytes.data(), "dLACimg\n", 8) == 0);
  CHECK(at<std::uint32_t>(bytes, 8) == 1);     // version
  CHECK(at<std::uint32_t>(bytes, 12) == 104);  // header_bytes
  CHECK(at<std::uint64_t>(bytes, 16) == file_end);
  CHECK(at<std::uint64_t>(bytes, 24) == outputs_b + 80);  // memory_bytes
  CHECK(at<std::uint64_t>(bytes, 32) == 0);               // base
  CHECK(at<std::uint32_t>(bytes, 44) == naive_crc(bytes.data() + ControlEnd, bytes.size() - ControlEnd));
  std::vector<std::uint8_t> control(bytes.begin(), bytes.begin() + ControlEnd);
  std::memset(control.data() + 40, 0, 4);
  CHECK(at<std::uint32_t>(bytes, 40) == naive_crc(control.data(), control.size()));
  const std::vector<std::uint32_t> core{0, 512, 8, 64 * 1024, 128 * 1024, 255, 16};
  for (std::size_t i = 0; i < core.size(); ++i) CHECK(at<std::uint32_t>(bytes, 48 + 4 * i) == core[i]);
  CHECK(at<std::uint32_t>(bytes, 76) == 2);  // layers
  CHECK(at<std::uint64_t>(bytes, 80) == Records);
  CHECK(at<std::uint64_t>(bytes, 88) == Commands);
  CHECK(at<std::uint32_t>(bytes, 96) == 9);  // commands
  CHECK(at<std::uint32_t>(bytes, 100) == 0);

  const struct {
    std::string name;
    std::uint64_t features, features_bytes, outputs, outputs_bytes, macs;
    std::vector<std::uint32_t> words;  ///< from batch on
  } records[] = {                      // MACs: inputs x outputs x 4 pixels
                 {"a", features_a, 64, outputs_a, 48, 48, {1, 4, 2, 2, 3, 2, 2, 0, 4, 0x12345678, 3, 0}},
                 {"b", outputs_a, 48, outputs_b, 80, 60, {1, 3, 2, 2, 5, 2, 2, 4, 4, 0, 0, 0}}};
  std::uint64_t offset = Records;
  for (const auto& record : records) {
    INFO(record.name);
    std::string name(48, '\0');
    name.replace(0, 1, record.name);
    CHECK(std::memcmp(bytes.data() + offset, name.data(), 48) == 0);
    CHECK(at<std::uint64_t>(bytes, offset + 48) == record.features);
    CHECK(at<std::uint64_t>(bytes, offset + 56) == record.features_bytes);
    CHECK(at<std::uint64_t>(bytes, offset + 64) == record.outputs);
    CHECK(at<std::uint64_t>(bytes, offset + 72) == record.outputs_bytes);
    CHECK(at<std::uint64_t>(bytes, offset + 80) == record.macs);
    for (std::size_t i = 0; i < record.words.size(); ++i) {
      CHECK(at<std::uint32_t>(bytes, offset + 88 + 4 * i) == record.words[i]);
    }
    offset += 136;
  }

  // Channel k of a beat at bits 2k: 01 for 1, 11 for -1.
  const std::vector<std::uint8_t> packed_a{0x31, 0, 0x34, 0, 0x03, 0, 0x0D, 0};
  CHECK(std::memcmp(bytes.data() + weights_a, packed_a.data(), packed_a.size()) == 0);
  for (std::size_t i = 0; i < 16; ++i) CHECK(at<float>(bytes, features_a + 4 * i) == static_cast<float>(i + 1));
}

TEST_CASE("image: one list, one end, a fence between layers, tags that count the mmOps") {
  const Image image = parse_image(two_layer_image(), "x.dlac");
  REQUIRE(image.commands.size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    INFO(i);
    const CommandHeader& header = header_of(image.commands[i]);
    CHECK(header.fence == (i == 4 ? 1U : 0U));
    CHECK(std::holds_alternative<End>(image.commands[i]) == (i == 8));
    if (i < 8) CHECK(header.tag == i / 4);
  }
  CHECK(features_from(image, 0) == std::nullopt);
  CHECK(features_from(image, 1) == std::optional<std::size_t>(0));
  CHECK(weight_bytes(image, 0) == 16);
  CHECK(weight_bytes(image, 1) == 16);
}

TEST_CASE("image: every token that a layer gives it takes again") {
  // What would be left over would let the next layer's commands start too early.
  ConvLayer conv = pointwise("wide", 64, 96);
  conv.height = conv.width = 28;
  conv.kernel_h = conv.kernel_w = 3;
  conv.pad_h = conv.pad_w = 1;
  const Tensor weights(ElementType::Int8, {96, 64, 3, 3});
  std::vector<ImageLayer> layers{{conv, weights, FeaturesFromHost{}, std::nullopt}};
  layers.push_back(layers.front());
  layers.back().conv.name = "again";
  const Image image = parse_image(make_image(layers, Config::defaults(Mode::Infer)), "x.dlac");
  for (const dlac_image_layer& layer : image.layers) {
    int balance[TokenCount] = {};
    for (std::uint32_t i = 0; i < layer.commands; ++i) {
      const CommandHeader& header = header_of(image.commands[layer.first_command + i]);
      for (std::uint32_t token = 0; token < TokenCount; ++token) {
        balance[token] += static_cast<int>(header.push >> token & 1U) - static_cast<int>(header.pop >> token & 1U);
      }
    }
    for (const int left : balance) CHECK(left == 0);
  }
  // The list's mmOps are numbered without a gap.
  std::uint32_t next = 0;
  for (const Command& command : image.commands) {
    if (std::holds_alternative<MmOp>(command)) CHECK(header_of(command).tag == next++);
  }
  CHECK(next > 2);
}

TEST_CASE("image: addresses are those of the base, and nothing else depends on it") {
  const std::uint64_t base = 0x1'2345'6780ULL;  // beyond 32 bits, a multiple of 64
  const Image here = parse_image(two_layer_image(), "x.dlac");
  const Image there = parse_image(two_layer_image(base), "x.dlac");
  CHECK(there.header.base == base);
  const std::vector<std::uint64_t> offsets{1536, 1600, 0, 1728, 1664, 1728, 0, 1792};
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    INFO(i);
    const auto address = [](const Command& command) -> std::uint64_t {
      if (const auto* weights = std::get_if<LoadWeights>(&command)) return weights->address;
      if (const auto* features = std::get_if<LoadFeatures>(&command)) return features->address;
      if (const auto* store = std::get_if<Store>(&command)) return store->address;
      return 0;
    };
    const bool has_address = offsets[i] != 0;
    CHECK(address(here.commands[i]) == offsets[i]);
    CHECK(address(there.commands[i]) == (has_address ? base + offsets[i] : 0));
  }
  // Words 2 and 3 of the commands with an address, base and both checksums aside.
  std::vector<std::uint8_t> moved = there.bytes;
  std::memcpy(moved.data() + 32, here.bytes.data() + 32, 12);
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i] == 0) continue;
    std::memcpy(moved.data() + Commands + i * 128 + 8, here.bytes.data() + Commands + i * 128 + 8, 8);
  }
  CHECK(moved == here.bytes);
}

TEST_CASE("image: features may be left to the host, behind the file") {
  std::vector<ImageLayer> layers = two_layers();
  layers[0].features = FeaturesFromHost{};
  const Image image = parse_image(make_image(layers, Config::defaults(Mode::Train), OneRow), "x.dlac");
  CHECK(image.bytes.size() == 1600 + 16);  // weights of a at 1536, of b at 1600
  CHECK(image.layers[0].flags == DLAC_IMAGE_OUTPUTS_EXPECTED);
  CHECK(image.layers[0].features_offset == 1664);
  CHECK(image.layers[0].outputs_offset == 1728);
  CHECK(image.layers[1].features_offset == 1728);
  CHECK(image.layers[1].outputs_offset == 1792);
  CHECK(image.header.memory_bytes == 1792 + 80);
}

TEST_CASE("image: what no image can hold is refused in one line") {
  const Config config = Config::defaults(Mode::Train);
  const auto refuse = [&](const std::function<void(std::vector<ImageLayer>&)>& change, std::uint64_t base = 0) {
    std::vector<ImageLayer> layers = two_layers();
    change(layers);
    return refusal([&] { (void)make_image(layers, config, OneRow, base); });
  };
  const auto nothing = [](std::vector<ImageLayer>&) {};
  CHECK(refuse([](auto& layers) { layers.clear(); }) == "image: no layers: expected at least one");
  CHECK_THAT(refuse([](auto& layers) { layers[0].conv.name = ""; }), Contains("0 bytes: expected 1 to 47"));
  CHECK_THAT(refuse([](auto& layers) { layers[0].conv.name = std::string(48, 'n'); }), Contains("48 bytes"));
  CHECK(refuse([](auto& layers) { layers[0].conv.name = std::string(47, 'n'); }) == "accepted");
  CHECK_THAT(refuse([](auto& layers) { layers[0].conv.name = "a\n"; }), Contains("control character"));
  CHECK_THAT(refuse([](auto& layers) { layers[1].conv.name = "a"; }), Contains("layer a: a name given twice"));
  CHECK_THAT(refuse([](auto& layers) {
               layers[0].features = counting({1, 4, 2, 1});
             }),
             Contains("layer a: 32 bytes of features: expected 64"));
  CHECK_THAT(refuse([](auto& layers) {
               layers[0].weights = codes({1, 4, 1, 1}, {1, 1, 1, 1});
             }),
             Contains("layer a: 4 weights: expected 12"));
  CHECK_THAT(refuse([](auto& layers) { layers[1].features = FeaturesFromLayer{1}; }), Contains("later layer"));
  CHECK_THAT(refuse([](auto& layers) { layers[0].conv.stride_h = 2; }),
             Contains("layer b: features 1x3x2x2: expected 1x3x1x2, the outputs of layer a"));
  CHECK_THAT(refuse(nothing, 32), Contains("base: 0x20: expected a multiple of 64"));
  CHECK_THAT(refuse(nothing, 0xFFFFFFFFFFFFF8C0ULL), Contains("1872 bytes behind it"));  // 1856 bytes are
  CHECK(refuse(nothing, 0xFFFFFFFFFFFFF880ULL) == "accepted");
}

TEST_CASE("image: a flipped bit anywhere, and a cut anywhere, is noticed") {
  const std::vector<std::uint8_t> good = two_layer_image();
  REQUIRE(refusal_of(good) == "accepted");
  std::size_t noticed = 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::vector<std::uint8_t> bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    noticed += refusal_of(bad) == "accepted" ? 0 : 1;
  }
  CHECK(noticed == 8 * good.size());
  noticed = 0;
  for (std::size_t size = 0; size < good.size(); ++size) {
    noticed += refusal_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}) == "accepted" ? 0 : 1;
  }
  CHECK(noticed == good.size());
  std::vector<std::uint8_t> longer = good;
  longer.push_back(0);
  CHECK_THAT(refusal_of(longer), Contains("trailing bytes, 1681 in all: expected 1680"));
}

TEST_CASE("image: a refusal names the file, what was found and what was expected") {
  const std::vector<std::uint8_t> good = two_layer_image();
  const std::uint64_t a = Records, b = Records + 136;
  const std::uint64_t huge = 0xFFFFFFFFFFFFFFC0ULL;
  const auto end_early = [&] {
    return patched(good, Commands, std::uint32_t{0});  // other words of an end must be 0
  };
  const struct {
    std::vector<std::uint8_t> bytes;
    std::string expected;
  } cases[] = {
      {{}, "x.dlac: no magic string: expected a dLAC image"},
      {std::vector<std::uint8_t>(200, 'x'), "no magic string"},
      {{good.begin(), good.begin() + 50}, "truncated, 50 bytes: expected 104 of header"},
      {{good.begin(), good.begin() + 1000}, "truncated, 1000 bytes: expected 1680"},
      {patched(good, 8, std::uint32_t{2}), "version 2: expected 1"},
      {patched(good, 12, std::uint32_t{108}), "header_bytes 108: expected 104"},
      {patched(good, 24, std::uint64_t{1679}), "memory_bytes 1679: expected at least the 1680"},
      {patched(good, 32, std::uint64_t{8}), "base 8: expected a multiple of 64"},
      {patched(good, 32, huge), "base 18446744073709551552"},
      {patched(good, 48, std::uint32_t{2}), "mode 2: expected 0 or 1"},
      {patched(good, 76, std::uint32_t{0}), "layers 0: expected at least 1"},
      {patched(good, 76, std::uint32_t{3}), "layers_offset 104: expected a multiple of 8 with 3 records"},
      {patched(good, 76, 0xFFFFFFFFU), "layers_offset 104"},
      {patched(good, 76, std::uint32_t{1}), "commands 9: expected 4 of the layers, and the end"},
      {patched(good, 80, std::uint64_t{96}), "layers_offset 96"},
      {patched(good, 80, std::uint64_t{108}), "layers_offset 108"},
      {patched(good, 80, huge), "layers_offset"},
      {patched(good, 88, std::uint64_t{392}), "commands_offset 392"},
      {patched(good, 88, huge), "commands_offset"},
      {patched(good, 96, std::uint32_t{0}), "commands 0: expected at least 1"},
      {patched(good, 96, 0xFFFFFFFFU), "commands_offset 384: expected a multiple of 64 with 4294967295 commands"},
      {patched(good, 100, std::uint32_t{1}), "reserved 1: expected 0"},
      {patched(good, a, '\0'), "layer 0: a name of 0 bytes"},
      {patched(good, a + 1, '\x1B'), "layer 0: a name with a control character"},
      {patched(good, b, good[a]), "two layers named "},
      {patched(good, a + 48, std::uint64_t{1024}), "layer 0: features_offset 1024: expected features between"},
      {patched(good, a + 48, std::uint64_t{1664}), "layer 0: features_offset 1664"},
      {patched(good, a + 56, std::uint64_t{60}), "layer 0: features_bytes 60: expected the size of the features, 64"},
      {patched(good, a + 64, std::uint64_t{1600}), "layer 0: outputs_offset 1600"},
      {patched(good, a + 64, std::uint64_t{1730}), "layer 0: outputs_offset 1730"},  // no word begins there
      {patched(good, b + 64, std::uint64_t{1793}), "layer 1: outputs_offset 1793"},
      {patched(good, b + 64, huge), "layer 1: outputs_offset"},
      {patched(good, b + 72, std::uint64_t{0}), "layer 1: outputs_bytes 0"},
      {patched(good, b + 88, std::uint32_t{0xFFFFFFFF}), "layer 1: features_bytes 48"},
      {patched(good, b + 116, std::uint32_t{5}), "layer 1: first_command 5: expected 4"},
      {patched(good, b + 120, std::uint32_t{0}), "layer 1: commands 0: expected at least 1"},
      {patched(good, b + 120, std::uint32_t{3}), "commands 9: expected 7"},
      {patched(good, b + 128, std::uint32_t{8}), "layer 1: flags 8"},
      {patched(good, b + 132, std::uint32_t{1}), "layer 1: reserved 1: expected 0"},
      {patched(good, Commands, std::uint8_t{9}), "command 0 with opcode 9"},
      {end_early(), "command 0 with opcode 0"},
      {patched(good, ControlEnd - 128, std::uint32_t{7}), "command 8 with opcode 7"},
  };
  for (const auto& each : cases) {
    const std::string line = refusal_of(each.bytes);
    CHECK_THAT(line, Catch::Matchers::StartsWith("x.dlac: ") && Contains(each.expected) && Contains(": expected "));
    CHECK(line.find('\n') == std::string::npos);
  }
}

TEST_CASE("image: whatever stands behind a right checksum, reading it ends with an image or a refusal") {
  const std::vector<std::uint8_t> good = two_layer_image();
  Random random(7, "image");
  std::size_t refused = 0;
  constexpr std::size_t Images = 20'000;
  for (std::size_t i = 0; i < Images; ++i) {
    std::vector<std::uint8_t> bytes = good;
    for (std::uint32_t changes = 1 + random.below(3); changes != 0; --changes) {
      // Small numbers, numbers near 2^32 and anything else, most often in header and records.
      const std::uint32_t end = random.below(4) == 0 ? ControlEnd : Commands;
      const std::uint32_t offset = 4 * random.below(end / 4);
      const auto any = static_cast<std::uint32_t>(random.next());
      const std::uint32_t value = std::vector<std::uint32_t>{any % 16, any % 4096, ~(any % 64), any}[random.below(4)];
      std::memcpy(bytes.data() + offset, &value, sizeof value);
    }
    std::memset(bytes.data() + 40, 0, 4);
    const std::uint32_t crc = crc32(bytes.data(), ControlEnd);
    std::memcpy(bytes.data() + 40, &crc, 4);
    try {
      const Image image = parse_image(std::move(bytes), "x.dlac");
      for (std::size_t layer = 0; layer < image.layers.size(); ++layer) {
        const std::optional<std::size_t> producer = features_from(image, layer);
        CHECK((!producer || *producer < layer));
        (void)weight_bytes(image, layer);
      }
    } catch (const FileError&) {
      ++refused;
    }
  }
  CHECK(refused > Images / 2);
  CHECK(refused < Images);  // some fields are free: macs, addresses, tags
}

TEST_CASE("image: it runs on the core that it was made for, and on one with more room") {
  const Image image = parse_image(two_layer_image(), "x.dlac");
  const Config made_for = Config::defaults(Mode::Train);
  const auto fits = [&](const Config& core) { return refusal([&] { check_fits(image, "x.dlac", core); }); };
  const auto with = [&](std::uint32_t Config::*member, std::uint32_t value) {
    Config core = made_for;
    core.*member = value;
    return fits(core);
  };
  CHECK(fits(made_for) == "accepted");
  CHECK_THAT(fits(Config::defaults(Mode::Infer)), Contains("made for mode train: expected mode infer"));
  CHECK_THAT(with(&Config::pes, 256), Contains("made for pes 512: expected 256"));
  CHECK_THAT(with(&Config::pes, 1024), Contains("made for pes 512: expected 1024"));
  CHECK_THAT(with(&Config::output_buffers, 16), Contains("made for output_buffers 8: expected 16"));
  CHECK(with(&Config::weight_buffer_bytes, 1 << 20) == "accepted");
  CHECK_THAT(with(&Config::weight_buffer_bytes, 1 << 15),
             Contains("weight_buffer_bytes 65536: expected at most 32768"));
  CHECK_THAT(with(&Config::feature_buffer_bytes, 1 << 15), Contains("feature_buffer_bytes 131072"));
  CHECK_THAT(with(&Config::token_limit, 254), Contains("token_limit 255: expected at most 254"));
  CHECK_THAT(with(&Config::queue_depth, 15), Contains("queue_depth 16: expected at most 15"));
  CHECK(with(&Config::window_beats, 4) == "accepted");  // the commands do not know it
}

}  // namespace dlac::workloads
