// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/register_map.h>

#include <array>

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
  std::vector<RegisterInfo> map{
      {"ID", 0x00, 32, Access::ReadOnly, DeviceId, "identification, \"dLAC\" in little-endian bytes", {}},
      {"VERSION", 0x04, 32, Access::ReadOnly, DeviceVersion, "version, major in the high half", {}},
      {"CTRL",
       0x08,
       32,
       Access::WriteOnly,
       0,
       "actions; reads as 0",
       {{"reset", 0, 1, "back to the state after elaboration"},
        {"snapshot", 1, 1, "copies all counters at once to the registers that are read"},
        {"clear_counters", 2, 1, "sets all counters to 0"}}},
      {"STATUS",
       0x0C,
       32,
       Access::ReadOnly,
       0,
       "state of the core",
       {{"busy", 0, 1, "a command list runs"},
        {"done", 1, 1, "the last list ran to its end"},
        {"error", 2, 1, "ERROR holds a code"}}},
      {"IRQ_ENABLE",
       0x10,
       32,
       Access::ReadWrite,
       0,
       "enabled interrupts: irq is high while a bit is set both here and in IRQ_STATUS",
       {{"done", 0, 1, "when a list ran to its end"}, {"error", 1, 1, "when an error was recorded"}}},
      {"IRQ_STATUS",
       0x14,
       32,
       Access::WriteOneToClear,
       0,
       "pending interrupts",
       {{"done", 0, 1, "a list ran to its end"}, {"error", 1, 1, "an error was recorded"}}},
      {"DOORBELL", 0x18, 32, Access::WriteOnly, 0, "any write starts the list at LIST_ADDR; reads as 0", {}},
      {"LIST_ADDR_LO", 0x1C, 32, Access::ReadWrite, 0, "byte address of the command list, low word", {}},
      {"LIST_ADDR_HI", 0x20, 32, Access::ReadWrite, 0, "byte address of the command list, high word", {}},
      {"LIST_LENGTH", 0x24, 32, Access::ReadWrite, 0, "commands in the list, the end command included", {}},
      {"ERROR", 0x28, 32, Access::ReadOnly, 0, "error code, 0 for none", {}},
      {"FAULT_ADDR_LO", 0x2C, 32, Access::ReadOnly, 0, "address of the failing access or command, low word", {}},
      {"FAULT_ADDR_HI", 0x30, 32, Access::ReadOnly, 0, "address of the failing access or command, high word", {}},
  };
  const auto add_configured = [&map](std::string_view name, Register offset, std::string_view description,
                                     std::uint32_t (*value)(const Config&)) {
    map.push_back({name,
                   static_cast<std::uint32_t>(offset),
                   32,
                   Access::ReadOnly,
                   value(Config::defaults(Mode::Train)),
                   description,
                   {},
                   value});
  };
  add_configured("CORE_MODE", Register::CoreMode, "0: train, binary32; 1: infer, binary16",
                 [](const Config& c) { return static_cast<std::uint32_t>(c.mode == Mode::Infer); });
  add_configured("CORE_PES", Register::CorePes, "processing elements", [](const Config& c) { return c.pes; });
  add_configured("CORE_OUTPUT_BUFFERS", Register::CoreOutputBuffers, "B, output buffers per PE and bank",
                 [](const Config& c) { return c.output_buffers; });
  add_configured("CORE_ARITHMETIC_UNITS", Register::CoreArithmeticUnits, "units per PE that can add",
                 [](const Config& c) { return c.arithmetic_units; });
  add_configured("CORE_MULTIPLY_UNITS", Register::CoreMultiplyUnits, "units per PE that can multiply",
                 [](const Config& c) { return c.multiply_units; });
  add_configured("CORE_WEIGHT_BUFFER", Register::CoreWeightBuffer, "weight buffer, bytes",
                 [](const Config& c) { return c.weight_buffer_bytes; });
  add_configured("CORE_FEATURE_BUFFER", Register::CoreFeatureBuffer, "feature buffer, bytes",
                 [](const Config& c) { return c.feature_buffer_bytes; });
  add_configured("CORE_TOKEN_LIMIT", Register::CoreTokenLimit, "largest value of a token counter",
                 [](const Config& c) { return c.token_limit; });
  add_configured("CORE_QUEUE_DEPTH", Register::CoreQueueDepth, "commands in each queue",
                 [](const Config& c) { return c.queue_depth; });
  add_configured("CORE_CLOCK_PERIOD", Register::CoreClockPeriod, "clock period, picoseconds",
                 [](const Config& c) { return c.clock_period_ps; });
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
