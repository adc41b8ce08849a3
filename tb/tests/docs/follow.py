#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follows pages of the documents to the letter: runs their commands in a scratch folder with the program that was
built, and looks at what the pages claim of the results. Prints what it does; exit code 1 for a page that claims what is
not so.

  follow.py --build BUILD --work FOLDER PAGE...

Pages are relative to the source tree. Each is a shell of its own. What no rule (rules.py) says otherwise of is run."""
import argparse
import re
import sys
from pathlib import Path
from subprocess import SubprocessError

import claims
from claims import Broken
from page import Page, commands
from rules import PLANS, Plan
from session import Session

ROOT = Path(__file__).resolve().parents[3]


def rule_for(plan, command):
    for rule in plan.rules:
        if re.match(rule.command, command.text):
            return rule
    return None


def follow_command(session, page, command, rule):
    """What it printed, or nothing if it was left out."""
    missing = [tool for tool in (rule.needs if rule else ()) if not session.has(tool)]
    if rule and (rule.left_out or missing):
        why = rule.left_out or "not installed: " + " ".join(missing)
        print(f"{page.name}:{command.line}: left out: {command.text.splitlines()[0]} ({why})")
        return None
    print(f"{page.name}:{command.line}: {command.text}", flush=True)
    if rule and rule.instead:
        return rule.instead(session, page)
    code, output = session.run(command.text.replace("/opt/dlac", f"{session.folder}/opt/dlac"))
    print(output, end="", flush=True)
    if code != 0:
        raise Broken(f"exit code {code}")
    claims.check_command(session, command.text, output)
    if rule and rule.check:
        rule.check(session, page, output)
    return output


def follow(session, page, plan):
    if plan.start == "tree":
        session.make_tree()
        session.cwd = session.tree
    line = 1
    printed, used = [], []
    left_out = False
    try:
        for prepare in plan.prepare:
            prepare(session, page)
        for block in page.blocks:
            line = block.line
            if block.language == "sh":
                for command in commands(block):
                    line = command.line
                    rule = rule_for(plan, command)
                    used.append(rule)
                    output = follow_command(session, page, command, rule)
                    left_out = left_out or output is None
                    printed.append(output or "")
            elif block.language == "output":
                check_shown(page, block, printed, left_out)
        line = 1
        for rule in plan.rules:
            if rule not in used:
                raise Broken(f"no command of the page begins with {rule.command} (tb/tests/docs/rules.py)")
    except (Broken, KeyError, OSError, StopIteration, SubprocessError, ValueError) as problem:
        print(f"{page.name}:{line}: {problem or type(problem).__name__}", file=sys.stderr)
        return False
    return True


def check_shown(page, block, printed, left_out):
    try:
        claims.check_shown(block, printed)
    except Broken:
        if not left_out:
            raise
        print(f"{page.name}:{block.line}: left out: what a command would have printed that was left out")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("--plan", help="the page whose rules hold; default: the page itself")
    parser.add_argument("--pictures", type=Path, help="where pictures go; default: into the scratch folder")
    parser.add_argument("--whole", action="store_true", help="clones and builds, too, where the page does")
    parser.add_argument("pages", nargs="+")
    arguments = parser.parse_args()
    good = True
    for name in arguments.pages:
        page = Page(arguments.source / name, name)
        folder = arguments.work.resolve() / name.replace("/", "_")
        session = Session(arguments.source, arguments.build.resolve(), folder, arguments.whole)
        session.pictures = arguments.pictures and arguments.pictures.resolve()
        good = follow(session, page, PLANS.get(arguments.plan or name, Plan())) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
