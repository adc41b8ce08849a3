// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/report_values.h"

#include <sys/resource.h>

#include <string>
#include <utility>
#include <vector>

#include "workloads/output_file.h"

namespace dlac::tb {
namespace {

using nlohmann::ordered_json;

struct CounterKey {
  const char* key;
  Counter counter;
};
constexpr std::array<CounterKey, 6> GridCycleKeys{{{"compute", Counter::ComputeCycles},
                                                   {"pointwise", Counter::PointwiseCycles},
                                                   {"wait_weights", Counter::WaitWeightsCycles},
                                                   {"wait_features", Counter::WaitFeaturesCycles},
                                                   {"wait_drain", Counter::WaitDrainCycles},
                                                   {"idle", Counter::IdleCycles}}};
constexpr std::array<CounterKey, 5> UpdateKeys{{{"executed", Counter::UpdatesExecuted},
                                                {"skipped_weight", Counter::UpdatesSkippedWeight},
                                                {"skipped_feature", Counter::UpdatesSkippedFeature},
                                                {"skipped_both", Counter::UpdatesSkippedBoth},
                                                {"masked_nonfinite", Counter::UpdatesMaskedNonfinite}}};
constexpr std::array<CounterKey, 4> PeCycleKeys{{{"busy", Counter::PeBusyCycles},
                                                 {"starved_row", Counter::PeStarvedRowCycles},
                                                 {"starved_column", Counter::PeStarvedColumnCycles},
                                                 {"finished_early", Counter::PeFinishedEarlyCycles}}};
constexpr std::array<CounterKey, 6> TrafficKeys{{{"bytes_read", Counter::BytesRead},
                                                 {"bytes_written", Counter::BytesWritten},
                                                 {"read_bursts", Counter::ReadBursts},
                                                 {"write_bursts", Counter::WriteBursts},
                                                 {"commands", Counter::Commands},
                                                 {"segment_count", Counter::Segments}}};

using Counters = std::array<std::uint64_t, CounterCount>;

std::uint64_t value_of(const Counters& counters, Counter which) { return counters[static_cast<std::size_t>(which)]; }

template <std::size_t N>
ordered_json counters_json(const Counters& counters, const std::array<CounterKey, N>& keys) {
  ordered_json result = ordered_json::object();
  for (const CounterKey& each : keys) result[each.key] = value_of(counters, each.counter);
  return result;
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// The scalars of a layer's JSON, nested ones as outer_inner, lists as their elements joined with "x".
void flatten(const ordered_json& from, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>& to) {
  for (const auto& [key, value] : from.items()) {
    const std::string name = prefix.empty() ? key : std::string(prefix).append("_").append(key);
    if (value.is_object()) {
      flatten(value, name, to);
    } else if (value.is_array()) {
      std::string text;
      for (const ordered_json& element : value) text += (text.empty() ? "" : "x") + element.dump();
      to.emplace_back(name, text);
    } else if (value.is_string()) {
      to.emplace_back(name, csv_text(value.get<std::string>()));
    } else {
      to.emplace_back(name, value.is_null() ? "" : value.dump());
    }
  }
}

}  // namespace

ordered_json verified_json(const std::optional<bool>& verified) {
  return verified ? ordered_json(*verified) : ordered_json(nullptr);
}

void add_counters(ordered_json& to, const Counters& counters) {
  to["grid_cycles"] = counters_json(counters, GridCycleKeys);
  to["updates"] = counters_json(counters, UpdateKeys);
  to["pe_cycles"] = counters_json(counters, PeCycleKeys);
  for (const CounterKey& each : TrafficKeys) to[each.key] = value_of(counters, each.counter);
}

std::string csv_of(const ordered_json& rows) {
  std::string text;
  for (const ordered_json& row : rows) {
    std::vector<std::pair<std::string, std::string>> fields;
    flatten(row, "", fields);
    if (text.empty()) {
      for (const auto& [name, value] : fields) text += (text.empty() ? "" : ",") + name;
      text += '\n';
    }
    std::string line;
    for (const auto& [name, value] : fields) line += (&name == &fields.front().first ? "" : ",") + value;
    text += line + '\n';
  }
  return text;
}

std::string json_text(const ordered_json& report) {
  // Names that are no UTF-8 must not keep a report from being written.
  return report.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

void write_report_text(const std::string& path, const std::string& text) {
  workloads::write_file(path, {{text.data(), text.size()}});
}

std::uint64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace dlac::tb
