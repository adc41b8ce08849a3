// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/register_map.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace dlac {
namespace {

struct CounterInfo {
  std::string_view name;
  std::string_view description;
};

constexpr std::array<CounterInfo, CounterCount> CounterTable{{
    {"cycles", "cycles from doorbell to end; the sum of the six grid-cycle counters that follow"},
    {"compute_cycles", "grid cycles executing mmOp"},
    {"pointwise_cycles", "grid cycles executing ptWiseOp"},
    {"wait_weights_cycles", "grid cycles waiting for a weight load"},
    {"wait_features_cycles", "grid cycles waiting for a feature load"},
    {"wait_drain_cycles", "grid cycles waiting for an output bank to drain"},
    {"idle_cycles", "grid cycles without a compute command"},
    {"updates_executed", "updates live under the policy"},
    {"updates_skipped_weight", "updates skipped, only the weight zero"},
    {"updates_skipped_feature", "updates skipped, only the feature zero"},
    {"updates_skipped_both", "updates skipped, both operands zero"},
    {"updates_masked_nonfinite", "updates with a zero operand and an infinite or NaN one"},
    {"pe_busy_cycles", "PE cycles executing updates"},
    {"pe_starved_row_cycles", "PE cycles whose next beat the row stream has not delivered"},
    {"pe_starved_column_cycles", "PE cycles whose next beat only the column stream has not delivered"},
    {"pe_finished_early_cycles", "PE cycles of a segment past the PE's last beat, or without part in it"},
    {"bytes_read", "bytes read on mem"},
    {"bytes_written", "bytes written on mem"},
    {"read_bursts", "read bursts on mem"},
    {"write_bursts", "write bursts on mem"},
    {"commands", "commands completed"},
    {"segments", "mmOp commands completed"},
}};

std::vector<RegisterInfo> make_registers() {
  const Config defaults = Config::defaults(Mode::Train);
  std::vector<RegisterInfo> map;
  for (const RegisterRow& row : RegisterTable) {
    RegisterInfo& info = map.emplace_back();
    info.name = row.name;
    info.offset = static_cast<std::uint32_t>(row.which);
    info.bits = 32;
    info.access = row.access;
    info.reset = row.configured == nullptr ? row.reset : row.configured(defaults);
    info.description = row.description;
    std::copy_if(row.fields.begin(), row.fields.end(), std::back_inserter(info.fields),
                 [](const RegisterField& field) { return !field.name.empty(); });
    info.configured = row.configured;
  }
  for (std::uint32_t i = 0; i < CounterCount; ++i) {
    map.push_back({CounterTable[i].name,
                   counter_offset(static_cast<Counter>(i)),
                   64,
                   Access::ReadOnly,
                   0,
                   CounterTable[i].description,
                   {}});
  }
  return map;
}

}  // namespace

const std::vector<RegisterInfo>& registers() {
  static const std::vector<RegisterInfo> map = make_registers();
  return map;
}

std::string_view to_string(Counter counter) { return CounterTable[static_cast<std::size_t>(counter)].name; }

const std::vector<ErrorInfo>& error_codes() {
  static const std::vector<ErrorInfo> codes{
      {ErrorCode::None, "none", "none"},
      {ErrorCode::IllegalCommand, "illegal_command", "illegal command"},
      {ErrorCode::IllegalField, "illegal_field", "illegal field"},
      {ErrorCode::BufferRange, "buffer_range", "address outside a buffer"},
      {ErrorCode::BadWeightCode, "bad_weight_code", "illegal ternary weight code"},
      {ErrorCode::TokenOverflow, "token_overflow", "token counter overflow"},
      {ErrorCode::Deadlock, "deadlock", "deadlock: all queues blocked"},
      {ErrorCode::ListWithoutEnd, "list_without_end", "command list without an end"},
      {ErrorCode::FetchFault, "fetch_fault", "memory error on command fetch"},
      {ErrorCode::LoadFault, "load_fault", "memory error on load"},
      {ErrorCode::StoreFault, "store_fault", "memory error on store"},
      {ErrorCode::DoorbellBusy, "doorbell_busy", "doorbell while busy"},
      {ErrorCode::BadListAddress, "bad_list_address", "bad list address or length"},
      {ErrorCode::LinkFault, "link_fault", "error on a link inside the core"},
  };
  return codes;
}

std::string_view to_string(ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < error_codes().size() ? error_codes()[index].description : "unknown";
}

}  // namespace dlac
