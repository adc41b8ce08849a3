// SPDX-License-Identifier: Apache-2.0
#include "workloads/npy.h"

#include <array>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "workloads/input_file.h"

namespace dlac::workloads {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied as they lie in the file");

constexpr std::string_view Magic{"\x93NUMPY", 6};
constexpr std::size_t LargestHeader = 1U << 16U;  // any real one has some 100 bytes
constexpr std::size_t LargestRank = 32;           // NumPy's own limit

struct TypeName {
  ElementType type;
  std::string_view descr;
};
constexpr std::array<TypeName, 7> TypeNames = {{{ElementType::Int8, "|i1"},
                                                {ElementType::UInt8, "|u1"},
                                                {ElementType::Int32, "<i4"},
                                                {ElementType::Int64, "<i8"},
                                                {ElementType::Float16, "<f2"},
                                                {ElementType::Float32, "<f4"},
                                                {ElementType::Float64, "<f8"}}};
constexpr const char* ExpectedTypes = "|i1, |u1, <i4, <i8, <f2, <f4 or <f8";
constexpr const char* ExpectedFloats = "<f2, <f4 or <f8";

/// Text from a file, fit for one line of an error message.
std::string printable(std::string_view text) {
  constexpr std::size_t Longest = 40;
  std::string result = "'";
  for (const char c : text.substr(0, Longest)) result += c >= ' ' && c <= '~' ? c : '?';
  return result + (text.size() > Longest ? "...'" : "'");
}

std::optional<ElementType> type_from(std::string_view descr) {
  for (const TypeName& name : TypeNames) {
    if (descr == name.descr) return name.type;
    // The byte order of a single byte says nothing.
    if (name.descr[0] == '|' && descr.size() == 3 && descr.substr(1) == name.descr.substr(1) &&
        std::string_view("<>=|").find(descr[0]) != std::string_view::npos) {
      return name.type;
    }
  }
  return std::nullopt;
}

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

/// The header is a Python dictionary literal; only the form that NumPy writes is read, in any order and spacing.
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{', "a dictionary");
    while (!accept('}')) {
      const std::string key = string("a key in quotes");
      expect(':', "':' behind " + printable(key));
      bool* seen = nullptr;
      if (key == "descr") {
        seen = &has_descr;
        if (peek() == '[') fail("a structured type", std::string("one of ") + ExpectedTypes);
        header.descr = string("a type in quotes");
      } else if (key == "fortran_order") {
        seen = &has_order;
        header.fortran_order = boolean();
      } else if (key == "shape") {
        seen = &has_shape;
        header.shape = tuple();
      } else {
        fail("key " + printable(key), "the keys descr, fortran_order and shape");
      }
      if (*seen) fail("key " + printable(key) + " twice", "each key once");
      *seen = true;
      if (!accept(',')) {
        expect('}', "',' or '}'");
        break;
      }
    }
    skip_space();
    if (at_ < text_.size()) fail("header continues with " + printable(text_.substr(at_)), "nothing behind '}'");
    if (!has_descr) fail("no descr in the header", "the keys descr, fortran_order and shape");
    if (!has_order) fail("no fortran_order in the header", "the keys descr, fortran_order and shape");
    if (!has_shape) fail("no shape in the header", "the keys descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw FileError(path_, found, expected);
  }
  [[noreturn]] void fail_here(const std::string& expected) const {
    fail(at_ < text_.size() ? "header has " + printable(text_.substr(at_)) + " at byte " + std::to_string(at_)
                            : "header ends early",
         expected);
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (at_ >= text_.size() || peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c, const std::string& what) {
    if (!accept(c)) fail_here(what);
  }
  std::string string(const char* what) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail_here(what);
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail_here("a closing quote");
    std::string result(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return result;
  }
  bool boolean() {
    skip_space();
    for (const std::string_view word : {std::string_view("True"), std::string_view("False")}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return word == "True";
    }
    fail_here("True or False");
  }
  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> shape;
    expect('(', "a shape in parentheses");
    while (!accept(')')) {
      if (shape.size() == LargestRank) fail_here("at most " + std::to_string(LargestRank) + " dimensions");
      shape.push_back(integer());
      if (accept(',')) continue;
      expect(')', "',' or ')'");
      break;
    }
    return shape;
  }
  std::size_t integer() {
    const char first = peek();
    if (first < '0' || first > '9') fail_here("a dimension, an integer of at least 0");
    std::size_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (__builtin_mul_overflow(value, std::size_t{10}, &value) ||
          __builtin_add_overflow(value, static_cast<std::size_t>(text_[at_] - '0'), &value)) {
        fail_here("a dimension below 2^64");
      }
    }
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long integers so
    return value;
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string to_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// Moves elements from Fortran order (first index fastest) to C order.
void transpose(const std::vector<std::size_t>& shape, std::size_t width, const std::uint8_t* in, std::uint8_t* out,
               std::size_t elements) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank);  // in elements of `out`
  std::size_t step = 1;
  for (std::size_t axis = rank; axis-- > 0; step *= shape[axis]) stride[axis] = step;
  std::vector<std::size_t> index(rank, 0);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < elements; ++i) {
    std::memcpy(out + offset * width, in + i * width, width);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      offset += stride[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

Tensor read_npy(const std::string& path, NpyTypes types) {
  InputFile input = open_input_file(path, "a .npy file that can be read");
  std::ifstream& file = input.stream;
  const std::uint64_t file_bytes = input.bytes;

  std::array<char, 12> start{};
  const auto read = [&](char* target, std::size_t count, const char* what) {
    file.read(target, static_cast<std::streamsize>(count));
    if (static_cast<std::size_t>(file.gcount()) == count) return;
    throw FileError(path, "ends in the " + std::string(what), std::to_string(count) + " bytes");
  };
  if (file_bytes < 10) throw FileError(path, std::to_string(file_bytes) + " bytes", "a .npy header");
  read(start.data(), 8, "magic string");
  if (std::string_view(start.data(), Magic.size()) != Magic) {
    throw FileError(path, "starts with " + printable({start.data(), Magic.size()}), "the magic string of a .npy file");
  }
  const unsigned major = static_cast<unsigned char>(start[6]);
  const unsigned minor = static_cast<unsigned char>(start[7]);
  if (major < 1 || major > 3 || minor != 0) {
    throw FileError(path, ".npy version " + std::to_string(major) + "." + std::to_string(minor), "1.0, 2.0 or 3.0");
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  read(start.data() + 8, length_bytes, "header length");
  std::uint32_t header_bytes = 0;
  std::memcpy(&header_bytes, start.data() + 8, length_bytes);
  const std::uint64_t data_at = 8 + length_bytes + std::uint64_t{header_bytes};
  if (header_bytes > LargestHeader) {
    throw FileError(path, "a header of " + std::to_string(header_bytes) + " bytes",
                    "at most " + std::to_string(LargestHeader));
  }
  if (data_at > file_bytes) {
    throw FileError(path, "truncated: " + std::to_string(file_bytes) + " bytes",
                    "a header of " + std::to_string(header_bytes) + " bytes");
  }
  std::string text(header_bytes, '\0');
  read(text.data(), text.size(), "header");
  const Header header = HeaderParser(path, text).parse();

  const std::optional<ElementType> type = type_from(header.descr);
  if (!type)
    throw FileError(path, "type " + printable(header.descr),
                    types == NpyTypes::Floats ? ExpectedFloats : ExpectedTypes);

  // The size is compared before anything is allocated.
  const std::string shape_text = "shape " + to_text(header.shape);
  std::uint64_t bytes = element_bytes(*type);
  bool empty = false;
  for (const std::size_t extent : header.shape) {
    empty = empty || extent == 0;
    if (extent != 0 && __builtin_mul_overflow(bytes, std::uint64_t{extent}, &bytes)) {
      throw FileError(path, shape_text, "a shape that fits the " + std::to_string(file_bytes) + " bytes of the file");
    }
  }
  if (empty) bytes = 0;
  const std::uint64_t available = file_bytes - data_at;
  const std::string needed = std::to_string(bytes) + " for " + shape_text + ", type " + header.descr;
  if (available < bytes) throw FileError(path, "truncated: " + std::to_string(available) + " bytes of data", needed);
  if (available > bytes)
    throw FileError(path, "trailing bytes: " + std::to_string(available) + " bytes of data", needed);

  Tensor tensor(*type, header.shape);
  read(reinterpret_cast<char*>(tensor.bytes()), tensor.size_in_bytes(), "data");
  if (!header.fortran_order || header.shape.size() < 2) return tensor;
  Tensor transposed(*type, header.shape);
  transpose(header.shape, element_bytes(*type), tensor.bytes(), transposed.bytes(), tensor.elements());
  return transposed;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  constexpr std::size_t Alignment = 64;
  constexpr std::size_t GrowthDigits = 21;  // NumPy leaves room for the first dimension to grow in place
  std::string_view descr;
  for (const TypeName& name : TypeNames) {
    if (name.type == tensor.type()) descr = name.descr;
  }
  std::string text =
      "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': " + to_text(tensor.shape()) + ", }";
  if (tensor.rank() > 0) {
    const std::size_t digits = std::to_string(tensor.shape()[0]).size();
    if (digits < GrowthDigits) text.append(GrowthDigits - digits, ' ');
  }
  text.append(Alignment - (10 + text.size() + 1) % Alignment, ' ');
  text += '\n';
  if (text.size() > std::numeric_limits<std::uint16_t>::max()) {
    throw FileError(path, "rank " + std::to_string(tensor.rank()), "a shape that fits a header");
  }
  std::string header(Magic);
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 0xFFU);
  header += static_cast<char>(text.size() >> 8U);
  header += text;
  write_file(path, {{header.data(), header.size()}, {tensor.bytes(), tensor.size_in_bytes()}});
}

}  // namespace dlac::workloads
