// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/clocked/processing_element.h>

#include <algorithm>
#include <string>

namespace dlac::clocked {

ProcessingElement::ProcessingElement(const sc_core::sc_module_name& name, const Config& config,
                                     const sc_core::sc_event& settle)
    : sc_module(name),
      zero_skip("zero_skip", config),
      arithmetic_(config.mode),
      accumulators_(std::size_t{2} * config.output_buffers),
      config_(config),
      output_buffers_(config.output_buffers) {
  SC_METHOD(settle);
  sensitive << settle;
  dont_initialize();
  gate_.attach(sc_core::sc_get_last_created_process_handle());
  gate_.close();
}

void ProcessingElement::start(const MmOp& op, const RowStream& row, const ColumnStream& column, std::uint32_t valid) {
  row_ = &row;
  column_ = &column;
  full_precision_ = op.full_precision != 0;
  updates_per_cycle_ = config_.updates_per_cycle(full_precision_);
  bank_ = &accumulators_[std::size_t{op.bank} * output_buffers_];
  if (op.clear != 0) std::fill(bank_, bank_ + valid, 0U);
  zero_skip.start(row, column, op.beats);
  gate_.open();
}

void ProcessingElement::stop() {
  gate_.close();
  zero_skip.stop();
  cycles_ = {};
  buffer_ = value_ = 0;
  real_ = 0;
  position.write(0);
}

void ProcessingElement::reset() {
  stop();
  std::fill(accumulators_.begin(), accumulators_.end(), 0U);
}

void ProcessingElement::settle() {
  if (!gate_.is_open()) return;
  ++cycles_[static_cast<std::size_t>(zero_skip.activity())];
  if (zero_skip.activity() == Activity::Busy) {
    execute();
    if (zero_skip.live() != 0) return;
    zero_skip.retire();
  }
  zero_skip.advance();
  position.write(zero_skip.position());
  if (zero_skip.activity() == Activity::Finished) gate_.close();
}

void ProcessingElement::execute() {
  const RowBeat& weights = row_->beat(zero_skip.slot());
  const ColumnBeat& feature = column_->beat(zero_skip.slot());
  for (std::uint32_t unit = 0; unit < updates_per_cycle_ && zero_skip.live() != 0; ++unit) {
    buffer_ = zero_skip.take();
    std::uint32_t& accumulator = bank_[buffer_];
    const std::uint64_t bit = std::uint64_t{1} << buffer_;
    // A policy that executes updates with a zero operand pays for them in cycles, never in bits. (contract 4)
    if (feature.kind != FeatureKind::Zero && (weights.nonzero & bit) != 0) {
      if (full_precision_) {
        const std::uint32_t weight = row_->words(zero_skip.slot())[buffer_];
        accumulator = arithmetic_.fused_multiply_add(weight, feature.feature, accumulator);
      } else if ((weights.negative & bit) != 0) {
        accumulator = arithmetic_.subtract(accumulator, feature.feature);
      } else {
        accumulator = arithmetic_.add(accumulator, feature.feature);
      }
    }
    value_ = accumulator;
  }
  if (traced_) real_ = arithmetic_.to_float(value_);
}

void ProcessingElement::pointwise(const PtWiseOp& op, const RowStream& row, const ColumnStream& column,
                                  std::uint32_t first_channel, std::uint32_t column_index, std::uint32_t valid) {
  std::uint32_t* bank = &accumulators_[std::size_t{op.bank} * output_buffers_];
  for (std::uint32_t b = 0; b < valid; ++b) {
    const std::uint32_t channel = first_channel + b;
    const auto operand = [&](OperandSource source, std::uint32_t immediate, std::uint32_t constants,
                             std::uint32_t view) -> std::uint32_t {
      switch (source) {
        case OperandSource::Accumulator: return arithmetic_.canonical(bank[b]);
        case OperandSource::Immediate: return arithmetic_.immediate(immediate);
        case OperandSource::Constant: return row.constant(constants, channel);
        case OperandSource::Stream: return column.operand(op, view, channel, column_index);
      }
      return 0;
    };
    const std::uint32_t a = operand(op.source_a, op.immediate_a, op.constants_a, 0);
    const std::uint32_t x = operand(op.source_x, op.immediate_x, op.constants_x, 0);
    const std::uint32_t y = operand(op.source_y, op.immediate_y, op.constants_y, 1);
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

void ProcessingElement::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + '.';
  zero_skip.trace(file);
  sc_core::sc_trace(file, buffer_, prefix + "buffer");
  sc_core::sc_trace(file, value_, prefix + "value", static_cast<int>(config_.word_bits()));
  sc_core::sc_trace(file, real_, prefix + "real");
  traced_ = true;
}

}  // namespace dlac::clocked
