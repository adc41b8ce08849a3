// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

namespace dlac::tb {

/// Copies a Recorder's file with its lines in the order of cycles, of links by name within a cycle, and for one link as
/// they were written. How memory is reached decides when a transaction is heard of, so that the order in which several
/// links' lines are written depends on it; this one does not. Throws workloads::FileError.
void copy_sorted_records(const std::string& path, std::ostream& out);

}  // namespace dlac::tb
