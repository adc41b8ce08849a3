/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_CPU_H
#define FIRMWARE_CPU_H

/* The processor: interrupts and sleep. The CSR instructions are an extension of their own, Zicsr, which the C library's
 * rv32im build does not name. */

#include <stdint.h>

#define CSR_WRITE(name, value) \
  __asm__ volatile(".option push\n.option arch, +zicsr\ncsrw " name ", %0\n.option pop" ::"r"(value) : "memory")
#define CSR_SET(name, value) \
  __asm__ volatile(".option push\n.option arch, +zicsr\ncsrs " name ", %0\n.option pop" ::"r"(value) : "memory")
#define CSR_CLEAR(name, value) \
  __asm__ volatile(".option push\n.option arch, +zicsr\ncsrc " name ", %0\n.option pop" ::"r"(value) : "memory")
#define CSR_READ(name, result) \
  __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, " name "\n.option pop" : "=r"(result)::"memory")

#define MSTATUS_MIE 0x8u
/* The platform's interrupt line is the supervisor external interrupt, taken in machine mode. */
#define MIE_SEIE 0x200u
#define MCAUSE_SEI 0x80000009u

static inline void cpu_interrupts_on(void) { CSR_SET("mstatus", MSTATUS_MIE); }
static inline void cpu_interrupts_off(void) { CSR_CLEAR("mstatus", MSTATUS_MIE); }

/* Sleeps until *flag is not 0; an interrupt handler sets it. No interrupt can slip in between the look at the flag and
 * the wfi: that wakes up for a pending interrupt, but takes it only when they are on again. */
static inline void cpu_sleep_until(const volatile uint32_t* flag) {
  while (*flag == 0) {
    cpu_interrupts_off();
    if (*flag == 0) __asm__ volatile("wfi" ::: "memory");
    cpu_interrupts_on();
  }
}

#endif
