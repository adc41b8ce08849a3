/* SPDX-License-Identifier: Apache-2.0 */
/* A command list made by hand, the smallest whole one: a matrix of ternary weights times a matrix of features, which
 * the processor recomputes with integers. */
#include <stdio.h>
#include <string.h>

#include "tasks.h"

#define INPUTS 6u /* channels in: a beat each */
#define PIXELS 8u
#define MOST_OUTPUTS 64u
#define COMMANDS 5u

/* The word of the mode's format that holds a small whole number: binary32, or binary16 up to 2048. */
static uint32_t word_of(int value, uint32_t mode) {
  const uint32_t fraction_bits = mode == DLAC_MODE_TRAIN ? 23 : 10;
  const uint32_t bias = mode == DLAC_MODE_TRAIN ? 127 : 15;
  const uint32_t sign = value < 0 ? 1u << (mode == DLAC_MODE_TRAIN ? 31 : 15) : 0;
  const uint32_t magnitude = (uint32_t)(value < 0 ? -value : value);
  uint32_t exponent = 0;
  if (value == 0) return 0;
  while (magnitude >> (exponent + 1) != 0) ++exponent;
  return sign | (exponent + bias) << fraction_bits | (magnitude ^ 1u << exponent) << (fraction_bits - exponent);
}

static int weight(uint32_t output, uint32_t input) { return (int)((7 * output + 5 * input + output * input) % 3) - 1; }
static int feature(uint32_t input, uint32_t pixel) {
  return (input + pixel) % 3 == 0 ? 0 : (int)((13 * input + 11 * pixel) % 17) - 8;
}

static void make_list(uint32_t list[COMMANDS][DLAC_COMMAND_WORDS], uint32_t outputs, uint32_t word_bytes,
                      const uint8_t* weights, const uint8_t* features, const uint8_t* results) {
  uint32_t* command = list[0];
  memset(list, 0, COMMANDS * DLAC_COMMAND_BYTES);
  DLAC_SET(command, DLAC_COMMAND_OPCODE, DLAC_OPCODE_LOAD_WEIGHTS);
  DLAC_SET64(command, DLAC_LOAD_WEIGHTS_ADDRESS, (uintptr_t)weights);
  DLAC_SET(command, DLAC_LOAD_WEIGHTS_BYTES, INPUTS * outputs * 2 / 8);

  command = list[1];
  DLAC_SET(command, DLAC_COMMAND_OPCODE, DLAC_OPCODE_LOAD_FEATURES);
  DLAC_SET(command, DLAC_COMMAND_PUSH, DLAC_TOKEN_LOAD_TO_COMPUTE);
  DLAC_SET64(command, DLAC_LOAD_FEATURES_ADDRESS, (uintptr_t)features);
  DLAC_SET(command, DLAC_LOAD_FEATURES_CHANNELS, INPUTS);
  DLAC_SET(command, DLAC_LOAD_FEATURES_CHANNEL_STRIDE, PIXELS * word_bytes);
  DLAC_SET(command, DLAC_LOAD_FEATURES_IMAGE_STRIDE, INPUTS * PIXELS * word_bytes);
  DLAC_SET(command, DLAC_LOAD_FEATURES_ROW_STRIDE, PIXELS * word_bytes);
  DLAC_SET(command, DLAC_LOAD_FEATURES_WIDTH, PIXELS);
  DLAC_SET(command, DLAC_LOAD_FEATURES_HEIGHT, 1);
  DLAC_SET(command, DLAC_LOAD_FEATURES_ROWS, 1);
  DLAC_SET(command, DLAC_LOAD_FEATURES_ROW_CAPACITY, 1);
  DLAC_SET(command, DLAC_LOAD_FEATURES_PITCH, PIXELS);

  command = list[2]; /* a grid of one row: all output buffers of a PE, a PE for each pixel */
  DLAC_SET(command, DLAC_COMMAND_OPCODE, DLAC_OPCODE_MM_OP);
  DLAC_SET(command, DLAC_COMMAND_POP, DLAC_TOKEN_LOAD_TO_COMPUTE);
  DLAC_SET(command, DLAC_COMMAND_PUSH, DLAC_TOKEN_COMPUTE_TO_STORE);
  DLAC_SET(command, DLAC_MM_OP_CLEAR, 1);
  DLAC_SET(command, DLAC_MM_OP_CHANNELS, outputs);
  DLAC_SET(command, DLAC_MM_OP_COLUMNS, PIXELS);
  DLAC_SET(command, DLAC_MM_OP_BEATS, INPUTS);
  DLAC_SET(command, DLAC_MM_OP_ROW_CAPACITY, 1);
  DLAC_SET(command, DLAC_MM_OP_PITCH, PIXELS);
  DLAC_SET(command, DLAC_MM_OP_HEIGHT, 1);
  DLAC_SET(command, DLAC_MM_OP_WIDTH, PIXELS);
  DLAC_SET(command, DLAC_MM_OP_KERNEL_HEIGHT, 1);
  DLAC_SET(command, DLAC_MM_OP_KERNEL_WIDTH, 1);
  DLAC_SET(command, DLAC_MM_OP_OUT_HEIGHT, 1);
  DLAC_SET(command, DLAC_MM_OP_OUT_WIDTH, PIXELS);
  DLAC_SET(command, DLAC_MM_OP_STRIDE_Y, 1);
  DLAC_SET(command, DLAC_MM_OP_STRIDE_X, 1);
  DLAC_SET(command, DLAC_MM_OP_STEP_Y, 1);
  DLAC_SET(command, DLAC_MM_OP_STEP_X, 1);
  DLAC_SET(command, DLAC_MM_OP_INSERT_Y, 1);
  DLAC_SET(command, DLAC_MM_OP_INSERT_X, 1);

  command = list[3];
  DLAC_SET(command, DLAC_COMMAND_OPCODE, DLAC_OPCODE_STORE);
  DLAC_SET(command, DLAC_COMMAND_POP, DLAC_TOKEN_COMPUTE_TO_STORE);
  DLAC_SET64(command, DLAC_STORE_ADDRESS, (uintptr_t)results);
  DLAC_SET(command, DLAC_STORE_CHANNEL_STRIDE, PIXELS * word_bytes);
  DLAC_SET(command, DLAC_STORE_IMAGE_STRIDE, outputs * PIXELS * word_bytes);
  DLAC_SET(command, DLAC_STORE_IMAGE_PIXELS, PIXELS);
  DLAC_SET(command, DLAC_STORE_CHANNELS, outputs);
  DLAC_SET(command, DLAC_STORE_COLUMNS, PIXELS);

  DLAC_SET(list[4], DLAC_COMMAND_OPCODE, DLAC_OPCODE_END);
}

unsigned check_matrix_product(struct dlac_device* core) {
  static uint32_t list[COMMANDS][DLAC_COMMAND_WORDS];
  static uint8_t weights[INPUTS * MOST_OUTPUTS * 2 / 8] __attribute__((aligned(16)));
  static uint8_t features[INPUTS * PIXELS * 4] __attribute__((aligned(4)));
  static uint8_t results[MOST_OUTPUTS * PIXELS * 4] __attribute__((aligned(4)));
  const uint32_t outputs = core->output_buffers, word_bytes = core->mode == DLAC_MODE_TRAIN ? 4 : 2;
  uint32_t k, c, p;
  unsigned wrong = 0;
  int status;
  if (outputs > MOST_OUTPUTS || core->pes < PIXELS) return 0; /* another core than this is made for */

  memset(weights, 0, sizeof weights);
  for (c = 0; c < INPUTS; ++c) {
    for (k = 0; k < outputs; ++k) { /* two bits, in two's complement */
      const uint32_t bit = 2 * (c * outputs + k);
      weights[bit / 8] |= (uint8_t)(((uint32_t)weight(k, c) & 3u) << bit % 8);
    }
    for (p = 0; p < PIXELS; ++p) {
      const uint32_t word = word_of(feature(c, p), core->mode);
      memcpy(features + (c * PIXELS + p) * word_bytes, &word, word_bytes);
    }
  }
  memset(results, 0xFF, sizeof results);
  make_list(list, outputs, word_bytes, weights, features, results);
  status = core_run(core, (uintptr_t)list, COMMANDS);
  for (k = 0; k < outputs; ++k) {
    for (p = 0; p < PIXELS; ++p) {
      uint32_t expected, result = 0;
      int sum = 0;
      for (c = 0; c < INPUTS; ++c) sum += weight(k, c) * feature(c, p);
      expected = word_of(sum, core->mode);
      memcpy(&result, results + (k * PIXELS + p) * word_bytes, word_bytes);
      wrong += result != expected;
    }
  }
  if (status != DLAC_OK) wrong += 1;
  printf("matrix      %lux%u times %ux%u, recomputed by the processor: %s\n", (unsigned long)outputs, INPUTS, INPUTS,
         PIXELS,
         status != DLAC_OK ? dlac_status_text(status)
         : wrong != 0      ? "WRONG"
                           : "ok");
  return wrong != 0;
}
