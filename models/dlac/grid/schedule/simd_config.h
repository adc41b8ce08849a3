// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Highway compiles for; to be included before any of its headers, by every source with SIMD code alike.
// The lowest x86 target is SSSE3: below it Highway 1.0.3 has only one-lane vectors (its 128-bit emulation is disabled
// for GCC before 12.3), which lack the shuffles used here. Kernels keep arrays of vectors, so vector types must be
// sized.
#include <hwy/detect_compiler_arch.h>

#if HWY_ARCH_X86
#define HWY_BASELINE_TARGETS (HWY_SSSE3)
#endif
#define HWY_DISABLED_TARGETS (HWY_SCALAR | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
