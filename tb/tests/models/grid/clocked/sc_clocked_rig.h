// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/command.h>
#include <dlac/common/config.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <ostream>
#include <systemc>
#include <utility>
#include <vector>

#include "tb/reference/arithmetic.h"
#include "tb/tests/models/grid/grid_driver.h"
#include "tb/tests/reference_machine.h"

namespace dlac {

inline std::ostream& operator<<(std::ostream& os, const UpdateCounts& u) {
  return os << "executed " << u.executed << " weight " << u.skipped_weight << " feature " << u.skipped_feature
            << " both " << u.skipped_both << " masked " << u.masked_nonfinite;
}
inline std::ostream& operator<<(std::ostream& os, const PeCycles& p) {
  return os << "busy " << p.busy << " row " << p.starved_row << " column " << p.starved_column << " finished "
            << p.finished_early;
}

}  // namespace dlac

namespace clocked_model {

using Bytes = reference::Bytes;

inline void set_word(Bytes& bytes, std::uint64_t word, dlac::Mode mode, std::uint32_t value) {
  reference::store_word(dlac::precision_of(mode), bytes, word, value);
}
/// The word of a number that the mode has.
inline std::uint32_t word_of(dlac::Mode mode, double value) {
  return mode == dlac::Mode::Train ? reference::binary32_bits(static_cast<float>(value))
                                   : reference::binary16_bits(reference::round_to_binary16(value));
}
inline double value_of(dlac::Mode mode, std::uint32_t word) {
  return mode == dlac::Mode::Train ? static_cast<double>(reference::binary32_value(word))
                                   : reference::binary16_value(word);
}

/// A small core: one row of PEs per default, train mode.
inline dlac::Config small_config(std::uint32_t pes, std::uint32_t buffers, std::uint32_t units, std::uint32_t window) {
  dlac::Config config;
  config.engine = dlac::EngineKind::Clocked;
  config.pes = pes;
  config.rows = 1;
  config.columns = pes;
  config.output_buffers = buffers;
  config.arithmetic_units = config.multiply_units = units;
  config.window_beats = window;
  config.row_port_words = buffers;
  config.weight_buffer_bytes = 16 * 1024;
  config.feature_buffer_bytes = 16 * 1024;
  return config;
}

/// An engine and its buffers.
struct Rig {
  Rig(const char* name, const dlac::Config& configuration)
      : config(configuration),
        weights(config.weight_buffer_bytes),
        features(config.feature_buffer_bytes),
        engine(name, config, weights, features) {}

  /// A segment given as two small matrices: weights[beat][row*B + b] and features[beat][column]. Full-precision weights
  /// are words, ternary ones -1, 0 or 1; features are values. Clears bank 0.
  dlac::MmOp place(std::uint32_t log2_rows, const std::vector<std::vector<double>>& weight_values,
                   const std::vector<std::vector<double>>& feature_values, bool full_precision = false) {
    const std::size_t per_beat = std::size_t{config.output_buffers} << log2_rows;
    dlac::MmOp op;
    op.log2_rows = log2_rows;
    op.clear = 1;
    op.full_precision = full_precision ? 1 : 0;
    op.channels = static_cast<std::uint32_t>(weight_values.at(0).size());
    op.columns = static_cast<std::uint32_t>(feature_values.at(0).size());
    op.beats = static_cast<std::uint32_t>(weight_values.size());
    op.height = op.row_capacity = op.out_height = 1;
    op.width = op.pitch = op.out_width = op.columns;
    for (std::size_t t = 0; t < op.beats; ++t) {
      for (std::size_t k = 0; k < op.channels; ++k) {
        const double w = weight_values[t][k];
        const std::size_t i = t * per_beat + k;
        if (full_precision) {
          set_word(weights, i, config.mode, word_of(config.mode, w));
        } else {
          const unsigned code = w > 0 ? 1U : w < 0 ? 3U : 0U;
          weights[i / 4] = static_cast<std::uint8_t>((weights[i / 4] & ~(3U << (2 * (i % 4)))) | code << (2 * (i % 4)));
        }
      }
      for (std::size_t c = 0; c < op.columns; ++c) {
        set_word(features, t * op.columns + c, config.mode, word_of(config.mode, feature_values[t][c]));
      }
    }
    return op;
  }
  /// The outputs of bank 0 as values, [channel][column].
  [[nodiscard]] std::vector<double> outputs(const dlac::MmOp& op) const {
    std::vector<std::uint32_t> words(std::size_t{op.channels} * op.columns);
    engine.drain(op.bank, op.log2_rows, op.channels, op.columns, words.data());
    std::vector<double> values;
    values.reserve(words.size());
    for (const std::uint32_t word : words) values.push_back(value_of(config.mode, word));
    return values;
  }

  const dlac::Config config;
  Bytes weights, features;
  mutable grid_driver::GridDriver engine;
};

/// A testbench thread.
class Thread final : public sc_core::sc_module {
 public:
  Thread(const sc_core::sc_module_name& name, std::function<void()> body) : sc_module(name), body_(std::move(body)) {
    SC_THREAD(run);
    set_stack_size(1 << 20);  // assertions print
    handle = sc_core::sc_get_last_created_process_handle();
  }
  sc_core::sc_process_handle handle;

 private:
  SC_HAS_PROCESS(Thread);
  void run() { body_(); }
  std::function<void()> body_;
};

}  // namespace clocked_model
