// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace dlac::tb {

/// A bar on one line of a terminal. Where there is none, nothing is written.
class Progress {
 public:
  /// `total`: the work of all layers, in any unit.
  Progress(std::ostream& out, bool enabled, std::uint64_t total) : out_(out), enabled_(enabled), total_(total) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Shows what is being done and how much is behind us.
  void show(std::uint64_t done, const std::string& what);
  /// Takes the bar away, before anything else is written to the terminal.
  void clear();

  /// Whether standard error is a terminal that can move its cursor.
  [[nodiscard]] static bool terminal();

 private:
  std::ostream& out_;
  bool enabled_;
  bool visible_ = false;
  std::uint64_t total_;
};

}  // namespace dlac::tb
