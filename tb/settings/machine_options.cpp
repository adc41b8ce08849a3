// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/machine_options.h"

#include <dlac/common/skip_policy.h>

#include <string>

#include "tb/reports/text.h"
#include "workloads/settings/config_json.h"

namespace dlac::tb {

boost::program_options::options_description machine_options() {
  const std::string policies = join({policy_names().begin(), policy_names().end()}, "|");
  auto options = option_group("Configuration (file < --set < the options of their own)");
  options.add_options()                                                                             //
      ("mode", text("train|infer"), "binary32 or binary16 arithmetic (default train)")              //
      ("engine", text("schedule|clocked"), "default schedule; both give the same cycles and bits")  //
      ("policy", text(policies.c_str()), "zero operands that are skipped (default both)")           //
      ("config", text("FILE.json"),
       "configuration file, as `dlac-tb config` prints one, or a JSON report; `run` and `layer` repeat its run unless "
       "told what to run")  //
      ("set", text("KEY=VALUE ...")->multitoken(),
       "sets one key; may be repeated; rows=R or columns=C fixes the grid of all layers, pes=N alone leaves it to the "
       "mapper");
  return options;
}

MachineSettings machine_settings(const Given& given) {
  return resolve(given.assignments({"mode", "engine", "policy"}));
}

}  // namespace dlac::tb
