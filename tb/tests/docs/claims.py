# SPDX-License-Identifier: Apache-2.0
"""What a command promises by its options, whatever page it stands on: files that hold what one looks for in them."""
import json
import re
import shlex

from vcd import Waves


class Broken(Exception):
    """A page claims what is not so."""


def words_of(command):
    """The words of a command without its redirections and comment."""
    words = shlex.split(command.replace("\\\n", " ").split("\n")[0], comments=True)
    return [word for word in words if not re.match(r"\d?[<>]", word)]


def values_of(words, option):
    values = [word.split("=", 1)[1] for word in words if word.startswith(option + "=")]
    return values + [words[i + 1] for i, word in enumerate(words[:-1]) if word == option]


def check_command(session, command, output):
    words = words_of(command)
    if not words or not re.search(r"(dlac-tb|dlac-platform|scripts/run|scripts/run-platform)$", words[0]):
        return
    for name in values_of(words, "--vcd"):
        check_waveform(session.cwd / name, words)
    for name in values_of(words, "--report"):
        check_report(session.cwd / name, output)
    for value in values_of(words, "--record"):
        check_record(session.cwd / value.rpartition("=")[2])
    for name in values_of(words, "--output"):
        check_output(session.cwd / name)
    if "exec" in words[:2] and "checks" in command and not re.search(r"^\w.* right$", output, re.MULTILINE):
        raise Broken("no layer's outputs are checked: the image was made without --expect")


def check_waveform(path, words):
    """A waveform is there to see the grid work in it; one of a window that somebody chose, to see little else."""
    if not path.name.endswith(".vcd"):
        return
    waves = Waves(path)
    computes = waves.share("grid_state", 0)
    least = 0.5 if values_of(words, "--vcd-window") else 0.001  # a processor that computes checksums takes the most time
    if computes < least:
        raise Broken(f"{path.name}: the grid computes in {100 * computes:.1f} % of it: "
                     f"expected {100 * least:.1f} % or more")
    if "clocked" in words:
        busy = max(waves.share(name, 2) for name in waves.changes if name.endswith("zero_skip.state"))
        if busy < 0.1:
            raise Broken(f"{path.name}: the busiest PE works in {100 * busy:.0f} % of it: expected 10 % or more")
    save = path.with_suffix(".gtkw")
    shown = re.findall(r"^\+\{[^}]*\} (\S+)$", save.read_text(encoding="utf-8"), re.MULTILINE)
    known = {re.sub(r"\[.*", "", name) for name in waves.changes}
    missing = [name for name in shown if re.sub(r"\[.*", "", name) not in known]
    if missing or not shown:
        raise Broken(f"{save.name}: shows {len(shown)} signals, not in the waveform: {missing[:3]}")


def check_report(path, output):
    if path.suffix == ".csv":
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) < 2 or any(line.count(",") != lines[0].count(",") for line in lines):
            raise Broken(f"{path.name}: expected a line of names and at least one layer")
        return
    report = json.loads(path.read_text(encoding="utf-8"))
    if not report["layers"] or report["verified"] is False:
        raise Broken(f"{path.name}: expected layers that are verified")
    if f"{report['totals']['cycles']:,} cycles" not in output:
        raise Broken(f"{path.name}: {report['totals']['cycles']:,} cycles in all; the program printed others")


def check_record(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) < 2 or any(line.count(",") != lines[0].count(",") for line in lines):
        raise Broken(f"{path.name}: {len(lines)} lines: expected a line of names and at least one transaction")


def check_output(path):
    start = path.read_bytes()[:8]
    expected = {".npy": b"\x93NUMPY", ".dlac": b"dLACimg\n"}.get(path.suffix, b"")
    if not start.startswith(expected):
        raise Broken(f"{path.name}: expected a file that begins with {expected!r}")


def check_shown(block, printed):
    """A block of output is what one command before it printed: its lines in their order; others may lie between, and
    `...` stands for anything."""
    wanted = [line.rstrip() for line in block.lines if line.strip()]
    best = wanted[:1]
    furthest = -1
    for text in printed:
        position = 0
        for line in text.splitlines():
            if position < len(wanted):
                pattern = ".*".join(re.escape(part) for part in wanted[position].split("..."))
                position += re.fullmatch(pattern, line.rstrip()) is not None
        if position == len(wanted):
            return
        if position > furthest:
            furthest, best = position, wanted[position]
    raise Broken(f"no command before it prints this line of the block: {best}")
