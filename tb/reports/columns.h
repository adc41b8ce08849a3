// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace dlac::tb {

/// A right-aligned column of a printed table. The first column of every table holds names, left-aligned.
struct Column {
  const char* title;
  const char* unit;
  std::size_t width;
};

/// Three lines: titles, units, a rule.
[[nodiscard]] std::string table_header(std::size_t name_width, const std::vector<Column>& columns);
/// One line. A name that is too long, or not printable, is made to fit; `cells` are printed as they are.
[[nodiscard]] std::string table_row(std::size_t name_width, const std::vector<Column>& columns, const std::string& name,
                                    const std::vector<std::string>& cells);

/// A number with as many of the decimals as fit, or with a suffix: 12345678901 as 12345.7M.
[[nodiscard]] std::string fitted(double value, int decimals, std::size_t width);
/// Left-aligned and exactly so wide; two dots stand for what is cut off.
[[nodiscard]] std::string clipped(const std::string& text, std::size_t width);

}  // namespace dlac::tb
