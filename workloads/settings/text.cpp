// SPDX-License-Identifier: Apache-2.0
#include "workloads/settings/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <locale>
#include <sstream>
#include <utility>

namespace dlac {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> table((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return table[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        at(i, j) = i + j;
        continue;
      }
      const std::size_t replace = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({replace, at(i - 1, j) + 1, at(i, j - 1) + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.size(), b.size());
}

std::optional<std::uint64_t> parse_digits(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) { return parse_digits(text, 10); }

std::optional<std::uint64_t> parse_address(std::string_view text) {
  const bool prefix = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
  return prefix ? parse_digits(text.substr(2), 16) : parse_digits(text, 10);
}

std::optional<double> parse_number(std::string_view text) {
  // A stream of the classic locale: strtod would follow the user's decimal comma and take "inf" and "0x1p3".
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  std::istringstream stream{std::string(text)};
  stream.imbue(std::locale::classic());
  double value = 0;
  stream >> value;
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string printable(std::string_view text) {
  if (text.empty()) return "(empty)";
  constexpr std::string_view Digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      result += c;
    } else {
      result += "\\x";
      result += Digits[byte >> 4U];
      result += Digits[byte & 0xFU];
    }
  }
  return result;
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (begins && seen++ == count) break;
  }
  return text.substr(0, end);
}

std::string brief(std::string_view text) {
  constexpr std::size_t Longest = 80;
  if (character_count(text) <= Longest) return printable(text);
  return printable(first_characters(text, Longest)) + "...";
}

std::string join(const std::vector<std::string>& names, std::string_view separator) {
  std::string result;
  for (const std::string& name : names) {
    if (!result.empty()) result += separator;
    result += name;
  }
  return result;
}

std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known, std::size_t limit) {
  constexpr std::size_t LongestName = 100;  // of any name here; keeps a hostile one from costing time
  if (name.size() > LongestName) return {};
  const std::size_t tolerance = std::max<std::size_t>(2, name.size() / 3);
  std::vector<std::pair<std::size_t, std::size_t>> candidates;  // distance, index
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::size_t distance = edit_distance(name, known[i]);
    if (distance <= tolerance && distance < known[i].size()) candidates.emplace_back(distance, i);
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<std::string> result;
  for (std::size_t i = 0; i < std::min(limit, candidates.size()); ++i) result.push_back(known[candidates[i].second]);
  return result;
}

std::string one_of(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string> near = nearest(name, known, known.size() > LongestList ? 3 : 1);
  const std::string list = known.size() <= LongestList
                               ? join(known)
                               : std::to_string(known.size()) + ", such as " + join({known.begin(), known.begin() + 3});
  return "one of " + list + (near.empty() ? "" : "; perhaps " + join(near));
}

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace dlac
