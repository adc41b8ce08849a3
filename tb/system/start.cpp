// SPDX-License-Identifier: Apache-2.0
#include "tb/system/start.h"

#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <systemc>

namespace dlac::tb {
namespace {

constexpr std::array EndingSignals{SIGINT, SIGTERM, SIGHUP};

/// A file that a signal's handler removes while `used`.
struct TemporaryFile {
  std::array<char, PATH_MAX> path;
  volatile std::sig_atomic_t used;
};
std::array<TemporaryFile, 64> temporary_files;

extern "C" void end_by_signal(int signal) {
  for (const TemporaryFile& file : temporary_files) {
    if (file.used != 0) ::unlink(file.path.data());
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// Large blocks go back to the system when they are freed, and the memory that a run takes can be told before it:
/// else glibc keeps up to 64 MiB of them, depending on what was freed before.
void return_large_blocks() {
#ifdef __GLIBC__
  constexpr int Large = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, Large);
  ::mallopt(M_TRIM_THRESHOLD, 2 * Large);
#endif
}

}  // namespace

int start(int argc, char* argv[]) {
  // A closed standard descriptor would be given to the next file opened, and that file get the program's output.
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) return 2;
  }
  return_large_blocks();
  std::signal(SIGXFSZ, SIG_IGN);
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}

void remove_on_signal(const std::string& path) {
  const auto free = std::find_if(temporary_files.begin(), temporary_files.end(),
                                 [](const TemporaryFile& file) { return file.used == 0; });
  if (free == temporary_files.end() || path.size() >= free->path.size()) return;
  path.copy(free->path.data(), path.size());
  free->path[path.size()] = '\0';
  free->used = 1;
  for (const int signal : EndingSignals) {
    const auto before = std::signal(signal, end_by_signal);
    if (before == SIG_IGN) std::signal(signal, SIG_IGN);  // as under nohup
  }
}

void keep_on_signal(const std::string& path) {
  for (TemporaryFile& file : temporary_files) {
    if (file.used != 0 && path == file.path.data()) file.used = 0;
  }
}

}  // namespace dlac::tb
