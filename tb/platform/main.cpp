// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <systemc>
#include <vector>

#include "tb/platform/program.h"

int sc_main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return dlac::platform::run_program(arguments, std::cout, std::cerr);
}

/// In place of the library's, which prints a banner before sc_main().
int main(int argc, char* argv[]) {
  // A closed standard descriptor would be given to the next file opened, and that file get the output.
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) return 2;
  }
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}
