// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dlac::tb {

/// The program that makes FST files, GTKWave's vcd2fst, if it is installed.
[[nodiscard]] std::optional<std::string> fst_converter();

/// Makes `path` the waveform of a finished VCD file in GTKWave's compressed format, as workloads::OutputFile does, and
/// looks at the result: the converter does not look at its writes. Throws workloads::FileError.
void write_fst(const std::string& path, const std::string& vcd);

/// Whether a file is an FST file from the first byte to the last: its blocks follow each other to its end, those that
/// tell the variables are there, and so are all blocks of values that its header counts.
[[nodiscard]] bool is_whole_fst(const std::string& path);

}  // namespace dlac::tb
