/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_CORE_H
#define FIRMWARE_CORE_H

/* dLAC with its interrupt. */

#include "dlac.h"

/* Finds the core and connects its interrupt. Returns a dlac_status. */
int core_start(struct dlac_device* core);
/* Runs a command list, asleep until the interrupt, with all counters cleared before. Returns a dlac_status. */
int core_run(struct dlac_device* core, uint64_t list, uint32_t commands);

#endif
