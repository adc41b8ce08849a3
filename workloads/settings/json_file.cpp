// SPDX-License-Identifier: Apache-2.0
#include "workloads/settings/json_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include "workloads/settings/input_error.h"
#include "workloads/settings/text.h"

namespace dlac {
namespace {

using nlohmann::json;

constexpr std::size_t LargestFile = std::size_t{64} << 20U;  // a report that lists its segments is long

std::string read_text(const std::string& path) {
  const char* const expected = "a JSON file that can be read";
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw InputError(printable(path), "", "a folder", expected);
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    const std::string reason = errno == ENOENT ? "no such file" : std::generic_category().message(errno);
    throw InputError(printable(path), "", reason, expected);
  }
  std::string text;
  std::vector<char> piece(std::size_t{1} << 16U);
  for (std::size_t read = 0; text.size() <= LargestFile; text.append(piece.data(), read)) {
    read = std::fread(piece.data(), 1, piece.size(), file.get());
    if (read == 0) break;
  }
  if (std::ferror(file.get()) != 0) throw InputError(printable(path), "", "a read error", expected);
  if (text.size() > LargestFile) {
    throw InputError(printable(path), "", "too long", "a JSON file of at most " + grouped(LargestFile) + " bytes");
  }
  return text;
}

/// What stands at byte `at` is no JSON.
[[noreturn]] void refuse_at(const std::string& path, std::string_view text, std::size_t at) {
  const auto begin = text.begin();
  const auto stop = begin + static_cast<std::ptrdiff_t>(at);
  const auto line = 1 + std::count(begin, stop, '\n');
  const std::size_t start = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const std::size_t column = at - (start == std::string::npos ? 0 : start + 1) + 1;
  const std::string found = at == text.size() ? "end of file" : printable(text.substr(at, 1));
  throw InputError(path, "line " + std::to_string(line) + ", column " + std::to_string(column), found, "valid JSON");
}

}  // namespace

json parse_json(const std::string& path, std::string_view text) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      throw InputError(path, brief(value.get<std::string>()), "given twice", "every key at most once");
    }
    return true;
  };
  // The parser takes a zero byte for the end, and ignores what follows it.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) refuse_at(path, text, zero);
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& error) {
    refuse_at(path, text, std::min(text.size(), error.byte == 0 ? 0 : error.byte - 1));
  } catch (const json::out_of_range& error) {  // a number like 1e999, which the text names last, in quotes
    const std::string said = error.what();
    const std::size_t quote = said.find('\'');
    const std::string number = quote == std::string::npos ? "" : said.substr(quote + 1, said.rfind('\'') - quote - 1);
    throw InputError(path, "a number out of range", brief(number), "whole numbers");
  }
}

json read_json(const std::string& path) { return parse_json(printable(path), read_text(path)); }

std::string shown(const json& value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  return brief(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

}  // namespace dlac
