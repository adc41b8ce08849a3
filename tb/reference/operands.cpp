// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/operands.h"

#include <utility>

namespace reference {
namespace {

struct Triple {
  std::int64_t a, b, c;
};

/// Inverse of (a*size_b + b)*size_c + c.
[[nodiscard]] Triple unflatten(std::int64_t index, std::int64_t size_b, std::int64_t size_c) {
  return {index / (size_b * size_c), index / size_c % size_b, index % size_c};
}

/// Where output pixel (n, oy, ox) meets the input under kernel position (ic, kh, kw) of a group.
[[nodiscard]] std::int64_t input_index(const Convolution& s, std::int64_t group, Triple pixel, Triple kernel) {
  const std::int64_t y = pixel.b * s.stride_h + kernel.b * s.dilation_h - s.pad_h;
  const std::int64_t x = pixel.c * s.stride_w + kernel.c * s.dilation_w - s.pad_w;
  if (y < 0 || y >= s.h || x < 0 || x >= s.w) return Padding;
  return ((pixel.a * s.c + group * (s.c / s.groups) + kernel.a) * s.h + y) * s.w + x;
}

}  // namespace

std::int64_t channel_count(Pass pass, const Convolution& s) {
  return (pass == Pass::BackwardData ? s.c : s.k) / s.groups;
}

std::int64_t column_count(Pass pass, const Convolution& s) {
  switch (pass) {
    case Pass::Forward: return s.n * s.oh() * s.ow();
    case Pass::BackwardData: return s.n * s.h * s.w;
    case Pass::BackwardWeights: return s.c / s.groups * s.kh * s.kw;
  }
  return 0;
}

std::int64_t beat_count(Pass pass, const Convolution& s) {
  switch (pass) {
    case Pass::Forward: return s.c / s.groups * s.kh * s.kw;
    case Pass::BackwardData: return s.k / s.groups * s.kh * s.kw;
    case Pass::BackwardWeights: return s.n * s.oh() * s.ow();
  }
  return 0;
}

std::int64_t weight_index(Pass pass, const Convolution& s, std::int64_t group, std::int64_t channel,
                          std::int64_t beat) {
  const std::int64_t group_c = s.c / s.groups;
  const std::int64_t group_k = s.k / s.groups;
  switch (pass) {
    case Pass::Forward: return (group * group_k + channel) * (group_c * s.kh * s.kw) + beat;
    case Pass::BackwardData: {
      const auto [k, kh, kw] = unflatten(beat, s.kh, s.kw);
      return (((group * group_k + k) * group_c + channel) * s.kh + kh) * s.kw + kw;
    }
    case Pass::BackwardWeights: {
      const auto [n, oy, ox] = unflatten(beat, s.oh(), s.ow());
      return ((n * s.k + group * group_k + channel) * s.oh() + oy) * s.ow() + ox;
    }
  }
  return 0;
}

std::int64_t feature_index(Pass pass, const Convolution& s, std::int64_t group, std::int64_t column,
                           std::int64_t beat) {
  switch (pass) {
    case Pass::Forward: return input_index(s, group, unflatten(column, s.oh(), s.ow()), unflatten(beat, s.kh, s.kw));
    case Pass::BackwardWeights:
      return input_index(s, group, unflatten(beat, s.oh(), s.ow()), unflatten(column, s.kh, s.kw));
    case Pass::BackwardData: {
      // The output pixels that read input pixel (y, x): oy*stride = y + pad - kh*dilation.
      const auto [n, y, x] = unflatten(column, s.h, s.w);
      const auto [k, kh, kw] = unflatten(beat, s.kh, s.kw);
      const std::int64_t v = y + s.pad_h - kh * s.dilation_h;
      const std::int64_t u = x + s.pad_w - kw * s.dilation_w;
      if (v % s.stride_h != 0 || u % s.stride_w != 0) return Inserted;
      const std::int64_t oy = v / s.stride_h;
      const std::int64_t ox = u / s.stride_w;
      if (oy < 0 || oy >= s.oh() || ox < 0 || ox >= s.ow()) return Padding;
      return ((n * s.k + group * (s.k / s.groups) + k) * s.oh() + oy) * s.ow() + ox;
    }
  }
  return 0;
}

Output output_at(Pass pass, const Convolution& s, std::int64_t index) {
  const std::int64_t channels = channel_count(pass, s);
  if (pass == Pass::BackwardWeights) {
    const auto [k, column] = std::pair{index / column_count(pass, s), index % column_count(pass, s)};
    return {k / channels, k % channels, column};
  }
  const std::int64_t area = pass == Pass::Forward ? s.oh() * s.ow() : s.h * s.w;
  const auto [n, channel, pixel] = unflatten(index, channels * s.groups, area);
  return {channel / channels, channel % channels, n * area + pixel};
}

}  // namespace reference
