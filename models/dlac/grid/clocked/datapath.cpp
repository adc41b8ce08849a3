// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/datapath.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

Datapath::Datapath(const sc_core::sc_module_name& name, const Config& config, DatapathState& state,
                   std::uint32_t* accumulators)
    : sc_module(name),
      state_(state),
      arithmetic_(config.mode),
      accumulators_(accumulators),
      output_buffers_(config.output_buffers),
      word_bits_(static_cast<int>(config.word_bits())) {
  update.bind(static_cast<tlm::tlm_fw_transport_if<UpdateTypes>&>(*this));
  drain.bind(static_cast<tlm::tlm_fw_transport_if<DrainTypes>&>(*this));
}

void Datapath::start(const MmOp& op, std::uint32_t valid) {
  state_.bank = &accumulators_[std::size_t{op.bank} * output_buffers_];
  if (op.clear != 0) std::fill(state_.bank, state_.bank + valid, 0U);
}

void Datapath::stop() {
  state_.buffer = state_.value = 0;
  state_.real = 0;
}

void Datapath::reset() {
  stop();
  std::fill_n(accumulators_, std::size_t{2} * output_buffers_, 0U);
}

void Datapath::b_transport(Update& request, sc_core::sc_time&) {
  if (request.pointwise == nullptr) {
    accumulate(request);
  } else {
    pointwise(request);
  }
  request.response = tlm::TLM_OK_RESPONSE;
}

void Datapath::accumulate(const Update& request) {
  const RowBeat& weights = *request.weights;
  const ColumnBeat& feature = *request.feature;
  for (std::uint64_t rest = request.buffers; rest != 0; rest &= rest - 1) {
    state_.buffer = static_cast<std::uint32_t>(__builtin_ctzll(rest));
    std::uint32_t& accumulator = state_.bank[state_.buffer];
    const std::uint64_t bit = std::uint64_t{1} << state_.buffer;
    // A policy that executes updates with a zero operand pays for them in cycles, never in bits. (The arithmetic)
    if (feature.kind != FeatureKind::Zero && (weights.nonzero & bit) != 0) {
      if (weights.words != nullptr) {
        accumulator = arithmetic_.fused_multiply_add(weights.words[state_.buffer], feature.feature, accumulator);
      } else if ((weights.negative & bit) != 0) {
        accumulator = arithmetic_.subtract(accumulator, feature.feature);
      } else {
        accumulator = arithmetic_.add(accumulator, feature.feature);
      }
    }
    state_.value = accumulator;
  }
  if (state_.traced) state_.real = arithmetic_.to_float(state_.value);
}

void Datapath::pointwise(const Update& request) {
  const PtWiseOp& op = *request.pointwise;
  std::uint32_t* const bank = &accumulators_[std::size_t{op.bank} * output_buffers_];
  for (std::uint64_t rest = request.buffers; rest != 0; rest &= rest - 1) {
    const auto b = static_cast<std::uint32_t>(__builtin_ctzll(rest));
    const auto operand = [&](OperandSource source, std::uint32_t immediate, const std::uint32_t* words) {
      if (source == OperandSource::Accumulator) return arithmetic_.canonical(bank[b]);
      return source == OperandSource::Immediate ? arithmetic_.immediate(immediate) : words[b];
    };
    const std::uint32_t a = operand(op.source_a, op.immediate_a, request.words_a);
    const std::uint32_t x = operand(op.source_x, op.immediate_x, request.words_x);
    const std::uint32_t y = operand(op.source_y, op.immediate_y, request.words_y);
    const auto select = [&](SelectInput input) -> std::uint32_t {
      switch (input) {
        case SelectInput::A: return a;
        case SelectInput::X: return x;
        case SelectInput::Y: return y;
        case SelectInput::Zero: return 0;
      }
      return 0;
    };
    switch (op.operation) {
      case PointwiseOp::Add: bank[b] = arithmetic_.add(a, x); break;
      case PointwiseOp::Sub: bank[b] = arithmetic_.subtract(a, x); break;
      case PointwiseOp::Mul: bank[b] = arithmetic_.multiply(a, x); break;
      case PointwiseOp::MulAdd: bank[b] = arithmetic_.fused_multiply_add(a, x, y); break;
      case PointwiseOp::Select: {
        const bool condition = arithmetic_.compare(op.compare, select(op.select_p), select(op.select_q));
        bank[b] = select(condition ? op.select_u : op.select_v);
        break;
      }
    }
  }
}

void Datapath::b_transport(Drain& request, sc_core::sc_time&) {
  const std::uint32_t* const bank = &accumulators_[std::size_t{request.bank} * output_buffers_];
  for (std::uint32_t b = 0; b < request.channels; ++b) request.words[b] = arithmetic_.canonical(bank[b]);
  request.response = tlm::TLM_OK_RESPONSE;
}

void Datapath::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  sc_core::sc_trace(file, state_.buffer, prefix + "buffer");
  sc_core::sc_trace(file, state_.value, prefix + "value", word_bits_);
  sc_core::sc_trace(file, state_.real, prefix + "real");
  state_.traced = true;
}

}  // namespace dlac::clocked
