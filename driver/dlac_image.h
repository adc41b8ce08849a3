/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DLAC_IMAGE_H
#define DLAC_IMAGE_H

/* A binary image: layers compiled for a dLAC core, ready to be linked into or loaded by firmware. `dlac-tb compile`
 * writes it, dlac_image_open() checks it, dlac_image_place() moves it to its address. Plain C99, also valid C++.
 *
 * One contiguous piece of memory, little-endian, at an address that is a multiple of DLAC_IMAGE_ALIGNMENT:
 *
 *   header | layer records | command list | weights, features          <- file_bytes: what the file holds
 *          | features that the file does not hold, outputs             <- memory_bytes: what it takes in memory
 *
 * Offsets count from the image's first byte. The list runs all layers one after the other and ends with one `end`;
 * a layer's first command waits (fence) until the layer before it is complete, so that a layer may read what an
 * earlier one wrote. Commands hold absolute addresses, made for the image lying at `base`. */

#include <stdint.h>

#define DLAC_IMAGE_MAGIC "dLACimg\n" /* the first 8 bytes, without the terminating NUL */
#define DLAC_IMAGE_VERSION 1u
#define DLAC_IMAGE_ALIGNMENT 64u

struct dlac_image_header {
  uint8_t magic[8];
  uint32_t version;      /* DLAC_IMAGE_VERSION; another one cannot be read */
  uint32_t header_bytes; /* sizeof(struct dlac_image_header) */
  uint64_t file_bytes;   /* length of the file */
  uint64_t memory_bytes; /* length in memory, at least file_bytes; what lies behind the file need not be cleared */
  uint64_t base;         /* address that the commands are made for */
  /* CRC-32 from the header's first byte to the last command's last, this field as 0; data_crc is covered. */
  uint32_t control_crc;
  uint32_t data_crc; /* CRC-32 of the rest of the file */
  /* The core that the commands are made for. */
  uint32_t mode;                /* 0 train, 1 infer; must be equal */
  uint32_t pes;                 /* must be equal */
  uint32_t output_buffers;      /* B; must be equal */
  uint32_t weight_buffer_bytes; /* the core must have at least as much of the following four */
  uint32_t feature_buffer_bytes;
  uint32_t token_limit;
  uint32_t queue_depth;
  uint32_t layers;          /* number of layer records */
  uint64_t layers_offset;   /* multiple of 8 */
  uint64_t commands_offset; /* multiple of 64 */
  uint32_t commands;        /* commands in the list, the end included: LIST_LENGTH */
  uint32_t reserved;        /* 0 */
};

#define DLAC_IMAGE_NAME_BYTES 48u

/* Flags of a layer. */
#define DLAC_IMAGE_FEATURES_IN_FILE \
  1u /* the file holds the features; otherwise the host writes them, or a layer does */
#define DLAC_IMAGE_OUTPUTS_EXPECTED 2u /* outputs_crc is that of the right outputs, computed by a naive reference */

struct dlac_image_layer {
  char name[DLAC_IMAGE_NAME_BYTES]; /* NUL-terminated */
  /* Tensors lie behind the commands, at a multiple of a word (4 bytes in train, 2 in infer). */
  uint64_t features_offset; /* [batch, in_channels, height, width], dense words of the mode's format */
  uint64_t features_bytes;
  uint64_t outputs_offset; /* [batch, out_channels, out_height, out_width], likewise */
  uint64_t outputs_bytes;
  uint64_t macs; /* multiply-accumulates, padding included */
  uint32_t batch, in_channels, height, width;
  uint32_t out_channels, out_height, out_width;
  uint32_t first_command, commands; /* the layer's part of the list */
  uint32_t outputs_crc;             /* CRC-32 of the outputs' bytes */
  uint32_t flags;
  uint32_t reserved; /* 0 */
};

/* CRC-32 as in IEEE 802.3: polynomial 0x04C11DB7 reflected, initial value and final XOR 0xFFFFFFFF; that of zlib. */

#endif
