/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "cpu.h"
#include "platform.h"

static struct dlac_device* connected;
static volatile uint32_t pending;

static void on_core(void) { pending |= dlac_irq_acknowledge(connected); }

static void sleep_until_pending(void* unused) {
  (void)unused;
  cpu_sleep_until(&pending);
}

int core_start(struct dlac_device* core) {
  const int status = dlac_probe(core, PLATFORM_DLAC_BASE);
  if (status != DLAC_OK) return status;
  connected = core;
  interrupts_connect(PLATFORM_IRQ_DLAC, on_core);
  return DLAC_OK;
}

int core_run(struct dlac_device* core, uint64_t list, uint32_t commands) {
  int status;
  pending = 0;
  dlac_clear_counters(core);
  dlac_irq_enable(core, DLAC_IRQ_DONE | DLAC_IRQ_ERROR);
  status = dlac_submit(core, list, commands);
  return status == DLAC_OK ? dlac_wait_sleeping(core, sleep_until_pending, NULL) : status;
}
