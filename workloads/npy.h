// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "output_file.h"
#include "tensor.h"

namespace dlac::workloads {

/// What the caller can make use of; it looks at the tensor's type itself.
enum class NpyTypes : std::uint8_t { All, Floats };

/// Reads a NumPy .npy file, format 1.0, 2.0 or 3.0: little-endian i1, u1, i4, i8, f2, f4 or f8. Fortran order is
/// transposed to C order. The bytes are not interpreted: NaNs keep their payload.
/// Throws FileError (the file, what was found, what was expected) for anything else: missing, unreadable, not a regular
/// file, another magic string or version, a header that is no dictionary of descr, fortran_order and shape, a shape
/// that does not fit the size of the file, truncated data, trailing bytes, another type.
/// `types`: which ones an error message about another one names.
[[nodiscard]] Tensor read_npy(const std::string& path, NpyTypes types = NpyTypes::All);

/// Writes format 1.0 in C order, byte for byte what numpy.save 1.24 writes. Atomic: see write_file(). Throws FileError.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace dlac::workloads
