// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

namespace dlac::tb {

/// A bar on one line of a terminal, whatever its width, with the time that has passed and an estimate of what remains.
/// Where there is no terminal, nothing is written. A signal that ends the program takes it away:
/// tb/system/shown_line.h.
class Progress {
 public:
  using Seconds = std::function<double()>;       ///< a clock
  using Columns = std::function<std::size_t()>;  ///< a terminal's width

  /// `total`: the work of all layers, in any unit. `now`, `columns`: the machine's clock, and the width that standard
  /// error's terminal has at the moment, unless a test has its own.
  Progress(std::ostream& out, bool enabled, std::uint64_t total, Seconds now = {}, Columns columns = {});
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Shows what is being done and how much is behind us.
  void show(std::uint64_t done, const std::string& what);
  /// The same for what happens often: not before a tenth of a second has passed since the bar was drawn.
  void move(std::uint64_t done, const std::string& what);
  /// Takes the bar away, before anything else is written to the terminal.
  void clear();

  /// Whether standard error is a terminal that can move its cursor.
  [[nodiscard]] static bool terminal();

 private:
  std::ostream& out_;
  bool enabled_;
  bool visible_ = false;
  std::uint64_t total_;
  Seconds now_;
  Columns columns_;
  double begin_;
  double drawn_ = 0;
};

}  // namespace dlac::tb
