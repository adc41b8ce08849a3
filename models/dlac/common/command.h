// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace dlac {

/// A command is 32 little-endian 32-bit words in memory. Fields not listed in `command_fields()` must be 0. A field
/// whose type is an enumeration may hold a value out of memory that is no enumerator; the core answers it with an
/// error.
inline constexpr std::uint32_t CommandWords = 32;
inline constexpr std::uint32_t CommandBytes = 4 * CommandWords;
using CommandImage = std::array<std::uint32_t, CommandWords>;

enum class Opcode : std::uint32_t { End = 0, LoadWeights = 1, LoadFeatures = 2, MmOp = 3, PtWiseOp = 4, Store = 5 };
inline constexpr std::array<Opcode, 6> Opcodes{Opcode::End,  Opcode::LoadWeights, Opcode::LoadFeatures,
                                               Opcode::MmOp, Opcode::PtWiseOp,    Opcode::Store};

/// Token counters between the queues; bit numbers of a command's pop and push masks. (Tokens)
enum class Token : std::uint32_t { LoadToCompute = 0, ComputeToLoad = 1, ComputeToStore = 2, StoreToCompute = 3 };
inline constexpr std::uint32_t TokenCount = 4;
[[nodiscard]] constexpr std::uint32_t token_bit(Token token) { return 1U << static_cast<std::uint32_t>(token); }
[[nodiscard]] std::string_view to_string(Token token);

/// What every command starts with (words 0 and 1).
struct CommandHeader {
  Opcode opcode = Opcode::End;  ///< as read from memory; a command's type says what it is
  std::uint32_t pop = 0;        ///< token mask: wait for, then take, one token of each before starting
  std::uint32_t push = 0;       ///< token mask: give one token of each at completion
  std::uint32_t fence = 0;      ///< 1: not dispatched before all earlier commands are complete, writes acknowledged
  std::uint32_t tag = 0;        ///< free for software; shown in traces and reports
};

/// Copies bytes from memory into the weight buffer.
struct LoadWeights {
  CommandHeader header;
  std::uint64_t address = 0;      ///< byte address in memory
  std::uint32_t bytes = 0;        ///< 1 .. weight buffer
  std::uint32_t destination = 0;  ///< byte offset in the weight buffer
};

/// Loads rows of a feature map into the feature buffer's circular rows.
/// Row g of the batch is row y = g mod height of image n = g / height. Of each of `channels` planes and each row
/// g in [first_row, first_row + rows), `width` words go from
///   address + n*image_stride + c*channel_stride + y*row_stride       (bytes)
/// to word  base + (c*row_capacity + g mod row_capacity)*pitch  of the feature buffer.
struct LoadFeatures {
  CommandHeader header;
  std::uint64_t address = 0;  ///< byte address of image 0, first channel, row 0, first column to be held
  std::uint32_t channels = 0;
  std::uint32_t channel_stride = 0;  ///< bytes
  std::uint32_t image_stride = 0;    ///< bytes
  std::uint32_t row_stride = 0;      ///< bytes
  std::uint32_t width = 0;           ///< words per row, at most pitch
  std::uint32_t height = 0;          ///< rows per image
  std::uint32_t first_row = 0;       ///< g
  std::uint32_t rows = 0;            ///< at most row_capacity
  std::uint32_t base = 0;            ///< word offset in the feature buffer
  std::uint32_t row_capacity = 0;
  std::uint32_t pitch = 0;  ///< words between rows in the buffer
};

/// Order of the reduction. (The schedule)
enum class BeatOrder : std::uint32_t {
  KernelBeats = 0,  ///< forward and backward data: columns are pixels, beats are (c*KH + kh)*KW + kw
  PixelBeats = 1,   ///< backward weights: columns are (c*KH + kh)*KW + kw, beats are pixels
};

/// One segment: the reduction of a tile over beats [first_beat, first_beat + beats).
///
/// Rows. Output buffer b of PE row r holds tile channel r*B + b; `channels` of them are inside the layer. The weight
/// buffer holds, from byte `weights`, beat after beat from first_beat on, all R*B weights of a beat, R = 2^log2_rows:
/// order [t][r][b], 2 bits each (01 = +1, 11 = -1, 00 = 0) without gaps, or one word each when full_precision.
///
/// Columns. A (column, beat) pair is a pixel and a kernel position:
///   pixel  q = (n*out_height + oy)*out_width + ox,     kernel position j = (c*kernel_height + kh)*kernel_width + kw,
/// KernelBeats: q = first_column + column, j = t; PixelBeats: j = first_column + column, q = t. The feature it names:
///   u = oy*stride_y + kh*step_y + offset_y,  v = ox*stride_x + kw*step_x + offset_x   (signed)
///   if u mod insert_y != 0 or v mod insert_x != 0 (mathematical modulo): an inserted zero, never live, not counted
///   y = u / insert_y, x = v / insert_x (exact); outside [0,height) x [0,width): padding, a zero feature that counts
///   else word base + ((c - first_channel)*row_capacity + (n*height + y) mod row_capacity)*pitch + x - first_x
/// of the feature buffer. (Inserted zeros are tested before padding.) The map columns that the tile's pixels and the
/// whole kernel name must be held, i.e. lie in [first_x, first_x + pitch), also those of padded rows. Outputs belong to
/// PEs: PE r*C + c keeps its output buffers when a later command reshapes the grid. Forward: stride = stride, step =
/// dilation, offset = -padding, insert = 1. Backward data of a convolution with stride s, dilation d, padding p: stride
/// = 1, step = -d, offset = +p, insert = s.
struct MmOp {
  CommandHeader header;
  std::uint32_t weights = 0;    ///< byte offset in the weight buffer
  std::uint32_t log2_rows = 0;  ///< grid shape: R = 2^log2_rows, C = PEs / R
  std::uint32_t bank = 0;       ///< output bank 0 or 1
  std::uint32_t clear = 0;      ///< 1: the tile's accumulators (channels x columns) start from +0; 0: they continue
  std::uint32_t full_precision = 0;  ///< 0: packed ternary weights; 1: words
  BeatOrder order = BeatOrder::KernelBeats;
  std::uint32_t channels = 0;  ///< 1 .. R*B
  std::uint32_t first_column = 0;
  std::uint32_t columns = 0;  ///< 1 .. C
  std::uint32_t first_beat = 0;
  std::uint32_t beats = 0;  ///< at least 1
  std::uint32_t base = 0;   ///< feature view: word offset in the feature buffer
  std::uint32_t row_capacity = 0;
  std::uint32_t pitch = 0;
  std::uint32_t first_x = 0;
  std::uint32_t first_channel = 0;
  std::uint32_t height = 0, width = 0;  ///< of the feature map; bounds beyond which there is padding
  std::uint32_t kernel_height = 1, kernel_width = 1;
  std::uint32_t out_height = 1, out_width = 1;
  std::uint32_t stride_y = 1, stride_x = 1;
  std::int32_t step_y = 1, step_x = 1;
  std::int32_t offset_y = 0, offset_x = 0;
  std::uint32_t insert_y = 1, insert_x = 1;
};

enum class PointwiseOp : std::uint32_t { Add = 0, Sub = 1, Mul = 2, MulAdd = 3, Select = 4 };
/// Ordered comparisons: false when either side is NaN. (Point-wise operations)
enum class Compare : std::uint32_t { Less = 0, LessEqual = 1, Greater = 2, GreaterEqual = 3, Equal = 4, NotEqual = 5 };
/// Where an operand of ptWiseOp comes from.
enum class OperandSource : std::uint32_t {
  Accumulator = 0,  ///< the output buffer itself, canonical (-0 -> +0, NaN -> quiet)
  Immediate = 1,    ///< a word of the command
  Constant = 2,     ///< one word per tile channel, from the weight buffer through the row port
  Stream = 3,       ///< one word per output, from the feature buffer through the column port
};
/// What Select compares and returns: `p cmp q ? u : v`, each one of these.
enum class SelectInput : std::uint32_t { A = 0, X = 1, Y = 2, Zero = 3 };

/// dst[b] = op(a, x, y) on the outputs of a bank, in the mode's format, one rounding each:
/// a+x, a-x, a*x, fma(a,x,y), or p cmp q ? u : v.
/// A stream operand reads, for output (tile channel k, pixel q = first_column + column = (n*out_height + oy)*out_width
/// + ox), the feature at channel k, y = oy*stride_y + offset_y, x = ox*stride_x + offset_x of its view (a and x: view
/// 0, y: view 1), +0 outside [0,height) x [0,width):
///   word base + (k*row_capacity + (n*height + y) mod row_capacity)*pitch + x - first_x.
/// Constants: word constants_{a,x,y}/word_bytes + k of the weight buffer.
struct PtWiseOp {
  CommandHeader header;
  PointwiseOp operation = PointwiseOp::Add;
  Compare compare = Compare::Less;  ///< for Select, as are p, q, u and v
  SelectInput select_p = SelectInput::A, select_q = SelectInput::A;
  SelectInput select_u = SelectInput::A, select_v = SelectInput::A;
  OperandSource source_a = OperandSource::Accumulator;
  OperandSource source_x = OperandSource::Accumulator;
  OperandSource source_y = OperandSource::Accumulator;
  std::uint32_t immediate_a = 0, immediate_x = 0, immediate_y = 0;  ///< bits of a word
  std::uint32_t constants_a = 0, constants_x = 0, constants_y = 0;  ///< byte offsets in the weight buffer
  std::uint32_t log2_rows = 0, bank = 0, channels = 0, first_column = 0, columns = 0;
  std::uint32_t base_0 = 0, row_capacity_0 = 0, pitch_0 = 0, first_x_0 = 0;
  std::uint32_t base_1 = 0, row_capacity_1 = 0, pitch_1 = 0, first_x_1 = 0;
  std::uint32_t height = 0, width = 0, out_height = 1, out_width = 1;
  std::uint32_t stride_y = 1, stride_x = 1;
  std::int32_t offset_y = 0, offset_x = 0;
};

/// Drains a bank to memory. Output (tile channel k, pixel q = first_pixel + column), with q = n*image_pixels + m, goes
/// to  address + n*image_stride + k*channel_stride + m*word_bytes  (bytes).
/// store->compute is pushed when the bank has been drained; the command is complete when its writes are acknowledged.
struct Store {
  CommandHeader header;
  std::uint64_t address = 0;         ///< of image 0, tile channel 0, pixel 0 of the image
  std::uint32_t channel_stride = 0;  ///< bytes
  std::uint32_t image_stride = 0;    ///< bytes
  std::uint32_t image_pixels = 0;
  std::uint32_t first_pixel = 0;
  std::uint32_t log2_rows = 0, bank = 0, channels = 0, columns = 0;
};

/// Ends the list: waits for all earlier commands, then sets the done status and the interrupt.
struct End {
  CommandHeader header;
};

using Command = std::variant<End, LoadWeights, LoadFeatures, MmOp, PtWiseOp, Store>;

/// What a field may hold, where its values have names.
struct CommandValue {
  std::string_view name;
  std::uint32_t value;
  std::string_view description;
};
struct CommandValues {
  std::string_view name;  ///< of the set: several fields may share one
  std::vector<CommandValue> values;
};

/// One field of a command as it lies in the 32 words. The single source of the encoding: encode, decode, the C header
/// and the documentation are made from these.
struct CommandField {
  std::string_view name;
  std::uint32_t word;   ///< 0 .. 31
  std::uint32_t lsb;    ///< 0 .. 31
  std::uint32_t width;  ///< bits; 64 spans two words, low word first
  bool is_signed;
  std::string_view description;
  const CommandValues* values = nullptr;  ///< nullptr: a number
};
/// Fields of an opcode, the header's first.
[[nodiscard]] std::vector<CommandField> command_fields(Opcode opcode);
[[nodiscard]] std::string_view to_string(Opcode opcode);

[[nodiscard]] CommandImage encode(const Command& command);
/// nullopt: unknown opcode, or a bit set outside every field.
[[nodiscard]] std::optional<Command> decode(const CommandImage& image);

[[nodiscard]] const CommandHeader& header_of(const Command& command);
[[nodiscard]] CommandHeader& header_of(Command& command);

}  // namespace dlac
