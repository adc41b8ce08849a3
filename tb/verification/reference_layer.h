// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlac/common/config.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "tb/reference/convolution.h"
#include "tb/system/testbench.h"
#include "workloads/layer.h"
#include "workloads/tensor.h"

namespace dlac::tb {

/// A layer and its tensors as the naive reference takes them. Keeps copies of the tensors.
class ReferenceLayer {
 public:
  ReferenceLayer(const workloads::ConvLayer& layer, Mode mode, const LayerTensors& tensors);
  ReferenceLayer(const ReferenceLayer&) = delete;
  ReferenceLayer& operator=(const ReferenceLayer&) = delete;

  [[nodiscard]] const reference::Convolution& shape() const { return shape_; }
  [[nodiscard]] reference::Precision precision() const { return precision_; }
  [[nodiscard]] const reference::Weights& weights() const { return *weights_; }
  [[nodiscard]] const reference::Words& features() const { return features_; }

  /// The right outputs, [N,K,OH,OW], as the core writes them: Float32 (train) or Float16 (infer). `moved` may be
  /// empty.
  [[nodiscard]] workloads::Tensor outputs(const reference::Moved& moved = {}) const;

 private:
  reference::Convolution shape_;
  reference::Precision precision_;
  reference::Words features_;
  std::vector<std::int8_t> codes_;
  reference::Words weight_words_;
  std::optional<reference::Weights> weights_;  ///< refers to one of the two above
};

}  // namespace dlac::tb
