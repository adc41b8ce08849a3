// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/image_option.h"

namespace dlac::tb {

boost::program_options::options_description image_option() {
  auto options = option_group("What to look at");
  options.add_options()(ImageOperand, text("FILE.dlac"), "the image; `--image` may be left out");
  return options;
}

std::string image_name(const Given& given) {
  return given.required(ImageOperand, "a dLAC image, as `dlac-tb compile` makes it");
}

}  // namespace dlac::tb
