/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DLAC_PLATFORM_MAP_H
#define DLAC_PLATFORM_MAP_H

/* The virtual platform as software sees it: addresses, registers, interrupt numbers. C99 and C++: the models and the
 * firmware include this one file. Every register is a 32-bit word, little-endian. docs/platform.md has the tables. */

/* --- address map; each device has a window of 4 KiB --- */
#define PLATFORM_WINDOW_BYTES 0x1000u
#define PLATFORM_TIMER_BASE 0x02000000u
#define PLATFORM_INTC_BASE 0x0C000000u
#define PLATFORM_UART_BASE 0x10000000u
#define PLATFORM_SYSTEM_BASE 0x10001000u
#define PLATFORM_DLAC_BASE 0x40000000u
#define PLATFORM_RAM_BASE 0x80000000u
/* The first part of RAM is the firmware's: code, data, stack. The image follows. */
#define PLATFORM_FIRMWARE_BYTES 0x00100000u
#define PLATFORM_IMAGE_BASE (PLATFORM_RAM_BASE + PLATFORM_FIRMWARE_BYTES)

/* --- interrupt sources of the interrupt controller --- */
#define PLATFORM_IRQ_TIMER 1u
#define PLATFORM_IRQ_DLAC 2u

/* --- timer: counts ticks of 100 ns from the start of the simulation --- */
#define TIMER_HZ 10000000u
#define TIMER_TIME_LO 0x00u    /* RO; reading it latches TIME_HI */
#define TIMER_TIME_HI 0x04u    /* RO; as of the last read of TIME_LO */
#define TIMER_COMPARE_LO 0x08u /* RW; the interrupt is high while time >= compare; all ones after the start */
#define TIMER_COMPARE_HI 0x0Cu /* RW */

/* --- interrupt controller: level-sensitive sources 1 to 31; bit n is source n --- */
#define INTC_PENDING 0x00u /* RO; line high and not claimed, whether enabled or not */
#define INTC_ENABLE 0x04u  /* RW */
#define INTC_CLAIM                                                                                  \
  0x08u /* read: claims the lowest enabled pending source, 0 for none; write: completes that source \
         */

/* --- UART: the part of an Arm PL011 that a polling driver needs --- */
#define UART_DATA 0x00u      /* WO; a byte to send, at once */
#define UART_FLAGS 0x18u     /* RO */
#define UART_FLAG_RXFE 0x10u /* nothing received: always */
#define UART_FLAG_TXFE 0x80u /* nothing left to send: always */

/* --- system controller: what the platform tells the firmware, and the way out --- */
#define SYSTEM_EXIT 0x00u        /* WO; ends the simulation with exit code value & 0xFF */
#define SYSTEM_RAM_BYTES 0x04u   /* RO */
#define SYSTEM_IMAGE_BYTES 0x08u /* RO; length of the file loaded at PLATFORM_IMAGE_BASE, 0 for none */
#define SYSTEM_TASK 0x0Cu        /* RO; what the firmware is asked to do */
#define SYSTEM_TASK_LAYERS 0u    /* run the image's layers */
#define SYSTEM_TASK_BENCHMARK 1u /* run the processor benchmark */

#endif
