// SPDX-License-Identifier: Apache-2.0
#include "tb/running/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tb/system/shown_line.h"

namespace dlac::tb {
namespace {

// Together with the shares and times a line of less than 80 columns; in a narrower terminal the bar is shorter, and
// where it would be less than this, there is none.
constexpr std::size_t BarWidth = 24;
constexpr std::size_t LeastBar = 6;
constexpr std::size_t LongestText = 22;
constexpr double RedrawSeconds = 0.1;
constexpr double LeastShare = 0.001;  // from which the rest can be told

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::size_t terminal_columns() {
  constexpr std::size_t Usual = 80;
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : Usual;
}

/// The beginning of a text of UTF-8 that takes no more than these columns. A character of three bytes or more may be
/// two columns wide; a byte that belongs to none is a column, too.
std::string clipped(const std::string& text, std::size_t columns) {
  std::size_t taken = 0, within = 0;  // bytes left of a character
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (within > 0 && (byte & 0xC0U) == 0x80) {
      --within;
      continue;
    }
    within = byte < 0xC0 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    taken += byte < 0xE0 ? 1 : 2;
    if (taken > columns) return text.substr(0, i);
  }
  return text;
}

/// 75 as "1:15", 3675 as "1:01:15".
std::string duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  const auto two = [](std::uint64_t value) { return (value < 10 ? ":0" : ":") + std::to_string(value); };
  const std::uint64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return (hours == 0 ? std::to_string(minutes) : std::to_string(hours) + two(minutes)) + two(whole % 60);
}

}  // namespace

Progress::Progress(std::ostream& out, bool enabled, std::uint64_t total, Seconds now, Columns columns)
    : out_(out),
      enabled_(enabled),
      total_(total),
      now_(now ? std::move(now) : Seconds(clock_seconds)),
      columns_(columns ? std::move(columns) : Columns(terminal_columns)),
      begin_(enabled ? now_() : 0) {}

void Progress::show(std::uint64_t done, const std::string& what) {
  if (!enabled_) return;
  drawn_ = now_();
  const double passed = drawn_ - begin_;
  const double share = total_ == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  std::string text = std::to_string(static_cast<int>(100 * share)) + " % ";
  text += clipped(what, LongestText);
  text += ' ' + duration(passed);
  if (share >= LeastShare) text += ", " + duration(passed * (1 - share) / share) + " left";
  // The last column stays free: some terminals break the line there.
  const std::size_t columns = columns_();
  const std::size_t room = columns - std::min<std::size_t>(columns, 1);
  constexpr std::size_t Around = 3;  // the brackets and a blank
  const std::size_t width = std::min(BarWidth, room - std::min(room, text.size() + Around));
  std::string bar;
  if (width >= LeastBar) {
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    bar = '[' + std::string(filled, '#') + std::string(width - filled, '.') + "] ";
  }
  set_line_shown(true);
  const std::string line = "\r\x1b[K" + clipped(bar + text, room);  // in one piece: a signal comes before it or behind
  out_ << line << std::flush;
  visible_ = true;
}

void Progress::move(std::uint64_t done, const std::string& what) {
  if (enabled_ && now_() - drawn_ >= RedrawSeconds) show(done, what);
}

void Progress::clear() {
  if (!visible_) return;
  out_ << "\r\x1b[K" << std::flush;
  set_line_shown(false);
  visible_ = false;
}

bool Progress::terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

}  // namespace dlac::tb
