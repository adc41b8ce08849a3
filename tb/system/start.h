// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs' main() have in common, and what happens when a signal ends them.
namespace dlac::tb {

/// The body of main(), in place of SystemC's, which prints a banner: calls sc_main(). Any signal that ends the process
/// and can be caught removes its temporary files (workloads/temporary_name.h), ends a program that it runs
/// (tb/system/child_program.h) and takes away the bar on its terminal (tb/system/shown_line.h) before. A write beyond a
/// limit on file sizes is an error of that write, and does not end the process.
[[nodiscard]] int start(int argc, char* argv[]);

}  // namespace dlac::tb
