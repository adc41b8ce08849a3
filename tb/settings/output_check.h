// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dlac::tb {

/// Every output, {option, path}, must be writable, and none may be another one's or an input's file, however it is
/// spelt. Throws InputError, workloads::FileError. Changes nothing.
void check_outputs(const std::vector<std::pair<std::string, std::string>>& outputs,
                   const std::vector<std::string>& inputs);

}  // namespace dlac::tb
