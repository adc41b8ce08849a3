// SPDX-License-Identifier: Apache-2.0
#pragma once

// The driver's `struct dlac` next to the model's namespace dlac: in C++ they are one name too many, so here the struct
// has another. Functions with C linkage do not mind.
#define dlac dlac_device  // NOLINT(readability-identifier-naming)
#include "dlac.h"
#undef dlac
