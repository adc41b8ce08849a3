// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "workloads/settings/config_json.h"

// What the command lines of the programs have in common.
namespace dlac::tb {

constexpr unsigned HelpColumns = 100;

/// The value of an option in its description: all options but flags are texts, and each may be given several times.
[[nodiscard]] boost::program_options::typed_value<std::vector<std::string>>* text(const char* name);

/// Options under one heading of the help.
[[nodiscard]] boost::program_options::options_description option_group(const std::string& title);

/// The options of one command line as texts. Whatever throws, throws InputError.
class Given {
 public:
  /// What a program takes.
  struct Syntax {
    const boost::program_options::options_description& options;
    std::string help;               ///< the command line that explains the options
    const char* operand = nullptr;  ///< the option whose name may be left out
  };

  /// Throws for anything that is no option of the syntax. Options are not abbreviated.
  Given(const Syntax& syntax, const std::vector<std::string>& arguments);

  [[nodiscard]] bool flag(const char* name) const { return given_.count(name) != 0 && given_[name].as<bool>(); }
  [[nodiscard]] bool has(const char* name) const { return given_.count(name) != 0; }
  [[nodiscard]] std::vector<std::string> all(const char* name) const;
  /// Throws for an option that is given twice.
  [[nodiscard]] std::optional<std::string> one(const char* name) const;
  /// Throws for an empty name, too.
  [[nodiscard]] std::optional<std::string> file(const char* name) const;
  /// Throws for an option that is missing or empty, too.
  [[nodiscard]] std::string required(const char* name, const std::string& expected) const;
  /// A decimal number, or behind 0x a hexadecimal one.
  [[nodiscard]] std::uint64_t whole(const char* name, std::uint64_t minimum, std::uint64_t maximum,
                                    std::uint64_t otherwise) const;
  /// What --config, --set and the options that are named like `keys` say of the configuration, in this order. Throws
  /// for a key that is set twice.
  [[nodiscard]] std::vector<Assignment> assignments(const std::vector<std::string>& keys) const;

  /// Where --config names a report and the option `source`, which says what is run, is left out: the same options and
  /// those that repeat the report's run, as far as they are among `names`. Throws for a file that cannot be read, and
  /// for the report of another command.
  [[nodiscard]] Given repeating(const char* source, const std::vector<std::string>& names) const;

  /// Throws the InputError that refuses an option's value. One that came from a report is named by file and key.
  [[noreturn]] void refuse(const std::string& name, const std::string& value, const std::string& expected) const;

  /// The option as it is written.
  [[nodiscard]] static std::string option(const std::string& name) { return "--" + name; }

 private:
  /// The file of --config, which may be a pipe: it is read once. Null without the option.
  [[nodiscard]] const nlohmann::json* config() const;

  boost::program_options::variables_map given_;
  std::string operand_;
  std::map<std::string, std::string> keys_;  ///< of the report that options come from, by name
  mutable std::shared_ptr<const nlohmann::json> config_;
};

}  // namespace dlac::tb
