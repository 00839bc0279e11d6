# test_search_refused.py - what one refusal says about the next search
# SPDX-License-Identifier: Apache-2.0
#
# A hospital's server that refuses one odd name, and one that refuses every
# search within names: the one must not be taken for the other.

import unittest
from urllib.parse import unquote_plus

from tests.e2e import behind_lighttpd
from tests.e2e.test_search_emulated import Story, matches, notes
from tests.rig.provider import Provider

setUpModule = behind_lighttpd

ODD = "o'x%_"
NOBODY = "wardgate"     # whom the gateway asks for to find out
STARTS_ONLY = [("warning", "not-supported")]


class Refused(Story):
    def serve(self, refuses):
        """refuses: function of the parameters as text"""
        double = self.enterContext(Provider("R4"))
        double.put({"resourceType": "Patient", "id": "1",
                    "name": [{"family": f"{ODD} Miller"}]})

        def says(x):
            asked = unquote_plus(x.seen.query + x.seen.body.decode())
            if refuses(asked):
                return x.outcome(400, "no")
            return x.answer(double.searchset(x, "Patient"))
        double.on("/r4/Patient", says)
        return self.hospital("R4", url=double.base + "/r4"), double

    def find(self, tenant, double, family):
        """The answer, and what the server was asked for it."""
        before = len(double.seen)
        answer = self.ask(tenant, "Patient/_search", "R4", {"family": family})
        self.assertEqual(matches(answer), ["1"])
        return answer, [unquote_plus(s.body.decode())
                        for s in double.seen[before:]
                        if not s.path.endswith("metadata")]

    def test_one_odd_name_changes_nothing_for_the_next_one(self):
        tenant, double = self.serve(
            lambda asked: "contains" in asked and ODD in asked)
        for _ in range(4):     # by whichever process
            answer, _ = self.find(tenant, double, ODD)
            self.assertEqual(notes(answer), STARTS_ONLY)
            answer, asked = self.find(tenant, double, "mill")
            self.assertEqual(notes(answer), [])
            self.assertEqual(len(asked), 1)
            self.assertIn("family:contains=mill", asked[0])

    def test_it_is_found_out_once_in_each_process(self):
        tenant, double = self.serve(
            lambda asked: "contains" in asked and ODD in asked)
        for _ in range(10):
            self.find(tenant, double, ODD)
        probes = [s for s in double.seen if NOBODY.encode() in s.body]
        self.assertIn(len(probes),
                      range(1, len(self.house.rig.pids("facade")) + 1))

    def test_a_server_that_knows_no_contains_is_asked_without(self):
        tenant, double = self.serve(lambda asked: "contains" in asked)
        pids = len(self.house.rig.pids("facade"))
        tried = 0
        for _ in range(8):
            answer, asked = self.find(tenant, double, "miller")
            tried += any("contains=miller" in a for a in asked)
        self.assertIn(tried, range(1, pids + 1))

    def test_a_server_that_refuses_the_name_whatever_is_asked(self):
        tenant, double = self.serve(lambda asked: ODD in asked)
        self.ask(tenant, "Patient/_search", "R4", {"family": ODD}, 400)
        answer, asked = self.find(tenant, double, "mill")
        self.assertEqual((notes(answer), len(asked)), ([], 1))


if __name__ == "__main__":
    unittest.main()
