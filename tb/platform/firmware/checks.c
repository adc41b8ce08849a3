/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "platform.h"
#include "tasks.h"

#define TICKS_PER_US (TIMER_HZ / 1000000u)

unsigned check_timer(void) {
  const uint32_t asked = 100 * TICKS_PER_US;
  const uint64_t before = timer_now();
  uint32_t passed;
  int right;
  timer_sleep(asked);
  passed = (uint32_t)(timer_now() - before);
  /* The handler takes its time, too. */
  right = passed >= asked && passed < asked + 20 * TICKS_PER_US;
  printf("timer       interrupt after %lu.%lu us of %lu: %s\n", (unsigned long)(passed / TICKS_PER_US),
         (unsigned long)(passed % TICKS_PER_US), (unsigned long)(asked / TICKS_PER_US), right ? "ok" : "WRONG");
  return !right;
}

unsigned check_error_and_reset(struct dlac_device* core, const struct dlac_image* image) {
  static uint32_t list[2][DLAC_COMMAND_WORDS]; /* of opcodes that do not exist */
  struct dlac_error error;
  int status, right;
  memset(list, 0xFF, sizeof list);
  status = core_run(core, (uintptr_t)list, 2);
  dlac_read_error(core, &error);
  right = status == DLAC_E_CORE && error.code == DLAC_ERROR_ILLEGAL_COMMAND && error.fault_address == (uintptr_t)list;
  printf("bad list    %s at 0x%08lx: %s\n", dlac_error_text(error.code), (unsigned long)error.fault_address,
         right ? "ok" : "WRONG");
  status = dlac_reset(core);
  if (status == DLAC_OK) status = core_run(core, (uintptr_t)image->commands, image->header->commands);
  printf("reset       the core runs the image again: %s\n", status == DLAC_OK ? "ok" : dlac_status_text(status));
  return (unsigned)!right + (status != DLAC_OK);
}
