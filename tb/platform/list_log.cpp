// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/list_log.h"

#include <variant>

#include "tb/system/register_access.h"

namespace dlac::platform {

ListLog::ListLog(Accelerator& dlac) : dlac_(dlac) {
  dlac.observe([this](const CommandRecord& record) { complete(record); });
}

std::uint32_t ListLog::read(Register which) {
  std::uint32_t value = 0;
  tlm::tlm_generic_payload payload;
  tb::set_register_access(payload, tlm::TLM_READ_COMMAND, static_cast<std::uint32_t>(which), value);
  dlac_.csr.get_base_export()->transport_dbg(payload);
  return value;
}

void ListLog::read_error() {
  if (open() && lists_.back().error == 0) lists_.back().error = read(Register::Error);
}

void ListLog::access(const tlm::tlm_generic_payload& payload) {
  if (!payload.is_write()) return;
  const bool doorbell = payload.get_address() == static_cast<std::uint32_t>(Register::Doorbell);
  if (!doorbell && payload.get_address() != static_cast<std::uint32_t>(Register::Ctrl)) return;
  read_error();  // as long as it can be read
  if (!doorbell || (read(Register::Status) & (StatusBusy | StatusError)) != 0) return;
  const sc_core::sc_time period(static_cast<double>(dlac_.config().clock_period_ps), sc_core::SC_PS);
  ListRun& list = lists_.emplace_back();
  list.first = list.last = sc_core::sc_time_stamp().value() / period.value();
  list.address = read(Register::ListAddrLo) | std::uint64_t{read(Register::ListAddrHi)} << 32U;
}

void ListLog::complete(const CommandRecord& record) {
  if (!open()) return;
  ListRun& list = lists_.back();
  ++list.commands;
  list.last = record.end;
  list.ended = std::holds_alternative<End>(record.command);
  if (!std::holds_alternative<MmOp>(record.command)) return;
  ++list.segment_count;
  list.segments.cycles += record.segment.cycles;
  list.segments.updates += record.segment.updates;
  list.segments.pe += record.segment.pe;
}

const std::vector<ListRun>& ListLog::lists() {
  read_error();
  return lists_;
}

}  // namespace dlac::platform
