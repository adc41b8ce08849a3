// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/given_options.h"

#include <algorithm>
#include <set>

#include "tb/reports/text.h"
#include "tb/settings/report_run.h"
#include "workloads/settings/input_error.h"
#include "workloads/settings/json_file.h"

namespace dlac::tb {
namespace {

namespace po = boost::program_options;
using Texts = std::vector<std::string>;

[[nodiscard]] Texts names_of(const po::options_description& options) {
  Texts names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

/// What an option that is written wrongly should have had, where that can be told.
[[nodiscard]] std::optional<std::string> syntax_expected(po::invalid_syntax::kind_t kind) {
  switch (kind) {
    case po::invalid_syntax::extra_parameter: return "no value";
    case po::invalid_syntax::missing_parameter:
    case po::invalid_syntax::empty_adjacent_parameter: return "a value";
    default: return std::nullopt;
  }
}

}  // namespace

po::typed_value<Texts>* text(const char* name) { return po::value<Texts>()->value_name(name); }

po::options_description option_group(const std::string& title) {
  constexpr unsigned DescriptionColumns = 60;
  return po::options_description(title, HelpColumns, DescriptionColumns);
}

Given::Given(const Syntax& syntax, const Texts& arguments) : operand_(syntax.operand == nullptr ? "" : syntax.operand) {
  const std::string as_in_help = " as in `" + syntax.help + "`";
  // As on Unix, but "--mod" is no "--mode" and "-hx" is nothing.
  constexpr int Style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing &
                        ~po::command_line_style::allow_sticky;
  try {
    po::command_line_parser parser(arguments);
    parser.options(syntax.options).style(Style);
    po::positional_options_description operand;
    if (syntax.operand != nullptr) parser.positional(operand.add(syntax.operand, -1));
    const po::parsed_options parsed = parser.run();
    for (const po::option& option : parsed.options) {
      if (syntax.operand == nullptr && option.position_key >= 0) {
        throw InputError("command line", "", printable(option.value.empty() ? "" : option.value.front()),
                         "options only," + as_in_help);
      }
    }
    po::store(parsed, given_);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    throw InputError(printable(name), "", "unknown option", one_of(name, names_of(syntax.options)));
  } catch (const po::multiple_occurrences& error) {
    throw InputError(error.get_option_name(), "", "given twice", "it at most once");
  } catch (const po::invalid_command_line_syntax& error) {
    throw InputError(printable(error.get_option_name()), "", "",
                     syntax_expected(error.kind()).value_or("an option" + as_in_help));
  } catch (const po::error& error) {
    throw InputError("command line", "", printable(error.what()), "options" + as_in_help);
  }
}

Texts Given::all(const char* name) const { return has(name) ? given_[name].as<Texts>() : Texts{}; }

std::optional<std::string> Given::one(const char* name) const {
  const Texts values = all(name);
  if (values.size() > 1) refuse(name, values[1], operand_ == name ? "one file" : "the option at most once");
  if (values.empty()) return std::nullopt;
  return values.front();
}

std::optional<std::string> Given::file(const char* name) const {
  std::optional<std::string> value = one(name);
  if (value && value->empty()) refuse(name, *value, "a file name");
  return value;
}

std::string Given::required(const char* name, const std::string& expected) const {
  const std::optional<std::string> value = one(name);
  if (!value) throw InputError(option(name), "", "missing", expected);
  if (value->empty()) refuse(name, *value, expected);
  return *value;
}

std::uint64_t Given::whole(const char* name, std::uint64_t minimum, std::uint64_t maximum,
                           std::uint64_t otherwise) const {
  const std::optional<std::string> text = one(name);
  if (!text) return otherwise;
  const std::optional<std::uint64_t> value = parse_address(*text);
  if (!value || *value < minimum || *value > maximum) {
    refuse(name, *text, "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
  }
  return *value;
}

std::vector<Assignment> Given::assignments(const Texts& keys) const {
  std::vector<Assignment> assignments;
  if (const nlohmann::json* document = config()) assignments = assignments_of(*document, printable(*file("config")));
  std::set<std::string> set_keys;
  for (const std::string& text : all("set")) {
    assignments.push_back(parse_assignment(text, "--set"));
    const std::string& key = assignments.back().key;
    if (!set_keys.insert(key).second) refuse("set", text, printable(key) + " at most once");
  }
  for (const std::string& key : keys) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', '-');
    if (const std::optional<std::string> value = one(name.c_str())) {
      assignments.push_back({option(name), key, *value, Assignment::Kind::Text});
    }
  }
  return assignments;
}

Given Given::repeating(const char* source, const Texts& names) const {
  Given more = *this;
  const nlohmann::json* document = has(source) ? nullptr : config();
  if (document == nullptr) return more;
  std::vector<RepeatedOption> repeated = run_of_report(*document, printable(*file("config")));
  const auto what = std::find_if(repeated.begin(), repeated.end(),
                                 [&](const RepeatedOption& option) { return option.name == source; });
  if (is_report(*document) && what == repeated.end()) {
    throw InputError(printable(*file("config")), source, "missing",
                     "the report of a run of this command, or " + option(source) + " to say what to run");
  }
  for (RepeatedOption& option : repeated) {
    if (has(option.name.c_str()) || std::find(names.begin(), names.end(), option.name) == names.end()) continue;
    more.keys_[option.name] = option.key;
    more.given_.insert({option.name, po::variable_value(boost::any(std::move(option.values)), false)});
  }
  return more;
}

const nlohmann::json* Given::config() const {
  const std::optional<std::string> path = file("config");
  if (path && config_ == nullptr) config_ = std::make_shared<const nlohmann::json>(read_json(*path));
  return config_.get();
}

void Given::refuse(const std::string& name, const std::string& value, const std::string& expected) const {
  if (const auto key = keys_.find(name); key != keys_.end()) {
    throw InputError(printable(*file("config")), key->second, brief(value), expected);
  }
  throw InputError(option(name), "", printable(value), expected);
}

}  // namespace dlac::tb
