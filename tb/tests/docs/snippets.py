#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the pages' blocks of C and C++ as a reader would who has what the text around them names, and parses those
of JSON. A line of `...` stands for code of the reader's.

  snippets.py --cxx COMPILER --cc COMPILER --work FOLDER [--include FOLDERS...] [PAGE...]"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from page import Page

ROOT = Path(__file__).resolve().parents[3]

# What the reader has; blocks may declare the same names for themselves.
CXX = """
#include <dlac/accelerator.h>
#include <dlac/command_record.h>
#include <dlac/common/half.h>
#include <dlac/common/register_map.h>
#include <dlac/links/buffer.h>
#include <dlac/links/link_counter.h>
#include <dlac/links/link_modules.h>
#include <dlac/links/probe.h>
#include <dlac/links/recorder.h>
#include <dlac/settings/load_config.h>
#include <dlac/workloads/mapper.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <algorithm>
#include <iostream>
#include <memory>
#include <variant>
struct Bus {
  tlm_utils::simple_initiator_socket<Bus> to_npu;
  tlm_utils::simple_target_socket<Bus> from_npu;
};
extern Bus& bus;
extern sc_core::sc_signal<bool>&npu_irq, &system_reset;
extern dlac::Accelerator& npu;
extern dlac::Config config;
extern dlac::LinkModules modules;
uint32_t my_bus_read(uintptr_t address);
void my_bus_write(uintptr_t address, uint32_t value);
"""
C = """
#include "dlac.h"
enum { DLAC_BASE = 0x40000000 };
extern unsigned char bytes[];
extern size_t size;
"""


def source_of(page, block):
    lines = ["" if line.strip() == "..." else line for line in block.lines]
    lines = ["" if re.match(r"\s*#\s*include", line) else line for line in lines]
    includes = [line for line in block.lines if re.match(r"\s*#\s*include", line)]
    head, tail = "void block() {", "}"
    if block.language == "c":
        head, tail = "int block(void); int block(void) {", "return 0; }"
    outside = r'(extern "C"|template|int main|int sc_main)'  # of a function
    if any(re.match(outside, line) for line in block.lines):
        head, tail = "", ""
    context = CXX if block.language == "cpp" else C
    return "\n".join([context, *includes, head, f'#line {block.line + 1} "{page.name}"', *lines, tail, ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--cc", required=True)
    parser.add_argument("--include", action="append", default=[], help="folders of headers, separated by semicolons")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("pages", nargs="*")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    names = arguments.pages or ["README.md"] + sorted(
        str(path.relative_to(arguments.source)) for pattern in ("docs/*.md", "tb/examples/*/README.md")
        for path in arguments.source.glob(pattern))
    folders = [f"-I{folder}" for folders in arguments.include for folder in folders.split(";") if folder]
    compilers = {"cpp": [arguments.cxx, "-std=c++17", "-x", "c++"], "c": [arguments.cc, "-std=c99", "-x", "c"]}
    blocks = wrong = 0
    for name in names:
        page = Page(arguments.source / name, name)
        for block in page.blocks:
            problem = ""
            if block.language == "json":
                try:
                    json.loads("\n".join(block.lines))
                except ValueError as error:
                    problem = str(error)
            elif block.language in compilers:
                file = arguments.work / f"block.{block.language}"
                file.write_text(source_of(page, block), encoding="utf-8")
                done = subprocess.run([*compilers[block.language], *folders, "-Wall", "-Werror",
                                       "-Wno-unused", "-fsyntax-only", str(file)], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, check=False)
                problem = "" if done.returncode == 0 else done.stdout.decode("utf-8")
            else:
                continue
            blocks += 1
            if problem:
                wrong += 1
                print(f"{name}:{block.line}: this block of {block.language} is none: {problem}", file=sys.stderr)
    print(f"{blocks} blocks, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
