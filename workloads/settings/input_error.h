// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace dlac {

/// An option, a file or a value in it that cannot be used. what() is one line,
/// `<file or option>: <key>: <value>: expected <...>`; an empty key or value is left out. The program ends with exit
/// code 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& line) : std::runtime_error(line) {}
  InputError(const std::string& where, const std::string& key, const std::string& value, const std::string& expected)
      : std::runtime_error(where + ": " + (key.empty() ? "" : key + ": ") + (value.empty() ? "" : value + ": ") +
                           "expected " + expected) {}
};

}  // namespace dlac
