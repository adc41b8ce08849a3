// SPDX-License-Identifier: Apache-2.0
#include "tb/reference/convolution.h"

#include <algorithm>
#include <stdexcept>

namespace reference {
namespace {

/// One update. An operand that is a zero leaves the accumulator untouched, whatever the other is. (The arithmetic)
template <class Format>
[[nodiscard]] typename Format::Value update(typename Format::Value sum, std::int8_t weight,
                                            typename Format::Value feature) {
  if (weight == 0) return sum;
  const typename Format::Value added = Format::add(sum, weight > 0 ? feature : -feature);
  return feature == 0 ? sum : added;  // a select: zeros of features are too random for a branch
}
template <class Format>
[[nodiscard]] typename Format::Value update(typename Format::Value sum, typename Format::Value weight,
                                            typename Format::Value feature) {
  if (weight == 0 || feature == 0) return sum;
  return Format::fused_multiply_add(weight, feature, sum);
}

template <class Format>
[[nodiscard]] std::vector<typename Format::Value> load(const Words& words) {
  std::vector<typename Format::Value> values(words.size());
  std::transform(words.begin(), words.end(), values.begin(), Format::load);
  return values;
}

template <class Format>
[[nodiscard]] Words store(const std::vector<typename Format::Value>& values) {
  Words words(values.size());
  std::transform(values.begin(), values.end(), words.begin(), Format::store);
  return words;
}

/// An element of the row operand as update() takes it.
template <class Format>
[[nodiscard]] std::int8_t operand(std::int8_t ternary) {
  return ternary;
}
template <class Format>
[[nodiscard]] typename Format::Value operand(std::uint32_t word) {
  return Format::load(word);
}

/// Calls `body` with the format and the vector of weights that apply.
template <class Body>
[[nodiscard]] auto with_types(Precision precision, const Weights& weights, const Body& body) {
  if (precision == Precision::Binary32) {
    return weights.ternary() != nullptr ? body(Binary32{}, *weights.ternary()) : body(Binary32{}, *weights.words());
  }
  return weights.ternary() != nullptr ? body(Binary16{}, *weights.ternary()) : body(Binary16{}, *weights.words());
}

/// Throws std::invalid_argument unless the tensors that are not null have the shape's sizes.
void check(const Convolution& s, const Weights* weights, const Words* features, const Words* outputs) {
  const auto require = [](const auto* elements, std::int64_t count) {
    if (elements != nullptr && elements->size() != static_cast<std::size_t>(count)) {
      throw std::invalid_argument("reference: a tensor does not have the size that the convolution says");
    }
  };
  if (weights != nullptr) {
    require(weights->ternary(), s.weight_count());
    require(weights->words(), s.weight_count());
  }
  require(features, s.feature_count());
  require(outputs, s.output_count());
}

/// Outputs o in [from, to) for which o*stride + shift lies in [0, size).
struct Range {
  std::int64_t from, to;
};
[[nodiscard]] Range inside(std::int64_t outputs, std::int64_t stride, std::int64_t shift, std::int64_t size) {
  Range range{0, outputs};
  while (range.from < range.to && range.from * stride + shift < 0) ++range.from;
  while (range.from < range.to && (range.to - 1) * stride + shift >= size) --range.to;
  return range;
}

/// Multiply-accumulates of one weight along a row: outputs output + i, features feature + i*step, i in [0, count).
struct Run {
  std::int64_t weight, output, feature, step, count;
};

/// Visits every multiply-accumulate of a layer but those with padding. The order serves all passes: an output meets
/// (ic, kh, kw), a feature meets (k, kh, kw), and a weight meets (n, oy, ox), ascending.
template <class Body>
void for_each_run(const Convolution& s, const Moved& moved, const Body& body) {
  const std::int64_t oh = s.oh();
  const std::int64_t ow = s.ow();
  const std::int64_t group_c = s.c / s.groups;
  const std::int64_t group_k = s.k / s.groups;
  for (std::int64_t n = 0; n < s.n; ++n) {
    for (std::int64_t k = 0; k < s.k; ++k) {
      if (moved) moved(n * s.k + k, s.n * s.k);
      for (std::int64_t ic = 0; ic < group_c; ++ic) {
        const std::int64_t c = k / group_k * group_c + ic;
        for (std::int64_t kh = 0; kh < s.kh; ++kh) {
          for (std::int64_t kw = 0; kw < s.kw; ++kw) {
            const std::int64_t weight = ((k * group_c + ic) * s.kh + kh) * s.kw + kw;
            const std::int64_t shift_y = kh * s.dilation_h - s.pad_h;
            const std::int64_t shift_x = kw * s.dilation_w - s.pad_w;
            const Range rows = inside(oh, s.stride_h, shift_y, s.h);
            const Range columns = inside(ow, s.stride_w, shift_x, s.w);
            for (std::int64_t oy = rows.from; oy < rows.to; ++oy) {
              const std::int64_t output = ((n * s.k + k) * oh + oy) * ow + columns.from;
              const std::int64_t y = oy * s.stride_h + shift_y;
              const std::int64_t x = columns.from * s.stride_w + shift_x;
              const std::int64_t feature = ((n * s.c + c) * s.h + y) * s.w + x;
              body(Run{weight, output, feature, s.stride_w, columns.to - columns.from});
            }
          }
        }
      }
    }
  }
}

/// The contract's loop over t.
[[nodiscard]] std::uint32_t one_output(Pass pass, const Convolution& shape, const Weights& weights,
                                       const Words& features, Precision precision, std::int64_t index) {
  const Output output = output_at(pass, shape, index);
  return with_types(precision, weights, [&](auto format, const auto& weight) {
    using Format = decltype(format);
    typename Format::Value sum = 0;
    for (std::int64_t t = 0; t < beat_count(pass, shape); ++t) {
      const std::int64_t f = feature_index(pass, shape, output.group, output.column, t);
      if (f == Padding || f == Inserted) continue;
      const std::int64_t w = weight_index(pass, shape, output.group, output.channel, t);
      sum = update<Format>(sum, operand<Format>(weight[w]), Format::load(features[f]));
    }
    return Format::store(sum);
  });
}

}  // namespace

Words convolve(const Convolution& shape, const Weights& weights, const Words& features, Precision precision,
               const Moved& moved) {
  check(shape, &weights, &features, nullptr);
  return with_types(precision, weights, [&](auto format, const auto& weight) {
    using Format = decltype(format);
    const auto x = load<Format>(features);
    std::vector<typename Format::Value> y(static_cast<std::size_t>(shape.output_count()));
    for_each_run(shape, moved, [&](const Run& run) {
      const auto w = operand<Format>(weight[run.weight]);
      for (std::int64_t i = 0; i < run.count; ++i) {
        auto& sum = y[run.output + i];
        sum = update<Format>(sum, w, x[run.feature + i * run.step]);
      }
    });
    return store<Format>(y);
  });
}

Words backward_data(const Convolution& shape, const Weights& weights, const Words& output_gradient,
                    Precision precision) {
  check(shape, &weights, nullptr, &output_gradient);
  return with_types(precision, weights, [&](auto format, const auto& weight) {
    using Format = decltype(format);
    const auto dy = load<Format>(output_gradient);
    std::vector<typename Format::Value> dx(static_cast<std::size_t>(shape.feature_count()));
    for_each_run(shape, {}, [&](const Run& run) {
      const auto w = operand<Format>(weight[run.weight]);
      for (std::int64_t i = 0; i < run.count; ++i) {
        auto& sum = dx[run.feature + i * run.step];
        sum = update<Format>(sum, w, dy[run.output + i]);
      }
    });
    return store<Format>(dx);
  });
}

Words backward_weights(const Convolution& shape, const Words& features, const Words& output_gradient,
                       Precision precision) {
  check(shape, nullptr, &features, &output_gradient);
  return with_types(precision, output_gradient, [&](auto format, const auto&) {
    using Format = decltype(format);
    const auto x = load<Format>(features);
    const auto dy = load<Format>(output_gradient);
    std::vector<typename Format::Value> dw(static_cast<std::size_t>(shape.weight_count()));
    for_each_run(shape, {}, [&](const Run& run) {
      auto sum = dw[run.weight];
      for (std::int64_t i = 0; i < run.count; ++i) {
        sum = update<Format>(sum, dy[run.output + i], x[run.feature + i * run.step]);
      }
      dw[run.weight] = sum;
    });
    return store<Format>(dw);
  });
}

std::uint32_t convolve_output(const Convolution& shape, const Weights& weights, const Words& features,
                              Precision precision, std::int64_t index) {
  return one_output(Pass::Forward, shape, weights, features, precision, index);
}

std::uint32_t backward_data_output(const Convolution& shape, const Weights& weights, const Words& output_gradient,
                                   Precision precision, std::int64_t index) {
  return one_output(Pass::BackwardData, shape, weights, output_gradient, precision, index);
}

std::uint32_t backward_weights_output(const Convolution& shape, const Words& features, const Words& output_gradient,
                                      Precision precision, std::int64_t index) {
  return one_output(Pass::BackwardWeights, shape, output_gradient, features, precision, index);
}

}  // namespace reference
