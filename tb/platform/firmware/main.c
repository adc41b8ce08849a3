/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware of the virtual platform: finds dLAC, checks timer and interrupts, runs the layers of the image that the
 * platform has put into RAM, checks every output and prints the counters. Its exit code is 0 if all was right. */
#include <stdio.h>

#include "platform.h"
#include "tasks.h"

static int failed(const char* what, int status) {
  printf("%-11s %s\n", what, dlac_status_text(status));
  return 1;
}

static unsigned long microseconds_since(uint64_t start) {
  return (unsigned long)((timer_now() - start) / (TIMER_HZ / 1000000u));
}

static const char* mode_name(uint32_t mode) { return mode == DLAC_MODE_TRAIN ? "train" : "infer"; }

static int run_image(struct dlac_device* core) {
  const uint32_t bytes = device_read(PLATFORM_SYSTEM_BASE + SYSTEM_IMAGE_BYTES);
  const uint32_t room = device_read(PLATFORM_SYSTEM_BASE + SYSTEM_RAM_BYTES) - PLATFORM_FIRMWARE_BYTES;
  const uint64_t start = timer_now();
  struct dlac_image image;
  unsigned wrong;
  int status = dlac_image_open(&image, (void*)PLATFORM_IMAGE_BASE, bytes);
  if (status != DLAC_OK) return failed("image", status);
  status = dlac_image_fits(&image, core);
  if (status != DLAC_OK) {
    printf("image       made for %s, %lu PEs with %lu output buffers: --mode, --set\n", mode_name(image.header->mode),
           (unsigned long)image.header->pes, (unsigned long)image.header->output_buffers);
    return failed("image", status);
  }
  if (image.header->memory_bytes > room) {
    printf("image       takes %llu bytes of RAM, there are %lu: --ram-bytes\n",
           (unsigned long long)image.header->memory_bytes, (unsigned long)room);
    return 1;
  }
  status = dlac_image_place(&image, PLATFORM_IMAGE_BASE);
  if (status != DLAC_OK) return failed("image", status);
  printf("image       %lu layers, %lu commands, %lu bytes, checked and placed in %lu us\n",
         (unsigned long)image.header->layers, (unsigned long)image.header->commands, (unsigned long)bytes,
         microseconds_since(start));

  wrong = check_timer();
  wrong += check_matrix_product(core);
  wrong += check_error_and_reset(core, &image);
  wrong += run_layers(core, &image);
  printf("\n%s\n", wrong == 0 ? "all checks passed" : "CHECKS FAILED");
  return wrong != 0;
}

static int run(void) {
  struct dlac_device core;
  int status;
  status = core_start(&core);
  if (status != DLAC_OK) return failed("core", status);
  printf("core        dLAC %lu.%lu, %s, %lu PEs with %lu output buffers, %lu MHz\n",
         (unsigned long)(core.version >> 16), (unsigned long)(core.version & 0xFFFFu), mode_name(core.mode),
         (unsigned long)core.pes, (unsigned long)core.output_buffers, (unsigned long)(1000000u / core.clock_period_ps));
  if (device_read(PLATFORM_SYSTEM_BASE + SYSTEM_TASK) == SYSTEM_TASK_BENCHMARK) return (int)run_benchmark();
  return run_image(&core);
}

int main(void) {
  interrupts_start();
  platform_exit(run()); /* the C library's start-up code would stay in an endless loop */
}
