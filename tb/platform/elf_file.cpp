// SPDX-License-Identifier: Apache-2.0
#include "tb/platform/elf_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "tb/reports/text.h"
#include "workloads/settings/input_error.h"

namespace dlac::platform {
namespace {

constexpr const char* Expected = "a RISC-V firmware: a statically linked 32-bit ELF executable";

class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};

}  // namespace

ElfProgram read_elf(const std::string& path) {
  const auto refuse = [&path](const char* why) { throw InputError(printable(path), "", why, Expected); };
  elf_version(EV_CURRENT);
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
    refuse(std::filesystem::is_directory(path, error) ? "a folder" : "not a regular file");
  const File file(path);
  if (file.descriptor() < 0) refuse(std::strerror(errno));
  const std::unique_ptr<Elf, EndElf> elf(elf_begin(file.descriptor(), ELF_C_READ, nullptr));
  GElf_Ehdr header{};
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    refuse("not an ELF file");
  if (header.e_machine != EM_RISCV || gelf_getclass(elf.get()) != ELFCLASS32) refuse("for another processor");
  if (header.e_type != ET_EXEC) refuse("not an executable");

  std::size_t file_bytes = 0;
  const char* const bytes = elf_rawfile(elf.get(), &file_bytes);
  std::size_t count = 0;
  if (bytes == nullptr || elf_getphdrnum(elf.get(), &count) != 0) refuse("damaged");
  ElfProgram program;
  program.entry = static_cast<std::uint32_t>(header.e_entry);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment{};
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) refuse("damaged");
    if (segment.p_type != PT_LOAD || segment.p_filesz == 0) continue;
    if (segment.p_offset > file_bytes || segment.p_filesz > file_bytes - segment.p_offset) refuse("truncated");
    const auto* const first = reinterpret_cast<const std::uint8_t*>(bytes) + segment.p_offset;
    program.segments.push_back({static_cast<std::uint32_t>(segment.p_paddr), {first, first + segment.p_filesz}});
  }
  if (program.segments.empty()) refuse("without contents");
  return program;
}

}  // namespace dlac::platform
