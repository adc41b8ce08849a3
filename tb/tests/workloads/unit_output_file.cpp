// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tb/tests/scratch_folder.h"
#include "workloads/output_file.h"

using dlac::tb::ScratchFolder;
using dlac::workloads::FileError;
using dlac::workloads::OutputFile;
using dlac::workloads::remove_temporary_files;

namespace {

/// No file grows beyond so many bytes, as long as it lives: a disk that is full, and has room again.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("output files: content appears with commit(), and only then") {
  const ScratchFolder folder;
  folder.write("a", "old");
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += std::to_string(i) + ' ';
  {
    OutputFile file(folder.file("a"));
    file.stream() << content;
    CHECK(folder.read("a") == "old");
    CHECK(std::filesystem::path(file.temporary()).parent_path() == folder.path());
    file.commit();
    CHECK((folder.read("a") == content));
  }
  { OutputFile(folder.file("b")).stream() << "never"; }
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("output files: a write that failed is not forgotten when the next ones find room again") {
  const ScratchFolder folder;
  folder.write("a", "old");
  const std::string block(100'000, 'x');
  OutputFile file(folder.file("a"));
  file.stream() << block;
  {
    const FileLimit full(50'000);
    file.stream() << block << std::flush;
    CHECK_FALSE(file.stream());
  }
  file.stream().clear();  // whoever writes may think that all is well
  file.stream() << block << "end\n";
  CHECK_THROWS_WITH(file.commit(), folder.file("a") + ": File too large: expected all of it to be written");
  CHECK_THROWS_AS(file.commit(), FileError);
  CHECK(folder.read("a") == "old");
}

TEST_CASE("output files: what is still in memory at the end is written, or is an error") {
  const ScratchFolder folder;
  OutputFile file(folder.file("a"));
  file.stream() << "short";
  const FileLimit full(3);
  CHECK_THROWS_AS(file.commit(), FileError);
  CHECK_FALSE(folder.has("a"));
}

TEST_CASE("output files: what is said to be missing is what is missing") {
  const ScratchFolder folder;
  const auto refusal = [](const std::string& path) -> std::string {
    try {
      const OutputFile file(path);
    } catch (const FileError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(refusal(folder.file("none/a")),
             Catch::Matchers::EndsWith("expected a folder that exists and can be written to"));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const std::string crowded = refusal(folder.file("a"));
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK_THAT(crowded, Catch::Matchers::EndsWith("expected fewer open files"));
}

TEST_CASE("output files: left-overs of a killed run are in nobody's way") {
  const ScratchFolder folder;
  std::string left_over;
  {
    OutputFile file(folder.file("a"));
    left_over = file.temporary();
  }
  std::ofstream(left_over) << "left over";
  OutputFile file(folder.file("a"));
  CHECK(file.temporary() != left_over);
  file.stream() << "new";
  file.commit();
  CHECK(folder.read("a") == "new");
  CHECK(folder.names().size() == 2);
}

TEST_CASE("temporary files: all that there are are removed at once, however many, and no other file") {
  const ScratchFolder folder;
  folder.write("kept", "");
  constexpr int Many = 200;
  std::vector<std::unique_ptr<OutputFile>> files;
  for (int i = 0; i < Many; ++i) {
    files.push_back(std::make_unique<OutputFile>(folder.file(std::to_string(i))));
    files.back()->stream() << "x";
  }
  files[7]->commit();
  files.erase(files.begin() + 100, files.begin() + 150);
  files.erase(files.begin());
  files.pop_back();
  CHECK(folder.names().size() == 2 + Many - 1 - 50 - 2);
  const pid_t child = ::fork();  // as in the handler of a signal that ends the process
  REQUIRE(child >= 0);
  if (child == 0) {
    remove_temporary_files();
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(folder.names() == std::vector<std::string>{"7", "kept"});
}
