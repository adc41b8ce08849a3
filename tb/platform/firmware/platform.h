/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_PLATFORM_H
#define FIRMWARE_PLATFORM_H

/* What the firmware's parts need of the platform's devices. */

#include <stdint.h>

#include "platform_map.h"

static inline uint32_t device_read(uintptr_t address) { return *(const volatile uint32_t*)address; }
static inline void device_write(uintptr_t address, uint32_t value) { *(volatile uint32_t*)address = value; }

/* Installs the trap handler and lets interrupts in. */
void interrupts_start(void);
/* Calls `handler` from the trap handler when source `number` is pending. */
void interrupts_connect(uint32_t number, void (*handler)(void));

/* Simulated time in ticks of 1 / TIMER_HZ. */
uint64_t timer_now(void);
/* Sleeps in wfi for that many ticks, until the timer's interrupt. */
void timer_sleep(uint32_t ticks);

/* Ends the simulation. */
void platform_exit(int code) __attribute__((noreturn));

#endif
