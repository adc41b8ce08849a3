// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>

#include "tb/settings/run_settings.h"

namespace dlac::tb {

/// Writes a VCD file of the simulation, or of a window of it. The file is opened when the window begins and closed when
/// it ends, so that tracing costs nothing outside. It is written under another name beside `path`, and gets its own
/// when finish() is called; then a GTKWave save file for it is written, too (tb/reports/save_file.h).
class Waveform : public sc_core::sc_module {
 public:
  using AddSignals = std::function<void(sc_core::sc_trace_file*)>;

  /// The file's unit of time is the largest power of ten, in picoseconds, that divides the clock period and the memory
  /// latency: every clock edge falls on a whole number. `add_signals` is called when the file is opened.
  Waveform(sc_core::sc_module_name name, const WaveformSettings& settings, const MachineSettings& machine,
           AddSignals add_signals);
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;
  ~Waveform() override;

  /// Ends the file at the present time, if it is open. For the host's program, when it has nothing more to do.
  void close();
  /// After the simulation: gives the file its name. False if there is none, because the window began after the end of
  /// the simulation. Throws workloads::FileError.
  [[nodiscard]] bool finish();

 private:
  void window_thread();
  void open();
  /// The present time in the file's unit.
  [[nodiscard]] std::uint64_t now() const;

  WaveformSettings settings_;
  std::uint64_t clock_period_ps_;
  std::uint64_t unit_ps_;
  AddSignals add_signals_;
  std::string temporary_;  ///< without the ".vcd" that SystemC appends
  sc_core::sc_trace_file* file_ = nullptr;
  std::uint64_t first_ = 0, last_ = 0;  ///< when the file was opened and closed, in its unit
  bool written_ = false;
  bool ended_ = false;
};

}  // namespace dlac::tb
