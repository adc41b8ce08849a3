// SPDX-License-Identifier: Apache-2.0
#include "tb/running/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace dlac::tb {
namespace {

// Together with the shares and times a line of less than 80 columns, so that it is not broken.
constexpr std::size_t BarWidth = 24;
constexpr std::size_t LongestText = 22;
constexpr double RedrawSeconds = 0.1;
constexpr double LeastShare = 0.001;  // from which the rest can be told

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// 75 as "1:15", 3675 as "1:01:15".
std::string duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  const auto two = [](std::uint64_t value) { return (value < 10 ? ":0" : ":") + std::to_string(value); };
  const std::uint64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return (hours == 0 ? std::to_string(minutes) : std::to_string(hours) + two(minutes)) + two(whole % 60);
}

}  // namespace

Progress::Progress(std::ostream& out, bool enabled, std::uint64_t total, Seconds now)
    : out_(out),
      enabled_(enabled),
      total_(total),
      now_(now ? std::move(now) : Seconds(clock_seconds)),
      begin_(enabled ? now_() : 0) {}

void Progress::show(std::uint64_t done, const std::string& what) {
  if (!enabled_) return;
  drawn_ = now_();
  const double passed = drawn_ - begin_;
  const double share = total_ == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(BarWidth));
  out_ << "\r\x1b[K[" << std::string(filled, '#') << std::string(BarWidth - filled, '.') << "] "
       << static_cast<int>(100 * share) << " % " << what.substr(0, LongestText) << ' ' << duration(passed);
  if (share >= LeastShare) out_ << ", " << duration(passed * (1 - share) / share) << " left";
  out_ << std::flush;
  visible_ = true;
}

void Progress::move(std::uint64_t done, const std::string& what) {
  if (enabled_ && now_() - drawn_ >= RedrawSeconds) show(done, what);
}

void Progress::clear() {
  if (!visible_) return;
  out_ << "\r\x1b[K" << std::flush;
  visible_ = false;
}

bool Progress::terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

}  // namespace dlac::tb
