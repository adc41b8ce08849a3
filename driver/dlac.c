/* SPDX-License-Identifier: Apache-2.0 */
#include "dlac.h"

/* --- the core --- */

static uint32_t read_register(const struct dlac_device* core, uint32_t offset) {
  return dlac_io_read(core->base + offset);
}

static void write_register(const struct dlac_device* core, uint32_t offset, uint32_t value) {
  dlac_io_write(core->base + offset, value);
}

/* Keeps accesses to memory and to registers in the order of the program: a list must be in memory before the doorbell
 * rings, and results must not be read before STATUS was. Neither `volatile` nor the CPU promises that. */
static void barrier(void) {
#if defined(__riscv)
  __asm__ volatile("fence iorw, iorw" ::: "memory");
#elif defined(__GNUC__)
  __sync_synchronize();
#endif
}

int dlac_probe(struct dlac_device* core, uintptr_t base) {
  if (core == NULL || base % 4 != 0) return DLAC_E_ARGUMENT;
  core->base = base;
  if (read_register(core, DLAC_REG_ID) != DLAC_ID_VALUE) return DLAC_E_NO_DEVICE;
  core->version = read_register(core, DLAC_REG_VERSION);
  /* Nothing else is read from a core whose registers may lie elsewhere. */
  if (DLAC_VERSION_MAJOR(core->version) != DLAC_VERSION_MAJOR(DLAC_VERSION_VALUE)) return DLAC_E_VERSION;
  core->mode = read_register(core, DLAC_REG_CORE_MODE);
  core->pes = read_register(core, DLAC_REG_CORE_PES);
  core->output_buffers = read_register(core, DLAC_REG_CORE_OUTPUT_BUFFERS);
  core->weight_buffer_bytes = read_register(core, DLAC_REG_CORE_WEIGHT_BUFFER);
  core->feature_buffer_bytes = read_register(core, DLAC_REG_CORE_FEATURE_BUFFER);
  core->token_limit = read_register(core, DLAC_REG_CORE_TOKEN_LIMIT);
  core->queue_depth = read_register(core, DLAC_REG_CORE_QUEUE_DEPTH);
  core->clock_period_ps = read_register(core, DLAC_REG_CORE_CLOCK_PERIOD);
  return DLAC_OK;
}

int dlac_reset(struct dlac_device* core) {
  if (core == NULL) return DLAC_E_ARGUMENT;
  write_register(core, DLAC_REG_CTRL, DLAC_CTRL_RESET);
  /* Reading back makes sure that a bus that buffers writes has delivered this one. */
  return read_register(core, DLAC_REG_STATUS) == 0 ? DLAC_OK : DLAC_E_BUSY;
}

/* Whether the core waits for a reset. It does after a list that failed, but not after an error that stopped none. */
static int needs_reset(const struct dlac_device* core) {
  const uint32_t code = read_register(core, DLAC_REG_ERROR);
  return code != DLAC_ERROR_DOORBELL_BUSY && code != DLAC_ERROR_BAD_LIST_ADDRESS;
}

int dlac_submit(struct dlac_device* core, uint64_t list, uint32_t commands) {
  uint32_t status;
  if (core == NULL || list % 4 != 0 || commands == 0) return DLAC_E_ARGUMENT;
  status = read_register(core, DLAC_REG_STATUS);
  if ((status & DLAC_STATUS_BUSY) != 0) return DLAC_E_BUSY;
  if ((status & DLAC_STATUS_ERROR) != 0 && needs_reset(core)) return DLAC_E_CORE;
  write_register(core, DLAC_REG_LIST_ADDR_LO, (uint32_t)list);
  write_register(core, DLAC_REG_LIST_ADDR_HI, (uint32_t)(list >> 32));
  write_register(core, DLAC_REG_LIST_LENGTH, commands);
  barrier();
  write_register(core, DLAC_REG_DOORBELL, 1);
  return DLAC_OK;
}

int dlac_result(const struct dlac_device* core) {
  uint32_t status;
  if (core == NULL) return DLAC_E_ARGUMENT;
  status = read_register(core, DLAC_REG_STATUS);
  barrier();
  if ((status & DLAC_STATUS_BUSY) != 0) return DLAC_E_BUSY;
  /* Before ERROR: a doorbell that came while the list ran is an error, too, but the list has ended well. */
  if ((status & DLAC_STATUS_DONE) != 0) return DLAC_OK;
  return (status & DLAC_STATUS_ERROR) != 0 ? DLAC_E_CORE : DLAC_E_NOT_STARTED;
}

int dlac_wait(const struct dlac_device* core, uint32_t polls) {
  uint32_t done = 0;
  for (;;) {
    const int result = dlac_result(core);
    if (result != DLAC_E_BUSY) return result;
    if (polls != 0 && ++done == polls) return DLAC_E_TIMEOUT;
  }
}

int dlac_wait_sleeping(const struct dlac_device* core, void (*sleep)(void* context), void* context) {
  if (sleep == NULL) return DLAC_E_ARGUMENT;
  for (;;) {
    const int result = dlac_result(core);
    if (result != DLAC_E_BUSY) return result;
    sleep(context);
  }
}

void dlac_irq_enable(const struct dlac_device* core, uint32_t mask) { write_register(core, DLAC_REG_IRQ_ENABLE, mask); }

uint32_t dlac_irq_acknowledge(const struct dlac_device* core) {
  const uint32_t pending = read_register(core, DLAC_REG_IRQ_STATUS);
  write_register(core, DLAC_REG_IRQ_STATUS, pending);
  /* Reading back: the level has fallen before a trap handler returns, or the CPU would take the interrupt again. */
  (void)read_register(core, DLAC_REG_IRQ_STATUS);
  return pending;
}

void dlac_read_error(const struct dlac_device* core, struct dlac_error* error) {
  const uint32_t low = read_register(core, DLAC_REG_FAULT_ADDR_LO);
  const uint32_t high = read_register(core, DLAC_REG_FAULT_ADDR_HI);
  error->code = read_register(core, DLAC_REG_ERROR);
  error->fault_address = low | (uint64_t)high << 32;
}

void dlac_read_counters(const struct dlac_device* core, struct dlac_counters* counters) {
  uint32_t i;
  write_register(core, DLAC_REG_CTRL, DLAC_CTRL_SNAPSHOT);
  for (i = 0; i < DLAC_COUNTERS; ++i) {
    const uint32_t low = read_register(core, DLAC_REG_COUNTER_LO(i));
    const uint32_t high = read_register(core, DLAC_REG_COUNTER_HI(i));
    counters->values[i] = low | (uint64_t)high << 32;
  }
}

void dlac_clear_counters(const struct dlac_device* core) {
  write_register(core, DLAC_REG_CTRL, DLAC_CTRL_CLEAR_COUNTERS);
}

const char* dlac_error_text(uint32_t code) {
  switch (code) {
#define CASE(value, text) \
  case value: return text;
    DLAC_ERROR_LIST(CASE)
#undef CASE
    default: return "unknown";
  }
}

const char* dlac_counter_name(unsigned counter) {
  switch (counter) {
#define CASE(value, name) \
  case value: return name;
    DLAC_COUNTER_LIST(CASE)
#undef CASE
    default: return NULL;
  }
}

const char* dlac_status_text(int status) {
  switch (status) {
    case DLAC_OK: return "ok";
    case DLAC_E_ARGUMENT: return "bad argument";
    case DLAC_E_NO_DEVICE: return "no dLAC core at this address";
    case DLAC_E_VERSION: return "dLAC core of another major version";
    case DLAC_E_BUSY: return "busy";
    case DLAC_E_TIMEOUT: return "still busy after all polls";
    case DLAC_E_CORE: return "the core stopped with an error";
    case DLAC_E_NOT_STARTED: return "no list has run since the last reset";
    case DLAC_E_IMAGE_MAGIC: return "no dLAC image";
    case DLAC_E_IMAGE_VERSION: return "image of another format version";
    case DLAC_E_IMAGE_SIZE: return "image truncated or inconsistent";
    case DLAC_E_IMAGE_CHECKSUM: return "checksum mismatch";
    case DLAC_E_IMAGE_CORE: return "image made for another core";
    default: return "unknown";
  }
}

/* --- images --- */

/* Four bits at a time: a table of 64 bytes is a fair price for firmware. Entry i is the CRC of the nibble i. */
uint32_t dlac_crc32(uint32_t crc, const void* bytes, size_t size) {
  static const uint32_t table[16] = {0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
                                     0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
                                     0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
  const uint8_t* byte = (const uint8_t*)bytes;
  size_t i;
  crc = ~crc;
  for (i = 0; i < size; ++i) {
    crc ^= byte[i];
    crc = crc >> 4 ^ table[crc & 15u];
    crc = crc >> 4 ^ table[crc & 15u];
  }
  return ~crc;
}

/* Whether [offset, offset + bytes) lies within [begin, end). Nothing here can overflow. */
static int inside(uint64_t offset, uint64_t bytes, uint64_t begin, uint64_t end) {
  return begin <= offset && offset <= end && bytes <= end - offset;
}

/* Where header, layer records and commands end, and weights and features begin. */
static uint64_t control_bytes(const struct dlac_image_header* header) {
  return header->commands_offset + (uint64_t)header->commands * DLAC_COMMAND_BYTES;
}

static uint32_t control_crc(const struct dlac_image_header* header) {
  static const uint8_t zeros[sizeof header->control_crc] = {0};
  const uint8_t* bytes = (const uint8_t*)header;
  const size_t field = offsetof(struct dlac_image_header, control_crc);
  const size_t behind = field + sizeof zeros;
  const uint32_t crc = dlac_crc32(dlac_crc32(0, bytes, field), zeros, sizeof zeros);
  return dlac_crc32(crc, bytes + behind, (size_t)control_bytes(header) - behind);
}

static int has_magic(const struct dlac_image_header* header) {
  const char* magic = DLAC_IMAGE_MAGIC;
  size_t i;
  for (i = 0; i < sizeof header->magic; ++i) {
    if (header->magic[i] != (uint8_t)magic[i]) return 0;
  }
  return 1;
}

/* Whether all that the header says lies where it may. */
static int header_fits(const struct dlac_image_header* header, size_t size) {
  const uint64_t layer_bytes = (uint64_t)header->layers * sizeof(struct dlac_image_layer);
  const uint64_t list_bytes = (uint64_t)header->commands * DLAC_COMMAND_BYTES;
  if (header->header_bytes != sizeof *header) return 0;
  if (header->file_bytes > size || header->memory_bytes < header->file_bytes) return 0;
  /* A pointer must reach all of it. */
  if (header->memory_bytes > UINTPTR_MAX - (uintptr_t)header) return 0;
  if (header->commands == 0) return 0;
  if (header->layers_offset % 8 != 0 || header->commands_offset % DLAC_IMAGE_ALIGNMENT != 0) return 0;
  return inside(header->layers_offset, layer_bytes, sizeof *header, header->file_bytes) &&
         inside(header->commands_offset, list_bytes, header->layers_offset + layer_bytes, header->file_bytes);
}

/* Whether a tensor lies behind the commands and before `end`, where its words can be read. */
static int tensor_fits(const struct dlac_image_header* header, uint64_t offset, uint64_t bytes, uint64_t end) {
  const uint64_t word_bytes = header->mode == DLAC_MODE_TRAIN ? 4 : 2;
  if (bytes == 0) return offset <= end;
  return (offset & (word_bytes - 1)) == 0 && inside(offset, bytes, control_bytes(header), end);
}

static int layer_fits(const struct dlac_image_header* header, const struct dlac_image_layer* layer) {
  const int in_file = (layer->flags & DLAC_IMAGE_FEATURES_IN_FILE) != 0;
  const uint64_t features_end = in_file ? header->file_bytes : header->memory_bytes;
  size_t i = 0;
  while (i < DLAC_IMAGE_NAME_BYTES && layer->name[i] != '\0') ++i;
  return i < DLAC_IMAGE_NAME_BYTES && inside(layer->first_command, layer->commands, 0, header->commands) &&
         tensor_fits(header, layer->features_offset, layer->features_bytes, features_end) &&
         tensor_fits(header, layer->outputs_offset, layer->outputs_bytes, header->memory_bytes);
}

int dlac_image_open(struct dlac_image* image, void* bytes, size_t size) {
  struct dlac_image_header* header = (struct dlac_image_header*)bytes;
  struct dlac_image_layer* layers;
  uint8_t* begin = (uint8_t*)bytes;
  uint64_t control;
  uint32_t i;
  if (image == NULL || bytes == NULL || (uintptr_t)bytes % 8 != 0) return DLAC_E_ARGUMENT;
  if (size < sizeof header->magic) return DLAC_E_IMAGE_SIZE;
  if (!has_magic(header)) return DLAC_E_IMAGE_MAGIC;
  if (size < sizeof *header) return DLAC_E_IMAGE_SIZE;
  if (header->version != DLAC_IMAGE_VERSION) return DLAC_E_IMAGE_VERSION;
  if (!header_fits(header, size)) return DLAC_E_IMAGE_SIZE;
  control = control_bytes(header);
  if (control_crc(header) != header->control_crc ||
      dlac_crc32(0, begin + control, (size_t)(header->file_bytes - control)) != header->data_crc) {
    return DLAC_E_IMAGE_CHECKSUM;
  }
  /* Right checksums do not make a right image: whoever wrote it may have been wrong, too. */
  layers = (struct dlac_image_layer*)(void*)(begin + header->layers_offset);
  for (i = 0; i < header->layers; ++i) {
    if (!layer_fits(header, &layers[i])) return DLAC_E_IMAGE_SIZE;
  }
  image->header = header;
  image->layers = layers;
  image->commands = begin + header->commands_offset;
  return DLAC_OK;
}

int dlac_image_fits(const struct dlac_image* image, const struct dlac_device* core) {
  const struct dlac_image_header* header;
  if (image == NULL || core == NULL) return DLAC_E_ARGUMENT;
  header = image->header;
  if (header->mode != core->mode || header->pes != core->pes || header->output_buffers != core->output_buffers ||
      header->weight_buffer_bytes > core->weight_buffer_bytes ||
      header->feature_buffer_bytes > core->feature_buffer_bytes || header->token_limit > core->token_limit ||
      header->queue_depth > core->queue_depth) {
    return DLAC_E_IMAGE_CORE;
  }
  return DLAC_OK;
}

/* Adds to the address of a command that has one. */
static void move_command(uint32_t* command, uint64_t distance) {
#define MOVE(field) DLAC_SET64(command, field, DLAC_GET64(command, field) + distance)
  switch (DLAC_GET(command, DLAC_COMMAND_OPCODE)) {
    /* NOLINTNEXTLINE(bugprone-branch-clone): the fields differ */
    case DLAC_OPCODE_LOAD_WEIGHTS: MOVE(DLAC_LOAD_WEIGHTS_ADDRESS); break;
    case DLAC_OPCODE_LOAD_FEATURES: MOVE(DLAC_LOAD_FEATURES_ADDRESS); break;
    case DLAC_OPCODE_STORE: MOVE(DLAC_STORE_ADDRESS); break;
    default: break;
  }
#undef MOVE
}

int dlac_image_place(struct dlac_image* image, uint64_t address) {
  struct dlac_image_header* header;
  uint32_t* command;
  uint64_t distance;
  uint32_t i;
  if (image == NULL || address % DLAC_IMAGE_ALIGNMENT != 0) return DLAC_E_ARGUMENT;
  header = image->header;
  if (header->memory_bytes > UINT64_MAX - address) return DLAC_E_ARGUMENT;
  if (header->base == address) return DLAC_OK;
  distance = address - header->base; /* modulo 2^64: downwards, too */
  command = (uint32_t*)(void*)image->commands;
  for (i = 0; i < header->commands; ++i) {
    move_command(command, distance);
    command += DLAC_COMMAND_WORDS;
  }
  header->base = address;
  header->control_crc = control_crc(header);
  return DLAC_OK;
}

int dlac_submit_image(struct dlac_device* core, const struct dlac_image* image) {
  const int fits = dlac_image_fits(image, core);
  if (fits != DLAC_OK) return fits;
  return dlac_submit(core, image->header->base + image->header->commands_offset, image->header->commands);
}

int dlac_image_check_outputs(const struct dlac_image* image, uint32_t layer) {
  const struct dlac_image_layer* record;
  const uint8_t* outputs;
  if (image == NULL || layer >= image->header->layers) return DLAC_E_ARGUMENT;
  record = &image->layers[layer];
  if ((record->flags & DLAC_IMAGE_OUTPUTS_EXPECTED) == 0) return DLAC_E_ARGUMENT;
  outputs = (const uint8_t*)image->header + record->outputs_offset;
  return dlac_crc32(0, outputs, (size_t)record->outputs_bytes) == record->outputs_crc ? DLAC_OK : DLAC_E_IMAGE_CHECKSUM;
}
