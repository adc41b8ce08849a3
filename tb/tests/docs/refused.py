#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages that claim what is not so: follow.py and lint.py must refuse each with a message that names the line."""
import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAYER = "build/dlac-tb run --network resnet20 --layer linear"

# (what it is, the page, the program that reads it, what its message says)
PAGES = [
    ("a waveform before the first mmOp", f"```sh\n{LAYER} --engine clocked --vcd a.vcd --vcd-window 0:20\n```\n",
     "follow", "page.md:2: a.vcd: the grid computes in 0.0 % of it"),
    ("a command that fails", f"```sh\n{LAYER} --colour red\n```\n", "follow", "page.md:2: exit code 2"),
    ("a command that fails in front of a pipe", f"```sh\n{LAYER} --colour red | cat\n```\n", "follow",
     "page.md:2: exit code 2"),
    ("a figure that is another one", f"```sh\n{LAYER}\n```\nIt says\n```output\nresnet20, train, engine "
     "schedule, policy both: 1 cycles, ...\n```\n", "follow",
     "page.md:5: no command before it prints this line of the block: resnet20"),
    ("lines in another order", "```sh\nprintf 'one\\ntwo\\n'\n```\n```output\ntwo\none\n```\n", "follow",
     "page.md:4: no command before it prints this line of the block: one"),
    ("a record of nothing", f"```sh\n{LAYER} --record mem=a.csv --record-window 0:0\n```\n", "follow",
     "page.md:2: a.csv: 1 lines: expected a line of names and at least one transaction"),
    ("a rule that fits no command", "No command.\n", "follow", "no command of the page begins with scripts/test"),
    ("a block without a language", "```\nbuild/dlac-tb links\n```\n", "lint", "page.md:1: ```: expected one of sh"),
    ("commands on a page without a test", "```sh\nbuild/dlac-tb links\n```\n", "lint", "page.md:1: commands on a page"),
    ("a link that leads nowhere", "See [this](nowhere.md).\n", "lint", "page.md:1: nowhere.md: there is no such file"),
    ("a heading that is not there", "# Here\n\n[there](#there)\n", "lint",
     "page.md:3: #there: there is no such heading"),
    ("an option that does not exist", "Use `dlac-tb layer --colour`.\n", "lint", "there is no option --colour"),
    ("a subcommand that does not exist", "Use `dlac-tb paint`.\n", "lint", "there is no such subcommand"),
    ("a script that does not exist", "Use `scripts/paint`.\n", "lint", "there is no such script"),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    source = HERE.parents[2]
    wrong = 0
    for what, text, program, message in PAGES:
        page = arguments.work / "page.md"
        page.write_text(text, encoding="utf-8")
        command = [sys.executable, "-B", str(HERE / f"{program}.py"), "--build", arguments.build]
        if program == "follow":
            command += ["--work", str(arguments.work / "scratch"), "--source", str(source)]
            command += ["--plan", "README.md" if "rule" in what else "none", str(page)]
        else:
            command += ["--followed", "none", str(page)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        said = done.stderr.decode("utf-8")
        if done.returncode != 1 or message not in said:
            wrong += 1
            print(f"{what}: exit code {done.returncode}, expected 1 and: {message}\n{said}", file=sys.stderr)
    print(f"{len(PAGES)} pages, {wrong} not refused as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
