// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// What the programs' main() have in common, and what happens when a signal ends them.
namespace dlac::tb {

/// The body of main(), in place of SystemC's, which prints a banner: calls sc_main(). A write beyond a limit on file
/// sizes is an error of that write, and does not end the process.
[[nodiscard]] int start(int argc, char* argv[]);

/// `path` is removed if SIGINT, SIGTERM or SIGHUP ends the process, until keep_on_signal(). Up to 64 files at a time.
void remove_on_signal(const std::string& path);
void keep_on_signal(const std::string& path);

}  // namespace dlac::tb
