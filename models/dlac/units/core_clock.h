// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <systemc>

namespace dlac {

/// Converts between simulated time and the core's integer cycles. Edges lie at multiples of the period from time 0.
class CoreClock {
 public:
  explicit CoreClock(std::uint32_t period_ps) : period_(static_cast<double>(period_ps), sc_core::SC_PS) {}

  [[nodiscard]] const sc_core::sc_time& period() const { return period_; }
  /// Number of the edge at or after `time`.
  [[nodiscard]] std::uint64_t cycle_at(const sc_core::sc_time& time) const { return cycles_in(time); }
  [[nodiscard]] std::uint64_t now() const { return cycles_in(sc_core::sc_time_stamp()); }
  /// Number of the edge at or before `time`.
  [[nodiscard]] std::uint64_t edge_before(const sc_core::sc_time& time) const { return time.value() / period_.value(); }
  /// Cycles that cover a duration, rounded up.
  [[nodiscard]] std::uint64_t cycles_in(const sc_core::sc_time& duration) const {
    return (duration.value() + period_.value() - 1) / period_.value();
  }
  [[nodiscard]] sc_core::sc_time time_of(std::uint64_t cycle) const {
    return sc_core::sc_time::from_value(cycle * period_.value());
  }
  /// Time from now to an edge; zero when it has passed.
  [[nodiscard]] sc_core::sc_time until(std::uint64_t cycle) const {
    const sc_core::sc_time target = time_of(cycle);
    const sc_core::sc_time& stamp = sc_core::sc_time_stamp();
    return target > stamp ? target - stamp : sc_core::SC_ZERO_TIME;
  }
  /// Blocks the calling SC_THREAD until an edge; returns at once when it has passed.
  void wait_until(std::uint64_t cycle) const {
    const sc_core::sc_time delay = until(cycle);
    if (delay != sc_core::SC_ZERO_TIME) sc_core::wait(delay);
  }

 private:
  sc_core::sc_time period_;
};

}  // namespace dlac
