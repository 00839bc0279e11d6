# test_provider_guard.py - where the gateway does not go, whoever says so
# SPDX-License-Identifier: Apache-2.0
#
# Rows U1 and U2 of the hostile requests. What operators type is refused by the
# database (tests/sql/test_onboard.py); here the rows are already wrong, and the
# facade has to notice when it is about to connect. Names of servers are looked
# up in a file (rig/names.c), so that one can move.

import shutil
import tempfile
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e import upauth
from tests.e2e.hostile import Hostile
from tests.e2e.test_limits import start_again
from tests.e2e.upauth import RECORD
from tests.e2e.walled import Walled
from tests.rig import place
from tests.rig.authority import Authority
from tests.rig.crowd import program, put_tenant, remove_tenant
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


class Moving(upauth.Story):
    """Servers at names whose addresses change."""

    INSIDE = upauth.Told(502, "provider_refused_us", "provider_address")
    PATIENCE_S = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        usual = cls.house.environment("facade")
        cls.names = cls.house.home / "names"
        library = shutil.copy2(program("names.so"), cls.house.home)
        place.give(library)
        place.write(cls.names, "")
        cls.addClassCleanup(start_again, cls.house, cls.env,
                            programs=("facade",))
        cls.addClassCleanup(cls.house.rig, "environment", name="facade",
                            env=usual)
        cls.house.rig("environment", name="facade", env={
            **usual, "LD_PRELOAD": str(library), "RIG_NAMES":
            str(cls.names)})
        start_again(cls.house, cls.env, programs=("facade",))
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.ca = Authority(folder, "own")
        cls.server = cls.ca.sign("server", "subjectAltName=DNS:ward.rig,"
                                 "DNS:mixed.rig,DNS:inside.rig\n")

    def at(self, name, *addresses):
        with open(self.names, "a") as file:
            file.write(" ".join((name, *addresses)) + "\n")

    def hospital(self, name):
        """One of that name, and a token for it."""
        double = self.enterContext(Walled(self.server))
        url = f"https://{name}:{double.port}/r4"
        return double, self.put(self.new(), double, provider_url=url,
                                provider_ca=self.ca.pem())

    def test_U2_a_name_that_moves_inside_is_not_followed(self):
        self.at("ward.rig", "127.0.0.1")
        double, token = self.hospital("ward.rig")
        self.opens(token)
        place.write(self.names, "")
        self.at("ward.rig", "169.254.169.254")
        double.stop()
        until = time.monotonic() + self.PATIENCE_S
        while (told := self.told(self.read(token))) != self.INSIDE:
            self.assertLess(time.monotonic(), until, told)
            time.sleep(0.1)

    def test_U2_of_several_addresses_the_fine_ones_are_used(self):
        self.at("mixed.rig", "10.1.2.3", "fd00:ec2::254", "127.0.0.1")
        self.at("inside.rig", "10.1.2.3", "::ffff:169.254.169.254")
        for name, told in (("mixed.rig", RECORD),
                           ("inside.rig", self.INSIDE)):
            double, token = self.hospital(name)
            self.assertEqual(self.told(self.read(token)), told)
            self.assertEqual(len(double.seen), told == RECORD)


if __name__ == "__main__":
    unittest.main()
