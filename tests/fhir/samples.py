# samples.py - FHIR bodies to try things on, and JSON whose numbers are text
# SPDX-License-Identifier: Apache-2.0
#
# The pairs and the made-up records are part of the repository; the public
# sample files and the real-life wards are those of WG_SAMPLES, where it says.

import functools
import json
import os
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[2]
SAMPLES = Path(os.environ.get("WG_SAMPLES", TOP / "../shared/fhir"))
PAIRS = TOP / "tests/golden/pairs"
VERSIONS = ("dstu2", "stu3", "r4")
MARK = b"\xef\xbb\xbf"


class Number(str):
    """The text of a number; never equal to a string."""

    def __eq__(self, other):
        return isinstance(other, Number) and str.__eq__(self, other)

    __hash__ = str.__hash__


def parse(data):
    """JSON whose numbers are Numbers."""
    return json.loads(data.removeprefix(MARK), parse_int=Number,
                      parse_float=Number)


def text(value):
    """A parsed value as compact JSON again."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{text(v)}"
                              for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return str(value) if isinstance(value, Number) else \
        json.dumps(value, ensure_ascii=False)


class Source(NamedTuple):
    """One body: its name in the sample set, its bytes on one line."""
    name: str
    line: bytes


def on_one_line(data):
    """Line ends in JSON stand between values only."""
    return data.replace(b"\r", b" ").replace(b"\n", b" ")


def files(version):
    """The sample files of a version; none where WG_SAMPLES is missing."""
    for path in sorted((SAMPLES / version).glob("*/*.json")):
        yield Source(str(path.relative_to(SAMPLES)),
                     on_one_line(path.read_bytes()))


def ward(version):
    """The records of the real-life ward."""
    for path in sorted((SAMPLES / "ward" / version).glob("*.ndjson")):
        for n, line in enumerate(path.read_bytes().splitlines(), 1):
            yield Source(f"{path.relative_to(SAMPLES)}:{n}", line)


def pairs(version):
    """The same records in three versions."""
    for path in sorted(PAIRS.glob(f"*/{version}.json")):
        yield Source(f"pairs/{path.parent.name}/{path.name}",
                     on_one_line(path.read_bytes()))


def every(version):
    """All of them."""
    yield from pairs(version)
    yield from files(version)
    yield from ward(version)


@functools.lru_cache(maxsize=None)
def found():
    """Are the sample files there? Says so in one line if not."""
    if SAMPLES.joinpath("ward").is_dir():
        return True
    print(f"no sample files in {SAMPLES} (WG_SAMPLES): only the pairs")
    return False
