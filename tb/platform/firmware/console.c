/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library asks of the platform: standard output through the UART. */
#include <stdio.h>

#include "platform.h"

static int put(char c, FILE* file) {
  (void)file;
  device_write(PLATFORM_UART_BASE + UART_DATA, (unsigned char)c);
  return (unsigned char)c;
}

static FILE uart = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE* const stdout = &uart;

void platform_exit(int code) {
  for (;;) device_write(PLATFORM_SYSTEM_BASE + SYSTEM_EXIT, (uint32_t)code);
}
