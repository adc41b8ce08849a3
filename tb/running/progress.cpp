// SPDX-License-Identifier: Apache-2.0
#include "tb/running/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace dlac::tb {
namespace {

constexpr std::size_t BarWidth = 40;
constexpr std::size_t LongestText = 30;

}  // namespace

void Progress::show(std::uint64_t done, const std::string& what) {
  if (!enabled_) return;
  const double share = total_ == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(BarWidth));
  out_ << "\r\x1b[K[" << std::string(filled, '#') << std::string(BarWidth - filled, '.') << "] "
       << static_cast<int>(100 * share) << " % " << what.substr(0, LongestText) << std::flush;
  visible_ = true;
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
