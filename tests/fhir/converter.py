# converter.py - runs build/tests/convert, and reads the tables it prints
# SPDX-License-Identifier: Apache-2.0

import functools
import subprocess
from typing import NamedTuple

from tests.fhir import samples
from tests.rig import place

STEPS = (("dstu2", "stu3"), ("stu3", "dstu2"), ("stu3", "r4"), ("r4", "stu3"))
DIRECTIONS = STEPS + (("dstu2", "r4"), ("r4", "dstu2"))


def run(*args, data=b""):
    path = place.build_dir() / "tests/convert"
    if not path.exists():
        raise place.Advice(f"{path} is missing: run `make {path}`.")
    done = subprocess.run([str(path), *args], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise AssertionError(f"convert {' '.join(args)}: exit "
                             f"{done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def convert(low, high, lines):
    """Bodies, a line each, from one version to another, in one process."""
    out = run(low, high, data=b"".join(line + b"\n" for line in lines))
    made = out.split(b"\n")[:-1]
    if len(made) != len(lines):
        raise AssertionError(f"{len(lines)} lines became {len(made)}")
    return made


@functools.lru_cache(maxsize=None)
def sources(version):
    """[(Source, parsed)] of everything there is in a version."""
    return [(s, samples.parse(s.line)) for s in samples.every(version)]


@functools.lru_cache(maxsize=None)
def converted(low, high):
    """[(Source, parsed, line it became, the same parsed)]"""
    known = sources(low)
    lines = convert(low, high, [s.line for s, _ in known])
    return [(s, body, line, samples.parse(line))
            for (s, body), line in zip(known, lines)]


# ---- the tables -----------------------------------------------------------------

class Side(NamedTuple):
    """An element as one version has it; name "" where it has none."""
    name: str
    many: bool
    choice: bool
    types: tuple


class Row(NamedTuple):
    """What becomes of an element on one step: `how` is a set of words."""
    step: tuple
    path: str           # of what holds it, in the source
    to_path: str        # in the target; "" where it has no such type
    one: Side
    other: Side
    how: frozenset
    url: str
    why: str
    inside: str         # table of its members, where they are its own
    to_inside: str
    system: str         # of a code that becomes a concept
    codes: dict


def side(name, many, choice, types):
    return Side(name, many == "many", choice == "choice",
                tuple(types.split("|")) if types else ())


@functools.lru_cache(maxsize=None)
def tables():
    """Every row of every table on every step, as the library has them."""
    rows, codes = [], {}
    for line in run("tables").decode().splitlines():
        kind, step, *cells = line.split("\t")
        step = tuple(step.split("-"))
        if kind == "code":
            path, word, becomes = cells
            codes.setdefault((step, path), {})[word] = becomes or None
            continue
        path, to_path, *sides = cells[:10]
        how, url, why, inside, to_inside, system = cells[10:]
        one, other = side(*sides[:4]), side(*sides[4:])
        rows.append(Row(step, path, to_path, one, other,
                        frozenset(how.split()), url, why, inside, to_inside,
                        system, codes.setdefault(
                            (step, f"{path}.{one.name}"), {})))
    return rows
