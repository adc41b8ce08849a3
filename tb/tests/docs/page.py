# SPDX-License-Identifier: Apache-2.0
"""A page of the documents: its fenced blocks, the commands in them, and what the text around them says."""
import re
from dataclasses import dataclass
from pathlib import Path

# The languages of fenced blocks: commands, what they print, diagrams and formulas; the rest is code.
LANGUAGES = ("sh", "output", "text", "c", "cpp", "cmake", "json")


@dataclass
class Block:
    language: str
    line: int  # of the opening fence, from 1
    lines: list


@dataclass
class Command:
    line: int
    text: str


class Page:
    def __init__(self, path, name):
        self.path = Path(path)
        self.name = name
        self.text = self.path.read_text(encoding="utf-8")
        self.blocks = []
        self.prose = []  # (line number, text) outside of the blocks
        block = None
        for number, line in enumerate(self.text.splitlines(), 1):
            fence = re.match(r"\s*```(.*)$", line)
            if block is None and fence:
                block = Block(fence.group(1).strip(), number, [])
            elif block is not None and fence and not fence.group(1).strip():
                self.blocks.append(block)
                block = None
            elif block is not None:
                block.lines.append(line)
            else:
                self.prose.append((number, line))
        if block is not None:
            raise ValueError(f"{name}:{block.line}: this block has no end")

    @property
    def flat(self):
        """The page in one line, for sentences that are broken into several."""
        return re.sub(r"\s+", " ", self.text)


def commands(block):
    """The commands of a block of shell: a line each, with the lines that a backslash or a here-document adds."""
    found = []
    lines = iter(enumerate(block.lines, block.line + 1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        text = line
        while text.endswith("\\"):
            text += "\n" + next(lines)[1]
        document = re.search(r"<<-?\s*'?(\w+)'?", text)
        if document:
            for _, more in lines:
                text += "\n" + more
                if more.strip() == document.group(1):
                    break
        found.append(Command(number, text))
    return found
