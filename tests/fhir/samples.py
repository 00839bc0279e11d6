# samples.py - FHIR bodies to try things on, and JSON whose numbers are text
# SPDX-License-Identifier: Apache-2.0
#
# The pairs are part of the repository, and what is generated is made here; the
# public sample files and the real-life wards are those of WG_SAMPLES.

import functools
import json
import os
from pathlib import Path
from typing import NamedTuple

from tests.fhir import generated
from tests.fhir.generated import Number

TOP = Path(__file__).resolve().parents[2]
SAMPLES = Path(os.environ.get("WG_SAMPLES", TOP / "../shared/fhir"))
PAIRS = TOP / "tests/golden/pairs"
VERSIONS = ("dstu2", "stu3", "r4")
TURNS = 12      # as many as a choice has types
MARK = b"\xef\xbb\xbf"


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


def full(version):
    """Records that have everything their version defines."""
    for kind, turn, body in generated.records(version, TURNS):
        yield Source(f"generated/{kind}-{turn}", text(body).encode())


def every(version):
    """All of them."""
    yield from pairs(version)
    yield from full(version)
    yield from files(version)
    yield from ward(version)


@functools.lru_cache(maxsize=None)
def found():
    """Are the sample files there? Says so in one line if not."""
    if SAMPLES.joinpath("ward").is_dir():
        return True
    print(f"no sample files in {SAMPLES} (WG_SAMPLES): only the pairs "
          "and what is generated")
    return False
