// SPDX-License-Identifier: Apache-2.0
#include <dlac/grid/compute_unit.h>
#include <dlac/grid/operation_check.h>

namespace dlac {

ComputeUnit::ComputeUnit(sc_core::sc_module_name name, CoreContext& core, Engine& engine, const LoadUnit& load,
                         const BufferView& weights)
    : sc_module(name), core_(core), engine_(engine), load_(load), weights_(weights) {
  SC_HAS_PROCESS(ComputeUnit);
  SC_THREAD(run);
  thread_ = sc_core::sc_get_current_process_handle();
}

void ComputeUnit::reset() {
  thread_.reset();
  engine_.reset();
}

void ComputeUnit::note_wait() {
  const std::uint32_t missing = core_.tokens.missing(core_.compute.blocked_on);
  GridState state = GridState::Idle;
  if ((missing & token_bit(Token::LoadToCompute)) != 0) {
    state = load_.awaited();
  } else if (missing != 0) {
    state = GridState::WaitDrain;
  }
  core_.activity.change(state, core_.clock.now());
}

void ComputeUnit::run() {
  for (;;) {
    const QueuedCommand queued = next_command(core_, core_.compute, [this] { note_wait(); });
    if (const auto* mm = std::get_if<MmOp>(&queued.command)) {
      execute(*mm, queued);
    } else {
      execute(std::get<PtWiseOp>(queued.command), queued);
    }
    core_.activity.change(GridState::Idle, core_.clock.now());
  }
}

void ComputeUnit::execute(const MmOp& op, const QueuedCommand& queued) {
  if (const ErrorCode error = check(op, core_.config, weights_); error != ErrorCode::None) {
    core_.fail(error, queued.address);
    return;
  }
  const std::uint64_t start = core_.clock.now();
  core_.activity.change(GridState::Compute, start);
  const SegmentResult result = engine_.multiply(op);
  core_.clock.wait_until(start + result.cycles);

  UpdateCounts& updates = core_.totals.updates;
  updates.executed += result.updates.executed;
  updates.skipped_weight += result.updates.skipped_weight;
  updates.skipped_feature += result.updates.skipped_feature;
  updates.skipped_both += result.updates.skipped_both;
  updates.masked_nonfinite += result.updates.masked_nonfinite;
  PeCycles& pe = core_.totals.pe;
  pe.busy += result.pe.busy;
  pe.starved_row += result.pe.starved_row;
  pe.starved_column += result.pe.starved_column;
  pe.finished_early += result.pe.finished_early;
  ++core_.segments;
  core_.complete(core_.compute, {queued.command, start, core_.clock.now(), result}, op.header.push, queued.address);
}

void ComputeUnit::execute(const PtWiseOp& op, const QueuedCommand& queued) {
  if (const ErrorCode error = check(op, core_.config); error != ErrorCode::None) {
    core_.fail(error, queued.address);
    return;
  }
  const std::uint64_t start = core_.clock.now();
  core_.activity.change(GridState::Pointwise, start);
  core_.clock.wait_until(start + engine_.pointwise(op));
  core_.complete(core_.compute, {queued.command, start, core_.clock.now(), {}}, op.header.push, queued.address);
}

}  // namespace dlac
