// SPDX-License-Identifier: Apache-2.0
#include "tb/system/fst_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "tb/system/child_program.h"
#include "workloads/output_file.h"

namespace dlac::tb {
namespace {

// The first byte of a block; then follows its length, without this byte.
enum Block : int {
  Header = 0,
  Values = 1,
  Geometry = 3,
  Hierarchy = 4,
  ValuesAlias = 5,
  HierarchyLz4 = 6,
  HierarchyLz4Twice = 7,
  ValuesAlias2 = 8
};
constexpr std::uint64_t HeaderLength = 329;
constexpr std::streamoff CountedValuesAt = 65;  // in the file: the number of blocks of values

std::uint64_t read_number(std::istream& file) {
  std::array<char, 8> bytes{};
  file.read(bytes.data(), bytes.size());
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

/// Has the system write all of a file, so that what a network file system has kept to itself comes out.
int sync_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return error;
}

}  // namespace

std::optional<std::string> fst_converter() { return find_program("vcd2fst"); }

void write_fst(const std::string& path, const std::string& vcd) {
  const std::optional<std::string> converter = fst_converter();
  if (!converter) throw workloads::FileError(path, "vcd2fst is gone", "Debian's gtkwave to be installed");
  workloads::OutputFile fst(path);
  fst.close();  // the converter makes another file of this name, and one beside it for as long as it runs
  const workloads::TemporaryName hierarchy(fst.temporary() + ".hier");
  if (const auto failure = run_child_program(*converter, {"--vcdname=" + vcd, "--fstname=" + fst.temporary()})) {
    throw workloads::FileError(path, "vcd2fst: " + *failure, "all of it to be written");
  }
  if (const int error = sync_file(fst.temporary()); error != 0) {
    throw workloads::FileError(path, std::generic_category().message(error), "all of it to be written");
  }
  if (!is_whole_fst(fst.temporary())) {
    throw workloads::FileError(path, "cut short", "room on the disk for the whole waveform");
  }
  fst.commit();
}

bool is_whole_fst(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(CountedValuesAt);
  const std::uint64_t counted = read_number(file);
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(file.tellg());
  if (!file) return false;
  std::uint64_t values = 0;
  bool geometry = false, hierarchy = false;
  for (std::uint64_t at = 0; at < size;) {
    file.seekg(static_cast<std::streamoff>(at));
    const int block = file.get();
    const std::uint64_t length = read_number(file);
    if (!file || length < 8 || length >= size - at) return false;
    switch (block) {
      case Header:
        if (at != 0 || length != HeaderLength) return false;
        break;
      case Values:
      case ValuesAlias:
      case ValuesAlias2: ++values; break;
      case Geometry: geometry = true; break;
      case Hierarchy:
      case HierarchyLz4:
      case HierarchyLz4Twice: hierarchy = true; break;
      default: return false;
    }
    if (at == 0 && block != Header) return false;
    at += 1 + length;
  }
  return geometry && hierarchy && values == counted;
}

}  // namespace dlac::tb
