// SPDX-License-Identifier: Apache-2.0
#include "tb/verification/reference_layer.h"

#include <dlac/common/arithmetic.h>

#include <algorithm>
#include <cstring>

#include "tb/verification/reference_shape.h"

namespace dlac::tb {
namespace {

using workloads::ElementType;
using workloads::Tensor;

/// The elements as the reference takes them: binary32 bits, or binary16 bits in the low half.
reference::Words to_words(const Tensor& tensor) {
  if (tensor.type() == ElementType::Float16) {
    const auto bits = tensor.span<std::uint16_t>();
    return {bits.begin(), bits.end()};
  }
  const auto values = tensor.span<float>();
  reference::Words words(values.size());
  std::transform(values.begin(), values.end(), words.begin(), bits_of);
  return words;
}

}  // namespace

ReferenceLayer::ReferenceLayer(const workloads::ConvLayer& layer, Mode mode, const LayerTensors& tensors)
    : shape_(reference_shape(layer)),
      precision_(mode == Mode::Train ? reference::Precision::Binary32 : reference::Precision::Binary16),
      features_(to_words(tensors.features)) {
  if (layer.weights == workloads::WeightKind::Ternary) {
    const auto codes = tensors.weights.span<std::int8_t>();
    codes_.assign(codes.begin(), codes.end());
    weights_.emplace(codes_);
  } else {
    weight_words_ = to_words(tensors.weights);
    weights_.emplace(weight_words_);
  }
}

Tensor ReferenceLayer::outputs(const reference::Moved& moved) const {
  const reference::Words words = reference::convolve(shape_, *weights_, features_, precision_, moved);
  const auto extent = [](std::int64_t size) { return static_cast<std::size_t>(size); };
  Tensor outputs(precision_ == reference::Precision::Binary32 ? ElementType::Float32 : ElementType::Float16,
                 {extent(shape_.n), extent(shape_.k), extent(shape_.oh()), extent(shape_.ow())});
  const std::size_t bytes = workloads::element_bytes(outputs.type());
  std::uint8_t* at = outputs.bytes();
  for (const std::uint32_t word : words) {
    std::memcpy(at, &word, bytes);  // a binary16 value is the low half
    at += bytes;
  }
  return outputs;
}

}  // namespace dlac::tb
