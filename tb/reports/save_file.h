// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <utility>
#include <vector>

namespace dlac::tb {

/// What a waveform file covers, in its own unit of time.
struct WaveformSpan {
  std::uint64_t first;
  std::uint64_t last;
  std::uint64_t clock_period;
};

/// A GTKWave save file for a VCD file with one or more cores in it: arranges whatever signals of a core, its engine and
/// a platform around it are there, in groups, and gives the numbers of states their names.
class SaveFile {
 public:
  using File = std::pair<std::string, std::string>;  ///< name, content

  /// Reads the declarations of a VCD file. `stem`: the VCD file's name without its folder and ".vcd".
  SaveFile(std::istream& vcd, const std::string& stem, const WaveformSpan& span);
  SaveFile(const SaveFile&) = delete;
  SaveFile& operator=(const SaveFile&) = delete;

  /// The translation filters that the save file names, STEM.opcode.gtkf and others, and STEM.gtkw at the end. GTKWave
  /// looks for all of them, and for STEM.vcd, in the folder of the save file.
  [[nodiscard]] const std::vector<File>& files() const { return files_; }

 private:
  std::vector<File> files_;
};

/// The name of the save file of a VCD file: .gtkw in place of .vcd, or behind what ends otherwise.
[[nodiscard]] std::string save_file_of(const std::string& vcd);
/// All files that may be written beside it: the save file and its filters.
[[nodiscard]] std::vector<std::string> save_files_of(const std::string& vcd);

/// Writes the save file of a finished VCD file and its filters beside it. Throws workloads::FileError.
void write_save_file(const std::string& vcd, const WaveformSpan& span);

}  // namespace dlac::tb
