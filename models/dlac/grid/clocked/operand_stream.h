// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace dlac::clocked {

/// A count of beats on a wire between a stream and its PEs. The writer is not checked: apart from the module that owns
/// the signal, the process that starts a segment or resets the core sets it to 0.
using BeatSignal = sc_core::sc_signal<std::uint32_t, sc_core::SC_UNCHECKED_WRITERS>;

/// A process that costs nothing while it is switched off: disabled for the kernel, and inert should it have been made
/// runnable before that.
class Gate {
 public:
  void attach(const sc_core::sc_process_handle& process) { process_ = process; }
  void open() {
    if (open_) return;
    open_ = true;
    process_.enable();
  }
  void close() {
    if (!open_) return;
    open_ = false;
    process_.disable();
  }
  [[nodiscard]] bool is_open() const { return open_; }

 private:
  sc_core::sc_process_handle process_;
  bool open_ = true;
};

/// The part that row and column streams have in common: a window of D beats that fills by one beat per `beat_cycles`
/// and in which a slot is free again when every reader is past it. (arch. 2, contract 3)
class OperandStream : public sc_core::sc_module {
 public:
  /// Beats that have arrived in the window since the segment began.
  BeatSignal delivered{"delivered"};

  OperandStream(const OperandStream&) = delete;
  OperandStream& operator=(const OperandStream&) = delete;

  /// Disconnects the readers and stops. The window and `delivered` are as after elaboration.
  void stop();
  /// Adds a PE that must be past a beat before its slot is free: the PE's count of passed beats.
  void add_reader(const BeatSignal& position) { readers_.push_back(&position); }
  void trace(sc_core::sc_trace_file* file) const;

 protected:
  /// `tick`: the event of the clock.
  OperandStream(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_event& tick);
  /// Begins a segment of `beats` beats, each of which takes `beat_cycles`.
  void start(std::uint32_t beats, std::uint32_t beat_cycles);
  /// Writes the next beat into slot `slot` of the window.
  virtual void fill(std::uint32_t slot) = 0;

 private:
  SC_HAS_PROCESS(OperandStream);
  void tick();
  /// Lets go of the beats that all readers are past.
  void release();

  Gate gate_;
  std::vector<const BeatSignal*> readers_;
  const std::uint32_t window_beats_;
  std::uint32_t beats_ = 0;        ///< of the segment
  std::uint32_t beat_cycles_ = 1;  ///< p, or 1
  std::uint32_t next_ = 0;         ///< beat that the stream works on
  std::uint32_t progress_ = 0;     ///< cycles spent on it
  std::uint32_t slot_ = 0;         ///< where it goes: next_ mod D
  std::uint32_t passed_ = 0;       ///< beats that every reader is past
  std::size_t slowest_ = 0;        ///< a reader that is not past beat passed_
  std::uint32_t fill_level_ = 0;   ///< beats in the window (traced)
  bool stalled_ = false;           ///< the window is full (traced)
};

}  // namespace dlac::clocked
