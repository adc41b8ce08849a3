// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>
#include <dlac/common/counters.h>

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

/// A naive model of arch. contracts 3 and 4, written from their text: one loop per sum, one formula per quantity, and
/// arithmetic of its own. It shares with the engine under test the parameters only.
namespace clocked_model {

/// Numbers of a mode: bits <-> value, and the arithmetic of contract 4. Binary16 is computed in extended precision, in
/// which every sum, product and product-plus-addend of binary16 numbers is exact, and rounded once.
class Numbers {
 public:
  explicit Numbers(dlac::Mode mode) : half_(mode == dlac::Mode::Infer) {}
  [[nodiscard]] long double value(std::uint32_t word) const;
  [[nodiscard]] std::uint32_t word(long double value) const;  ///< binary16 only rounds; a binary32 value must be exact
  [[nodiscard]] std::uint32_t add(std::uint32_t a, std::uint32_t b) const;
  [[nodiscard]] std::uint32_t subtract(std::uint32_t a, std::uint32_t b) const;
  [[nodiscard]] std::uint32_t multiply(std::uint32_t a, std::uint32_t b) const;
  [[nodiscard]] std::uint32_t fused_multiply_add(std::uint32_t a, std::uint32_t b, std::uint32_t c) const;
  [[nodiscard]] std::uint32_t canonical(std::uint32_t word) const;
  [[nodiscard]] bool is_half() const { return half_; }

 private:
  bool half_;
};

/// What a column reads at a beat.
struct Feature {
  bool inserted = false;
  std::optional<std::int64_t> address;  ///< word of the feature buffer; none: padding
};
[[nodiscard]] Feature feature_at(const dlac::MmOp& op, std::uint32_t column, std::uint32_t beat);

using Bytes = std::vector<std::uint8_t>;
[[nodiscard]] std::uint32_t word_at(const Bytes& bytes, std::uint64_t word, dlac::Mode mode);
void set_word(Bytes& bytes, std::uint64_t word, dlac::Mode mode, std::uint32_t value);

/// Both banks, by tile channel and column.
class Machine {
 public:
  explicit Machine(const dlac::Config& config) : config_(config), numbers_(config.mode) {}

  dlac::SegmentResult multiply(const dlac::MmOp& op, const Bytes& weights, const Bytes& features);
  std::uint64_t pointwise(const dlac::PtWiseOp& op, const Bytes& weights, const Bytes& features);
  [[nodiscard]] std::vector<std::uint32_t> drain(std::uint32_t bank, std::uint32_t channels,
                                                 std::uint32_t columns) const;
  void reset() { outputs_.clear(); }

 private:
  const dlac::Config config_;
  const Numbers numbers_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> outputs_;  ///< bank, channel, column
};

}  // namespace clocked_model
