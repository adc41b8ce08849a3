// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Texts: numbers as somebody writes them, and what an error line says.
namespace dlac {

/// A decimal number without sign, space or fraction; nullopt for anything else and for more than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_whole(std::string_view text);
/// The same, or hexadecimal behind 0x.
[[nodiscard]] std::optional<std::uint64_t> parse_address(std::string_view text);
/// A finite decimal number, whatever the locale; nullopt for anything else.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// On one line, whatever the bytes: control characters become \xNN, and "(empty)" stands for no text at all.
[[nodiscard]] std::string printable(std::string_view text);
/// The first so many characters of a text in UTF-8, none of them cut.
[[nodiscard]] std::string_view first_characters(std::string_view text, std::size_t count);
/// Characters of a text in UTF-8.
[[nodiscard]] std::size_t character_count(std::string_view text);
/// As printable(), but of a long text only the beginning.
[[nodiscard]] std::string brief(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& names, std::string_view separator = ", ");
/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t value);

/// The known names nearest to `name` by edit distance, best first; none that shares too little with it.
[[nodiscard]] std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known,
                                               std::size_t limit);
/// How many names an error line lists.
constexpr std::size_t LongestList = 10;
/// "one of a, b, c", of many names their number and a few, and "; perhaps b" if `name` looks like a slip of the pen.
[[nodiscard]] std::string one_of(std::string_view name, const std::vector<std::string>& known);

}  // namespace dlac
