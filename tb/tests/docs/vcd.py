# SPDX-License-Identifier: Apache-2.0
"""A waveform as the documents speak of it: values of signals at a time, and how long they last."""
import bisect


class Waves:
    def __init__(self, path):
        scopes, names = [], {}
        self.changes = {}  # name -> [(time, bits)]
        self.first = None
        self.last = 0
        with open(path, encoding="ascii") as file:
            for line in file:
                word = line.split()
                if not word:
                    continue
                if word[0] == "$scope":
                    scopes.append(word[2])
                elif word[0] == "$upscope":
                    scopes.pop()
                elif word[0] == "$var":
                    name = ".".join(scopes + [word[4]])
                    names.setdefault(word[3], []).append(name)
                    self.changes[name] = []
                elif word[0][0] == "#":
                    self.last = int(word[0][1:])
                    self.first = self.last if self.first is None else self.first
                elif word[0][0] == "b":
                    self._change(names, word[1], word[0][1:])
                elif word[0][0] in "01xz" and len(word) == 1:
                    self._change(names, word[0][1:], word[0][0])

    def _change(self, names, symbol, bits):
        for name in names.get(symbol, []):
            self.changes[name].append((self.last, bits))

    def name(self, ending):
        """The one signal whose name ends so."""
        found = [name for name in self.changes if ("." + name).endswith("." + ending)]
        if len(found) != 1:
            raise KeyError(f"{ending}: {len(found)} signals in the waveform")
        return found[0]

    def at(self, ending, time):
        changes = self.changes[self.name(ending)]
        index = bisect.bisect_right([when for when, _ in changes], time) - 1
        return int(changes[index][1], 2)

    def share(self, ending, value):
        """The part of the time for which a signal has a value, 0 to 1."""
        changes = self.changes[self.name(ending)]
        ends = [when for when, _ in changes[1:]] + [self.last]
        wanted = f"{value:b}".lstrip("0")
        lasted = sum(end - when for (when, bits), end in zip(changes, ends) if bits.lstrip("0") == wanted)
        return lasted / max(1, self.last - self.first)
