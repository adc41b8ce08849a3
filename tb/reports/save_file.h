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

  /// Reads the declarations of a VCD file. `path`: of the waveform file that is to be shown.
  SaveFile(std::istream& vcd, const std::string& path, const WaveformSpan& span);
  SaveFile(const SaveFile&) = delete;
  SaveFile& operator=(const SaveFile&) = delete;

  /// The translation filters that the save file names, STEM.opcode.gtkf and others, and STEM.gtkw at the end. GTKWave
  /// looks for all of them, and for the waveform, in the folder of the save file.
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  /// Writes them beside the waveform file. Throws workloads::FileError.
  void write() const;

 private:
  std::string folder_;
  std::vector<File> files_;
};

/// Whether a waveform file of this name is to be in GTKWave's compressed format: it ends in .fst.
[[nodiscard]] bool is_fst(const std::string& path);
/// The name of the save file of a waveform file: .gtkw in place of .vcd or .fst, or behind what ends otherwise.
[[nodiscard]] std::string save_file_of(const std::string& path);
/// All files that may be written beside it: the save file and its filters.
[[nodiscard]] std::vector<std::string> save_files_of(const std::string& path);

}  // namespace dlac::tb
