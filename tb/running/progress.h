// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

namespace dlac::tb {

/// A bar on one line of a terminal, with the time that has passed and an estimate of what remains. Where there is no
/// terminal, nothing is written.
class Progress {
 public:
  using Seconds = std::function<double()>;  ///< a clock

  /// `total`: the work of all layers, in any unit. `now`: the machine's clock unless a test has its own.
  Progress(std::ostream& out, bool enabled, std::uint64_t total, Seconds now = {});
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
  double begin_;
  double drawn_ = 0;
};

}  // namespace dlac::tb
