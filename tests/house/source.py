# source.py - the files of the house, as the checks want to read them
# SPDX-License-Identifier: Apache-2.0

import re
from functools import cached_property
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SKIPPED = {".git", "build", "__pycache__", ".claude", "node_modules"}
# Folders of input for tests: not ours to shape.
INPUT = ("tests/fuzz/corpus/", "tests/golden/", "tests/fuzz/seeds/")

COMMENT_OR_TEXT = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
# A function body starts with { in the first column (our layout, style 5).
FUNCTION = re.compile(r"^([A-Za-z_]\w*)\([^;]*?\)\n\{\n(.*?)^\}", re.M | re.S)


class File:
    def __init__(self, top, path):
        self.path = path.relative_to(top).as_posix()
        self.name = path.name
        self.ext = path.suffix.lstrip(".")
        self.raw = path.read_bytes()
        self.text = self.raw.decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        self.lines = self.lines or [""]

    @property
    def is_data(self):
        return self.path.startswith(INPUT) or b"\0" in self.raw

    @property
    def module(self):
        """floor/name of a file under lib/, else its path without ending."""
        return self.path.removeprefix("lib/").rsplit(".", 1)[0]

    def includes(self, kind):
        """(line, name) of each #include "..." or <...>."""
        pattern = re.compile(r'\s*#\s*include\s*' + kind + r'([^">]+)')
        for number, text in enumerate(self.lines, 1):
            hit = pattern.match(text)
            if hit:
                yield number, hit[1]

    @cached_property
    def bare(self):
        """The text with comments and literals blanked, lines kept."""
        return COMMENT_OR_TEXT.sub(
            lambda m: re.sub(r"[^\n]", " ", m[0]), self.text)

    def code(self):
        return enumerate(self.bare.split("\n"), 1)

    def functions(self):
        """(line, name, lines of the body) of each function."""
        for hit in FUNCTION.finditer(self.bare):
            start = self.bare.count("\n", 0, hit.start()) + 1
            yield start, hit[1], hit[2].count("\n")


class Tree:
    def __init__(self, top=TOP):
        self.top = top
        self.files = [File(top, p) for p in sorted(top.rglob("*"))
                      if p.is_file() and not p.is_symlink()
                      and not SKIPPED & set(p.relative_to(top).parts)
                      and not (p.name == ".git" or p.suffix == ".pyc")]
        self.by_path = {f.path: f for f in self.files}
        self.modules = self.read_modules()

    def read_modules(self):
        text = self.text_of("GNUmakefile").replace("\\\n", " ")
        return re.search(r"^MODULES\s*:=(.*)$", text, re.M)[1].split()

    def file(self, path):
        return self.by_path[path]

    def text_of(self, path):
        return self.by_path[path].text if path in self.by_path else ""

    def under(self, folder, *exts):
        start = folder + "/" if folder else ""
        return [f for f in self.files
                if f.path.startswith(start) and f.ext in exts]
