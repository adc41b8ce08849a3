// SPDX-License-Identifier: Apache-2.0
#include <dlac/common/command.h>

#include <cassert>
#include <type_traits>
#include <utility>

namespace dlac {
namespace {

/// A field together with the struct member it is read from and written to.
template <typename T>
struct BoundField {
  CommandField field;
  std::variant<std::uint32_t T::*, std::int32_t T::*, std::uint64_t T::*, Opcode T::*, BeatOrder T::*, PointwiseOp T::*,
               Compare T::*, SelectInput T::*, OperandSource T::*>
      member;
};

template <typename Enum>
CommandValue named(std::string_view name, Enum value, std::string_view description) {
  return {name, static_cast<std::uint32_t>(value), description};
}

const CommandValues* beat_orders() {
  static const CommandValues values{"order",
                                    {named("kernel_beats", BeatOrder::KernelBeats, "beats are kernel positions"),
                                     named("pixel_beats", BeatOrder::PixelBeats, "beats are pixels")}};
  return &values;
}

const CommandValues* pointwise_operations() {
  using Op = PointwiseOp;
  static const CommandValues values{
      "pointwise",
      {named("add", Op::Add, "a + x"), named("sub", Op::Sub, "a - x"), named("mul", Op::Mul, "a * x"),
       named("mul_add", Op::MulAdd, "a * x + y, fused"), named("select", Op::Select, "p compare q ? u : v")}};
  return &values;
}

const CommandValues* comparisons() {
  static const CommandValues values{
      "compare",
      {named("less", Compare::Less, "p < q"), named("less_equal", Compare::LessEqual, "p <= q"),
       named("greater", Compare::Greater, "p > q"), named("greater_equal", Compare::GreaterEqual, "p >= q"),
       named("equal", Compare::Equal, "p == q"), named("not_equal", Compare::NotEqual, "p < q or p > q")}};
  return &values;
}

const CommandValues* select_inputs() {
  static const CommandValues values{"select",
                                    {named("a", SelectInput::A, "operand a"), named("x", SelectInput::X, "operand x"),
                                     named("y", SelectInput::Y, "operand y"), named("zero", SelectInput::Zero, "+0")}};
  return &values;
}

const CommandValues* operand_sources() {
  using Source = OperandSource;
  static const CommandValues values{"source",
                                    {named("accumulator", Source::Accumulator, "the output buffer itself"),
                                     named("immediate", Source::Immediate, "a word of the command"),
                                     named("constant", Source::Constant, "a word per tile channel, weight buffer"),
                                     named("stream", Source::Stream, "a word per output, feature buffer")}};
  return &values;
}

const std::vector<BoundField<CommandHeader>>& header_fields() {
  using H = CommandHeader;
  static const std::vector<BoundField<H>> fields{
      {{"opcode", 0, 0, 8, false, "operation"}, &H::opcode},
      {{"pop", 0, 8, 4, false, "token mask: wait for and take one of each before starting"}, &H::pop},
      {{"push", 0, 12, 4, false, "token mask: give one of each at completion"}, &H::push},
      {{"fence", 0, 16, 1, false, "not dispatched before all earlier commands are complete"}, &H::fence},
      {{"tag", 1, 0, 32, false, "free for software"}, &H::tag},
  };
  return fields;
}

template <typename T>
const std::vector<BoundField<T>>& body_fields();

template <>
const std::vector<BoundField<End>>& body_fields<End>() {
  static const std::vector<BoundField<End>> fields;
  return fields;
}

template <>
const std::vector<BoundField<LoadWeights>>& body_fields<LoadWeights>() {
  using C = LoadWeights;
  static const std::vector<BoundField<C>> fields{
      {{"address", 2, 0, 64, false, "byte address in memory"}, &C::address},
      {{"bytes", 4, 0, 32, false, "bytes to copy"}, &C::bytes},
      {{"destination", 5, 0, 32, false, "byte offset in the weight buffer"}, &C::destination},
  };
  return fields;
}

template <>
const std::vector<BoundField<LoadFeatures>>& body_fields<LoadFeatures>() {
  using C = LoadFeatures;
  static const std::vector<BoundField<C>> fields{
      {{"address", 2, 0, 64, false, "byte address of image 0, first channel, row 0, first held column"}, &C::address},
      {{"channels", 4, 0, 32, false, "channels to load"}, &C::channels},
      {{"channel_stride", 5, 0, 32, false, "bytes between channels in memory"}, &C::channel_stride},
      {{"image_stride", 6, 0, 32, false, "bytes between images in memory"}, &C::image_stride},
      {{"row_stride", 7, 0, 32, false, "bytes between rows in memory"}, &C::row_stride},
      {{"width", 8, 0, 32, false, "words per row"}, &C::width},
      {{"height", 9, 0, 32, false, "rows per image"}, &C::height},
      {{"first_row", 10, 0, 32, false, "first row, counted over the batch"}, &C::first_row},
      {{"rows", 11, 0, 32, false, "rows to load"}, &C::rows},
      {{"base", 12, 0, 32, false, "word offset in the feature buffer"}, &C::base},
      {{"row_capacity", 13, 0, 32, false, "circular rows per channel"}, &C::row_capacity},
      {{"pitch", 14, 0, 32, false, "words between rows in the feature buffer"}, &C::pitch},
  };
  return fields;
}

template <>
const std::vector<BoundField<MmOp>>& body_fields<MmOp>() {
  using C = MmOp;
  static const std::vector<BoundField<C>> fields{
      {{"log2_rows", 2, 0, 8, false, "grid shape: R = 2^log2_rows"}, &C::log2_rows},
      {{"bank", 2, 8, 1, false, "output bank"}, &C::bank},
      {{"clear", 2, 9, 1, false, "accumulators start from +0"}, &C::clear},
      {{"full_precision", 2, 10, 1, false, "weights are words, not packed ternary"}, &C::full_precision},
      {{"order", 2, 11, 1, false, "what a beat is", beat_orders()}, &C::order},
      {{"weights", 3, 0, 32, false, "byte offset in the weight buffer"}, &C::weights},
      {{"channels", 4, 0, 32, false, "tile channels inside the layer"}, &C::channels},
      {{"first_column", 5, 0, 32, false, "index of column 0"}, &C::first_column},
      {{"columns", 6, 0, 32, false, "live columns"}, &C::columns},
      {{"first_beat", 7, 0, 32, false, "first beat of the segment"}, &C::first_beat},
      {{"beats", 8, 0, 32, false, "beats of the segment"}, &C::beats},
      {{"base", 9, 0, 32, false, "word offset in the feature buffer"}, &C::base},
      {{"row_capacity", 10, 0, 32, false, "circular rows per channel"}, &C::row_capacity},
      {{"pitch", 11, 0, 32, false, "words between rows in the feature buffer"}, &C::pitch},
      {{"first_x", 12, 0, 32, false, "feature column held at word 0 of a row"}, &C::first_x},
      {{"first_channel", 13, 0, 32, false, "channel held first"}, &C::first_channel},
      {{"height", 14, 0, 32, false, "rows of the feature map"}, &C::height},
      {{"width", 15, 0, 32, false, "columns of the feature map"}, &C::width},
      {{"kernel_height", 16, 0, 32, false, "KH"}, &C::kernel_height},
      {{"kernel_width", 17, 0, 32, false, "KW"}, &C::kernel_width},
      {{"out_height", 18, 0, 32, false, "rows of the pixel grid"}, &C::out_height},
      {{"out_width", 19, 0, 32, false, "columns of the pixel grid"}, &C::out_width},
      {{"stride_y", 20, 0, 32, false, "rows per pixel"}, &C::stride_y},
      {{"stride_x", 21, 0, 32, false, "columns per pixel"}, &C::stride_x},
      {{"step_y", 22, 0, 32, true, "rows per kernel position (dilation; negative in backward data)"}, &C::step_y},
      {{"step_x", 23, 0, 32, true, "columns per kernel position"}, &C::step_x},
      {{"offset_y", 24, 0, 32, true, "row of pixel 0, kernel position 0 (minus the padding)"}, &C::offset_y},
      {{"offset_x", 25, 0, 32, true, "column of pixel 0, kernel position 0"}, &C::offset_x},
      {{"insert_y", 26, 0, 32, false, "row spacing of the map's rows among inserted zeros"}, &C::insert_y},
      {{"insert_x", 27, 0, 32, false, "column spacing among inserted zeros"}, &C::insert_x},
  };
  return fields;
}

template <>
const std::vector<BoundField<PtWiseOp>>& body_fields<PtWiseOp>() {
  using C = PtWiseOp;
  static const std::vector<BoundField<C>> fields{
      {{"operation", 2, 0, 3, false, "on operands a, x and y", pointwise_operations()}, &C::operation},
      {{"compare", 2, 3, 3, false, "of select; false when p or q is NaN", comparisons()}, &C::compare},
      {{"select_p", 2, 6, 2, false, "p, left of the comparison", select_inputs()}, &C::select_p},
      {{"select_q", 2, 8, 2, false, "q, right of the comparison", select_inputs()}, &C::select_q},
      {{"select_u", 2, 10, 2, false, "u, result when true", select_inputs()}, &C::select_u},
      {{"select_v", 2, 12, 2, false, "v, result when false", select_inputs()}, &C::select_v},
      {{"source_a", 2, 14, 2, false, "where a comes from", operand_sources()}, &C::source_a},
      {{"source_x", 2, 16, 2, false, "where x comes from", operand_sources()}, &C::source_x},
      {{"source_y", 2, 18, 2, false, "where y comes from", operand_sources()}, &C::source_y},
      {{"bank", 2, 20, 1, false, "output bank"}, &C::bank},
      {{"log2_rows", 2, 24, 8, false, "grid shape: R = 2^log2_rows"}, &C::log2_rows},
      {{"immediate_a", 3, 0, 32, false, "bits of a word"}, &C::immediate_a},
      {{"immediate_x", 4, 0, 32, false, "bits of a word"}, &C::immediate_x},
      {{"immediate_y", 5, 0, 32, false, "bits of a word"}, &C::immediate_y},
      {{"constants_a", 6, 0, 32, false, "byte offset in the weight buffer"}, &C::constants_a},
      {{"constants_x", 7, 0, 32, false, "byte offset in the weight buffer"}, &C::constants_x},
      {{"constants_y", 8, 0, 32, false, "byte offset in the weight buffer"}, &C::constants_y},
      {{"channels", 9, 0, 32, false, "tile channels inside the layer"}, &C::channels},
      {{"first_column", 10, 0, 32, false, "pixel of column 0"}, &C::first_column},
      {{"columns", 11, 0, 32, false, "live columns"}, &C::columns},
      {{"base_0", 12, 0, 32, false, "view 0: word offset in the feature buffer"}, &C::base_0},
      {{"row_capacity_0", 13, 0, 32, false, "view 0: circular rows per channel"}, &C::row_capacity_0},
      {{"pitch_0", 14, 0, 32, false, "view 0: words between rows"}, &C::pitch_0},
      {{"first_x_0", 15, 0, 32, false, "view 0: column held at word 0"}, &C::first_x_0},
      {{"base_1", 16, 0, 32, false, "view 1: word offset in the feature buffer"}, &C::base_1},
      {{"row_capacity_1", 17, 0, 32, false, "view 1: circular rows per channel"}, &C::row_capacity_1},
      {{"pitch_1", 18, 0, 32, false, "view 1: words between rows"}, &C::pitch_1},
      {{"first_x_1", 19, 0, 32, false, "view 1: column held at word 0"}, &C::first_x_1},
      {{"height", 20, 0, 32, false, "rows of the streamed map"}, &C::height},
      {{"width", 21, 0, 32, false, "columns of the streamed map"}, &C::width},
      {{"out_height", 22, 0, 32, false, "rows of the pixel grid"}, &C::out_height},
      {{"out_width", 23, 0, 32, false, "columns of the pixel grid"}, &C::out_width},
      {{"stride_y", 24, 0, 32, false, "rows per pixel"}, &C::stride_y},
      {{"stride_x", 25, 0, 32, false, "columns per pixel"}, &C::stride_x},
      {{"offset_y", 26, 0, 32, true, "row of pixel 0"}, &C::offset_y},
      {{"offset_x", 27, 0, 32, true, "column of pixel 0"}, &C::offset_x},
  };
  return fields;
}

template <>
const std::vector<BoundField<Store>>& body_fields<Store>() {
  using C = Store;
  static const std::vector<BoundField<C>> fields{
      {{"address", 2, 0, 64, false, "byte address of image 0, tile channel 0, pixel 0"}, &C::address},
      {{"channel_stride", 4, 0, 32, false, "bytes between channels in memory"}, &C::channel_stride},
      {{"image_stride", 5, 0, 32, false, "bytes between images in memory"}, &C::image_stride},
      {{"image_pixels", 6, 0, 32, false, "pixels per image"}, &C::image_pixels},
      {{"first_pixel", 7, 0, 32, false, "pixel of column 0, counted over the batch"}, &C::first_pixel},
      {{"log2_rows", 8, 0, 8, false, "grid shape: R = 2^log2_rows"}, &C::log2_rows},
      {{"bank", 8, 8, 1, false, "output bank"}, &C::bank},
      {{"channels", 9, 0, 32, false, "tile channels to store"}, &C::channels},
      {{"columns", 10, 0, 32, false, "columns to store"}, &C::columns},
  };
  return fields;
}

[[nodiscard]] std::uint32_t mask_of(std::uint32_t width) { return width >= 32 ? 0xFFFFFFFFU : (1U << width) - 1; }

template <typename T>
void put(CommandImage& image, const BoundField<T>& bound, const T& from) {
  const CommandField& f = bound.field;
  if (const auto* wide = std::get_if<std::uint64_t T::*>(&bound.member)) {
    image[f.word] = static_cast<std::uint32_t>(from.**wide);
    image[f.word + 1] = static_cast<std::uint32_t>((from.**wide) >> 32);
    return;
  }
  const auto value =
      std::visit([&from](auto member) { return static_cast<std::uint32_t>(from.*member); }, bound.member);
  assert((value & ~mask_of(f.width)) == 0);
  image[f.word] |= (value & mask_of(f.width)) << f.lsb;
}

/// Reads a field and clears its bits in `rest`, so that what is left over at the end belongs to no field.
template <typename T>
void take(CommandImage& rest, const BoundField<T>& bound, T& to) {
  const CommandField& f = bound.field;
  if (const auto* wide = std::get_if<std::uint64_t T::*>(&bound.member)) {
    to.** wide = rest[f.word] | (std::uint64_t{rest[f.word + 1]} << 32);
    rest[f.word] = rest[f.word + 1] = 0;
    return;
  }
  const std::uint32_t value = (rest[f.word] >> f.lsb) & mask_of(f.width);
  rest[f.word] &= ~(mask_of(f.width) << f.lsb);
  std::visit([&to, value](auto member) { to.*member = static_cast<std::decay_t<decltype(to.*member)>>(value); },
             bound.member);
}

template <typename T>
[[nodiscard]] std::optional<Command> decode_as(const CommandImage& image) {
  T command;
  CommandImage rest = image;
  for (const auto& bound : header_fields()) take(rest, bound, command.header);
  for (const auto& bound : body_fields<T>()) take(rest, bound, command);
  for (const std::uint32_t word : rest) {
    if (word != 0) return std::nullopt;
  }
  return command;
}

template <typename T>
[[nodiscard]] constexpr Opcode opcode_of() {
  if constexpr (std::is_same_v<T, End>) return Opcode::End;
  if constexpr (std::is_same_v<T, LoadWeights>) return Opcode::LoadWeights;
  if constexpr (std::is_same_v<T, LoadFeatures>) return Opcode::LoadFeatures;
  if constexpr (std::is_same_v<T, MmOp>) return Opcode::MmOp;
  if constexpr (std::is_same_v<T, PtWiseOp>) return Opcode::PtWiseOp;
  if constexpr (std::is_same_v<T, Store>) return Opcode::Store;
}

template <typename T>
void append_fields(std::vector<CommandField>& fields) {
  for (const auto& bound : body_fields<T>()) fields.push_back(bound.field);
}

}  // namespace

std::vector<CommandField> command_fields(Opcode opcode) {
  std::vector<CommandField> fields;
  for (const auto& bound : header_fields()) fields.push_back(bound.field);
  switch (opcode) {
    case Opcode::End: append_fields<End>(fields); break;
    case Opcode::LoadWeights: append_fields<LoadWeights>(fields); break;
    case Opcode::LoadFeatures: append_fields<LoadFeatures>(fields); break;
    case Opcode::MmOp: append_fields<MmOp>(fields); break;
    case Opcode::PtWiseOp: append_fields<PtWiseOp>(fields); break;
    case Opcode::Store: append_fields<Store>(fields); break;
  }
  return fields;
}

std::string_view to_string(Token token) {
  switch (token) {
    case Token::LoadToCompute: return "load_to_compute";
    case Token::ComputeToLoad: return "compute_to_load";
    case Token::ComputeToStore: return "compute_to_store";
    case Token::StoreToCompute: return "store_to_compute";
  }
  return "unknown";
}

std::string_view to_string(Opcode opcode) {
  switch (opcode) {
    case Opcode::End: return "end";
    case Opcode::LoadWeights: return "load_weights";
    case Opcode::LoadFeatures: return "load_features";
    case Opcode::MmOp: return "mm_op";
    case Opcode::PtWiseOp: return "pt_wise_op";
    case Opcode::Store: return "store";
  }
  return "unknown";
}

CommandImage encode(const Command& command) {
  CommandImage image{};
  std::visit(
      [&image](const auto& c) {
        using T = std::decay_t<decltype(c)>;
        for (const auto& bound : header_fields()) put(image, bound, c.header);
        constexpr std::uint32_t OpcodeMask = 0xFF;  // the type says what it is, not the header's field
        image[0] = (image[0] & ~OpcodeMask) | static_cast<std::uint32_t>(opcode_of<T>());
        for (const auto& bound : body_fields<T>()) put(image, bound, c);
      },
      command);
  return image;
}

std::optional<Command> decode(const CommandImage& image) {
  switch (static_cast<Opcode>(image[0] & 0xFFU)) {
    case Opcode::End: return decode_as<End>(image);
    case Opcode::LoadWeights: return decode_as<LoadWeights>(image);
    case Opcode::LoadFeatures: return decode_as<LoadFeatures>(image);
    case Opcode::MmOp: return decode_as<MmOp>(image);
    case Opcode::PtWiseOp: return decode_as<PtWiseOp>(image);
    case Opcode::Store: return decode_as<Store>(image);
  }
  return std::nullopt;
}

const CommandHeader& header_of(const Command& command) {
  return std::visit([](const auto& c) -> const CommandHeader& { return c.header; }, command);
}

CommandHeader& header_of(Command& command) {
  return std::visit([](auto& c) -> CommandHeader& { return c.header; }, command);
}

}  // namespace dlac
