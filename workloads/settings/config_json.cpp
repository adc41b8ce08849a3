// SPDX-License-Identifier: Apache-2.0
#include "workloads/settings/config_json.h"

#include <algorithm>
#include <array>
#include <optional>

#include "workloads/settings/json_file.h"
#include "workloads/settings/text.h"

namespace dlac {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::uint32_t LongestLatency = 1'000'000'000;

struct NamedKey {
  std::string_view key;
  std::string_view description;
  std::string_view origin;
};
constexpr NamedKey ModeKey{"mode", "train: binary32 throughout, infer: binary16 throughout", "[P]"};
constexpr NamedKey EngineKey{"engine", "schedule: solves the schedule's recurrence, clocked: moves cycle by cycle",
                             "[A]"};
constexpr NamedKey PolicyKey{"policy", "updates that are executed: none skips nothing, both skips every zero operand",
                             "[P]"};
constexpr NamedKey StyleKey{
    "mem_style", "lt: b_transport and DMI on the memory port, at: four-phase nb_transport; same cycles", "[A]"};
constexpr NamedKey LatencyKey{"memory_latency_ns", "latency of the testbench's memory, nanoseconds", "[A]"};
constexpr NamedKey GridKey{"grid_rows", "rows of the grid shape of every layer, or auto: the mapper chooses", "[A]"};

const std::vector<std::string> ModeNames{"train", "infer"};
const std::vector<std::string> EngineNames{"schedule", "clocked"};
const std::vector<std::string> PolicyNames(policy_names().begin(), policy_names().end());
const std::vector<std::string> StyleNames{"lt", "at"};

std::vector<std::string> known_keys() {
  std::vector<std::string> keys{std::string(ModeKey.key), std::string(EngineKey.key), std::string(PolicyKey.key),
                                std::string(StyleKey.key)};
  for (const ConfigField& field : config_fields()) keys.emplace_back(field.key);
  keys.emplace_back(LatencyKey.key);
  keys.emplace_back(GridKey.key);
  return keys;
}

/// The value as it was written: a JSON string keeps its quotes, which tells "8" from 8.
std::string written(const Assignment& assignment) {
  const std::string text = brief(assignment.value);
  return assignment.kind == Assignment::Kind::Name ? '"' + text + '"' : text;
}

[[noreturn]] void refuse(const Assignment& assignment, const std::string& expected) {
  // An option like --mode is its own key.
  const std::string key = assignment.source == "--" + assignment.key ? "" : brief(assignment.key);
  throw InputError(assignment.source, key, written(assignment), expected);
}

bool is_number(const Assignment& assignment) {
  return assignment.kind == Assignment::Kind::Text || assignment.kind == Assignment::Kind::Number;
}

/// `condition`: what else must hold of the number, for the error line; it is checked with all others.
std::uint32_t number_in(const Assignment& assignment, std::uint32_t minimum, std::uint32_t maximum,
                        const std::string& or_else = {}, const std::string& condition = {}) {
  const std::optional<std::uint64_t> value = parse_whole(assignment.value);
  if (!is_number(assignment) || !value || *value < minimum || *value > maximum) {
    refuse(assignment,
           or_else + "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum) + condition);
  }
  return static_cast<std::uint32_t>(*value);
}

template <class Enum>
Enum name_in(const Assignment& assignment, std::optional<Enum> (*from)(std::string_view),
             const std::vector<std::string>& names) {
  const std::optional<Enum> value = from(assignment.value);
  if (assignment.kind == Assignment::Kind::Number || assignment.kind == Assignment::Kind::Other || !value) {
    refuse(assignment, one_of(assignment.value, names));
  }
  return *value;
}

/// What Config::validate() demands of a number beside its range.
std::string condition_of(const std::string& key) {
  if (key == "rows" || key == "burst_bytes") return ", a power of two";
  if (key == "weight_buffer_bytes" || key == "feature_buffer_bytes") return ", a multiple of 16";
  return {};
}

void apply(const Assignment& assignment, MachineSettings& settings) {
  const std::string& key = assignment.key;
  settings.sources[key] = assignment.source;
  if (key == ModeKey.key) {
    settings.core.mode = name_in(assignment, mode_from, ModeNames);
  } else if (key == EngineKey.key) {
    settings.core.engine = name_in(assignment, engine_from, EngineNames);
  } else if (key == PolicyKey.key) {
    settings.core.policy = name_in(assignment, policy_from, PolicyNames);
  } else if (key == StyleKey.key) {
    settings.core.mem_style = name_in(assignment, coding_style_from, StyleNames);
  } else if (key == LatencyKey.key) {
    settings.memory_latency_ns = number_in(assignment, 0, LongestLatency);
  } else if (key == GridKey.key) {
    settings.grid_rows.reset();
    const bool automatic = assignment.kind <= Assignment::Kind::Name && assignment.kind != Assignment::Kind::Number &&
                           assignment.value == "auto";
    if (!automatic)
      settings.grid_rows = number_in(assignment, 1, MaximumGridRows, "auto or ", ", a power of two that divides pes");
  } else {
    const auto field = std::find_if(config_fields().begin(), config_fields().end(),
                                    [&](const ConfigField& each) { return each.key == key; });
    if (field == config_fields().end()) {
      refuse(assignment, "a known key, " + one_of(key, known_keys()));
    }
    settings.core.*field->member = number_in(assignment, field->minimum, field->maximum, {}, condition_of(key));
  }
}

Assignment from_json(const std::string& path, const std::string& key, const json& value) {
  Assignment assignment{path, key, {}, Assignment::Kind::Number};
  if (value.is_string()) {
    assignment.value = value.get<std::string>();
    assignment.kind = Assignment::Kind::Name;
  } else if (value.is_number()) {
    assignment.value = value.dump();
  } else {
    assignment.value = shown(value);
    assignment.kind = Assignment::Kind::Other;
  }
  return assignment;
}

/// The squarest grid with no more rows than columns: the largest number of rows that divides the PEs.
std::uint32_t fitting_rows(const Config& core) {
  std::uint32_t rows = 1;
  for (std::uint32_t more = 2; core.has_grid(more) && more <= core.pes / more; more *= 2) rows = more;
  return rows;
}

/// Where the keys of the grid were set: later places count more, -1 stands for the default.
class GridPlaces {
 public:
  explicit GridPlaces(const std::vector<Assignment>& assignments) : assignments_(assignments) {}

  /// The number of a place is that of its first assignment.
  [[nodiscard]] std::ptrdiff_t of(std::string_view key) const {
    const auto set = std::find_if(assignments_.rbegin(), assignments_.rend(),
                                  [&](const Assignment& each) { return each.key == key; });
    if (set == assignments_.rend()) return -1;
    const auto first = std::find_if(assignments_.begin(), assignments_.end(),
                                    [&](const Assignment& each) { return each.source == set->source; });
    return first - assignments_.begin();
  }

 private:
  const std::vector<Assignment>& assignments_;
};

[[noreturn]] void refuse_grid(const MachineSettings& settings, const char* key, std::uint32_t value,
                              const std::string& expected) {
  throw InputError(settings.sources.at(key), key, std::to_string(value),
                   expected + " pes = " + std::to_string(settings.core.pes));
}

/// Makes what is left open of rows and columns follow: left open is what the last place that says something of `pes`,
/// `rows` or `columns` does not set. `pes` keeps its value. Rows and columns that are set together are validate()'s.
void fit_grid(const std::vector<Assignment>& assignments, MachineSettings& settings) {
  const GridPlaces places(assignments);
  const std::ptrdiff_t last = std::max({places.of("pes"), places.of("rows"), places.of("columns")});
  if (last < 0) return;
  const bool rows = places.of("rows") == last;
  const bool columns = places.of("columns") == last;
  Config& core = settings.core;
  if ((rows && columns) || core.pes == 0) return;
  if (!rows) settings.sources.erase("rows");
  if (!columns) settings.sources.erase("columns");
  if (columns) {
    if (core.pes % core.columns != 0 || !core.has_grid(core.pes / core.columns)) {
      refuse_grid(settings, "columns", core.columns, "columns for which a power of two of rows, at most 64, makes");
    }
    core.rows = core.pes / core.columns;
    return;
  }
  if (!rows) core.rows = fitting_rows(core);
  if (!core.has_grid(core.rows)) {
    refuse_grid(settings, "rows", core.rows, "a power of two from 1 to 64 that divides");
  }
  core.columns = core.pes / core.rows;
}

/// Who names a grid shape wants it for every layer, unless the same place, or a later one, says so itself.
void fix_grid(const std::vector<Assignment>& assignments, MachineSettings& settings) {
  const GridPlaces places(assignments);
  const std::ptrdiff_t shape = std::max(places.of("rows"), places.of("columns"));
  if (shape < places.of("pes") || shape <= places.of(GridKey.key)) return;
  settings.grid_rows = settings.core.rows;
  settings.sources.erase(std::string(GridKey.key));
}

template <class Json, class Entry>
Json each_key(const MachineSettings& settings, Entry entry) {
  Json result = Json::object();
  const Config& core = settings.core;
  const auto add = [&](const NamedKey& key, Json value) {
    result[std::string(key.key)] = entry(std::move(value), key.description, key.origin);
  };
  add(ModeKey, to_string(core.mode));
  add(EngineKey, to_string(core.engine));
  add(PolicyKey, to_string(core.policy));
  add(StyleKey, to_string(core.mem_style));
  for (const ConfigField& field : config_fields()) {
    add({field.key, field.description, field.origin}, core.*field.member);
  }
  add(LatencyKey, settings.memory_latency_ns);
  add(GridKey, settings.grid_rows ? Json(*settings.grid_rows) : Json("auto"));
  return result;
}

}  // namespace

bool is_report(const json& document) { return document.contains("program"); }

std::vector<Assignment> assignments_of(const json& document, const std::string& name) {
  if (!document.is_object()) throw InputError(name, "", shown(document), "a JSON object of keys and values");
  const bool of_report = is_report(document);
  const auto found = document.find("configuration");
  if (of_report && (found == document.end() || !found->is_object())) {
    throw InputError(name, "configuration", found == document.end() ? "missing" : shown(*found),
                     "that of the report, an object of keys and values");
  }
  const json& configuration = of_report ? *found : document;
  std::vector<Assignment> assignments;
  for (const auto& [key, value] : configuration.items()) {
    if (!value.is_object()) {
      assignments.push_back(from_json(name, key, value));
      continue;
    }
    for (const auto& [inner, text] : value.items()) {
      if (inner != "value" && inner != "description" && inner != "origin") {
        throw InputError(name, brief(std::string(key).append(".").append(inner)), shown(text),
                         "one of value, description, origin");
      }
    }
    const auto found = value.find("value");
    if (found == value.end()) throw InputError(name, brief(key), "an object", "one with the key value");
    assignments.push_back(from_json(name, key, *found));
  }
  return assignments;
}

std::vector<Assignment> read_config_file(const std::string& path) {
  return assignments_of(read_json(path), printable(path));
}

std::vector<Assignment> parse_config_text(std::string_view text, const std::string& name) {
  return assignments_of(parse_json(printable(name), text), printable(name));
}

Assignment parse_assignment(std::string_view text, const std::string& source) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw InputError(source, "", brief(text), "KEY=VALUE");
  }
  return {source, std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)), Assignment::Kind::Text};
}

MachineSettings resolve(const std::vector<Assignment>& assignments) {
  // The mode first: it decides the defaults of all others.
  MachineSettings chosen;
  for (const Assignment& assignment : assignments) {
    if (assignment.key == ModeKey.key) apply(assignment, chosen);
  }
  MachineSettings settings;
  settings.core = Config::defaults(chosen.core.mode);
  for (const Assignment& assignment : assignments) apply(assignment, settings);

  const auto given = [&settings](const char* key) { return settings.sources.count(key) != 0; };
  // Contract 3: the units that can multiply are all of them in train, half of them in infer.
  if (given("arithmetic_units") && !given("multiply_units")) {
    const std::uint32_t units = settings.core.arithmetic_units;
    settings.core.multiply_units = settings.core.mode == Mode::Train ? units : std::max(1U, units / 2);
  }
  fit_grid(assignments, settings);
  fix_grid(assignments, settings);

  try {
    settings.core.validate();
    if (settings.grid_rows && !settings.core.has_grid(*settings.grid_rows)) {
      throw ConfigError(std::string(GridKey.key), std::to_string(*settings.grid_rows),
                        "auto or a power of two from 1 to 64 that divides pes = " + std::to_string(settings.core.pes));
    }
  } catch (const ConfigError& error) {
    throw explain(error, settings);
  }
  return settings;
}

InputError explain(const ConfigError& error, const MachineSettings& settings) {
  // A key like "rows*columns" names several; one that somebody set is to blame rather than a default.
  std::string source = "configuration";
  std::string keys = error.key();
  std::replace_if(
      keys.begin(), keys.end(), [](char c) { return c == '*' || c == ' ' || c == ','; }, '\n');
  for (std::size_t at = 0; at < keys.size();) {
    const std::size_t end = std::min(keys.find('\n', at), keys.size());
    const auto found = settings.sources.find(keys.substr(at, end - at));
    if (found != settings.sources.end()) source = found->second;
    at = end + 1;
  }
  return {source, error.key(), error.value(), error.expected()};
}

ordered_json describe(const MachineSettings& settings) {
  return each_key<ordered_json>(
      settings, [](ordered_json value, std::string_view description, std::string_view origin) {
        return ordered_json{{"value", std::move(value)}, {"description", description}, {"origin", origin}};
      });
}

ordered_json plain_values(const MachineSettings& settings) {
  return each_key<ordered_json>(settings, [](ordered_json value, std::string_view, std::string_view) { return value; });
}

}  // namespace dlac
