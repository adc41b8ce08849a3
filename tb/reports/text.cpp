// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/text.h"

#include <algorithm>
#include <cctype>
#include <locale>
#include <sstream>

namespace dlac::tb {

std::string without_trailing_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out.erase(out.find_last_not_of(' ') + 1);
    out += c;
  }
  return out;
}

std::string extension_of(const std::string& path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] == '/') return {};
  std::string extension = path.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

std::string fixed(double value, int decimals) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream.setf(std::ios::fixed);
  stream.precision(decimals);
  stream << value;
  return stream.str();
}

std::string hexadecimal(std::uint64_t value) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream << "0x" << std::uppercase << std::hex << value;
  return stream.str();
}

}  // namespace dlac::tb
