# check_hostile.py - is every hostile request of the list tested as it says?
# SPDX-License-Identifier: Apache-2.0
#
# Reads tests/hostile.tsv and the tests that it names, and runs none of them: a
# row is covered when its tests are there, and a story that carries a row's id
# in its name stands in that row. Run: make house

import ast
import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
LIST = TESTS / "hostile.tsv"
COLUMNS = ("id", "request", "status", "code", "audit", "state", "tests")


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


def python_tests(path):
    """Class.method of a file's stories."""
    return {f"{c.name}.{m.name}" for c in ast.parse(path.read_text()).body
            if isinstance(c, ast.ClassDef) for m in c.body
            if isinstance(m, ast.FunctionDef) and m.name.startswith("test_")}


def c_tests(path):
    """Functions that stand both as a test and in the file's table of tests."""
    text = path.read_text()
    made = set(re.findall(r"^(\w+)\(void \*\*\w+\)", text, re.M))
    return {name for name in made
            if len(re.findall(rf"\b{name}\b", text)) > 1}


class Known:
    def __init__(self):
        self.files = {}

    def has(self, test):
        file, _, name = test.partition(":")
        if file not in self.files:
            path = TESTS / file
            self.files[file] = set() if not path.is_file() else \
                (c_tests if path.suffix == ".c" else python_tests)(path)
        return name in self.files[file]


def wrong_with(row, known):
    tests = row["tests"].split() if row["tests"] != "-" else []
    if row["state"] not in ("covered", "open"):
        yield f"{row['id']} is neither covered nor open"
    if row["state"] == "covered" and not tests:
        yield f"{row['id']} is covered by no test"
    if row["state"] == "open" and tests:
        yield f"{row['id']} is open and has tests"
    for column in ("request", "status"):
        if not row[column]:
            yield f"{row['id']} has no {column}"
    for test in tests:
        if not known.has(test):
            yield f"{row['id']}: there is no test {test}"


def unlisted(rows):
    """Stories named for a row that does not name them."""
    named = {test for row in rows for test in row["tests"].split()}
    for path in sorted((TESTS / "e2e").glob("test_*.py")):
        for test in sorted(python_tests(path)):
            hit = re.search(r"\.test_([A-Z]\d+)_", test)
            where = f"e2e/{path.name}:{test}"
            if hit and where not in named and not re.match("F15", hit[1]):
                yield f"{where} stands in no row"


def summary(rows):
    """One line: how many rows are covered, and which are open."""
    still = [row["id"] for row in rows if row["state"] != "covered"]
    return f"{len(rows) - len(still)} covered, {len(still)} open" + \
        (": " + " ".join(still) if still else "")


def main():
    rows, bad, known = list(read()), [], Known()
    ids = [row["id"] for _, row in rows]
    for number, row in rows:
        bad += [f"{LIST.name}:{number}: {what}"
                for what in wrong_with(row, known)]
        if ids.count(row["id"]) > 1:
            bad.append(f"{LIST.name}:{number}: {row['id']} stands twice")
    bad += [f"{LIST.name}: {what}"
            for what in unlisted([row for _, row in rows])]
    for line in bad:
        print(line)
    print(summary([row for _, row in rows]))
    print(f"{max(len(rows) - len(bad), 0)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
