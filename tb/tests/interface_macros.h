/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTERFACE_MACROS_H
#define INTERFACE_MACROS_H

/* What a C compiler makes of dlac_regs.h, for a C++ test to compare with the model. The lists end with a null name. */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct macro_value {
  const char* name;
  uint32_t value;
};

struct macro_field {
  const char* opcode; /* "COMMAND": of every command */
  const char* name;
  uint32_t word, mask, shift; /* mask 0: 64 bits */
};

extern const struct macro_value macro_registers[];
extern const struct macro_value macro_register_fields[]; /* "REGISTER.FIELD" */
extern const struct macro_value macro_constants[];
extern const struct macro_value macro_errors[];
extern const struct macro_value macro_counters[];
extern const struct macro_value macro_counter_offsets[]; /* "COUNTER.LO", "COUNTER.HI" */
extern const struct macro_value macro_opcodes[];
extern const struct macro_value macro_tokens[];
extern const struct macro_field macro_fields[];

#ifdef __cplusplus
}
#endif

#endif
