// SPDX-License-Identifier: Apache-2.0
#include <dlac/control/list_control.h>

namespace dlac {

ListControl::ListControl(const sc_core::sc_module_name& name, Parts parts) : sc_module(name), parts_(std::move(parts)) {
  SC_HAS_PROCESS(ListControl);
  SC_METHOD(on_halt);
  sensitive << halt_;
  dont_initialize();
  SC_METHOD(on_resume);
  sensitive << resume_;
  dont_initialize();
  SC_METHOD(on_reset);
  sensitive << reset;  // runs at the start, too: reset may be high from the beginning
}

void ListControl::start(std::uint64_t address, std::uint32_t length) {
  if (stop_pending_) {
    start_pending_ = {address, length};
    return;
  }
  parts_.tokens.reset();  // a list starts without tokens
  parts_.activity.start(parts_.clock.now());
  parts_.processor.start(address, length, [this] {
    if (stop_pending_) return;
    parts_.activity.stop(parts_.clock.now());
    status->list_finished();
  });
}

void ListControl::fail(ErrorCode code, std::uint64_t fault_address) {
  if (halted_ || stop_pending_) return;  // the first error counts
  halted_ = true;
  failure_ = {code, fault_address};
  halt_.notify(sc_core::SC_ZERO_TIME);
}

void ListControl::stop_units() {
  for (Resettable* const part : parts_.stopped) part->reset();
  parts_.activity.stop(parts_.clock.now());
}

void ListControl::reset_core() {
  halt_.cancel();
  halted_ = false;  // before the units' threads begin anew and look at it
  start_pending_.reset();
  switch (sc_core::sc_get_status()) {
    case sc_core::SC_RUNNING: stop_units(); break;
    case sc_core::SC_STOPPED:
    case sc_core::SC_END_OF_SIMULATION: break;  // nothing runs any more
    default:  // a host outside the simulation: SystemC cannot reset processes before it goes on
      stop_pending_ = true;
      resume_.notify(sc_core::SC_ZERO_TIME);
      break;
  }
  clear();
  status->reset_registers();
}

void ListControl::clear() {
  clear_counters();
  parts_.activity.reset();
  for (Resettable* const part : parts_.cleared) part->reset();
}

/// Does what a reset outside the running simulation has left to do. In the evaluation phase before, units may have gone
/// on; what they did to the counters and buffers is undone. Registers are the host's since its reset.
void ListControl::on_resume() {
  stop_pending_ = false;
  stop_units();
  halt_.cancel();
  halted_ = false;
  clear();
  if (start_pending_) start(start_pending_->first, start_pending_->second);
}

void ListControl::on_halt() {
  if (!halted_) return;  // a reset in the same delta cycle came first
  stop_units();
  status->list_failed(failure_.first, failure_.second);
}

void ListControl::on_reset() {
  status->hold(reset.read());
  if (reset.read()) reset_core();
}

void ListControl::clear_counters() {
  parts_.activity.settle(parts_.clock.now());
  parts_.activity.clear();
  parts_.log.clear();
  parts_.traffic.clear_traffic();
}

CounterValues ListControl::counters() {
  const GridActivity& grid = parts_.activity;
  parts_.activity.settle(parts_.clock.now());
  const UpdateCounts& updates = parts_.log.totals().updates;
  const PeCycles& pe = parts_.log.totals().pe;
  const PortTraffic& traffic = parts_.traffic.traffic();
  CounterValues values{};
  const auto set = [&values](Counter counter, std::uint64_t value) {
    values[static_cast<std::size_t>(counter)] = value;
  };
  set(Counter::Cycles, grid.total());
  set(Counter::ComputeCycles, grid.cycles(GridState::Compute));
  set(Counter::PointwiseCycles, grid.cycles(GridState::Pointwise));
  set(Counter::WaitWeightsCycles, grid.cycles(GridState::WaitWeights));
  set(Counter::WaitFeaturesCycles, grid.cycles(GridState::WaitFeatures));
  set(Counter::WaitDrainCycles, grid.cycles(GridState::WaitDrain));
  set(Counter::IdleCycles, grid.cycles(GridState::Idle));
  set(Counter::UpdatesExecuted, updates.executed);
  set(Counter::UpdatesSkippedWeight, updates.skipped_weight);
  set(Counter::UpdatesSkippedFeature, updates.skipped_feature);
  set(Counter::UpdatesSkippedBoth, updates.skipped_both);
  set(Counter::UpdatesMaskedNonfinite, updates.masked_nonfinite);
  set(Counter::PeBusyCycles, pe.busy);
  set(Counter::PeStarvedRowCycles, pe.starved_row);
  set(Counter::PeStarvedColumnCycles, pe.starved_column);
  set(Counter::PeFinishedEarlyCycles, pe.finished_early);
  set(Counter::BytesRead, traffic.bytes_read);
  set(Counter::BytesWritten, traffic.bytes_written);
  set(Counter::ReadBursts, traffic.read_bursts);
  set(Counter::WriteBursts, traffic.write_bursts);
  set(Counter::Commands, parts_.log.commands());
  set(Counter::Segments, parts_.log.segments());
  return values;
}

}  // namespace dlac
