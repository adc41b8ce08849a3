// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

/// The testbench library is linked with SystemC, whose library wants one; no design is elaborated here.
extern "C" int sc_main(int, char*[]) { return 0; }
