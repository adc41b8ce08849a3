// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/timer.h"

#include "tb/platform/platform_map.h"

namespace dlac::platform {
namespace {

[[nodiscard]] const sc_core::sc_time& tick() {
  static const sc_core::sc_time period(1e9 / TIMER_HZ, sc_core::SC_NS);
  return period;
}

[[nodiscard]] std::uint64_t ticks_now() { return sc_core::sc_time_stamp().value() / tick().value(); }

}  // namespace

Timer::Timer(sc_core::sc_module_name name) : RegisterDevice(name) {
  SC_HAS_PROCESS(Timer);
  SC_METHOD(drive_irq);
  sensitive << update_;
}

std::optional<std::uint32_t> Timer::read(std::uint32_t offset) {
  if (offset == TIMER_TIME_LO) latched_high_ = static_cast<std::uint32_t>(ticks_now() >> 32U);
  return peek(offset);
}

std::optional<std::uint32_t> Timer::peek(std::uint32_t offset) const {
  switch (offset) {
    case TIMER_TIME_LO: return static_cast<std::uint32_t>(ticks_now());
    case TIMER_TIME_HI: return latched_high_;
    case TIMER_COMPARE_LO: return static_cast<std::uint32_t>(compare_);
    case TIMER_COMPARE_HI: return static_cast<std::uint32_t>(compare_ >> 32U);
    default: return std::nullopt;
  }
}

bool Timer::write(std::uint32_t offset, std::uint32_t value) {
  constexpr std::uint64_t LowWord = 0xFFFFFFFF;
  switch (offset) {
    case TIMER_COMPARE_LO: compare_ = (compare_ & ~LowWord) | value; break;
    case TIMER_COMPARE_HI: compare_ = (compare_ & LowWord) | std::uint64_t{value} << 32U; break;
    default: return false;
  }
  update_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void Timer::drive_irq() {
  const std::uint64_t now = ticks_now();
  irq.write(now >= compare_);
  if (now >= compare_) return;
  update_.cancel();
  // Beyond what SystemC's time can hold, the interrupt never comes.
  const std::uint64_t latest = sc_core::sc_max_time().value() / tick().value() - 1;
  if (compare_ < latest) {
    update_.notify(sc_core::sc_time::from_value(compare_ * tick().value()) - sc_core::sc_time_stamp());
  }
}

}  // namespace dlac::platform
