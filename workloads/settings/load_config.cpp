// SPDX-License-Identifier: Apache-2.0
#include "workloads/settings/load_config.h"

#include "workloads/settings/config_json.h"

namespace dlac {

MachineSettings load_config(const std::string& path) { return resolve(read_config_file(path)); }

MachineSettings parse_config(std::string_view json, const std::string& name) {
  return resolve(parse_config_text(json, name));
}

}  // namespace dlac
