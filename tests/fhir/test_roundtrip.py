# test_roundtrip.py - there and back again, every body is what it was
# SPDX-License-Identifier: Apache-2.0
#
# DSTU2 to R4 to DSTU2, STU3 to R4 to STU3, and the same from above: the pairs,
# the sample files and the real-life wards come back with every member and
# every digit, but for the lines of roundtrip.tsv.

import unittest

from tests.fhir import converter, samples
from tests.fhir.excuses import Excuses, differences
from tests.fhir.test_convert import tell

WAYS = (("dstu2", "r4"), ("stu3", "r4"), ("dstu2", "stu3"), ("r4", "stu3"),
        ("r4", "dstu2"), ("stu3", "dstu2"))


class RoundTrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.excuses = Excuses("roundtrip.tsv")

    def test_there_and_back_again(self):
        for low, high in WAYS:
            there = converter.converted(low, high)
            back = converter.convert(high, low,
                                     [line for _, _, line, _ in there])
            name, wrong = f"{low}-{high}-{low}", []
            for (source, body, _, _), line in zip(there, back):
                kind = body.get("resourceType", "?")
                wrong += [(f"{name} {source.name}", f"{where}: {what}")
                          for where, what in differences(
                              body, samples.parse(line), kind)
                          if not self.excuses.excuse(name, source.name,
                                                     where)]
            with self.subTest(name):
                self.assertFalse(wrong, tell(wrong))

    @classmethod
    def tearDownClass(cls):
        unused = samples.found() and cls.excuses.unused()
        if unused:
            raise AssertionError("roundtrip.tsv excuses nothing in " +
                                 "; ".join(unused))


if __name__ == "__main__":
    unittest.main()
