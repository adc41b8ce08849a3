// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <systemc>

#include "tb/settings/run_settings.h"
#include "tb/system/vcd_file.h"
#include "workloads/output_file.h"

namespace dlac::tb {

/// Writes a VCD or FST file of the simulation, or of a window of it. Tracing begins when the window does and ends with
/// it, so that it costs nothing outside. The file gets its name when finish() is called; then a GTKWave save file for
/// it is written, too (tb/reports/save_file.h).
class Waveform : public sc_core::sc_module {
 public:
  using AddSignals = std::function<void(sc_core::sc_trace_file*)>;

  /// The file's unit of time is the largest power of ten, in picoseconds, that divides the clock period and the memory
  /// latency: every clock edge falls on a whole number. `add_signals` is called when tracing begins. Throws
  /// workloads::FileError when the file cannot be written.
  Waveform(sc_core::sc_module_name name, const WaveformSettings& settings, const MachineSettings& machine,
           AddSignals add_signals);
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;
  ~Waveform() override;

  /// Ends the waveform at the present time, if it has begun. For the host's program, when it has nothing more to do.
  void close();
  /// After the simulation: gives the file its name. When there is none, one line says why: the window began after the
  /// end of the simulation, or the file could not be written as a whole.
  [[nodiscard]] std::optional<std::string> finish();

 private:
  void window_thread();
  void open();

  WaveformSettings settings_;
  std::uint64_t clock_period_ps_;
  std::uint64_t unit_ps_;
  AddSignals add_signals_;
  workloads::OutputFile file_;
  std::optional<VcdFile> vcd_;
  std::uint64_t first_ = 0, last_ = 0;  ///< when tracing began and ended, in the file's unit
  bool begun_ = false;                  ///< something was written; known when it is closed
  sc_core::sc_time end_;                ///< of the waveform, whether or not it had begun
  bool ended_ = false;
};

}  // namespace dlac::tb
