/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"
#include "platform.h"

static volatile uint32_t rang;

static void on_timer(void) {
  /* The level falls when the compare value lies ahead again. */
  device_write(PLATFORM_TIMER_BASE + TIMER_COMPARE_HI, 0xFFFFFFFFu);
  rang = 1;
}

uint64_t timer_now(void) {
  const uint32_t low = device_read(PLATFORM_TIMER_BASE + TIMER_TIME_LO);
  return low | (uint64_t)device_read(PLATFORM_TIMER_BASE + TIMER_TIME_HI) << 32;
}

void timer_sleep(uint32_t ticks) {
  const uint64_t then = timer_now() + ticks;
  rang = 0;
  interrupts_connect(PLATFORM_IRQ_TIMER, on_timer);
  device_write(PLATFORM_TIMER_BASE + TIMER_COMPARE_LO, (uint32_t)then);
  device_write(PLATFORM_TIMER_BASE + TIMER_COMPARE_HI, (uint32_t)(then >> 32));
  cpu_sleep_until(&rang);
}
