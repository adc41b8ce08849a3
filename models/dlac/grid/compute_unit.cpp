// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/compute_unit.h>
#include <dlac/grid/operation_check.h>

namespace dlac {

ComputeUnit::ComputeUnit(const sc_core::sc_module_name& name, const Config& config, const CoreClock& clock,
                         TokenCounters& tokens, CompletionLog& log, GridActivity& activity)
    : CommandUnit(name, clock, tokens, log), config_(config), activity_(activity) {
  grid.bind(static_cast<tlm::tlm_bw_transport_if<OperationTypes>&>(*this));
  SC_HAS_PROCESS(ComputeUnit);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

std::vector<std::string> ComputeUnit::waits_for_links() const {
  if (!asked_) return {};
  return {grid.name()};
}

void ComputeUnit::reset() {
  asked_ = false;
  CommandUnit::reset();
}

void ComputeUnit::waiting() {
  const std::uint32_t missing = tokens().missing(status().blocked_on);
  if ((missing & token_bit(Token::LoadToCompute)) != 0) {
    activity_.wait_for_operands(clock().now());
  } else {
    activity_.change(missing != 0 ? GridState::WaitDrain : GridState::Idle, clock().now());
  }
}

void ComputeUnit::run() {
  for (;;) {
    const QueuedCommand queued = next_command();
    if (const auto* mm = std::get_if<MmOp>(&queued.command)) {
      execute(*mm, GridState::Compute, queued);
    } else {
      execute(std::get<PtWiseOp>(queued.command), GridState::Pointwise, queued);
    }
    activity_.change(GridState::Idle, clock().now());
  }
}

ErrorCode ComputeUnit::check_operation(const MmOp& op) {
  const ErrorCode error = check(op, config_);
  if (error != ErrorCode::None || op.full_precision != 0) return error;
  const std::uint64_t bits = weight_bits(op, config_);
  const std::uint64_t bytes = (bits + 7) / 8;
  const std::uint8_t* packed = weight_codes.readable(op.weights, bytes);
  if (packed == nullptr) {
    codes_.resize(bytes);
    sc_core::sc_time delay;  // of no account: the check takes no cycle
    if (!weight_codes.read(op.weights, codes_.data(), bytes, op.first_beat, clock().now(), delay)) {
      return ErrorCode::LinkFault;
    }
    packed = codes_.data();
  }
  return has_illegal_code(packed, bits) ? ErrorCode::BadWeightCode : ErrorCode::None;
}

ErrorCode ComputeUnit::check_operation(const PtWiseOp& op) { return check(op, config_); }

template <typename Op>
void ComputeUnit::execute(const Op& op, GridState state, const QueuedCommand& queued) {
  if (const ErrorCode error = check_operation(op); error != ErrorCode::None) {
    faults->fail(error, queued.address);
    return;
  }
  const std::uint64_t start = clock().now();
  activity_.change(state, start);
  operation_ = {op, start, {}, 0, tlm::TLM_INCOMPLETE_RESPONSE};
  run_on_grid();
  if (operation_.response != tlm::TLM_OK_RESPONSE) {
    faults->fail(ErrorCode::LinkFault, queued.address);
    return;
  }
  if (state == GridState::Compute) log().add(operation_.segment);
  complete({queued.command, start, clock().now(), operation_.segment}, op.header.push, queued.address);
}

void ComputeUnit::run_on_grid() {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  asked_ = true;
  const tlm::tlm_sync_enum status = grid->nb_transport_fw(operation_, phase, delay);
  const bool answered = status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP);
  if (answered) {
    if (delay != sc_core::SC_ZERO_TIME) wait(delay);
  } else {
    while (asked_) wait(answered_);
  }
  asked_ = false;
  clock().wait_until(clock().now());  // whoever sits in the link may have answered between two edges
}

tlm::tlm_sync_enum ComputeUnit::nb_transport_bw(Operation&, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_RESP && asked_) {
    asked_ = false;
    if (delay == sc_core::SC_ZERO_TIME) {
      answered_.notify();  // at once: what is complete in a cycle counts, even if the list fails in it
    } else {
      answered_.notify(delay);
    }
  }
  return tlm::TLM_COMPLETED;
}

}  // namespace dlac
