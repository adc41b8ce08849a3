// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/operand_stream.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

OperandStream::OperandStream(const sc_core::sc_module_name& name, const Config& config, GridStatus& status)
    : sc_module(name), status_(status), clock_(config.clock_period_ps), window_beats_(config.window_beats) {}

void OperandStream::start(std::uint32_t beats, std::uint32_t beat_cycles) {
  beats_ = beats;
  beat_cycles_ = beat_cycles;
}

void OperandStream::stop() {
  readers_.clear();
  next_ = slot_ = passed_ = fill_level_ = 0;
  progress_ = needed_ = 0;
  slowest_ = 0;
  stalled_ = requested_ = false;
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
  release();
  stalled_ = next_ < beats_ && next_ - passed_ == window_beats_;
  if (next_ < beats_ && !stalled_) {
    if (++progress_ == beat_cycles_) read_beat();
    if (!requested_ && progress_ == needed_) deliver();
  }
  fill_level_ = next_ - passed_;
}

void OperandStream::read_beat() {
  needed_ = beat_cycles_;
  sc_core::sc_time delay;
  if (fill_directly(slot_, delay)) {
    if (delay != sc_core::SC_ZERO_TIME) needed_ += clock_.cycles_in(delay);
  } else {
    requested_ = true;
    ++status_.requests;
  }
}

void OperandStream::fetch() {
  if (!requested_) return;
  requested_ = false;
  sc_core::sc_time delay;
  if (!fill_by_transaction(slot_, delay)) {
    status_.failed = true;
    return;
  }
  needed_ += clock_.cycles_in(delay);
  if (progress_ == needed_) {
    deliver();
    fill_level_ = next_ - passed_;
  }
}

void OperandStream::deliver() {
  progress_ = needed_ = 0;
  slot_ = slot_ + 1 == window_beats_ ? 0 : slot_ + 1;
  delivered.write(++next_);
}

void OperandStream::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  sc_core::sc_trace(file, delivered, delivered.name());
  sc_core::sc_trace(file, fill_level_, prefix + "fill_level");
  sc_core::sc_trace(file, stalled_, prefix + "stalled");
}

}  // namespace dlac::clocked
