// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tb/settings/given_options.h"

namespace dlac::tb {

/// The option that names a binary image, and that may be left out.
constexpr const char* ImageOperand = "image";

[[nodiscard]] boost::program_options::options_description image_option();
/// The name of the image. Throws InputError.
[[nodiscard]] std::string image_name(const Given& given);

}  // namespace dlac::tb
