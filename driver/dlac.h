/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DLAC_H
#define DLAC_H

/* A driver for the dLAC core: freestanding C99, no heap, no operating system, no global state. Little-endian CPUs.
 * Calls for one core must not overlap, but for dlac_irq_acknowledge(), which a trap handler may call at any time.
 *
 *   struct dlac_device core;
 *   struct dlac_image image;
 *   if (dlac_probe(&core, 0x10000000) != DLAC_OK) ...
 *   if (dlac_image_open(&image, bytes, size) != DLAC_OK || dlac_image_fits(&image, &core) != DLAC_OK) ...
 *   dlac_image_place(&image, address_on_the_bus_of_the_core);
 *   dlac_irq_enable(&core, DLAC_IRQ_DONE | DLAC_IRQ_ERROR);
 *   dlac_submit_image(&core, &image);
 *   ...                                   in the trap handler: pending |= dlac_irq_acknowledge(&core);
 *   status = dlac_result(&core);
 *   dlac_read_counters(&core, &counters);
 *
 * Every function that returns an int returns a dlac_status. */

#include <stddef.h>
#include <stdint.h>

#include "dlac_image.h"
#include "dlac_regs.h"

#ifdef __cplusplus
extern "C" {
#endif

enum dlac_status {
  DLAC_OK = 0,
  DLAC_E_ARGUMENT,       /* a null pointer, a misaligned address, a length of 0 */
  DLAC_E_NO_DEVICE,      /* the ID register does not say dLAC */
  DLAC_E_VERSION,        /* another major version of the core */
  DLAC_E_BUSY,           /* a list runs */
  DLAC_E_TIMEOUT,        /* still busy after the polls that were allowed */
  DLAC_E_CORE,           /* the core stopped with an error: dlac_read_error(); dlac_reset() makes it work again */
  DLAC_E_NOT_STARTED,    /* no list has run since the last reset */
  DLAC_E_IMAGE_MAGIC,    /* no dLAC image */
  DLAC_E_IMAGE_VERSION,  /* an image of another format */
  DLAC_E_IMAGE_SIZE,     /* truncated, or an offset, a size or a name that is not possible */
  DLAC_E_IMAGE_CHECKSUM, /* damaged, or other outputs than expected */
  DLAC_E_IMAGE_CORE      /* made for another core */
};

struct dlac_device {
  uintptr_t base; /* of the registers */
  /* What the core says of itself. */
  uint32_t version, mode, pes, output_buffers, weight_buffer_bytes, feature_buffer_bytes, token_limit, queue_depth;
  uint32_t clock_period_ps;
};

struct dlac_error {
  uint32_t code;          /* DLAC_ERROR_...; 0: none */
  uint64_t fault_address; /* of the failing access or command */
};

/* All performance counters, in the order of their registers: counter DLAC_COUNTER_... is values[DLAC_COUNTER_...]. */
struct dlac_counters {
  uint64_t values[DLAC_COUNTERS];
};

/* --- the core --- */

/* Looks whether a core of a version that this driver knows is there; fills *core. Changes nothing in the core. */
int dlac_probe(struct dlac_device* core, uintptr_t base);
/* Back to the state after power-up, also in the middle of a list; counters, interrupts and enables are cleared, so
 * dlac_irq_enable() has to follow. DLAC_E_BUSY from a core that does not come to rest. */
int dlac_reset(struct dlac_device* core);
/* Starts the command list of `commands` commands at `list`, an address on the core's bus, multiple of 4. All that was
 * written to memory before is there for the core (a CPU with a data cache that the core does not see has to clean it).
 * DLAC_E_BUSY while another list runs. DLAC_E_CORE when the list before failed: the core starts nothing until
 * dlac_reset(); its error, fault address and counters stay to be read until then. */
int dlac_submit(struct dlac_device* core, uint64_t list, uint32_t commands);
/* DLAC_OK: the last list ran to its end. DLAC_E_BUSY: it still runs. DLAC_E_CORE: it failed. DLAC_E_NOT_STARTED. */
int dlac_result(const struct dlac_device* core);
/* Polls STATUS at most `polls` times (0: without end) and returns dlac_result(), or DLAC_E_TIMEOUT. */
int dlac_wait(const struct dlac_device* core, uint32_t polls);
/* Sleeps until the list is done: calls `sleep(context)`, e.g. a wfi, between looks at STATUS. `sleep` must return when
 * the core's interrupt is pending, and may return earlier.
 *
 * The interrupt may come between the look at STATUS and the wfi. A trap handler that acknowledges it there would leave
 * nothing for the wfi to wake up on. So call this with the CPU's interrupts disabled globally (a pending one ends a
 * RISC-V's wfi all the same), and let `sleep` enable and disable them once after its wfi, for the handler to run. */
int dlac_wait_sleeping(const struct dlac_device* core, void (*sleep)(void* context), void* context);

void dlac_irq_enable(const struct dlac_device* core, uint32_t mask); /* DLAC_IRQ_DONE | DLAC_IRQ_ERROR; 0: none */
/* Reads and clears the pending interrupts; returns which there were. Call it from the trap handler. */
uint32_t dlac_irq_acknowledge(const struct dlac_device* core);

void dlac_read_error(const struct dlac_device* core, struct dlac_error* error);
/* Takes a snapshot of all counters at one instant and reads it. They count on over several lists until cleared. */
void dlac_read_counters(const struct dlac_device* core, struct dlac_counters* counters);
void dlac_clear_counters(const struct dlac_device* core);

const char* dlac_error_text(uint32_t code);      /* of the core's ERROR register; "unknown" for another value */
const char* dlac_status_text(int status);        /* of a dlac_status */
const char* dlac_counter_name(unsigned counter); /* "cycles", ...; NULL beyond the last */

/* --- images (dlac_image.h) --- */

/* A view of an image in memory; points into it. */
struct dlac_image {
  struct dlac_image_header* header;
  struct dlac_image_layer* layers;
  uint8_t* commands;
};

/* Checks the image of `size` bytes (the file's; more is allowed) at `bytes`: magic, version, that everything lies
 * inside, both checksums. Whatever the bytes are, nothing beyond `size` is read. `bytes` must be a multiple of 8, and
 * memory_bytes long in the end, although `size` of them are enough here. Fills *image when all is well, and only then;
 * the other functions take no image that was not opened. */
int dlac_image_open(struct dlac_image* image, void* bytes, size_t size);
/* DLAC_OK if the commands can run on this core, DLAC_E_IMAGE_CORE if they were made for another. */
int dlac_image_fits(const struct dlac_image* image, const struct dlac_device* core);
/* Makes the commands right for the image lying at `address` on the core's bus, a multiple of DLAC_IMAGE_ALIGNMENT, and
 * brings header and control_crc up to date. Cheap when it is right already. */
int dlac_image_place(struct dlac_image* image, uint64_t address);
/* dlac_submit() of the image's whole list, where the image was placed; DLAC_E_IMAGE_CORE unless it fits. */
int dlac_submit_image(struct dlac_device* core, const struct dlac_image* image);
/* Compares a layer's outputs with their checksum: DLAC_OK, DLAC_E_IMAGE_CHECKSUM, or DLAC_E_ARGUMENT when the image
 * holds no checksum for it. */
int dlac_image_check_outputs(const struct dlac_image* image, uint32_t layer);

uint32_t dlac_crc32(uint32_t crc, const void* bytes, size_t size); /* as zlib's crc32: starts from 0 */

/* --- register access ---
 * By default through volatile pointers. With DLAC_CUSTOM_IO defined these two are the platform's to define; they must
 * reach the core in the order of the calls. */
#ifdef DLAC_CUSTOM_IO
uint32_t dlac_io_read(uintptr_t address);
void dlac_io_write(uintptr_t address, uint32_t value);
#else
static inline uint32_t dlac_io_read(uintptr_t address) { return *(const volatile uint32_t*)address; }
static inline void dlac_io_write(uintptr_t address, uint32_t value) { *(volatile uint32_t*)address = value; }
#endif

#ifdef __cplusplus
}
#endif

#endif
