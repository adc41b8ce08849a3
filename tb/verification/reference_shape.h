// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tb/reference/operands.h"
#include "workloads/layer.h"

namespace dlac::tb {

/// A layer in the reference's terms.
[[nodiscard]] reference::Convolution reference_shape(const workloads::ConvLayer& layer);

}  // namespace dlac::tb
