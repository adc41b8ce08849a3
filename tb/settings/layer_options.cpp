// SPDX-License-Identifier: Apache-2.0
#include "tb/settings/layer_options.h"

#include "tb/reports/text.h"

namespace dlac::tb {
namespace {

AxisPair axes(const Given& given, const char* name, std::uint32_t minimum, AxisPair otherwise) {
  constexpr std::uint32_t Maximum = 1U << 20U;  // the largest that ConvLayer takes
  const std::optional<std::string> text = given.one(name);
  if (!text) return otherwise;
  const std::size_t comma = text->find(',');
  const std::optional<std::uint64_t> first = parse_whole(std::string_view(*text).substr(0, comma));
  const std::optional<std::uint64_t> second =
      comma == std::string::npos ? first : parse_whole(std::string_view(*text).substr(comma + 1));
  const auto fits = [&](const std::optional<std::uint64_t>& value) {
    return value && *value >= minimum && *value <= Maximum;
  };
  if (!fits(first) || !fits(second)) {
    given.refuse(name, *text,
                 "a whole number from " + std::to_string(minimum) + " to " + std::to_string(Maximum) +
                     ", or two as in 2,1 (height, width)");
  }
  return {static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*second)};
}

}  // namespace

boost::program_options::options_description layer_options() {
  auto options = option_group("A layer on given tensors");
  options.add_options()                                             //
      ("weights", text("W.npy"), "weights")                         //
      ("features", text("X.npy"), "input features")                 //
      ("stride", text("S|SH,SW"), "default 1")                      //
      ("pad", text("P|PH,PW"), "zeros on either side (default 0)")  //
      ("dilation", text("D|DH,DW"), "of the kernel (default 1)")    //
      ("groups", text("G"), "default 1")                            //
      ("ternary", text("abs:T|mean:T"), "ternarises float weights: threshold T, or T mean|W|");
  return options;
}

LayerFiles layer_files(const Given& given) {
  LayerFiles files;
  files.weights = given.required("weights", "a .npy file");
  files.features = given.required("features", "a .npy file");
  files.stride = axes(given, "stride", 1, files.stride);
  files.pad = axes(given, "pad", 0, files.pad);
  files.dilation = axes(given, "dilation", 1, files.dilation);
  files.groups = static_cast<std::uint32_t>(given.whole("groups", 1, 1U << 20U, 1));
  if (const std::optional<std::string> rule = given.one("ternary")) {
    try {
      files.ternary = workloads::parse_ternary_rule(*rule);
    } catch (const workloads::TernaryError&) {
      given.refuse("ternary", *rule, workloads::ExpectedTernaryRule);
    }
    files.ternary_text = *rule;
  }
  return files;
}

}  // namespace dlac::tb
