// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace dlac::workloads {

/// A file that cannot be used. what() is one line: the file, what was found, what was expected.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& path, const std::string& found, const std::string& expected)
      : std::runtime_error(path + ": " + found + ": expected " + expected) {}
};

}  // namespace dlac::workloads
