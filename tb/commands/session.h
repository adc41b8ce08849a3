// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tb/commands/subcommand.h"
#include "tb/reports/report_file.h"
#include "tb/running/jobs.h"
#include "tb/running/run_ending.h"

namespace dlac::tb {

/// What `run` and `layer` have in common once their layers are known.
class Session {
 public:
  Session(RunReport report, std::vector<Job> jobs, const Console& console)
      : report_(std::move(report)), jobs_(std::move(jobs)), console_(console) {}

  /// `name`: of the model, for the summary. `output`: where to write the last layer's output features.
  [[nodiscard]] ExitCode run(const std::string& name, const std::optional<std::string>& output);

 private:
  RunReport report_;
  std::vector<Job> jobs_;
  const Console& console_;
};

/// If the core stopped: shows the line of each output that was not written, and throws the CoreError.
void check_ending(const RunEnding& ending, const Console& console);

/// Shows the line of each output that was not written. Returns the exit code that it makes.
[[nodiscard]] ExitCode show_failures(const std::vector<std::string>& failures, const Console& console);

}  // namespace dlac::tb
