// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dlac::tb {

/// Whether there is a line on standard error's terminal that must not stay when the process ends.
void set_line_shown(bool shown) noexcept;
/// Takes that line away. For the handler of a signal that ends the process.
void clear_shown_line() noexcept;

}  // namespace dlac::tb
