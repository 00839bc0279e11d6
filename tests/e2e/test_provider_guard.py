# test_provider_guard.py - where the gateway does not go, whoever says so
# SPDX-License-Identifier: Apache-2.0
#
# Rows U1 and U2 of the hostile requests. What operators type is refused by the
# database (tests/sql/test_onboard.py); here the rows are already wrong, and the
# facade has to notice when it is about to connect.

import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.hostile import Hostile
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

setUpModule = behind_lighttpd

PLACES = (      # as the row has it
    "https://169.254.169.254/latest", "https://10.1.2.3/r4",
    "https://[::ffff:127.0.0.1]/r4", "https://[fd00:ec2::254]/r4",
    "https://0x0a010203/r4", "https://167838211/r4", "https://012.1.2.3/r4",
    "https://10.66051/r4", "https://[64:ff9b::a01:203]/r4",
    "https://0.0.0.0/r4", "http://10.1.2.3/r4", "https://[::]/r4",
)

BY_HAND = "begin; set local session_replication_role = replica; {} commit"


class Guard(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])

    def tenant(self, number):
        """A tenant with a fine provider, and a token for it."""
        tenant = f"6a2d17{number:02}-0000-4000-8000-0000000000fa"
        self.addCleanup(remove_tenant, self.house, tenant)
        put_tenant(self.house, tenant, name=f"Guarded {number}",
                   fhir_version="R4", client=self.env["WG_CLIENT_ID"],
                   provider_url="https://fhir.example/r4")
        return tenant, self.env.token(tenant)

    def test_U1_a_row_that_is_wrong_leads_nowhere(self):
        made = [self.tenant(n) for n in range(len(PLACES))]
        self.house.cluster.psql(BY_HAND.format("\n".join(
            f"update wardgate.provider set base_url = '{url}' "
            f"where tenant_id = '{tenant}';"
            for url, (tenant, _) in zip(PLACES, made))), "postgres")
        self.house.cluster.psql(    # and the change is heard of
            "update wardgate.tenant set mrn_system = 'urn:x' "
            "where slug like 'guarded-%'")
        self.house.heard()
        for url, (_, token) in zip(PLACES, made):
            with self.subTest(url):
                answer = self.env.fhir("GET", "Patient/p1", token, "R4")
                self.safe(answer, 502, "provider_refused_us",
                          "provider_address")
                self.assertNotIn("example", answer.text)
                self.assertNotIn("169.254", answer.text)

    def test_U1_what_operators_type_is_refused_in_words(self):
        tenant, _ = self.tenant(90)
        for url, words in (
                ("https://10.1.2.3/r4", "private network"),
                ("https://2130706433/r4", "is a number"),
                ("https://[::ffff:7f00:1]/r4", "no provider can have")):
            with self.assertRaises(Exception) as refused:
                put_tenant(self.house, tenant, provider_url=url)
            self.assertIn(words, str(refused.exception))
        done = self.house.operator("tenant", "networks", tenant,
                                   "10.1.2.0/24,fd12:3456::/48")
        self.assertIn("changed", done)
        put_tenant(self.house, tenant, provider_url="https://10.1.2.3/r4")
        with self.assertRaises(Exception) as refused:
            self.house.operator("tenant", "networks", tenant, "none")
        self.assertIn("private network", str(refused.exception))
        with self.assertRaises(Exception) as refused:
            self.house.operator("tenant", "networks", tenant, "8.8.0.0/16")
        self.assertIn("not private", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
