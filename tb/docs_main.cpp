// SPDX-License-Identifier: Apache-2.0
// Brings the register map and the command tables of a markdown file up to date: dlac-docs FILE.md
#include <fstream>
#include <iostream>
#include <sstream>

#include "tb/interface_docs.h"
#include "workloads/output_file.h"

int main(int argc, char* argv[]) {
  if (argc != 2) {
    std::cerr << "usage: dlac-docs FILE.md\n";
    return 2;
  }
  try {
    std::ifstream file(argv[1]);
    std::ostringstream text;
    text << file.rdbuf();
    const std::string updated = dlac::tb::with_interface_tables(text.str());
    dlac::workloads::write_file(argv[1], {{updated.data(), updated.size()}});
  } catch (const std::exception& error) {
    std::cerr << "dlac-docs: " << argv[1] << ": " << error.what() << "\n";
    return 2;
  }
  return 0;
}
