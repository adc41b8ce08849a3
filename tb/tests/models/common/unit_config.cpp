// SPDX-License-Identifier: Apache-2.0
// Which cores can be built: every key's range, both ends included, and every rule between keys. (Parameters)
#include <dlac/common/config.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace {

using dlac::Config;
using dlac::ConfigError;
using dlac::ConfigField;
using dlac::Mode;

/// The key that validate() complains of; empty if it does not.
std::string refused_key(const Config& config) {
  try {
    config.validate();
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()) == error.key() + " = " + error.value() + ": expected " + error.expected());
    return error.key();
  }
  return {};
}

/// A core with this value of a key, and of the keys that must follow it.
Config core_with(const ConfigField& field, std::uint32_t value) {
  Config config = Config::defaults(Mode::Train);
  config.arithmetic_units = 64;
  config.multiply_units = 1;
  config.*field.member = value;
  if (field.key == "pes") {
    config.rows = value >= 64 ? 64 : 1;
    config.columns = value / config.rows;
  } else if (field.key == "rows") {
    config.columns = 2;
    config.pes = std::max(2 * value, 1U);
  } else if (field.key == "columns") {
    config.rows = 1;
    config.pes = std::clamp(value, 1U, 4096U);
  }
  return config;
}

Config changed(Mode mode, std::uint32_t Config::*member, std::uint32_t value) {
  Config config = Config::defaults(mode);
  config.*member = value;
  return config;
}
Config grid(std::uint32_t pes, std::uint32_t rows, std::uint32_t columns) {
  Config config = Config::defaults(Mode::Train);
  config.pes = pes;
  config.rows = rows;
  config.columns = columns;
  return config;
}
Config units(std::uint32_t arithmetic, std::uint32_t multiply) {
  Config config = Config::defaults(Mode::Infer);
  config.arithmetic_units = arithmetic;
  config.multiply_units = multiply;
  return config;
}

}  // namespace

TEST_CASE("configuration: the smallest and the largest value of every key are taken, the ones beyond refused") {
  for (const ConfigField& field : dlac::config_fields()) {
    INFO(std::string(field.key) << " from " << field.minimum << " to " << field.maximum);
    CHECK(refused_key(core_with(field, field.minimum)).empty());
    CHECK(refused_key(core_with(field, field.maximum)).empty());
    if (field.minimum != 0) CHECK(refused_key(core_with(field, field.minimum - 1)) == field.key);
    CHECK(refused_key(core_with(field, field.maximum + 1)) == field.key);
  }
}

TEST_CASE("configuration: every rule between keys and every form of a number") {
  const struct {
    const char* what;
    Config config;
    std::string refused;  ///< the key; empty: none
  } table[] = {
      {"train", Config::defaults(Mode::Train), ""},
      {"infer", Config::defaults(Mode::Infer), ""},
      {"rows * columns = pes", grid(96, 8, 12), ""},
      {"more columns", grid(96, 8, 13), "pes, rows*columns"},
      {"fewer columns", grid(96, 8, 11), "pes, rows*columns"},
      {"rows no power of two", grid(96, 12, 8), "rows"},
      {"64 rows", grid(4096, 64, 64), ""},
      {"one row", grid(7, 1, 7), ""},
      {"as many units that multiply as units that add", units(2, 2), ""},
      {"fewer", units(3, 1), ""},
      {"more", units(2, 3), "multiply_units"},
      {"one that adds, two that multiply", units(1, 2), "multiply_units"},
      {"a weight buffer of 48 bytes", changed(Mode::Train, &Config::weight_buffer_bytes, 48), ""},
      {"of 40 bytes", changed(Mode::Train, &Config::weight_buffer_bytes, 40), "weight_buffer_bytes"},
      {"of 4097 bytes", changed(Mode::Infer, &Config::weight_buffer_bytes, 4097), "weight_buffer_bytes"},
      {"a feature buffer of 48 bytes", changed(Mode::Train, &Config::feature_buffer_bytes, 48), ""},
      {"of 56 bytes", changed(Mode::Train, &Config::feature_buffer_bytes, 56), "feature_buffer_bytes"},
      {"of 4098 bytes", changed(Mode::Infer, &Config::feature_buffer_bytes, 4098), "feature_buffer_bytes"},
      {"bursts of 16 bytes", changed(Mode::Train, &Config::burst_bytes, 16), ""},
      {"of 4096 bytes", changed(Mode::Train, &Config::burst_bytes, 4096), ""},
      {"of 48 bytes", changed(Mode::Train, &Config::burst_bytes, 48), "burst_bytes"},
      {"of 4080 bytes", changed(Mode::Train, &Config::burst_bytes, 4080), "burst_bytes"},
  };
  for (const auto& row : table) {
    INFO(row.what);
    CHECK(refused_key(row.config) == row.refused);
  }
}

TEST_CASE("configuration: a grid shape is a power of two of rows up to 64 that divides the PEs") {
  Config config = Config::defaults(Mode::Train);
  config.pes = 96;  // 32 * 3
  std::vector<std::uint32_t> shapes;
  for (std::uint32_t rows = 0; rows <= 256; ++rows) {
    if (config.has_grid(rows)) shapes.push_back(rows);
  }
  CHECK(shapes == std::vector<std::uint32_t>{1, 2, 4, 8, 16, 32});
  config.pes = 4096;
  CHECK(config.has_grid(64));
  CHECK_FALSE(config.has_grid(128));
}

TEST_CASE("configuration: cycles of a row beat, by hand") {
  // p = max(1, ceil(B * bits per weight / row port bits)); words of 32 bits (train) or 16 (infer).
  const struct {
    Mode mode;
    std::uint32_t buffers, port_words;
    std::uint64_t ternary, full_precision;
  } table[] = {
      {Mode::Train, 8, 8, 1, 1}, {Mode::Train, 8, 1, 1, 8}, {Mode::Train, 17, 1, 2, 17}, {Mode::Train, 16, 1, 1, 16},
      {Mode::Train, 9, 4, 1, 3}, {Mode::Train, 8, 4, 1, 2}, {Mode::Train, 1, 64, 1, 1},  {Mode::Infer, 16, 16, 1, 1},
      {Mode::Infer, 8, 1, 1, 8}, {Mode::Infer, 9, 1, 2, 9}, {Mode::Infer, 64, 1, 8, 64}, {Mode::Infer, 64, 3, 3, 22},
  };
  for (const auto& row : table) {
    Config config = Config::defaults(row.mode);
    config.output_buffers = row.buffers;
    config.row_port_words = row.port_words;
    INFO("B " << row.buffers << ", " << row.port_words << " words");
    CHECK(config.row_beat_cycles(false) == row.ternary);
    CHECK(config.row_beat_cycles(true) == row.full_precision);
  }
}
