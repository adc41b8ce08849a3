// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

#include "tb/system/main_stack.h"

int sc_main(int argc, char* argv[]) {
  // Any SystemC warning is a failure: it turns into an exception, which Catch reports.
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  const int failed = Catch::Session().run(argc, argv);
  dlac::tb::restore_main_stack();  // leaks are looked for next
  return failed;
}
