// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/operand_stream.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

OperandStream::OperandStream(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_event& tick)
    : sc_module(name), window_beats_(config.window_beats) {
  SC_METHOD(tick);
  sensitive << tick;
  dont_initialize();
  gate_.attach(sc_core::sc_get_last_created_process_handle());
  gate_.close();
}

void OperandStream::start(std::uint32_t beats, std::uint32_t beat_cycles) {
  beats_ = beats;
  beat_cycles_ = beat_cycles;
  gate_.open();
}

void OperandStream::stop() {
  gate_.close();
  readers_.clear();
  next_ = progress_ = slot_ = passed_ = fill_level_ = 0;
  slowest_ = 0;
  stalled_ = false;
  delivered.write(0);
}

void OperandStream::release() {
  // Few readers move in a cycle: as long as the slowest one stands still, the others need not be looked at.
  if (readers_[slowest_]->read() == passed_) return;
  std::uint32_t least = beats_;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    const std::uint32_t position = readers_[i]->read();
    if (position < least) {
      least = position;
      slowest_ = i;
      if (least == passed_) return;
    }
  }
  passed_ = least;
}

void OperandStream::tick() {
  if (!gate_.is_open()) return;
  release();
  stalled_ = next_ < beats_ && next_ - passed_ == window_beats_;
  if (next_ < beats_ && !stalled_ && ++progress_ == beat_cycles_) {
    progress_ = 0;
    fill(slot_);
    slot_ = slot_ + 1 == window_beats_ ? 0 : slot_ + 1;
    delivered.write(++next_);
  }
  fill_level_ = next_ - passed_;
}

void OperandStream::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  sc_core::sc_trace(file, delivered, delivered.name());
  sc_core::sc_trace(file, fill_level_, prefix + "fill_level");
  sc_core::sc_trace(file, stalled_, prefix + "stalled");
}

}  // namespace dlac::clocked
