# excuses.py - checked-in lists of what may differ, a reason each
# SPDX-License-Identifier: Apache-2.0
#
# A list is a file of lines: direction, body, element, reason, between tabs.
# Direction, body and element are shell patterns; the element is a dotted path
# without indexes. `#` begins a comment. What is only written in another way has
# a path of its own, so that a line for it excuses nothing else: @xmlns (the
# namespace of a narrative), @spelling (a code system's two URLs), @list (one
# value, and a list of it), @kind (a number or boolean, and its text), @comment
# (of DSTU2), @identifier (shown where DSTU2 has no room for it), @empty (what
# says nothing); and so have members that are @gone or @new. A line that excuses
# nothing is a mistake: unused() names it.

import fnmatch
import functools
from pathlib import Path

from tests.fhir import homes
from tests.fhir.element import listed
from tests.fhir.walk import XMLNS, empty, word


class Excuses:
    def __init__(self, name):
        self.lines, self.used = [], set()
        path = Path(__file__).with_name(name)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line and not line.startswith("#"):
                cells = line.split("\t")
                assert len(cells) == 4 and all(cells), f"{path}:{number}"
                self.lines.append((number, *cells[:3]))

    @functools.lru_cache(maxsize=None)
    def matching(self, direction, element):
        return [(n, body) for n, way, body, where in self.lines
                if fnmatch.fnmatchcase(direction, way) and
                fnmatch.fnmatchcase(element, where)]

    def excuse(self, direction, body, element):
        for number, pattern in self.matching(direction, element):
            if fnmatch.fnmatchcase(body, pattern):
                self.used.add(number)
                return True
        return False

    def unused(self):
        """Lines that excused nothing."""
        return [f"line {n}: {way} {body} {where}"
                for n, way, body, where in self.lines if n not in self.used]


def differences(mine, theirs, at=""):
    """(path without indexes, sentence) of all places where two parsed bodies
    differ; the order of members is free."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in [*mine, *(k for k in theirs if k not in mine)]:
            where = f"{at}.{key}" if at else key
            if key in theirs and key in mine:
                yield from differences(mine[key], theirs[key], where)
            elif key in mine:
                yield where + gone(key, mine[key]), \
                    f"{short(mine[key])} is gone"
            else:
                yield where + new(key, theirs[key], mine), \
                    f"{short(theirs[key])} is new"
    elif isinstance(mine, list) and isinstance(theirs, list):
        if len(mine) != len(theirs):
            yield at, f"{short(mine)} became {short(theirs)}"
        else:
            for one, other in zip(mine, theirs):
                yield from differences(one, other, at)
    elif type(mine) is not type(theirs) or mine != theirs:
        yield at + spelling(at, mine, theirs), \
            f"{short(mine)} became {short(theirs)}"


def spelling(at, mine, theirs):
    """What is only spelled differently has a path of its own."""
    name = at.rpartition(".")[2]
    if isinstance(mine, list) != isinstance(theirs, list) and all(
            "@" in where for where, _ in
            differences(listed(mine), listed(theirs), "*")):
        return "@list"
    if type(mine) is not type(theirs) and word(mine) == str(word(theirs)):
        return "@kind"
    if name == "div" and XMLNS.sub("", mine, 1) == XMLNS.sub("", theirs, 1):
        return "@xmlns"
    if name == "system" and isinstance(mine, str) and any(
            theirs == homes.systems(mine, v)[0] for v in ("dstu2", "r4")):
        return "@spelling"
    return ""


def gone(key, value):
    return "@empty" if empty(value) else \
        "@comment" if comments(key, value) else "@gone"


def new(key, value, mine):
    """A reference without an address is shown by its identifier."""
    if key == "display" and isinstance(mine.get("identifier"), dict) and \
            mine["identifier"].get("value") == value:
        return "@identifier"
    return "@new"


def comments(key, value):
    """Is it nothing but comments, as DSTU2 has them?"""
    if key == "fhir_comments" or value is None:
        return True
    pairs = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    return bool(pairs) and all(comments(k, v) for k, v in pairs)


def short(value):
    text = " ".join(str(value).split())
    return text if len(text) <= 120 else text[:117] + "..."
