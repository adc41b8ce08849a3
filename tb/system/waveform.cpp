// SPDX-License-Identifier: Apache-2.0
#include "tb/system/waveform.h"

#include <dlac/common/divide_up.h>

#include <fstream>
#include <utility>

#include "tb/reports/save_file.h"
#include "tb/reports/text.h"
#include "tb/system/fst_file.h"
#include "workloads/settings/input_error.h"

namespace dlac::tb {
namespace {

std::uint64_t common_unit(std::uint64_t period_ps, std::uint64_t latency_ps) {
  std::uint64_t unit = 1;
  while (period_ps % (10 * unit) == 0 && latency_ps % (10 * unit) == 0) unit *= 10;
  return unit;
}

}  // namespace

Waveform::Waveform(sc_core::sc_module_name name, const WaveformSettings& settings, const MachineSettings& machine,
                   AddSignals add_signals)
    : sc_module(name),
      settings_(settings),
      clock_period_ps_(machine.core.clock_period_ps),
      unit_ps_(common_unit(clock_period_ps_, std::uint64_t{1000} * machine.memory_latency_ns)),
      add_signals_(std::move(add_signals)),
      file_(settings.path) {
  if (!settings_.window) {
    open();
    return;
  }
  SC_HAS_PROCESS(Waveform);
  SC_THREAD(window_thread);
}

Waveform::~Waveform() = default;

void Waveform::open() {
  vcd_.emplace(file_.stream(), unit_ps_);
  first_ = vcd_->now();
  add_signals_(&*vcd_);
}

void Waveform::close() {
  if (!ended_) end_ = sc_core::sc_time_stamp();
  ended_ = true;
  if (!vcd_) return;
  begun_ = vcd_->begun();
  last_ = vcd_->now();
  vcd_.reset();
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

std::optional<std::string> Waveform::finish() {
  close();
  if (!begun_) {
    const sc_core::sc_time period(static_cast<double>(clock_period_ps_), sc_core::SC_PS);
    const std::uint64_t end = divide_up(end_.value(), period.value());
    return InputError(
               "--vcd-window", "", std::to_string(settings_.window ? settings_.window->first : 0),
               "a first cycle before " + std::to_string(end) + ", the end of the simulation; no waveform is written")
        .what();
  }
  try {
    file_.close();
    std::ifstream vcd(file_.temporary(), std::ios::binary);
    const SaveFile save(vcd, settings_.path, {first_, last_, clock_period_ps_ / unit_ps_});
    if (is_fst(settings_.path)) {
      write_fst(settings_.path, file_.temporary());
    } else {
      file_.commit();
    }
    save.write();
  } catch (const workloads::FileError& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace dlac::tb
