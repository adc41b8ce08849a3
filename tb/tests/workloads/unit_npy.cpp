// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "workloads/npy.h"
#include "workloads/random.h"

using dlac::workloads::check_writable;
using dlac::workloads::ElementType;
using dlac::workloads::FileError;
using dlac::workloads::Random;
using dlac::workloads::read_npy;
using dlac::workloads::Tensor;
using dlac::workloads::write_npy;

namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "dlac-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }

 private:
  fs::path path_;
};

void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
std::string get(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A file as numpy.save 1.24 lays it out: 128 bytes, then the data.
std::string numpy_file(const std::string& dictionary, const std::string& data) {
  std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
  bytes += dictionary;
  bytes.append(127 - bytes.size(), ' ');
  return bytes + '\n' + data;
}
const std::string Codes =
    numpy_file("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 3), }", {"\x01\xff\x00", 3});

/// The one line of the FileError that reading gives; nothing if the file can be read.
std::optional<std::string> refusal(const std::string& path) {
  try {
    static_cast<void>(read_npy(path));
  } catch (const FileError& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("npy: files written by NumPy 1.24 are read") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");

  SECTION("int8") {
    put(path, Codes);
    const Tensor tensor = read_npy(path);
    REQUIRE(tensor.type() == ElementType::Int8);
    REQUIRE(tensor.shape() == std::vector<std::size_t>{1, 3});
    const auto codes = tensor.span<std::int8_t>();
    CHECK(std::vector<int>(codes.begin(), codes.end()) == std::vector<int>{1, -1, 0});
  }
  SECTION("float32, rank 1") {
    put(path,
        numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", {"\x00\x00\xc0?\x00\x00\x00\xc0", 8}));
    const Tensor tensor = read_npy(path);
    REQUIRE(tensor.shape() == std::vector<std::size_t>{2});
    CHECK(tensor.span<float>()[0] == 1.5F);
    CHECK(tensor.span<float>()[1] == -2.0F);
  }
  SECTION("Fortran order becomes C order") {
    std::string data(24, '\0');  // np.asfortranarray([[0, 1, 2], [3, 4, 5]])
    const char columns[] = {0, 3, 1, 4, 2, 5};
    for (std::size_t i = 0; i < 6; ++i) data[4 * i] = columns[i];
    put(path, numpy_file("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }", data));
    const Tensor tensor = read_npy(path);
    REQUIRE(tensor.shape() == std::vector<std::size_t>{2, 3});
    const auto values = tensor.span<std::int32_t>();
    CHECK(std::vector<int>(values.begin(), values.end()) == std::vector<int>{0, 1, 2, 3, 4, 5});
  }
  SECTION("float64, rank 0") {
    put(path,
        numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", {"\x00\x00\x00\x00\x00\x00\x08@", 8}));
    const Tensor tensor = read_npy(path);
    CHECK(tensor.rank() == 0);
    REQUIRE(tensor.elements() == 1);
    CHECK(tensor.span<double>()[0] == 3.0);
  }
  SECTION("an empty array") {
    put(path, numpy_file("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 0, 3), }", ""));
    const Tensor tensor = read_npy(path);
    CHECK(tensor.type() == ElementType::Float16);
    CHECK(tensor.elements() == 0);
  }
  SECTION("versions 2.0 and 3.0 have a header length of four bytes; keys come in any order") {
    const std::string dictionary = "{\"shape\":(3,),'descr':'|u1' , 'fortran_order' :False}\n";
    for (const char version : {'\x02', '\x03'}) {
      std::string bytes("\x93NUMPY", 6);
      bytes += version;
      bytes += std::string("\0", 1) + static_cast<char>(dictionary.size()) + std::string(3, '\0') + dictionary + "abc";
      put(path, bytes);
      const Tensor tensor = read_npy(path);
      CHECK(tensor.type() == ElementType::UInt8);
      CHECK(tensor.span<std::uint8_t>()[2] == 'c');
    }
  }
}

TEST_CASE("npy: what is written is byte for byte what NumPy 1.24 writes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("y.npy");

  Tensor codes(ElementType::Int8, {1, 3});
  codes.span<std::int8_t>()[0] = 1;
  codes.span<std::int8_t>()[1] = -1;
  write_npy(path, codes);
  CHECK(get(path) == Codes);

  write_npy(path, Tensor(ElementType::Float16, {2, 0, 3}));
  CHECK(get(path) == numpy_file("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 0, 3), }", ""));

  write_npy(path, Tensor(ElementType::Float64, {}));
  CHECK(get(path) == numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", std::string(8, '\0')));
  CHECK(folder.entries() == 1);
}

TEST_CASE("npy: every element type and bit pattern survives a round trip") {
  const TemporaryFolder folder;
  Random random(1);
  for (const ElementType type : {ElementType::Int8, ElementType::UInt8, ElementType::Int32, ElementType::Float16,
                                 ElementType::Float32, ElementType::Float64}) {
    Tensor tensor(type, {3, 5, 7});
    for (std::size_t i = 0; i < tensor.size_in_bytes(); ++i)
      tensor.bytes()[i] = static_cast<std::uint8_t>(random.next());
    write_npy(folder.file("z.npy"), tensor);
    const Tensor back = read_npy(folder.file("z.npy"));
    CHECK(back.type() == type);
    CHECK(back.shape() == tensor.shape());
    CHECK(std::memcmp(back.bytes(), tensor.bytes(), tensor.size_in_bytes()) == 0);
  }
}

TEST_CASE("npy: a malformed file gives one line with the file, what was found and what was expected") {
  const TemporaryFolder folder;
  const std::string path = folder.file("bad.npy");
  const auto header = [](const std::string& text) { return numpy_file(text, {"\x01\xff\x00", 3}); };
  const std::string rest = "'fortran_order': False, 'shape': (1, 3), }";
  const struct {
    std::string bytes;
    std::string found;
  } cases[] = {
      {"", "0 bytes"},
      {"\x93NUMPY", "6 bytes"},
      {"PK\x03\x04 a zip file, say", "magic"},
      {std::string(Codes).replace(6, 1, "\x04"), "version 4.0"},
      {std::string(Codes).replace(6, 1, std::string(1, '\0')), "version 0.0"},
      {std::string(Codes).replace(7, 1, "\x01"), "version 1.1"},
      {std::string(Codes).replace(8, 2, "\xff\xff"), "header of 65535 bytes"},
      {Codes.substr(0, 60), "truncated"},
      {Codes.substr(0, Codes.size() - 1), "truncated: 2 bytes of data"},
      {Codes.substr(0, 128), "truncated: 0 bytes of data"},
      {Codes + "x", "trailing bytes: 4 bytes of data"},
      {header("{'descr': '>f4', " + rest), "'>f4'"},
      {header("{'descr': '<f4', " + rest), "12 for shape (1, 3)"},
      {header("{'descr': '<c8', " + rest), "'<c8'"},
      {header("{'descr': '|b1', " + rest), "'|b1'"},
      {header("{'descr': '|O', " + rest), "'|O'"},
      {header("{'descr': '<i2', " + rest), "'<i2'"},
      {header("{'descr': '<f16', " + rest), "'<f16'"},
      {header("{'descr': '', " + rest), "''"},
      {header("{'descr': [('a', '<f4')], " + rest), "structured"},
      {header("{" + rest), "no descr"},
      {header("{'descr': '|i1', 'shape': (1, 3), }"), "no fortran_order"},
      {header("{'descr': '|i1', 'fortran_order': False, }"), "no shape"},
      {header("{'descr': '|i1', 'descr': '|i1', " + rest), "twice"},
      {header("{'descr': '|i1', 'colour': 1, " + rest), "'colour'"},
      {header("{'descr': '|i1', 'fortran_order': 0, 'shape': (1, 3), }"), "True or False"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (-1, 3), }"), "integer"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (1 3), }"), "','"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': 3, }"), "parentheses"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 3"), "header ends early"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 3), } + 1"), "continues"},
      {header("{'descr': '|i1"), "closing quote"},
      {header("[]"), "dictionary"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999999999999,), }"), "2^64"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (18446744073709551616,), }"), "2^64"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (18446744073709551619,), }"), "2^64"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (18446744073709551615,), }"), "truncated: 3 bytes"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (4294967296, 4294967297), }"), "fits"},
      {header("{'descr': '|i1', 'fortran_order': False, 'shape': (1000000000000,), }"), "truncated"},
  };
  for (const auto& c : cases) {
    put(path, c.bytes);
    const std::optional<std::string> line = refusal(path);
    INFO("expected to mention: " << c.found);
    REQUIRE(line);
    CHECK_THAT(*line, Catch::Contains(c.found));
    CHECK_THAT(*line, Catch::StartsWith(path + ": "));
    CHECK_THAT(*line, Catch::Contains("expected "));
    CHECK(line->find('\n') == std::string::npos);
  }
}

TEST_CASE("npy: no damage to a header does worse than a FileError") {
  const TemporaryFolder folder;
  const std::string path = folder.file("bad.npy");
  for (std::size_t at = 0; at < 80; ++at) {
    for (const char byte : {'\0', ' ', '(', ')', ',', '\'', '9', 'L', '\x7F', '\x80', '\xFF'}) {
      std::string bytes = Codes;
      bytes[at] = byte;
      put(path, bytes);
      CHECK_NOTHROW(refusal(path));  // it may still be a valid file
    }
  }
  for (std::size_t length = 0; length < Codes.size(); ++length) {
    put(path, Codes.substr(0, length));
    CHECK(refusal(path));
  }
  Random random(2);
  for (int i = 0; i < 500; ++i) {
    std::string bytes = Codes;
    for (int j = 0; j < 8; ++j) bytes[8 + random.below(72)] = static_cast<char>(random.next());
    put(path, bytes);
    CHECK_NOTHROW(refusal(path));
  }
}

TEST_CASE("npy: what is no file is refused without waiting for it") {
  const TemporaryFolder folder;
  CHECK_THAT(refusal(folder.file("absent.npy")).value_or(""), Catch::Contains("no such file"));
  CHECK_THAT(refusal(folder.file("")).value_or(""), Catch::Contains("a folder"));
  CHECK_THAT(refusal("/dev/zero").value_or(""), Catch::Contains("not a regular file"));
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK_THAT(refusal(folder.file("pipe")).value_or(""), Catch::Contains("not a regular file"));
  put(folder.file("file"), "x");
  CHECK_THAT(refusal(folder.file("file/x.npy")).value_or(""), Catch::Contains("expected"));
  put(folder.file("secret.npy"), Codes);
  fs::permissions(folder.file("secret.npy"), fs::perms::none);
  if (::geteuid() != 0) CHECK_THAT(refusal(folder.file("secret.npy")).value_or(""), Catch::Contains("denied"));
}

TEST_CASE("output files: found out before a run, without damage, that they cannot be written") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(check_writable(""), FileError);
  CHECK_THROWS_AS(check_writable(folder.file("")), FileError);
  CHECK_THROWS_AS(check_writable(folder.file("no/such/folder.npy")), FileError);
  CHECK_THROWS_AS(check_writable(fs::path(folder.file("x")).parent_path().string()), FileError);
  CHECK_THROWS_AS(check_writable("/dev/null"), FileError);
  CHECK_THROWS_AS(check_writable(folder.file(std::string(300, 'x'))), FileError);
  fs::create_symlink(folder.file("nothing"), folder.file("dangling"));
  CHECK_THROWS_AS(check_writable(folder.file("dangling")), FileError);

  put(folder.file("old.npy"), "old");
  CHECK_NOTHROW(check_writable(folder.file("old.npy")));
  CHECK(get(folder.file("old.npy")) == "old");
  CHECK_NOTHROW(check_writable(folder.file("new.npy")));
  CHECK_FALSE(fs::exists(folder.file("new.npy")));
  CHECK(folder.entries() == 2);  // the link and the old file

  if (::geteuid() != 0) {
    fs::permissions(folder.file("old.npy"), fs::perms::owner_read);
    CHECK_THROWS_AS(check_writable(folder.file("old.npy")), FileError);
  }
}

TEST_CASE("output files: a write that fails leaves the existing file as it was, and nothing else") {
  const TemporaryFolder folder;
  const std::string path = folder.file("y.npy");
  put(path, "old");

  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string line;
  try {
    write_npy(path, Tensor(ElementType::Float32, {10000}));
  } catch (const FileError& error) {
    line = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK_THAT(line, Catch::StartsWith(path + ": "));
  CHECK(get(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("output files: an existing file keeps its permissions, a link its target") {
  const TemporaryFolder folder;
  put(folder.file("real.npy"), "old");
  fs::permissions(folder.file("real.npy"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real.npy", folder.file("link.npy"));
  write_npy(folder.file("link.npy"), Tensor(ElementType::Int8, {4}));
  CHECK(fs::is_symlink(folder.file("link.npy")));
  CHECK(read_npy(folder.file("real.npy")).elements() == 4);
  CHECK(fs::status(folder.file("real.npy")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("tensor: access as another type, an impossible size or another element count is refused") {
  Tensor tensor(ElementType::Float16, {2, 3});
  CHECK(tensor.elements() == 6);
  CHECK(tensor.size_in_bytes() == 12);
  CHECK(tensor.span<std::uint16_t>().size() == 6);
  CHECK(tensor.span<dlac::Half>()[5].is_zero());
  CHECK_THROWS_AS(tensor.span<float>(), std::logic_error);
  CHECK_THROWS_AS(tensor.reshape({5}), std::logic_error);
  tensor.reshape({3, 2});
  CHECK(tensor.extent(0) == 3);
  CHECK_THROWS_AS(Tensor(ElementType::Float64, {std::size_t{1} << 40, std::size_t{1} << 40}), std::length_error);
  CHECK(Tensor().elements() == 0);
}
