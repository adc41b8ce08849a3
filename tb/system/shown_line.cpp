// SPDX-License-Identifier: Apache-2.0
#include "tb/system/shown_line.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

namespace dlac::tb {
namespace {

volatile std::sig_atomic_t line_shown = 0;

}  // namespace

void set_line_shown(bool shown) noexcept { line_shown = shown ? 1 : 0; }

void clear_shown_line() noexcept {
  constexpr std::string_view Clear = "\r\x1b[K";
  if (line_shown == 0) return;
  line_shown = 0;
  // A terminal that is held, or whose reader stands still, must not hold up the end of the program.
  pollfd terminal{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&terminal, 1, 0) != 1 || (terminal.revents & POLLOUT) == 0) return;
  static_cast<void>(!::write(STDERR_FILENO, Clear.data(), Clear.size()));  // nothing to be done if it fails
}

}  // namespace dlac::tb
