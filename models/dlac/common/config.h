// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/skip_policy.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dlac {

/// Arithmetic mode: binary32 throughout (train) or binary16 throughout (infer). [P]
enum class Mode : std::uint8_t { Train, Infer };

/// Which engine computes values and cycles; they agree to the cycle and to the bit. (Two engines)
enum class EngineKind : std::uint8_t { Schedule, Clocked };

/// How the core speaks on its memory socket: b_transport and DMI, or four-phase nb_transport. Both give the same
/// results and, with a memory whose timing is the same, the same cycles.
enum class CodingStyle : std::uint8_t { LooselyTimed, ApproximatelyTimed };

/// R is at most this, whatever the number of PEs.
inline constexpr std::uint32_t MaximumGridRows = 64;

/// Everything that sizes the core. Plain data; `validate()` says whether it can be built.
/// A key's meaning, unit, range and origin ([P] paper, [A] assumption) stand in `config_fields()`.
struct Config {
  Mode mode = Mode::Train;
  EngineKind engine = EngineKind::Schedule;
  Policy policy = Policy::Both;
  CodingStyle mem_style = CodingStyle::LooselyTimed;

  std::uint32_t pes = 512;             ///< PEs in the grid
  std::uint32_t rows = 16;             ///< R, rows of the default grid shape
  std::uint32_t columns = 32;          ///< C, columns of the default grid shape
  std::uint32_t output_buffers = 8;    ///< B, output buffers per PE and bank
  std::uint32_t arithmetic_units = 1;  ///< A, units per PE that can add
  std::uint32_t multiply_units = 1;    ///< units per PE that can multiply, A'' (A in train, A/2 in infer)
  std::uint32_t window_beats = 8;      ///< D, operand window of a stream
  std::uint32_t weight_buffer_bytes = 64 * 1024;
  std::uint32_t feature_buffer_bytes = 128 * 1024;
  std::uint32_t row_port_words = 8;      ///< words per cycle into one row stream
  std::uint32_t column_port_words = 1;   ///< words per cycle and column (point-wise stream operands)
  std::uint32_t drain_port_words = 1;    ///< words per cycle and column out of the output buffers
  std::uint32_t clock_period_ps = 2000;  ///< 500 MHz [P]

  std::uint32_t burst_bytes = 256;  ///< longest burst on `mem`
  std::uint32_t outstanding = 8;    ///< N, bursts in flight on `mem`
  std::uint32_t memory_bytes_per_cycle = 16;
  std::uint32_t queue_depth = 16;     ///< commands per queue
  std::uint32_t token_limit = 255;    ///< largest value of a token counter
  std::uint32_t dmi = 1;              ///< 1: use direct memory access where memory grants it (loosely timed only)
  std::uint32_t strict_response = 1;  ///< 0: a response left incomplete by memory counts as good, with one warning
  std::uint32_t csr_errors = 1;       ///< 0: undefined registers read as zero, writes that have no effect are ignored
  std::uint32_t csr_narrow = 0;       ///< 1: aligned accesses of 1 and 2 bytes reach their part of a register
  std::uint32_t csr_keep_delay = 0;   ///< 1: b_transport on csr never returns a shorter delay than it was given

  /// Defaults of a mode. [A] except where `config_fields()` says [P].
  [[nodiscard]] static Config defaults(Mode mode);

  [[nodiscard]] std::uint32_t word_bytes() const { return mode == Mode::Train ? 4 : 2; }
  [[nodiscard]] std::uint32_t word_bits() const { return 8 * word_bytes(); }
  /// Words of one bank of output buffers: pes * B.
  [[nodiscard]] std::uint32_t bank_words() const { return pes * output_buffers; }
  /// A': updates a PE executes per cycle, for ternary or full-precision weights. (The schedule)
  [[nodiscard]] std::uint32_t updates_per_cycle(bool full_precision) const {
    return full_precision ? multiply_units : arithmetic_units;
  }
  /// p: cycles in which a row port delivers one beat. (The schedule)
  [[nodiscard]] std::uint32_t row_beat_cycles(bool full_precision) const;
  /// Bits of one row beat over all rows of a grid with `rows` rows, as they lie in the weight buffer.
  [[nodiscard]] std::uint64_t beat_bits(std::uint32_t grid_rows, bool full_precision) const {
    return std::uint64_t{grid_rows} * output_buffers * (full_precision ? word_bits() : 2);
  }
  /// A grid shape the core can take: rows a power of two from 1 to 64 that divides `pes`.
  [[nodiscard]] bool has_grid(std::uint32_t grid_rows) const;

  /// Throws ConfigError (key, value, what was expected) if this core cannot be built.
  void validate() const;
};

/// A configuration value that cannot be used. what() is one line: key, value, expected.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(std::string key, std::string value, std::string expected);
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }

 private:
  std::string key_, value_, expected_;
};

/// One configuration key: how it is named, what it means and where it comes from.
struct ConfigField {
  std::string_view key;
  std::string_view description;  ///< with the unit
  std::string_view origin;       ///< "[P]" (the paper states it) or "[A]" (our assumption)
  std::uint32_t minimum;
  std::uint32_t maximum;
  std::uint32_t Config::*member;
};

/// All numeric keys, in the order in which they are printed. `mode`, `engine`, `policy` and `mem_style`
/// are set by name.
[[nodiscard]] const std::vector<ConfigField>& config_fields();

[[nodiscard]] std::string_view to_string(Mode mode);
[[nodiscard]] std::string_view to_string(EngineKind engine);
[[nodiscard]] std::string_view to_string(CodingStyle style);
[[nodiscard]] std::optional<Mode> mode_from(std::string_view name);
[[nodiscard]] std::optional<EngineKind> engine_from(std::string_view name);
[[nodiscard]] std::optional<CodingStyle> coding_style_from(std::string_view name);

}  // namespace dlac
