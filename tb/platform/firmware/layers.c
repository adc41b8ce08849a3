/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "platform.h"
#include "tasks.h"

struct totals {
  unsigned checked, wrong;
};

/* Makes a layer's outputs wrong, a byte here and there, so that only a run can make them right. */
static void spoil_outputs(const struct dlac_image* image, const struct dlac_image_layer* layer) {
  const size_t stride = 64;
  uint8_t* const outputs = (uint8_t*)image->header + layer->outputs_offset;
  size_t i;
  for (i = 0; i < layer->outputs_bytes; i += stride) outputs[i] ^= 0xFFu;
}

/* Checks a layer's outputs against the checksum of the reference's, and says so in a word. */
static const char* check(const struct dlac_image* image, uint32_t layer, struct totals* totals) {
  if ((image->layers[layer].flags & DLAC_IMAGE_OUTPUTS_EXPECTED) == 0) return "-";
  ++totals->checked;
  if (dlac_image_check_outputs(image, layer) == DLAC_OK) return "ok";
  ++totals->wrong;
  return "WRONG";
}

static unsigned long in_tenths(uint64_t numerator, uint64_t denominator) {
  return denominator == 0 ? 0 : (unsigned long)((10 * numerator + denominator / 2) / denominator);
}

static void print_row(const char* name, uint64_t commands, const struct dlac_counters* counters, uint64_t macs,
                      const char* verdict) {
  const uint64_t* c = counters->values;
  const uint64_t cycles = c[DLAC_COUNTER_CYCLES];
  const uint64_t updates = c[DLAC_COUNTER_UPDATES_EXECUTED];
  const uint64_t waiting =
      c[DLAC_COUNTER_WAIT_WEIGHTS_CYCLES] + c[DLAC_COUNTER_WAIT_FEATURES_CYCLES] + c[DLAC_COUNTER_WAIT_DRAIN_CYCLES];
  const unsigned long flops = in_tenths(2 * macs, cycles), live = in_tenths(100 * updates, macs);
  const unsigned long compute = in_tenths(100 * c[DLAC_COUNTER_COMPUTE_CYCLES], cycles);
  const unsigned long wait = in_tenths(100 * waiting, cycles);
  printf("%-24.24s %8lu %11llu %11llu %6lu.%lu %5lu.%lu %5lu.%lu %5lu.%lu  %s\n", name, (unsigned long)commands,
         (unsigned long long)cycles, (unsigned long long)macs, flops / 10, flops % 10, live / 10, live % 10,
         compute / 10, compute % 10, wait / 10, wait % 10, verdict);
}

/* One layer by a list of its own: its commands, and the `end` that closes the image's list. */
static int run_one(struct dlac_device* core, const struct dlac_image* image, const struct dlac_image_layer* layer) {
  const struct dlac_image_header* header = image->header;
  uint8_t* const list = (uint8_t*)header +
                        (header->memory_bytes + DLAC_IMAGE_ALIGNMENT - 1) / DLAC_IMAGE_ALIGNMENT * DLAC_IMAGE_ALIGNMENT;
  const size_t bytes = (size_t)layer->commands * DLAC_COMMAND_BYTES;
  const uint8_t* const end = image->commands + (size_t)(header->commands - 1) * DLAC_COMMAND_BYTES;
  const uintptr_t ram_end = PLATFORM_RAM_BASE + device_read(PLATFORM_SYSTEM_BASE + SYSTEM_RAM_BYTES);
  if (bytes + DLAC_COMMAND_BYTES > ram_end - (uintptr_t)list) return DLAC_E_ARGUMENT;
  memcpy(list, image->commands + (size_t)layer->first_command * DLAC_COMMAND_BYTES, bytes);
  memcpy(list + bytes, end, DLAC_COMMAND_BYTES);
  return core_run(core, (uintptr_t)list, layer->commands + 1);
}

static void print_failure(const struct dlac_device* core, const char* name, int status) {
  struct dlac_error error;
  dlac_read_error(core, &error);
  printf("%-24.24s %s: %s at 0x%08lx\n", name, dlac_status_text(status), dlac_error_text(error.code),
         (unsigned long)error.fault_address);
}

unsigned run_layers(struct dlac_device* core, const struct dlac_image* image) {
  struct totals all = {0}, each = {0};
  struct dlac_counters counters;
  uint64_t macs = 0;
  uint32_t i;
  int status;

  printf("\n%-24s %8s %11s %11s %8s %7s %7s %7s  %s\n", "layer", "commands", "cycles", "MACs", "flop/cyc", "live %",
         "comp. %", "wait %", "outputs");
  for (i = 0; i < image->header->layers; ++i) {
    const struct dlac_image_layer* layer = &image->layers[i];
    spoil_outputs(image, layer);
    status = run_one(core, image, layer);
    macs += layer->macs;
    if (status != DLAC_OK) {
      print_failure(core, layer->name, status);
      return 1;
    }
    dlac_read_counters(core, &counters);
    print_row(layer->name, layer->commands, &counters, layer->macs, check(image, i, &each));
  }

  /* The same layers back to back, from one list: one doorbell, one interrupt. */
  for (i = 0; i < image->header->layers; ++i) spoil_outputs(image, &image->layers[i]);
  status = core_run(core, (uintptr_t)image->commands, image->header->commands);
  if (status != DLAC_OK) {
    print_failure(core, "all in one list", status);
    return 1;
  }
  dlac_read_counters(core, &counters);
  for (i = 0; i < image->header->layers; ++i) (void)check(image, i, &all);
  print_row("all in one list", image->header->commands, &counters, macs,
            all.wrong != 0     ? "WRONG"
            : all.checked == 0 ? "-"
                               : "ok");

  printf("\noutputs     %u of %lu layers checked, %u wrong", all.checked, (unsigned long)image->header->layers,
         all.wrong + each.wrong);
  printf(all.checked < image->header->layers ? " (`dlac-tb compile --expect` adds checksums)\n" : "\n");
  printf("\ncounters of all layers in one list\n");
  for (i = 0; i < DLAC_COUNTERS; ++i) {
    printf("  %-24s %15llu\n", dlac_counter_name(i), (unsigned long long)counters.values[i]);
  }
  return all.wrong + each.wrong;
}
