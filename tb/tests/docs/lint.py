#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What can be said of all pages without running their commands: every block has a language, so that no command hides
from follow.py; every link leads somewhere; every page with commands is a test; every subcommand, option and script that
a page names exists.

  lint.py --build BUILD --pages FILE,FILE...    the pages that are followed"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

from page import LANGUAGES, Page

ROOT = Path(__file__).resolve().parents[3]


def anchor(title):
    """As GitHub makes it of a heading."""
    title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", title).replace(" ", "-")


def anchors(path):
    return {anchor(title) for title in re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)}


def links(page):
    folder = page.path.parent
    for number, line in page.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target) or target.startswith("pictures/"):  # scripts/make-pictures makes those
                continue
            name, _, heading = target.partition("#")
            file = folder / name if name else page.path
            if not file.exists():
                yield number, f"{target}: there is no such file"
            elif heading and heading not in anchors(file):
                yield number, f"{target}: there is no such heading"


class Help:
    """What the programs say of themselves."""

    def __init__(self, build):
        self._build, self._texts = build, {}

    def of(self, *words):
        if words not in self._texts:
            program = str(self._build / words[0]) if words[0].startswith("dlac-") else str(ROOT / words[0])
            done = subprocess.run([program, *words[1:], "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, check=False)
            self._texts[words] = done.stdout.decode("utf-8") if done.returncode == 0 else None
        return self._texts[words]


def uses(page):
    """(line, command) of every command on the page, in blocks and within sentences."""
    for block in page.blocks:
        if block.language == "sh":
            text = "\n".join(block.lines).replace("\\\n", "  ")
            yield from ((block.line, line) for line in text.splitlines())
    for number, line in page.prose:
        yield from ((number, code) for code in re.findall(r"`([^`]+)`", line))


def named(page, helps):
    for number, command in uses(page):
        match = re.match(r"(?:dlac/)?(?:build(?:-platform)?/)?(dlac-tb|scripts/[\w-]+)(?![\w.-])(.*)$", command)
        if not match:
            continue
        program, rest = match.groups()
        if program == "scripts/packages-" or rest.startswith((".", "/")):
            continue
        words = [word for word in rest.split("#")[0].split() if word not in ("`",)]
        options = {re.match(r"--[\w-]+", word).group(0) for word in words if re.match(r"--\w", word)}
        if program == "dlac-tb":
            subcommand = words[:1] if words and re.fullmatch(r"[a-z]+", words[0]) else []
            text = helps.of("dlac-tb", *subcommand)
            if text is None:
                yield number, f"`{command}`: there is no such subcommand"
                continue
            known = text
        else:
            if not (ROOT / program).exists():
                yield number, f"`{command}`: there is no such script"
                continue
            known = helps.of(program) or ""
            if program == "scripts/run":
                known += helps.of("dlac-tb", "run")
            if program in ("scripts/run-platform", "scripts/study"):
                continue  # these pass options on to a program that need not be built
        for option in sorted(options - {"--help"}):
            if not re.search(re.escape(option) + r"(?![\w-])", known):
                yield number, f"`{command}`: there is no option {option}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--followed", required=True, help="the pages that have a test, separated by commas")
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("pages", nargs="*")
    arguments = parser.parse_args()
    names = arguments.pages or ["README.md"] + sorted(
        str(path.relative_to(arguments.source)) for pattern in ("docs/*.md", "tb/examples/*/README.md")
        for path in arguments.source.glob(pattern))
    followed = arguments.followed.split(",")
    helps = Help(arguments.build.resolve())
    problems = []
    for name in names:
        page = Page(arguments.source / name, name)
        for block in page.blocks:
            if block.language not in LANGUAGES:
                problems.append((name, block.line, f"```{block.language}: expected one of {' '.join(LANGUAGES)}"))
            if block.language == "sh" and name not in followed:
                problems.append((name, block.line, "commands on a page without a test (tb/tests/docs/CMakeLists.txt)"))
        problems += [(name, number, problem) for number, problem in (*links(page), *named(page, helps))]
    for name, number, problem in problems:
        print(f"{name}:{number}: {problem}", file=sys.stderr)
    print(f"{len(names)} pages, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
