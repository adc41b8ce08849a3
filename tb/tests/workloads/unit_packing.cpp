// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <vector>

#include <dlac/common/half.h>
#include <dlac/grid/schedule/simd.h>

#include "workloads/convert.h"
#include "workloads/packing.h"
#include "workloads/random.h"

using dlac::Half;
using dlac::workloads::check_ternary;
using dlac::workloads::convert_to_float;
using dlac::workloads::convert_to_half;
using dlac::workloads::find_invalid_code;
using dlac::workloads::find_invalid_packed;
using dlac::workloads::pack_ternary;
using dlac::workloads::pack_words;
using dlac::workloads::packed_ternary_bytes;
using dlac::workloads::packed_word_bytes;
using dlac::workloads::Random;
using dlac::workloads::TileSlice;

namespace {

/// Calls `body` once per SIMD target that this machine has.
template <class Body>
void on_every_target(Body body) {
  for (const std::int64_t target : dlac::schedule::simd_targets()) {
    dlac::schedule::force_simd_target(target);
    INFO("target " << dlac::schedule::simd_target_name(target));
    body();
  }
  dlac::schedule::force_simd_target(0);
}

/// Architecture 2, bit by bit.
std::vector<std::uint8_t> packed_by_bits(const std::vector<std::int8_t>& codes, std::size_t filter_beats,
                                         const TileSlice& slice) {
  std::vector<std::uint8_t> out(packed_ternary_bytes(slice.beats, slice.tile_channels), 0);
  for (std::size_t t = 0; t < slice.beats; ++t) {
    for (std::size_t channel = 0; channel < slice.channels; ++channel) {
      const std::int8_t code = codes.at((slice.first_channel + channel) * filter_beats + slice.first_beat + t);
      const std::size_t bit = 2 * (t * slice.tile_channels + channel);
      if (code != 0) out[bit / 8] |= static_cast<std::uint8_t>(1U << bit % 8);
      if (code < 0) out[bit / 8] |= static_cast<std::uint8_t>(2U << bit % 8);
    }
  }
  return out;
}

std::vector<std::int8_t> random_codes(std::size_t count, Random& random) {
  std::vector<std::int8_t> codes(count);
  for (std::int8_t& code : codes) code = static_cast<std::int8_t>(static_cast<int>(random.below(3)) - 1);
  return codes;
}

float float_from(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

}  // namespace

TEST_CASE("packing: two bits per code, channels of a beat side by side, little-endian") {
  // Filters (rows) of three beats; tile of 4 channels, 3 of them in the layer.
  const std::vector<std::int8_t> codes = {+1, 0,  -1,  //
                                          -1, 0,  0,   //
                                          +1, +1, -1};
  std::uint8_t out[3] = {};
  pack_ternary(codes.data(), 3, {0, 3, 0, 3, 4}, out);
  CHECK(out[0] == 0b00'01'11'01);  // beat 0: +1, -1, +1, none
  CHECK(out[1] == 0b00'01'00'00);  // beat 1: 0, 0, +1
  CHECK(out[2] == 0b00'11'00'11);  // beat 2: -1, 0, -1

  // Without gaps: three channels, two beats from beat 1 on, 12 bits.
  CHECK(packed_ternary_bytes(2, 3) == 2);
  pack_ternary(codes.data(), 3, {0, 3, 1, 2, 3}, out);
  CHECK(out[0] == 0b11'01'00'00);  // beat 1: 0, 0, +1; beat 2: -1
  CHECK(out[1] == 0b00'00'11'00);  // 0, -1, then padding bits
}

TEST_CASE("packing: every SIMD target agrees with a loop over the bits") {
  Random random(1);
  const std::size_t tiles[] = {1, 2, 3, 4, 5, 8, 12, 16, 20, 32, 48, 64, 80, 128, 136, 192, 256, 1024};
  const std::size_t lengths[] = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 147, 511, 512, 513, 528, 1100};
  on_every_target([&] {
    for (const std::size_t tile : tiles) {
      for (const std::size_t beats : lengths) {
        if (tile * beats > 200000) continue;
        TileSlice slice;
        slice.first_channel = random.below(3);
        slice.channels = 1 + random.below(static_cast<std::uint32_t>(tile));
        slice.first_beat = random.below(5);
        slice.beats = beats;
        slice.tile_channels = tile;
        const std::size_t filter_beats = slice.first_beat + beats + random.below(3);
        // Exactly as many codes as are read, so that a sanitizer sees an access behind them.
        const std::size_t last = (slice.first_channel + slice.channels - 1) * filter_beats + slice.first_beat + beats;
        const std::vector<std::int8_t> codes = random_codes(last, random);
        std::vector<std::uint8_t> out(packed_ternary_bytes(beats, tile) + 32, 0xA5);
        pack_ternary(codes.data(), filter_beats, slice, out.data());
        std::vector<std::uint8_t> expected = packed_by_bits(codes, filter_beats, slice);
        expected.resize(out.size(), 0xA5);  // nothing behind the stream is touched
        INFO("tile " << tile << " beats " << beats << " channels " << slice.channels);
        REQUIRE((out == expected));
      }
    }
  });
}

TEST_CASE("packing: full-precision words, channels beyond the layer are +0") {
  const std::vector<std::uint32_t> words = {1, 2, 3, 4, 5, 6};  // two filters of three beats
  std::vector<std::uint32_t> out(6, 99);
  pack_words(words.data(), 3, {0, 2, 1, 2, 3}, out.data());
  CHECK(out == std::vector<std::uint32_t>{2, 5, 0, 3, 6, 0});

  Random random(2);
  for (const std::size_t tile : {1, 7, 16, 33, 128}) {
    for (const std::size_t beats : {1, 15, 16, 40}) {
      const std::size_t channels = 1 + random.below(static_cast<std::uint32_t>(tile));
      std::vector<std::uint16_t> halves(channels * (beats + 2));
      for (auto& half : halves) half = static_cast<std::uint16_t>(random.next());
      std::vector<std::uint16_t> packed(tile * beats, 0xFFFF), expected(tile * beats, 0);
      pack_words(halves.data(), beats + 2, {0, channels, 1, beats, tile}, packed.data());
      for (std::size_t t = 0; t < beats; ++t) {
        for (std::size_t c = 0; c < channels; ++c) expected[t * tile + c] = halves[c * (beats + 2) + 1 + t];
      }
      REQUIRE(packed == expected);
    }
  }
  CHECK(packed_word_bytes(3, 8, 2) == 48);
}

TEST_CASE("packing: a code other than -1, 0, 1 is found, with its index and value") {
  Random random(3);
  on_every_target([&] {
    for (const std::size_t count : {0, 1, 15, 16, 17, 64, 1000, 70000}) {
      std::vector<std::int8_t> codes = random_codes(count, random);
      CHECK_FALSE(find_invalid_code(codes.data(), count));
      for (const int bad : {2, -2, 127, -128, 3}) {
        if (count == 0) continue;
        const std::size_t at = random.below(static_cast<std::uint32_t>(count));
        const std::int8_t before = codes[at];
        codes[at] = static_cast<std::int8_t>(bad);
        CHECK(find_invalid_code(codes.data(), count) == at);
        codes[at] = before;
      }
    }
  });
  std::vector<std::int8_t> codes(300, 0);
  CHECK_NOTHROW(check_ternary("W.npy", codes.data(), codes.size()));
  codes[217] = -7;
  codes[250] = 5;
  CHECK_THROWS_WITH(check_ternary("W.npy", codes.data(), codes.size()),
                    Catch::Contains("W.npy") && Catch::Contains("217") && Catch::Contains("-7"));
}

TEST_CASE("packing: the illegal packed code 10 is found, padding bits are not looked at") {
  std::vector<std::uint8_t> packed(20, 0b11'01'00'11);
  CHECK_FALSE(find_invalid_packed(packed.data(), 80));
  packed[13] = 0b00'10'00'00;
  CHECK(find_invalid_packed(packed.data(), 80) == 13 * 4 + 2);
  CHECK_FALSE(find_invalid_packed(packed.data(), 13 * 4 + 2));
  CHECK(find_invalid_packed(packed.data(), 13 * 4 + 3) == 13 * 4 + 2);
}

TEST_CASE("conversion: every binary16 number becomes its binary32 number, on every SIMD target") {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  on_every_target([&] {
    std::vector<float> floats(halves.size() + 1, 7.0F);
    convert_to_float(halves.data(), halves.size(), floats.data());
    CHECK(floats.back() == 7.0F);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < halves.size(); ++i) {
      const Half half = Half::from_bits(halves[i]);
      const std::uint32_t expected = half.is_nan() ? 0x7FC00000U : bits_of(half.to_float());
      if (bits_of(floats[i]) != expected) ++wrong;
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("conversion: binary32 rounds to nearest even, on every SIMD target") {
  // All binary16 numbers, the midpoints between them, and the neighbours of both; special values; a random sample.
  std::vector<float> floats;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const std::uint32_t exact = bits_of(Half::from_bits(static_cast<std::uint16_t>(bits)).to_float());
    for (const std::uint32_t offset : {0x0U, 0x1U, 0xFFFU, 0x1000U, 0x1001U, 0x1FFFU})
      floats.push_back(float_from(exact + offset));
  }
  for (std::uint32_t n = 0; n < 1024; ++n) {  // midpoints of subnormals: odd multiples of 2^-25
    const float midpoint = (2.0F * static_cast<float>(n) + 1) * 0x1p-25F;
    for (const float value : {midpoint, std::nextafter(midpoint, 1.0F), std::nextafter(midpoint, 0.0F)}) {
      floats.push_back(value);
      floats.push_back(-value);
    }
  }
  for (const float value : {65504.0F, 65519.0F, 65519.996F, 65520.0F, 65536.0F, 3e38F, 1e-45F, 0x1p-25F, 0x1p-126F}) {
    floats.push_back(value);
    floats.push_back(-value);
  }
  for (const std::uint32_t bits : {0x7F800000U, 0xFF800000U, 0x7F800001U, 0xFFFFFFFFU, 0x7FC00000U, 0x80000000U}) {
    floats.push_back(float_from(bits));
  }
  Random random(4);
  for (int i = 0; i < 200000; ++i) floats.push_back(float_from(static_cast<std::uint32_t>(random.next())));

  on_every_target([&] {
    std::vector<std::uint16_t> halves(floats.size() + 1, 0xA5A5);
    convert_to_half(floats.data(), floats.size(), halves.data());
    CHECK(halves.back() == 0xA5A5);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < floats.size(); ++i) {
      if (halves[i] != Half::from_float(floats[i]).bits()) ++wrong;
    }
    CHECK(wrong == 0);
  });
}
