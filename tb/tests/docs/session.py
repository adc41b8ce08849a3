# SPDX-License-Identifier: Apache-2.0
"""A folder in which a page's commands run, one after the other, as in one shell."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

# In place of scripts/setup: packages and the build are there already. It looks at what it is told all the same.
SETUP = """#!/usr/bin/env bash
while [[ $# -gt 0 ]]; do
  case $1 in
    --packages) [[ -r $2 ]] || { echo "scripts/setup: --packages $2: expected a readable file" >&2; exit 1; }; shift ;;
    --no-build | release | debug | sanitize | fuzz | platform | dlac-*) ;;
    *) echo "scripts/setup: '$1': unknown" >&2; exit 1 ;;
  esac
  shift
done
"""


class Session:
    def __init__(self, source, build, folder, whole):
        self.source, self.build, self.folder = Path(source), Path(build), Path(folder)
        self.whole = whole  # clones and builds, too
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.tree = self.folder / "dlac"
        self._state = self.folder / ".state"
        self._state.mkdir()
        home = self._state / "home"
        home.mkdir()
        path = f"{self._python()}:{os.environ['PATH']}"
        keep = {name: value for name, value in os.environ.items() if name.startswith(("LC_", "CCACHE", "DLAC_", "ASAN",
                                                                                     "LSAN", "UBSAN"))}
        self._environment = {**keep, "HOME": str(home), "PATH": path, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1",
                             "CCACHE_DIR": os.environ.get("CCACHE_DIR", str(Path.home() / ".cache/ccache"))}
        self.cwd = self.folder

    def _python(self):
        """A folder for PATH in which python3 is one that has NumPy, where there is one."""
        folder = self._state / "bin"
        folder.mkdir()
        for python in (sys.executable, "/usr/bin/python3", "python3"):
            if subprocess.run([python, "-c", "import numpy"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                (folder / "python3").symlink_to(shutil.which(python))
                break
        return folder

    def make_tree(self):
        """What a clone and scripts/run leave behind: the sources, and the build that is under test."""
        self.tree.mkdir()
        for entry in self.source.iterdir():
            if not entry.name.startswith((".git", ".cache", "build", "scripts")):
                (self.tree / entry.name).symlink_to(entry)
        shutil.copytree(self.source / "scripts", self.tree / "scripts")
        (self.tree / "scripts/setup").write_text(SETUP, encoding="utf-8")
        (self.tree / "build").symlink_to(self.build)
        if (self.build / "dlac-platform").exists():
            (self.tree / "build-platform").symlink_to(self.build)

    def path_to(self, folder):
        self._environment["PATH"] = f"{folder}:{self._environment['PATH']}"

    def has(self, tool):
        """Whether a program is there, or what a page calls otherwise."""
        if tool == "numpy":
            return self.run("python3 -c 'import numpy'")[0] == 0
        if tool == "riscv64-unknown-elf-gcc":  # and its C library
            return self.run(f"{tool} --specs=picolibc.specs -E - </dev/null")[0] == 0
        if tool == "dlac-platform":
            return self.whole or (self.build / "dlac-platform").exists()
        return shutil.which(tool, path=self._environment["PATH"]) is not None

    def run(self, command, timeout=600):
        """Exit code and all that a command prints. Folder and exported variables last to the next one."""
        script = f"trap 'pwd -P >{self._state}/pwd; export -p >{self._state}/env' EXIT\n"
        if (self._state / "env").exists():
            script += f". {self._state}/env\n"
        done = subprocess.run(["bash", "-c", script + "set -o pipefail\n" + command], cwd=self.cwd,
                              env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        self.cwd = Path((self._state / "pwd").read_text(encoding="utf-8").strip())
        return done.returncode, done.stdout.decode("utf-8", "replace")
