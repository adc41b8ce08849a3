// SPDX-License-Identifier: Apache-2.0
#include "tb/system/sorted_records.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <deque>
#include <fstream>
#include <string_view>
#include <vector>

#include "tb/reports/text.h"
#include "workloads/file_error.h"

namespace dlac::tb {
namespace {

/// A line with its end, and what it is ordered by.
struct Line {
  Line() = default;
  explicit Line(std::string_view whole) : text(whole), link(whole.substr(0, whole.find(','))) {
    const char* const number = text.data() + std::min(text.size(), link.size() + 1);
    std::from_chars(number, text.data() + text.size(), cycle);
  }
  [[nodiscard]] bool before(const Line& other) const {
    return cycle != other.cycle ? cycle < other.cycle : link < other.link;
  }

  std::string_view text, link;
  std::uint64_t cycle = 0;
};

/// Bytes from `begin` to `end` of the file.
struct Piece {
  std::uint64_t begin, end;
};

/// Reads lines one after the other, with no more than a buffer of them in memory.
class LineReader {
 public:
  LineReader(std::fstream& file, const Piece& piece, std::size_t buffer_bytes)
      : file_(file), at_(piece.begin), end_(piece.end), buffer_(buffer_bytes, '\0') {}

  /// Goes to the next line, the first at first; false: there is none.
  [[nodiscard]] bool next() {
    std::size_t length = end_of_line();
    while (length == 0 && at_ < end_) {
      refill();
      length = end_of_line();
    }
    if (length == 0) return false;
    line_ = Line(std::string_view(buffer_).substr(used_, length));
    used_ += length;
    return true;
  }
  /// Valid until next().
  [[nodiscard]] const Line& line() const { return line_; }

 private:
  [[nodiscard]] std::size_t end_of_line() const {
    return std::string_view(buffer_).substr(used_, filled_ - used_).find('\n') + 1;
  }
  /// Reads on behind what is left.
  void refill() {
    std::copy_n(buffer_.data() + used_, filled_ - used_, buffer_.data());
    filled_ -= used_;
    used_ = 0;
    if (filled_ == buffer_.size()) buffer_.resize(2 * filled_);  // a line is longer than it
    const auto count = std::min<std::uint64_t>(buffer_.size() - filled_, end_ - at_);
    file_.seekg(static_cast<std::streamoff>(at_));
    file_.read(buffer_.data() + filled_, static_cast<std::streamsize>(count));
    at_ = file_ ? at_ + count : end_;
    filled_ += count;
  }

  std::fstream& file_;
  std::uint64_t at_, end_;
  std::string buffer_;
  std::size_t used_ = 0, filled_ = 0;
  Line line_;
};

/// Reads whole lines from `begin` on, about `bytes` of them.
std::string read_lines(std::fstream& file, std::uint64_t begin, std::uint64_t bytes) {
  std::string text(bytes, '\0');
  file.seekg(static_cast<std::streamoff>(begin));
  file.read(text.data(), static_cast<std::streamsize>(bytes));
  const std::size_t end = text.rfind('\n');
  if (end == text.size() - 1) return text;
  std::string rest;
  if (end == std::string::npos) {  // one line, longer than that
    std::getline(file, rest);
    text += rest;
    text += '\n';
    return text;
  }
  text.resize(end + 1);
  return text;
}

/// Puts the lines of each piece of about `bytes` into their order, where they lie. Returns the pieces.
std::vector<Piece> sort_pieces(std::fstream& file, const Piece& whole, std::uint64_t bytes) {
  std::vector<Piece> pieces;
  std::vector<Line> lines;
  for (std::uint64_t begin = whole.begin; file && begin < whole.end; begin = pieces.back().end) {
    const std::string text = read_lines(file, begin, std::min(bytes, whole.end - begin));
    lines.clear();
    for (std::size_t at = 0; at < text.size(); at += lines.back().text.size()) {
      lines.emplace_back(std::string_view(text).substr(at, text.find('\n', at) + 1 - at));
    }
    const auto before = [](const Line& a, const Line& b) { return a.before(b); };
    if (!std::is_sorted(lines.begin(), lines.end(), before)) {
      std::stable_sort(lines.begin(), lines.end(), before);
      file.seekp(static_cast<std::streamoff>(begin));
      for (const Line& line : lines) file << line.text;
    }
    pieces.push_back({begin, begin + text.size()});
  }
  return pieces;
}

/// Copies the lines of all pieces, each in its order, in the order of all. Of lines that are equal, those of an earlier
/// piece come first.
void merge(std::fstream& file, const std::vector<Piece>& pieces, std::size_t buffer_bytes, std::ostream& out) {
  struct Run {
    LineReader reader;
    std::size_t index;
  };
  const auto later = [](const Run* a, const Run* b) {
    const Line& first = a->reader.line();
    const Line& second = b->reader.line();
    return second.before(first) || (!first.before(second) && b->index < a->index);
  };
  std::deque<Run> runs;  // not moved: their lines refer to their buffers
  std::vector<Run*> heap;
  for (const Piece& piece : pieces) {
    Run& run = runs.emplace_back(Run{LineReader(file, piece, buffer_bytes), runs.size()});
    if (run.reader.next()) heap.push_back(&run);
  }
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Run* const first = heap.back();
    heap.pop_back();
    bool more = true;
    do {  // a piece mostly lies before the next one
      out << first->reader.line().text;
      more = first->reader.next();
    } while (more && (heap.empty() || later(heap.front(), first)));
    if (!more) continue;
    heap.push_back(first);
    std::push_heap(heap.begin(), heap.end(), later);
  }
}

}  // namespace

void copy_sorted_records(const std::string& path, std::ostream& out, std::uint64_t piece_bytes) {
  constexpr std::uint64_t LeastBuffer = 4096, LargestBuffer = 1U << 16U;
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out | std::ios::ate);
  const auto size = file ? static_cast<std::uint64_t>(file.tellg()) : 0;
  std::string heading;
  file.seekg(0);
  std::getline(file, heading);
  if (file) {
    out << heading << '\n';
    // So that the buffers of all pieces take no more than one of the pieces.
    const double root = std::sqrt(static_cast<double>(size) * LeastBuffer);
    piece_bytes = std::max(piece_bytes, static_cast<std::uint64_t>(root));
    const std::vector<Piece> pieces = sort_pieces(file, {heading.size() + 1, size}, piece_bytes);
    const std::uint64_t share = pieces.empty() ? LeastBuffer : piece_bytes / pieces.size();
    merge(file, pieces, std::clamp(share, LeastBuffer, LargestBuffer), out);
  }
  if (!file) throw workloads::FileError(printable(path), "cannot be sorted", "the record just written");
}

}  // namespace dlac::tb
