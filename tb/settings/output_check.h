// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace dlac::tb {

/// Every output, {option, path}, must be writable, and none may be another one's or an input's file, however it is
/// spelt. Throws InputError, workloads::FileError. Changes nothing.
void check_outputs(const std::vector<std::pair<std::string, std::string>>& outputs,
                   const std::vector<std::string>& inputs);

/// Writes an output. When it cannot be written, or there is not the memory to, the line that says so is added to
/// `failures`: it keeps no other output from being written.
void attempt(std::vector<std::string>& failures, const std::string& path, const std::function<void()>& write);

}  // namespace dlac::tb
