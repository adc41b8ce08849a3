// SPDX-License-Identifier: Apache-2.0
#include "tb/verification/reference_shape.h"

namespace dlac::tb {

reference::Convolution reference_shape(const workloads::ConvLayer& layer) {
  reference::Convolution shape;
  shape.n = layer.batch;
  shape.c = layer.in_channels;
  shape.h = layer.height;
  shape.w = layer.width;
  shape.k = layer.out_channels;
  shape.kh = layer.kernel_h;
  shape.kw = layer.kernel_w;
  shape.stride_h = layer.stride_h;
  shape.stride_w = layer.stride_w;
  shape.pad_h = layer.pad_h;
  shape.pad_w = layer.pad_w;
  shape.dilation_h = layer.dilation_h;
  shape.dilation_w = layer.dilation_w;
  shape.groups = layer.groups;
  return shape;
}

}  // namespace dlac::tb
