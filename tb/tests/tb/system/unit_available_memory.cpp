// SPDX-License-Identifier: Apache-2.0
// What memory there is, told from trees like those of Linux.
#include "tb/system/available_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace dlac::tb {
namespace {

constexpr std::uint64_t Mebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t Resident = 8 * Mebibyte;  // of the process in these trees

class Tree {
 public:
  Tree() {
    path_ = (std::filesystem::temp_directory_path() / "dlac-XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    file("proc/self/statm", "100000 " + std::to_string(Resident / page) + " 10 1 0 1 0\n");
    file("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:  1024 kB\nMemAvailable:    1048576 kB\n");
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { std::filesystem::remove_all(path_); }

  void file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void version2(const std::string& folder, const std::string& limit, std::uint64_t used, std::uint64_t cache) const {
    file(folder + "/memory.max", limit + "\n");
    file(folder + "/memory.current", std::to_string(used) + "\n");
    file(folder + "/memory.stat",
         "anon 5\nfile 77\ninactive_file " + std::to_string(cache) + "\nactive_file 0\nslab 3\n");
  }
  void version1(const std::string& folder, std::uint64_t limit, std::uint64_t used, std::uint64_t cache) const {
    file(folder + "/memory.limit_in_bytes", std::to_string(limit) + "\n");
    file(folder + "/memory.usage_in_bytes", std::to_string(used) + "\n");
    file(folder + "/memory.stat",
         "cache 1\ninactive_file 1\ntotal_inactive_file 0\ntotal_active_file " + std::to_string(cache) + "\n");
  }
  [[nodiscard]] AvailableMemory look() const { return available_memory(path_); }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("without control groups there is what the machine has left, and what the process has") {
  const Tree tree;
  CHECK(tree.look().bytes == 1024 * Mebibyte + Resident);
  CHECK(tree.look().limited_by == "the machine");
}

TEST_CASE("a control group of version 2 leaves its limit less what others use; page cache is given back") {
  const Tree tree;
  tree.file("proc/self/cgroup", "0::/a/b\n");
  tree.version2("sys/fs/cgroup/a/b", std::to_string(300 * Mebibyte), 150 * Mebibyte, 100 * Mebibyte);
  CHECK(tree.look().bytes == (300 - 50) * Mebibyte + Resident);  // 8 of the 50 MiB are the process's own
  CHECK(tree.look().limited_by == "the control group (memory.max)");

  tree.version2("sys/fs/cgroup/a/b", "max", 150 * Mebibyte, 0);
  CHECK(tree.look().limited_by == "the machine");
  tree.version2("sys/fs/cgroup/a", std::to_string(200 * Mebibyte), 8 * Mebibyte, 0);  // one above
  CHECK(tree.look().bytes == 200 * Mebibyte);

  // In a container the group's own folder is the top, whatever its name outside.
  const Tree container;
  container.file("proc/self/cgroup", "0::/docker/1234\n");
  container.version2("sys/fs/cgroup", std::to_string(64 * Mebibyte), 8 * Mebibyte, 0);
  CHECK(container.look().bytes == 64 * Mebibyte);
  // One that is full leaves what the process has.
  container.version2("sys/fs/cgroup", std::to_string(64 * Mebibyte), 64 * Mebibyte, 0);
  CHECK(container.look().bytes == Resident);
}

TEST_CASE("a control group of version 1 does so, too") {
  const Tree tree;
  tree.file("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/jobs/1\n3:cpuset:/\n0::/\n");
  tree.version1("sys/fs/cgroup/memory/jobs/1", 500 * Mebibyte, 108 * Mebibyte, 60 * Mebibyte);
  CHECK(tree.look().bytes == 460 * Mebibyte);  // 40 MiB are used by others
  CHECK(tree.look().limited_by == "the control group (memory.limit_in_bytes)");
  tree.version1("sys/fs/cgroup/memory/jobs/1", 9223372036854771712U, 108 * Mebibyte, 0);
  CHECK(tree.look().limited_by == "the machine");
}

TEST_CASE("the limit on the address space counts") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  // A process of so much address space that the limit does not touch this one.
  constexpr std::uint64_t Space = std::uint64_t{1} << 50U;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const Tree tree;
  tree.file("proc/self/statm", std::to_string(Space / page) + " " + std::to_string(Resident / page) + " 10 1 0 1 0\n");
  const rlimit limit{Space + 50 * Mebibyte, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_AS, &limit) == 0);
  rlimit taken{};
  REQUIRE(::getrlimit(RLIMIT_AS, &taken) == 0);
  if (taken.rlim_cur != limit.rlim_cur) {
    std::cout << "SKIPPED: an emulator of processors keeps the limit to itself\n";
    return;
  }
  const AvailableMemory available = tree.look();
  REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
  CHECK(available.bytes == 50 * Mebibyte + Resident);  // all but 8 MiB of the space is no memory
  CHECK(available.limited_by == "the limit on the address space (ulimit -v)");
}

TEST_CASE("what cannot be found out bounds nothing") {
  const Tree tree;
  tree.file("proc/meminfo", "");
  tree.file("proc/self/cgroup", "garbage\n0:\n");
  CHECK(tree.look().bytes > std::uint64_t{1} << 60U);
}

}  // namespace dlac::tb
