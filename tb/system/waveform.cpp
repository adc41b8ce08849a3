// SPDX-License-Identifier: Apache-2.0
#include "tb/system/waveform.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "tb/reports/save_file.h"
#include "tb/reports/text.h"
#include "tb/system/start.h"
#include "workloads/output_file.h"

namespace dlac::tb {
namespace {

std::uint64_t common_unit(std::uint64_t period_ps, std::uint64_t latency_ps) {
  std::uint64_t unit = 1;
  while (period_ps % (10 * unit) == 0 && latency_ps % (10 * unit) == 0) unit *= 10;
  return unit;
}

/// SystemC dumps the initial values without a time stamp, which viewers take for time 0, and tells the time in a
/// comment only. Puts the stamp in the comment's place, where there is one of this form.
void stamp_initial_values(const std::string& path) {
  constexpr std::string_view Before = "All initial values are dumped below at time ";
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string line, previous;
  std::streamoff begin = 0;  // of the line before this one
  while (std::getline(file, line) && line != "$dumpvars") {
    if (previous == "$comment" && line.compare(0, Before.size(), Before) == 0) {
      const std::size_t number = line.find("= ") + 2;
      const std::string stamp = "#" + line.substr(number, line.find(' ', number) - number);
      std::string rest;
      if (!std::getline(file, rest) || rest != "$end") return;
      const std::size_t length = previous.size() + 1 + line.size() + 1 + rest.size();
      if (stamp.size() > length || stamp.find_first_not_of("#0123456789") != std::string::npos) return;
      file.seekp(begin);
      file << stamp << std::string(length - stamp.size(), ' ');
      return;
    }
    begin = static_cast<std::streamoff>(file.tellg()) - static_cast<std::streamoff>(line.size()) - 1;
    previous = line;
  }
}

/// Whether a file was written to its end: a VCD ends with a line.
[[nodiscard]] bool ends_with_newline(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(-1, std::ios::end);
  return file.get() == '\n';
}

}  // namespace

Waveform::Waveform(sc_core::sc_module_name name, const WaveformSettings& settings, const MachineSettings& machine,
                   AddSignals add_signals)
    : sc_module(name),
      settings_(settings),
      clock_period_ps_(machine.core.clock_period_ps),
      unit_ps_(common_unit(clock_period_ps_, std::uint64_t{1000} * machine.memory_latency_ns)),
      add_signals_(std::move(add_signals)),
      temporary_(workloads::output_target(settings.path) + ".tmp" + std::to_string(::getpid())) {
  remove_on_signal(temporary_ + ".vcd");
  {  // SystemC does not say when it cannot open a file
    const std::ofstream probe(temporary_ + ".vcd");
    if (!probe) {
      throw workloads::FileError(printable(settings.path), std::generic_category().message(errno),
                                 "a file that can be written");
    }
  }
  std::remove((temporary_ + ".vcd").c_str());
  if (!settings_.window) {
    open();
    return;
  }
  SC_HAS_PROCESS(Waveform);
  SC_THREAD(window_thread);
}

Waveform::~Waveform() {
  close();
  if (written_) std::remove((temporary_ + ".vcd").c_str());
  keep_on_signal(temporary_ + ".vcd");
}

void Waveform::open() {
  file_ = sc_core::sc_create_vcd_trace_file(temporary_.c_str());
  written_ = true;
  file_->set_time_unit(static_cast<double>(unit_ps_), sc_core::SC_PS);
  add_signals_(file_);
  first_ = now();
}

void Waveform::close() {
  ended_ = true;
  if (file_ == nullptr) return;
  sc_core::sc_close_vcd_trace_file(file_);
  file_ = nullptr;
  last_ = now();
}

std::uint64_t Waveform::now() const {
  const sc_core::sc_time unit(static_cast<double>(unit_ps_), sc_core::SC_PS);
  return static_cast<std::uint64_t>(std::llround(sc_core::sc_time_stamp() / unit));
}

void Waveform::window_thread() {
  const auto edge = [this](std::uint64_t cycle) {
    return sc_core::sc_time(static_cast<double>(cycle * clock_period_ps_), sc_core::SC_PS);
  };
  wait(edge(settings_.window->first));
  if (ended_) return;
  open();
  wait(edge(settings_.window->last + 1 - settings_.window->first));
  close();
}

bool Waveform::finish() {
  close();
  if (!written_) return false;
  if (!ends_with_newline(temporary_ + ".vcd")) {  // nor when the disk is full
    throw workloads::FileError(printable(settings_.path), "cut short", "room on the disk for the whole waveform");
  }
  stamp_initial_values(temporary_ + ".vcd");
  workloads::replace_file(settings_.path, temporary_ + ".vcd");  // or the destructor removes it
  written_ = false;
  write_save_file(settings_.path, {first_, last_, clock_period_ps_ / unit_ps_});
  return true;
}

}  // namespace dlac::tb
