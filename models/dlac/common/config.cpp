// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/config.h>
#include <dlac/common/divide_up.h>

#include <array>
#include <utility>

namespace dlac {
namespace {

[[nodiscard]] bool is_power_of_two(std::uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

template <typename Enum, std::size_t N>
[[nodiscard]] std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 2> ModeNames{"train", "infer"};
constexpr std::array<std::string_view, 2> EngineNames{"schedule", "clocked"};
constexpr std::array<std::string_view, 2> StyleNames{"lt", "at"};

}  // namespace

ConfigError::ConfigError(std::string key, std::string value, std::string expected)
    : std::runtime_error(key + " = " + value + ": expected " + expected),
      key_(std::move(key)),
      value_(std::move(value)),
      expected_(std::move(expected)) {}

Config Config::defaults(Mode mode) {
  Config config;
  config.mode = mode;
  if (mode == Mode::Infer) {
    config.pes = 256;
    config.rows = 16;
    config.columns = 16;
    config.output_buffers = 16;
    config.arithmetic_units = 2;
    config.multiply_units = 1;
    config.weight_buffer_bytes = 32 * 1024;
    config.feature_buffer_bytes = 64 * 1024;
    config.row_port_words = 16;
  }
  return config;
}

std::uint32_t Config::row_beat_cycles(bool full_precision) const {
  const std::uint64_t bits = std::uint64_t{output_buffers} * (full_precision ? word_bits() : 2);
  const std::uint64_t port_bits = std::uint64_t{row_port_words} * word_bits();
  const std::uint64_t cycles = divide_up(bits, port_bits);
  return cycles == 0 ? 1 : static_cast<std::uint32_t>(cycles);
}

bool Config::has_grid(std::uint32_t grid_rows) const {
  return is_power_of_two(grid_rows) && grid_rows <= MaximumGridRows && pes % grid_rows == 0;
}

void Config::validate() const {
  for (const ConfigField& field : config_fields()) {
    const std::uint32_t value = this->*field.member;
    if (value < field.minimum || value > field.maximum) {
      throw ConfigError(std::string(field.key), std::to_string(value),
                        std::to_string(field.minimum) + " to " + std::to_string(field.maximum));
    }
  }
  if (std::uint64_t{rows} * columns != pes) {
    throw ConfigError("pes, rows*columns",
                      std::to_string(pes) + ", " + std::to_string(rows) + "*" + std::to_string(columns) + " = " +
                          std::to_string(std::uint64_t{rows} * columns),
                      "equal numbers, and rows a power of two");
  }
  if (!has_grid(rows)) {
    throw ConfigError("rows", std::to_string(rows), "a power of two from 1 to " + std::to_string(MaximumGridRows));
  }
  if (multiply_units > arithmetic_units) {
    throw ConfigError("multiply_units", std::to_string(multiply_units),
                      "at most arithmetic_units = " + std::to_string(arithmetic_units));
  }
  if (weight_buffer_bytes % 16 != 0) {
    throw ConfigError("weight_buffer_bytes", std::to_string(weight_buffer_bytes), "a multiple of 16");
  }
  if (feature_buffer_bytes % 16 != 0) {
    throw ConfigError("feature_buffer_bytes", std::to_string(feature_buffer_bytes), "a multiple of 16");
  }
  if (!is_power_of_two(burst_bytes)) {
    throw ConfigError("burst_bytes", std::to_string(burst_bytes), "a power of two from 16 to 4096");
  }
}

const std::vector<ConfigField>& config_fields() {
  static const std::vector<ConfigField> fields{
      {"pes", "processing elements in the grid, rows*columns; set alone, rows and columns follow", "[P]", 1, 4096,
       &Config::pes},
      {"rows", "R, PE rows of the grid, a power of two; setting rows or columns fixes grid_rows", "[A]", 1,
       MaximumGridRows, &Config::rows},
      {"columns", "C, PE columns of the grid, pes / rows", "[A]", 1, 4096, &Config::columns},
      {"output_buffers", "B, output buffers per PE and bank", "[A]", 1, 64, &Config::output_buffers},
      {"arithmetic_units", "A, arithmetic units per PE that can add", "[P]", 1, 64, &Config::arithmetic_units},
      {"multiply_units",
       "arithmetic units per PE that can multiply; unless set, arithmetic_units in train and half of them in infer",
       "[P]", 1, 64, &Config::multiply_units},
      {"window_beats", "D, beats in the operand window of a stream", "[A]", 1, 64, &Config::window_beats},
      {"weight_buffer_bytes", "weight buffer, bytes", "[A]", 16, 1U << 26, &Config::weight_buffer_bytes},
      {"feature_buffer_bytes", "feature buffer, bytes", "[A]", 16, 1U << 26, &Config::feature_buffer_bytes},
      {"row_port_words", "words per cycle into a row stream", "[A]", 1, 64, &Config::row_port_words},
      {"column_port_words", "point-wise stream words per cycle and column", "[A]", 1, 64, &Config::column_port_words},
      {"drain_port_words", "words per cycle and column out of the output buffers", "[A]", 1, 64,
       &Config::drain_port_words},
      {"clock_period_ps", "clock period, picoseconds (500 MHz)", "[P]", 1, 1'000'000, &Config::clock_period_ps},
      {"burst_bytes", "longest burst on the memory port, bytes, a power of two", "[A]", 16, 4096, &Config::burst_bytes},
      {"outstanding", "N, bursts in flight on the memory port", "[A]", 1, 256, &Config::outstanding},
      {"memory_bytes_per_cycle", "width of the memory port, bytes per cycle", "[A]", 1, 4096,
       &Config::memory_bytes_per_cycle},
      {"queue_depth", "commands in each of the load, compute and store queues", "[A]", 1, 1024, &Config::queue_depth},
      {"token_limit", "largest value of a token counter", "[A]", 2, 65535, &Config::token_limit},
      {"dmi", "1: read and write memory through DMI where it is granted (mem_style lt), 0: never", "[A]", 0, 1,
       &Config::dmi},
      {"strict_response",
       "1: a memory that leaves the response status incomplete is an error, 0: it is one warning per core", "[A]", 0, 1,
       &Config::strict_response},
      {"csr_errors", "1: bad register accesses are errors, 0: undefined registers read as zero, writes are ignored",
       "[A]", 0, 1, &Config::csr_errors},
      {"csr_narrow", "1: aligned register accesses of 1 and 2 bytes reach their part of a register, 0: they are errors",
       "[A]", 0, 1, &Config::csr_narrow},
      {"csr_keep_delay",
       "1: a register access ahead of time never returns a shorter delay than it came with, 0: what it waits for is "
       "spent",
       "[A]", 0, 1, &Config::csr_keep_delay},
  };
  return fields;
}

std::string_view to_string(Mode mode) { return ModeNames[static_cast<std::size_t>(mode)]; }
std::string_view to_string(EngineKind engine) { return EngineNames[static_cast<std::size_t>(engine)]; }
std::string_view to_string(CodingStyle style) { return StyleNames[static_cast<std::size_t>(style)]; }
std::optional<Mode> mode_from(std::string_view name) { return find_name<Mode>(ModeNames, name); }
std::optional<EngineKind> engine_from(std::string_view name) { return find_name<EngineKind>(EngineNames, name); }
std::optional<CodingStyle> coding_style_from(std::string_view name) { return find_name<CodingStyle>(StyleNames, name); }

}  // namespace dlac
