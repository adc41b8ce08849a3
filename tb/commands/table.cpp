// SPDX-License-Identifier: Apache-2.0
#include "tb/commands/subcommand.h"

namespace dlac::tb {

// Each is in the file of its name. This is the only place that names them all.
Subcommand run_command(), layer_command(), compile_command(), image_command(), exec_command(), networks_command(),
    links_command(), config_command();

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> table{run_command(),  layer_command(),    compile_command(), image_command(),
                                             exec_command(), networks_command(), links_command(),   config_command()};
  return table;
}

}  // namespace dlac::tb
