/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTERFACE_MACROS_H
#define INTERFACE_MACROS_H

/* What a C compiler makes of dlac_regs.h, for a C++ test to compare with the model. The lists end with a null name. */

#include <stdint.h> /* NOLINT(modernize-deprecated-headers): C */

#ifdef __cplusplus
extern "C" {
#endif

struct MacroValue {
  const char* name;
  uint32_t value;
};

struct MacroField {
  const char* opcode; /* "COMMAND": of every command */
  const char* name;
  uint32_t word, mask, shift; /* mask 0: 64 bits */
};

extern const struct MacroValue MacroRegisters[];
extern const struct MacroValue MacroRegisterFields[]; /* "REGISTER.FIELD" */
extern const struct MacroValue MacroConstants[];
extern const struct MacroValue MacroErrors[];
extern const struct MacroValue MacroCounters[];
extern const struct MacroValue MacroCounterOffsets[]; /* "COUNTER.LO", "COUNTER.HI" */
extern const struct MacroValue MacroOpcodes[];
extern const struct MacroValue MacroTokens[];
extern const struct MacroField MacroFields[];
extern const struct MacroValue MacroFieldValues[]; /* "SET_VALUE" */

#ifdef __cplusplus
}
#endif

#endif
