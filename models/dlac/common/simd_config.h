// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Highway compiles for. Every source with SIMD code includes this before any header of Highway, so that all have
// the same targets, whatever -march the compiler was given; the test "simd: every source is configured" holds them to
// it.
//
// The lowest target is EMU128, loops over arrays in plain C++: any processor runs it. Highway 1.0.3 takes it for broken
// by GCC before 12.3, because of a high half of a product that no kernel here computes (GCC bug 106322). On x86 it is
// left out where the compiler is told of SSSE3. AVX-512 is never the lowest target: Highway does not compile the best
// one for that.
#define HWY_BROKEN_EMU128 0

#include <hwy/detect_compiler_arch.h>

#if HWY_ARCH_X86
#define HWY_BASELINE_TARGETS (HWY_EMU128 | HWY_BASELINE_SSSE3)
#endif
// Kernels keep arrays of vectors, so vector types must be sized. SCALAR lacks the shuffles.
#define HWY_DISABLED_TARGETS (HWY_SCALAR | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
