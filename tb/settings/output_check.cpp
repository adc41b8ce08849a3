// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/output_check.h"

#include <filesystem>
#include <new>
#include <system_error>

#include "tb/reports/text.h"
#include "workloads/output_file.h"
#include "workloads/settings/input_error.h"

namespace dlac::tb {

void check_outputs(const std::vector<std::pair<std::string, std::string>>& outputs,
                   const std::vector<std::string>& inputs) {
  const auto same = [](const std::string& a, const std::string& b) {
    std::error_code error;
    if (std::filesystem::equivalent(a, b, error)) return true;
    const auto whole = [&](const std::string& path) {
      return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
    };
    return whole(a) == whole(b);
  };
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    const auto& [option, path] = *output;
    for (const std::string& input : inputs) {
      if (same(path, input)) throw InputError(option, "", printable(path), "a file that is no input");
    }
    for (auto other = outputs.begin(); other != output; ++other) {
      if (same(path, other->second)) throw InputError(option, "", printable(path), "another file than " + other->first);
    }
    workloads::check_writable(path);
  }
}

void attempt(std::vector<std::string>& failures, const std::string& path, const std::function<void()>& write) {
  try {
    write();
  } catch (const workloads::FileError& error) {
    failures.emplace_back(error.what());
  } catch (const std::bad_alloc&) {
    failures.emplace_back(
        InputError(printable(path), "no more memory could be had", "", "all of it to be written").what());
  }
}

}  // namespace dlac::tb
