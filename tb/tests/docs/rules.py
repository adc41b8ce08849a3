# SPDX-License-Identifier: Apache-2.0
"""How the commands of each page are run. Whatever no rule names is run as it stands, must succeed, and is looked at by
its options (claims.py); a rule that fits no command is an error, so none outlives its page."""
import json
import re
import shutil
from dataclasses import dataclass, field
from typing import Callable, Optional

import pictures
from claims import Broken
from vcd import Waves


@dataclass
class Rule:
    command: str  # a regular expression that fits at the beginning of a line of it
    left_out: str = ""  # why the command is not run
    needs: tuple = ()  # tools without which it is left out
    check: Optional[Callable] = None  # (session, page, output): what the page claims besides
    instead: Optional[Callable] = None  # (session, page): runs in its place, returns what it would have printed


@dataclass
class Plan:
    start: str = "tree"  # the folder in which it begins: the tree, or an empty one
    prepare: tuple = ()  # callables (session, page), before the first command
    rules: list = field(default_factory=list)


# --- what is there before a page begins ---


def small_layer(session, _page):
    """W.npy and X.npy, which a page takes for granted."""
    write_npy(session.cwd / "W.npy", "|i1", (16, 16, 3, 3), bytes((i * i % 7 % 3 - 1) % 256 for i in range(16 * 144)))
    halves = b"\0\0\0\0\0\0\x80\x3e"  # 0 and 0.25
    write_npy(session.cwd / "X.npy", "<f4", (16, 8, 8), halves * 512)


def write_npy(path, kind, shape, data):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head.encode("ascii") + data)


def installed(session, _page):
    run(session, f"cmake --install {session.build} --prefix {session.folder}/opt/dlac")


def programs_on_path(session, _page):
    session.path_to(session.build)


def manifest_of_page(session, page):
    """The page's manifest under the name that its commands give it, and the files that it names."""
    manifest = next(block for block in page.blocks if block.language == "json")
    (session.cwd / "net.json").write_text("\n".join(manifest.lines), encoding="utf-8")
    layers = json.loads("\n".join(manifest.lines))
    shapes = {"conv1.npy": (8, 3, 7, 7), "conv2.npy": (8, 8, 3, 1), "image.npy": (3, 16, 16)}
    for layer in layers:
        for key in ("weights", "features"):
            if isinstance(layer[key], str):
                count = 1
                for extent in shapes[layer[key]]:
                    count *= extent
                write_npy(session.cwd / layer[key], "<f4", shapes[layer[key]],
                          b"".join((b"\0\0\x80\x3f", b"\0\0\0\0", b"\0\0\x80\xbf")[i % 3] for i in range(count)))


def example(name):
    """The installed example in a copy, as its page says."""

    def prepare(session, page):
        installed(session, page)
        shutil.copytree(session.folder / "opt/dlac/share/doc/dlac/examples" / name, session.folder / "copy")
        session.cwd = session.folder / "copy"

    return prepare


def sources_of_reader(session, _page):
    """platform.cpp: the reader's."""
    shutil.copyfile(session.source / "tb/examples/minimal/main.cpp", session.cwd / "platform.cpp")


def run(session, command):
    code, output = session.run(command)
    if code != 0:
        raise Broken(f"`{command}`: exit code {code}: {output}")
    return output


# --- what pages claim ---


def stated_number(page, pattern):
    """The number in a sentence of the page."""
    found = re.search(pattern, page.flat)
    if not found:
        raise Broken(f"expected a sentence like {pattern}")
    return float(found.group(1))


def says(page, sentence):
    """A sentence that was made from what the program says is on the page."""
    if sentence not in page.flat:
        raise Broken(f"expected the page to say: {sentence}")


def readme_waveform(session, page, _output):
    """Its size per cycle, without a window, is that of a window of 500 cycles."""
    waves = Waves(session.cwd / "layer.vcd")
    begin = next(when for when, bits in waves.changes[waves.name("accelerator.grid_state")] if int(bits, 2) == 0)
    if begin != 2 * stated_number(page, r"until cycle (\d+) the grid waits"):
        raise Broken(f"the grid begins to compute at {begin} ns")
    kilobytes = (session.cwd / "layer.vcd").stat().st_size / 1000 / ((waves.last - waves.first) / 2)
    stated = stated_number(page, r"grows by some ([0-9.]+) KB per cycle")
    if not 0.7 * stated < kilobytes < 1.4 * stated:
        raise Broken(f"layer.vcd takes {kilobytes:.1f} KB per cycle; the page says {stated}")


def tutorial_clone(session, _page):
    if session.whole:
        return run(session, f"git clone file://{session.source} dlac")
    session.make_tree()
    return ""


def tutorial_table(session, page, output):
    layer = json.loads((session.cwd / "layer.json").read_text(encoding="utf-8"))["layers"][0]
    live, gain = 100 * layer["live_density"], layer["speedup"]
    says(page, f"{layer['cycles']:,} cycles from the doorbell to the end (*total*); "
               f"in {layer['compute_cycles']:,} of them")
    says(page, f"{layer['flops_per_cycle']:.1f} are *dense-equivalent*")
    says(page, f"{gain:.2f} times as long (*gain*)")
    says(page, f"Only {live:.1f} % of the multiply-accumulates")
    says(page, f"gain {1 / layer['live_density']:.2f}.")
    says(page, f"in {100 * layer['utilisation']:.1f} % of their compute cycles only (*busy*)")
    says(page, f"For {layer['pe_cycles']['starved_column']:,} PE cycles, twice as often as for weights")
    if not 1.9 < layer["pe_cycles"]["starved_column"] / layer["pe_cycles"]["starved_row"] < 2.1:
        raise Broken(f"`twice as often`: {layer['pe_cycles']}")
    if not any(layer["grid_cycles"][wait] for wait in ("wait_weights", "wait_features")):
        raise Broken(f"`waited for its first weights and features`: {layer['grid_cycles']}")
    picture(session, "table.png", False, lambda path: pictures.table(output, path))


# What the picture shows from top to bottom.
SHOWN = ("accelerator.grid_state",
         *(f"column_stream_1.{signal}" for signal in ("delivered", "fill_level", "stalled")),
         *(f"pe_{pe}.zero_skip.{signal}" for pe in (1, 9) for signal in ("state", "position", "live")))


def tutorial_waveform(session, page, _output):
    waves = Waves(session.cwd / "layer.vcd")
    time = int(stated_number(page, r"Click at (\d+) ns"))
    starved_column, busy = 1, 2
    stream = {signal: waves.at(f"column_stream_1.{signal}", time) for signal in ("delivered", "fill_level", "stalled")}
    state = {pe: waves.at(f"pe_{pe}.zero_skip.state", time) for pe in (1, 9)}
    position = {pe: waves.at(f"pe_{pe}.zero_skip.position", time) for pe in (1, 9)}
    if state != {9: starved_column, 1: busy} or stream["stalled"] != 1 or position[9] != stream["delivered"]:
        raise Broken(f"at {time} ns: states {state}, positions {position}, column stream 1 {stream}")
    says(page, f"Its `position` is beat {position[9]}, "
               f"and its column stream has `delivered` {stream['delivered']} beats")
    says(page, f"its window holds {stream['fill_level']} beats (`fill_level`)")
    says(page, f"it is at beat {position[1]}, `busy`")
    # `live` of pe_1 shrinks by one output buffer per cycle of 2 ns, from all eight.
    begin = next(when for when, bits in waves.changes[waves.name("pe_1.zero_skip.live")] if int(bits, 2) == 0xFF)
    live = [waves.at("pe_1.zero_skip.live", begin + 2 * i) for i in range(8)]
    if live != [0xFF & (0xFF << i) for i in range(8)] or not begin <= time < begin + 16:
        raise Broken(f"`live` of pe_1 from {begin} ns on: {[f'{value:X}' for value in live]}")
    past = next(when for when, bits in waves.changes[waves.name("pe_1.zero_skip.position")]
                if int(bits, 2) > position[1])
    again = next(when for when, bits in waves.changes[waves.name("pe_9.zero_skip.state")]
                 if when > time and int(bits, 2) == busy)
    delivered = next(when for when, bits in waves.changes[waves.name("column_stream_1.delivered")]
                     if int(bits, 2) > stream["delivered"])
    says(page, f"(`live` was FF; at {time} ns it is {waves.at('pe_1.zero_skip.live', time):X}")
    says(page, f"At {past} ns `pe_1` is past beat {position[1]}; at {delivered} ns the stream has delivered beat "
               f"{stream['delivered']}, and at {again} ns `pe_9` is busy again")


def tutorial_viewer(session, page):
    """In place of the viewer, which would wait for its user: the picture."""
    save = session.cwd / "layer.gtkw"
    time = int(stated_number(page, r"Click at (\d+) ns"))
    picture(session, "waveform.png", True, lambda path: pictures.waveform(save, SHOWN, time, path))
    return ""


def picture(session, name, of_waveform, make):
    missing = pictures.missing(of_waveform)
    if missing:
        print(f"left out: {name}: not installed: {' '.join(missing)}")
        return
    folder = session.pictures or session.folder / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    make(folder / name)
    print(f"picture: {folder / name}")


def tutorial_cycles(session, page, output):
    says(page, "3,486 cycles instead of 5,332")
    if "3,486 cycles" not in output:
        raise Broken(f"`3,486 cycles`: the program says {output}")


def tutorial_record(session, _page, output):
    lines = output.splitlines()
    if not lines[0].startswith("link,cycle,") or not lines[1].startswith("grid.column_stream_1.buffer,"):
        raise Broken(f"the record begins with {lines[:2]}")


# --- the pages ---

IS_THE_TESTS = "runs the tests"
IS_TESTED_ELSEWHERE = "the tests labelled package configure and build it"
NUMPY = ("numpy",)  # makes the layer; without it there is none to run
PLATFORM = ("riscv64-unknown-elf-gcc", "dlac-platform")

PLANS = {
    "README.md": Plan(prepare=(small_layer,), rules=[
        Rule("scripts/test", left_out=IS_THE_TESTS),
        Rule("scripts/run-platform", needs=PLATFORM),
        Rule("scripts/run .*--vcd", check=readme_waveform),
    ]),
    "docs/tutorial.md": Plan(start="empty", rules=[
        Rule("git clone", instead=tutorial_clone),
        Rule("python3", needs=NUMPY),
        Rule("build/dlac-tb layer .*--report", needs=NUMPY, check=tutorial_table),
        Rule("build/dlac-tb layer .*--vcd", needs=NUMPY, check=tutorial_waveform),
        Rule("gtkwave", needs=NUMPY, instead=tutorial_viewer),
        Rule("build/dlac-tb layer .*mixed.npy", needs=NUMPY, check=tutorial_cycles),
        Rule("build/dlac-tb layer", needs=NUMPY),
        Rule("head", needs=NUMPY, check=tutorial_record),
        Rule("cmake .*firmware", needs=PLATFORM[:1]),
        Rule("dlac/build/dlac-tb compile", needs=NUMPY),
        Rule("dlac/scripts/run-platform", needs=NUMPY + PLATFORM),
    ]),
    "docs/image.md": Plan(prepare=(programs_on_path, small_layer, manifest_of_page)),
    "docs/integration.md": Plan(prepare=(sources_of_reader,), rules=[
        Rule("cmake -S . -B build", left_out=IS_TESTED_ELSEWHERE),
        Rule("cmake --build build", left_out=IS_TESTED_ELSEWHERE),
    ]),
    "docs/platform.md": Plan(rules=[
        Rule("scripts/run-platform --test", left_out=IS_THE_TESTS),
        Rule("scripts/run-platform", needs=PLATFORM),
    ]),
    "tb/examples/minimal/README.md": Plan(prepare=(example("minimal"),)),
    "tb/examples/banked_buffer/README.md": Plan(prepare=(example("banked_buffer"),)),
}
