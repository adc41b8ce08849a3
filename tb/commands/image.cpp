// SPDX-License-Identifier: Apache-2.0
#include "workloads/image.h"

#include "tb/commands/subcommand.h"
#include "tb/reports/image_text.h"
#include "tb/settings/image_option.h"

namespace dlac::tb {
namespace {

constexpr const char* Usage = R"(usage: dlac-tb image FILE.dlac

Checks a binary image and lists what it holds: per layer its commands, the bytes of its tensors,
where its features come from (the file, the host, or an earlier layer) and whether the image has a
checksum of its outputs.
)";

void add_options(boost::program_options::options_description& options) { options.add(image_option()); }

ExitCode run(const Given& given, const Console& console) {
  const std::string name = image_name(given);
  console.out << image_text(workloads::read_image(name), name);
  return ExitCode::Success;
}

}  // namespace

Subcommand image_command() {
  return {"image", "FILE.dlac", "checks an image, lists its layers", Usage, ImageOperand, add_options, run};
}

}  // namespace dlac::tb
