// SPDX-License-Identifier: Apache-2.0
// Writes the forms in which others get the register map and the command encoding.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "driver/generator/docs.h"
#include "driver/generator/header.h"
#include "driver/generator/ipxact.h"
#include "workloads/output_file.h"

namespace {

constexpr const char* Usage = R"(usage: dlac-interface FORM FILE

  docs       brings the register and command tables of a markdown file up to date
  header     writes dlac_regs.h, the C header for firmware
  ipxact     writes the IP-XACT (IEEE 1685-2014) component
  busdef     writes the IP-XACT bus definition of the component's sockets
  absdef     writes the IP-XACT abstraction definition of the component's sockets
)";

[[nodiscard]] std::string content_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw dlac::workloads::FileError(path, "cannot be read", "a markdown file");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int main(int argc, char* argv[]) {
  const std::string form = argc == 3 ? argv[1] : "";
  try {
    std::string text;
    if (form == "docs") {
      text = dlac::generator::with_interface_tables(content_of(argv[2]));
    } else if (form == "header") {
      text = dlac::generator::interface_header();
    } else if (form == "ipxact") {
      text = dlac::generator::ipxact_component();
    } else if (form == "busdef") {
      text = dlac::generator::ipxact_bus_definition();
    } else if (form == "absdef") {
      text = dlac::generator::ipxact_abstraction_definition();
    } else {
      std::cerr << Usage;
      return 2;
    }
    dlac::workloads::write_file(argv[2], {{text.data(), text.size()}});
  } catch (const dlac::workloads::FileError& error) {  // names the file itself
    std::cerr << "dlac-interface: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "dlac-interface: " << argv[2] << ": " << error.what() << "\n";
    return 2;
  }
  return 0;
}
