// SPDX-License-Identifier: Apache-2.0
#include "tb/system/start.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <systemc>

namespace dlac::tb {
namespace {

constexpr std::array EndingSignals{SIGINT, SIGTERM, SIGHUP};

std::array<char, PATH_MAX> file_to_remove;
volatile std::sig_atomic_t remove_file = 0;

extern "C" void end_by_signal(int signal) {
  if (remove_file != 0) ::unlink(file_to_remove.data());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

int start(int argc, char* argv[]) {
  // A closed standard descriptor would be given to the next file opened, and that file get the program's output.
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) return 2;
  }
  std::signal(SIGXFSZ, SIG_IGN);
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}

void remove_on_signal(const std::string& path) {
  keep_on_signal();
  if (path.size() >= file_to_remove.size()) return;
  path.copy(file_to_remove.data(), path.size());
  file_to_remove[path.size()] = '\0';
  remove_file = 1;
  for (const int signal : EndingSignals) {
    const auto before = std::signal(signal, end_by_signal);
    if (before == SIG_IGN) std::signal(signal, SIG_IGN);  // as under nohup
  }
}

void keep_on_signal() { remove_file = 0; }

}  // namespace dlac::tb
