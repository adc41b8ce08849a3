// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>
#include <systemc>
#include <vector>

#include "tb/commands/program.h"
#include "tb/system/start.h"

int sc_main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(dlac::tb::run_program(arguments, std::cout, std::cerr));
}

int main(int argc, char* argv[]) { return dlac::tb::start(argc, argv); }
