// SPDX-License-Identifier: Apache-2.0
#include "tb/system/start.h"

#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <systemc>

#include "tb/system/child_program.h"
#include "tb/system/shown_line.h"
#include "workloads/temporary_name.h"

namespace dlac::tb {
namespace {

/// The signals that do not end a process unless it asks for it. Those that cannot be caught are not asked for.
constexpr std::array HarmlessSignals{SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU};

/// Where the handler runs when the fault is that the stack is full.
std::array<char, std::size_t{1} << 16U> handler_stack;

extern "C" void end_by_signal(int signal, siginfo_t* info, void* /*context*/) {
  // The kernel sends it in the process's own name: the write that is too long returns with an error.
  if (signal == SIGXFSZ && info->si_code == SI_USER && info->si_pid == ::getpid()) return;
  end_child_program();
  workloads::remove_temporary_files();
  clear_shown_line();
  std::signal(signal, SIG_DFL);
  std::raise(signal);  // comes when the handler has returned
}

void handle_ending_signals() {
  stack_t stack{};
  if (::sigaltstack(nullptr, &stack) == 0 && (stack.ss_flags & SS_DISABLE) != 0) {
    stack = {};
    stack.ss_sp = handler_stack.data();
    stack.ss_size = handler_stack.size();
    ::sigaltstack(&stack, nullptr);
  }
  struct sigaction action {};
  action.sa_sigaction = end_by_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigfillset(&action.sa_mask);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (std::find(HarmlessSignals.begin(), HarmlessSignals.end(), signal) != HarmlessSignals.end()) continue;
    struct sigaction before {};
    // Neither what is ignored, as under nohup, nor what a sanitizer handles.
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    ::sigaction(signal, &action, nullptr);
  }
}

/// Large blocks go back to the system when they are freed, and the memory that a run takes can be told before it:
/// else glibc keeps up to 64 MiB of them, depending on what was freed before.
void return_large_blocks() {
#ifdef __GLIBC__
  constexpr int Large = 4 << 20;  // of less than that, new pages for each layer would take more time than they save
  ::mallopt(M_MMAP_THRESHOLD, Large);
  ::mallopt(M_TRIM_THRESHOLD, Large);
#endif
}

}  // namespace

int start(int argc, char* argv[]) {
  // A closed standard descriptor would be given to the next file opened, and that file get the program's output.
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) return 2;
  }
  return_large_blocks();
  handle_ending_signals();
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  const int code = sc_core::sc_elab_and_sim(argc, argv);
  // A network file system may keep an error to itself until the file is closed.
  if (code != 0 || (std::fflush(stdout) == 0 && ::close(STDOUT_FILENO) == 0)) return code;
  std::fprintf(stderr, "%s: standard output: expected to be written in full\n", ::program_invocation_short_name);
  return 2;
}

}  // namespace dlac::tb
