/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_TASKS_H
#define FIRMWARE_TASKS_H

#include "core.h"

/* Each returns the number of checks that failed, and prints what it found. */

/* The timer's interrupt comes when it should. */
unsigned check_timer(void);
/* A matrix product by a command list made by hand is what the processor computes. */
unsigned check_matrix_product(struct dlac_device* core);
/* A list that the core cannot run is reported, and the core works again after a reset. */
unsigned check_error_and_reset(struct dlac_device* core, const struct dlac_image* image);
/* All layers of the image by one command list, then each by a list of its own; every output is checked. */
unsigned run_layers(struct dlac_device* core, const struct dlac_image* image);
/* Instructions without any access to a device, for the platform to measure. */
unsigned run_benchmark(void);

#endif
