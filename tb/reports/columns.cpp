// SPDX-License-Identifier: Apache-2.0
#include "tb/reports/columns.h"

#include "tb/reports/text.h"

namespace dlac::tb {
namespace {

/// Right-aligned.
std::string padded(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

}  // namespace

std::string table_header(std::size_t name_width, const std::vector<Column>& columns) {
  std::string titles = clipped("layer", name_width);
  std::string units = clipped("", name_width);
  std::string rule(name_width, '-');
  for (const Column& column : columns) {
    titles += ' ' + padded(column.title, column.width);
    units += ' ' + padded(column.unit, column.width);
    rule += ' ' + std::string(column.width, '-');
  }
  units.erase(units.find_last_not_of(' ') + 1);
  return titles + '\n' + units + '\n' + rule + '\n';
}

std::string table_row(std::size_t name_width, const std::vector<Column>& columns, const std::string& name,
                      const std::vector<std::string>& cells) {
  std::string text = clipped(printable(name), name_width);
  for (std::size_t i = 0; i < columns.size(); ++i) text += ' ' + padded(cells[i], columns[i].width);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

std::string fitted(double value, int decimals, std::size_t width) {
  std::string text = fixed(value, decimals);
  while (text.size() > width && decimals > 0) text = fixed(value, --decimals);
  if (text.size() <= width) return text;
  // Wider than the column it would be wrong to read.
  for (const char* suffix : {"k", "M", "G", "T", "P"}) {
    value /= 1000;
    for (int digits = 1; digits >= 0; --digits) {
      text = fixed(value, digits) + suffix;
      if (text.size() <= width) return text;
    }
  }
  return text;
}

std::string clipped(const std::string& text, std::size_t width) {
  const std::size_t count = character_count(text);
  return count <= width ? text + std::string(width - count, ' ')
                        : std::string(first_characters(text, width - 2)).append("..");
}

}  // namespace dlac::tb
