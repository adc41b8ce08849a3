// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>
#include <dlac/grid/clocked/grid_status.h>
#include <dlac/units/core_clock.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace dlac::clocked {

/// A count of beats on a wire between a stream and its PEs. The writer is not checked: apart from the module that owns
/// the signal, the process that starts a segment or resets the core sets it to 0.
using BeatSignal = sc_core::sc_signal<std::uint32_t, sc_core::SC_UNCHECKED_WRITERS>;

/// The part that row and column streams have in common: a window of D beats that fills by one beat per `beat_cycles`
/// and in which a slot is free again when every reader is past it. A beat that the buffer delays by s cycles takes s
/// more. (The schedule)
class OperandStream : public sc_core::sc_module {
 public:
  /// Beats that have arrived in the window since the segment began.
  BeatSignal delivered{"delivered"};

  OperandStream(const OperandStream&) = delete;
  OperandStream& operator=(const OperandStream&) = delete;

  /// Disconnects the readers and stops. The window and `delivered` are as after elaboration.
  void stop();
  /// One clock cycle: reads where the PEs were at its start, and writes what it delivers in it.
  void tick();
  /// Adds a PE that must be past a beat before its slot is free: the PE's count of passed beats.
  void add_reader(const BeatSignal& position) { readers_.push_back(&position); }
  /// Makes the transaction that the present cycle needs, if any. The grid calls its streams in order, a delta
  /// cycle after tick() and before its PEs move.
  void fetch();
  void trace(sc_core::sc_trace_file* file) const override;

 protected:
  /// `status` is the grid's.
  OperandStream(const sc_core::sc_module_name& name, const Config& config, GridStatus& status);
  /// Begins a segment of `beats` beats, each of which takes `beat_cycles`.
  void start(std::uint32_t beats, std::uint32_t beat_cycles);
  /// Writes the next beat into slot `slot` of the window, unless that takes a transaction. Adds to `delay` what direct
  /// access takes.
  [[nodiscard]] virtual bool fill_directly(std::uint32_t slot, sc_core::sc_time& delay) = 0;
  /// The same by a transaction; false if the buffer answers with an error.
  [[nodiscard]] virtual bool fill_by_transaction(std::uint32_t slot, sc_core::sc_time& delay) = 0;
  /// Clock edge at which the beat that the stream works on is delivered, unless the buffer delays it.
  [[nodiscard]] std::uint64_t delivery_cycle() const { return status_.cycle; }
  /// Beat that the stream works on.
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] GridStatus& status() const { return status_; }
  [[nodiscard]] const CoreClock& clock() const { return clock_; }

 private:
  /// Lets go of the beats that all readers are past.
  void release();
  /// Reads the beat that has been worked on for its cycles.
  void read_beat();
  void deliver();

  std::vector<const BeatSignal*> readers_;
  GridStatus& status_;
  const CoreClock clock_;
  const std::uint32_t window_beats_;
  std::uint32_t beats_ = 0;        ///< of the segment
  std::uint32_t beat_cycles_ = 1;  ///< p, or 1
  std::uint32_t next_ = 0;         ///< beat that the stream works on
  std::uint64_t progress_ = 0;     ///< cycles spent on it
  std::uint64_t needed_ = 0;       ///< cycles that it takes; known once it has been read, 0 before
  bool requested_ = false;         ///< it waits for fetch()
  std::uint32_t slot_ = 0;         ///< where it goes: next_ mod D
  std::uint32_t passed_ = 0;       ///< beats that every reader is past
  std::size_t slowest_ = 0;        ///< a reader that is not past beat passed_
  std::uint32_t fill_level_ = 0;   ///< beats in the window (traced)
  bool stalled_ = false;           ///< the window is full (traced)
};

}  // namespace dlac::clocked
