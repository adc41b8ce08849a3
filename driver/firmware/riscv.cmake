# SPDX-License-Identifier: Apache-2.0
# Toolchain for CMake: Debian's RISC-V compiler with picolibc (gcc-riscv64-unknown-elf, picolibc-riscv64-unknown-elf).
# RV32IM is what dLAC's virtual platform emulates; for a processor of yours, change FIRMWARE_ARCH and FIRMWARE_ABI.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # nothing can be linked before the memory is known
set(FIRMWARE_ARCH rv32im CACHE STRING "-march of the processor")
set(FIRMWARE_ABI ilp32 CACHE STRING "-mabi of the processor")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FIRMWARE_ARCH FIRMWARE_ABI)
set(CMAKE_C_FLAGS_INIT "-march=${FIRMWARE_ARCH} -mabi=${FIRMWARE_ABI} --specs=picolibc.specs")
# Programs are this machine's, libraries and headers never are; packages may lie anywhere.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
