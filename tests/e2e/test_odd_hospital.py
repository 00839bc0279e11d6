# test_odd_hospital.py - what a hospital's server may say, and what comes of it
# SPDX-License-Identifier: Apache-2.0
#
# The server behind the tenant is a double that says what each story wants: far
# too much, more than was asked, things about others. None of that may reach
# another tenant, another patient, or stay with the gateway.

import concurrent.futures
import re
import unittest
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.rig.client import Env
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import Provider

setUpModule = behind_lighttpd

TENANT = "0000add0-0a11-4000-8000-000000000001"
OTHER = "0000add0-0a11-4000-8000-000000000002"
LARGE = 12 << 20     # bytes of an answer, below the limit
ROUNDS, AT_ONCE = 4, 20
KEPT_KIB = 96 << 10  # what a process may hold when all is over


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.provider = cls.enterClassContext(Provider("R4"))
        for tenant, name in ((TENANT, "Odd"), (OTHER, "Other")):
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            put_tenant(cls.house, tenant, name=name, fhir_version="R4",
                       client=cls.env["WG_CLIENT_ID"],
                       provider_url=cls.provider.base + "/r4")
        cls.house.heard()   # the class before had them elsewhere

    def setUp(self):
        self.addCleanup(self.provider.off)

    def says(self, body, status=200, **headers):
        """From now on the hospital answers everything with this."""
        more = [(k.replace("_", "-"), v) for k, v in headers.items()]
        self.provider.on("/r4", lambda x: x.answer(body, status, more=more))

    def get(self, path, tenant=TENANT, **headers):
        more = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.env.fhir("GET", path, self.env.token(tenant), "R4", more)


class Tags(Story):
    """Both hospitals number the versions of their records alike."""

    def test_a_tag_of_one_hospital_is_none_of_another(self):
        self.provider.put({"resourceType": "Patient", "id": "5"})
        first = self.get("Patient/5")
        tag = first.header["etag"]
        self.assertEqual(first.status, 200, first)
        self.assertNotEqual(tag, self.get("Patient/5", OTHER).header["etag"])
        again = self.get("Patient/5", If_None_Match=tag)
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(again.header["etag"], tag)
        elsewhere = self.get("Patient/5", OTHER, If_None_Match=tag)
        self.assertEqual(elsewhere.status, 200, elsewhere)
        self.assertEqual(elsewhere.json["id"], "5")

    def test_what_is_no_tag_of_ours_is_not_passed_on(self):
        self.provider.put({"resourceType": "Patient", "id": "5"})
        for value in ("*", 'W/"1"', "junk", 'W/"\xe9"', '"' * 300):
            answer = self.get("Patient/5", If_None_Match=value)
            self.assertEqual(answer.status, 200, (value, answer))
            self.assertNotIn("if-none-match", self.provider.seen[-1].headers)


class Memory(Story):
    def held(self):
        """KiB of each process of the facade."""
        return [int(re.search(r"^Pss:\s+(\d+)", Path(
            f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
            for pid in self.house.rig.pids("facade")]

    def test_large_answers_leave_nothing_behind(self):
        large = b'{"resourceType":"Patient","id":"5","x":"%s"}' % (b"y" * LARGE)
        self.says(large)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in range(ROUNDS):
                answers = list(pool.map(lambda _: self.get("Patient/5").status,
                                        range(AT_ONCE)))
                self.assertIn(200, answers)
                self.assertLessEqual(set(answers), {200, 503})
        for kib in self.held():
            self.assertLess(kib, KEPT_KIB)


if __name__ == "__main__":
    unittest.main()
