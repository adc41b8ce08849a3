// SPDX-License-Identifier: Apache-2.0
// What the base-protocol checker counts and notes.
#include "tb/tests/tb/protocol/sc_checker_rig.h"

namespace dlac::tb::protocol::checker_rig {

TEST_CASE("protocol checker: the longest delay of b_transport is noted") {
  run({{"delays", None,
        [](Rig& r) {
          for (const double delay : {3.0, 7.0, 5.0}) {
            Payload p;
            r.b(r.prepare(p), ns(delay));
          }
        }}},
      [](const Case&, Rig& rig) { CHECK(rig.checker.most_ahead() == ns(7)); });
}

TEST_CASE("protocol checker: counts go on when the messages are full") {
  Checker::Options few;
  few.kept_violations = 2;
  run({{"five", Rule::DataLength,
        [](Rig& r) {
          for (int i = 0; i < 5; ++i) r.b([](Payload& p) { p.set_data_length(0); });
        },
        few}},
      [](const Case&, Rig& rig) {
        CHECK(rig.checker.violation_count() == 5);
        REQUIRE(rig.checker.violations().size() == 2);
        CHECK(rig.checker.violations()[0].message ==
              "0 s rig0.checker: DataLength (IEEE 1666-2011 14.12): data length 0; write of 0 at 0x10");
        CHECK(rig.checker.blocking_transactions() == 5);
        CHECK(rig.checker.nonblocking_transactions() == 0);
      });
}

}  // namespace dlac::tb::protocol::checker_rig
