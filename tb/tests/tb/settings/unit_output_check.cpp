// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/output_check.h"

#include <catch2/catch.hpp>
#include <new>

#include "workloads/file_error.h"

namespace dlac::tb {

TEST_CASE("an output that cannot be written, or for which there is no memory, is a line, and no more") {
  std::vector<std::string> failures;
  attempt(failures, "a.csv", [] {});
  CHECK(failures.empty());
  attempt(failures, "a.csv", [] { throw workloads::FileError("a.csv", "a full disk", "room"); });
  attempt(failures, "b\n.csv", [] { throw std::bad_alloc(); });
  REQUIRE(failures.size() == 2);
  CHECK_THAT(failures[0], Catch::Matchers::StartsWith("a.csv: a full disk: expected room"));
  CHECK(failures[1] == R"(b\x0a.csv: no more memory could be had: expected all of it to be written)");
}

}  // namespace dlac::tb
