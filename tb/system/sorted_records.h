// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace dlac::tb {

/// Copies a Recorder's file with its lines in the order of cycles, of links by name within a cycle, and for one link as
/// they were written. How memory is reached decides when a transaction is heard of, so that the order in which several
/// links' lines are written depends on it; this one does not. The file itself is sorted piece by piece, and the pieces
/// merged: some three times `piece_bytes` of memory are taken, however long it is (beyond 256 MiB a piece grows with
/// the root of the length). Throws workloads::FileError.
void copy_sorted_records(const std::string& path, std::ostream& out, std::uint64_t piece_bytes = 1U << 20U);

}  // namespace dlac::tb
