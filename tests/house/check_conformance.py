# check_conformance.py - is every clause of a standard tested as it says?
# SPDX-License-Identifier: Apache-2.0
#
# Reads tests/conformance.tsv and the tests that it names, and runs none of
# them. Run: make house

import sys

from tests.house.check_hostile import TESTS, Known

LIST = TESTS / "conformance.tsv"
COLUMNS = ("standard", "clause", "demand", "tests")


def read():
    """Rows as dicts, with their line numbers."""
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != len(COLUMNS):
            raise SystemExit(f"{LIST.name}:{number}: {len(fields)} columns, "
                             f"there are {len(COLUMNS)}")
        yield number, dict(zip(COLUMNS, fields))


def wrong_with(row, known):
    for column in COLUMNS:
        if not row[column]:
            yield f"no {column}"
    for test in row["tests"].split():
        if not known.has(test):
            yield f"there is no test {test}"


def main():
    rows, bad, known = list(read()), [], Known()
    seen = set()
    for number, row in rows:
        what = list(wrong_with(row, known))
        place = (row["standard"], row["clause"], row["demand"])
        if place in seen:
            what.append("stands twice")
        seen.add(place)
        bad += [f"{LIST.name}:{number}: {row['standard']} {row['clause']}: {w}"
                for w in what]
    for line in bad:
        print(line)
    standards = {row["standard"] for _, row in rows}
    print(f"{len(rows)} demands of {len(standards)} standards are tested")
    print(f"{max(len(rows) - len(bad), 0)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
