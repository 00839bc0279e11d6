# test_golden.py - golden files and generated records are valid FHIR
# SPDX-License-Identifier: Apache-2.0

import json
import unittest
from pathlib import Path

from tests.fhir import samples, validate

TOP = Path(__file__).resolve().parents[2]
VERSIONS = ("dstu2", "stu3", "r4")
MODELS = {version: validate.Model(version) for version in VERSIONS}


def complaints(version, resource):
    """What the validator has to say about one resource."""
    said = []
    validate.resource(MODELS[version], resource, "",
                      lambda where, what: said.append(f"{where}: {what}"))
    return said


class Golden(unittest.TestCase):
    def test_statements_have_the_shape_of_their_version(self):
        for version in VERSIONS:
            for name in (version, f"limited-{version}"):
                path = TOP / "tests/golden/capability" / f"{name}.json"
                with self.subTest(name):
                    self.assertEqual(
                        complaints(version, json.loads(path.read_text())),
                        [])

    def test_what_is_generated_is_valid(self):
        for version in VERSIONS:
            for source in samples.full(version):
                with self.subTest(f"{version} {source.name}"):
                    self.assertEqual(
                        complaints(version, json.loads(source.line)), [])

    def test_the_validator_sees_what_is_wrong(self):
        path = TOP / "tests/golden/capability/r4.json"
        statement = json.loads(path.read_text())
        del statement["kind"]
        statement["acceptUnknown"] = "no"
        self.assertEqual(len(complaints("r4", statement)), 2)


if __name__ == "__main__":
    unittest.main()
