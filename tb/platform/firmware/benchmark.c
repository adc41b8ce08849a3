/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tasks.h"

#define WORDS 1024u
#define ROUNDS 40000u

/* Loads, stores, multiplications and branches over a small array: what firmware is made of. */
unsigned run_benchmark(void) {
  static uint32_t data[WORDS];
  uint32_t round, i, sum = 1;
  for (round = 0; round < ROUNDS; ++round) {
    for (i = 0; i < WORDS; ++i) {
      sum = sum * 1664525u + 1013904223u + data[i];
      if ((sum & 8u) != 0) data[i] = sum >> 7;
    }
  }
  printf("benchmark   %u rounds over %u words, result 0x%08lx\n", ROUNDS, WORDS, (unsigned long)sum);
  return 0;
}
