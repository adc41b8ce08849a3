// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dlac::tb {

/// Where the folders of PATH have a program of this name.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name);

/// Runs a program to its end, without a shell and without standard input and output. Returns what went wrong, in a few
/// words: how it ended, unless with exit code 0. One at a time.
[[nodiscard]] std::optional<std::string> run_child_program(const std::string& path,
                                                           const std::vector<std::string>& arguments);

/// Ends the program that runs now. For the handler of a signal that ends this one.
void end_child_program() noexcept;

}  // namespace dlac::tb
