/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>

#include "cpu.h"
#include "platform.h"

#define SOURCES 32u

static void (*handlers[SOURCES])(void);

/* Everything traps here: claims each pending source, has its handler quieten the device, completes it. */
__attribute__((interrupt("machine"), aligned(4))) static void trap_handler(void) {
  uint32_t cause, source;
  CSR_READ("mcause", cause);
  if (cause != MCAUSE_SEI) {
    uint32_t pc;
    CSR_READ("mepc", pc);
    printf("unexpected trap, mcause 0x%08lx, mepc 0x%08lx\n", (unsigned long)cause, (unsigned long)pc);
    platform_exit(1);
  }
  while ((source = device_read(PLATFORM_INTC_BASE + INTC_CLAIM)) != 0) {
    if (source < SOURCES && handlers[source] != NULL) handlers[source]();
    device_write(PLATFORM_INTC_BASE + INTC_CLAIM, source);
  }
}

void interrupts_start(void) {
  CSR_WRITE("mtvec", (uintptr_t)&trap_handler);
  CSR_SET("mie", MIE_SEIE);
  cpu_interrupts_on();
}

void interrupts_connect(uint32_t number, void (*handler)(void)) {
  handlers[number] = handler;
  device_write(PLATFORM_INTC_BASE + INTC_ENABLE, device_read(PLATFORM_INTC_BASE + INTC_ENABLE) | 1u << number);
}
