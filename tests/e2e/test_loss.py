# test_loss.py - what a face cannot show is counted, and only that
# SPDX-License-Identifier: Apache-2.0
#
# A hospital of R4 whose records hold what STU3 and DSTU2 have no place for, so
# many times and no more. It is read and searched on all faces; afterwards the
# report says those elements and those numbers, and nothing of the records.

import json
import tempfile
import time
import unittest
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e import wards
from tests.rig.client import Env
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

setUpModule = behind_lighttpd

TENANT = "00001055-1ab1-4000-8000-000000000001"
OTHER = "00001055-1ab1-4000-8000-000000000002"
WRITTEN_S = 60      # the facade writes every ten seconds
WORD = "zq-canary"  # stands in every value

PATIENTS = [{
    "resourceType": "Patient", "id": f"loss-{n}",
    "meta": {"source": f"http://{WORD}.example/{n}"},
    "identifier": [
        {"use": "old", "value": f"{WORD}-1"},
        {"use": "old", "value": f"{WORD}-2"},
        {"use": "usual", "value": f"{WORD}-3"}],
    "name": [{"family": WORD, "given": [WORD]}],
    "birthDate": "1970-01-01",
} for n in (1, 2, 3)]

OBSERVATIONS = [{
    "resourceType": "Observation", "id": f"loss-{n}", "status": "final",
    "code": {"text": WORD}, "subject": {"reference": "Patient/loss-1"},
    "focus": [{"reference": f"Patient/{WORD}"}],
    "effectiveDateTime": "1970-01-01",
    "valueInteger": 4711,
} for n in (1, 2)]

# What only DSTU2 has, for the way up.
OLD = [{
    "resourceType": "Patient", "id": "old-1",
    "name": [{"family": [WORD, WORD], "given": [WORD]}],
    "birthDate": "1970-01-01",
    "animal": {"species": {"text": WORD}},
}]


def load(env, name, version, **records):
    with tempfile.TemporaryDirectory() as folder:
        for kind, rows in records.items():
            (Path(folder) / f"{kind}.ndjson").write_text(
                "".join(json.dumps(r) + "\n" for r in rows))
        status, _, err = wards.rehearsal(env, "load", name, version, folder)
        if status:
            raise AssertionError(err)


class Loss(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        load(cls.env, "loss", "R4", Patient=PATIENTS,
             Observation=OBSERVATIONS)
        load(cls.env, "loss-old", "DSTU2", Patient=OLD)
        cls.client, cls.secret = cls.house.add_client("Loss")
        for tenant, slug in ((TENANT, "lossy"), (OTHER, "lossless")):
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            put_tenant(cls.house, tenant, name=slug, slug=slug,
                       fhir_version="R4", client=cls.client,
                       provider_url=f"{cls.env['WG_BASE']}/rehearsal/loss")

    def setUp(self):
        """Nothing of before is on its way any more."""
        self.settle()
        self.house.cluster.psql("delete from wardgate.loss")

    def settle(self):
        """All that was counted is written: the facade ends and begins."""
        self.house.rig("stop", name="facade")
        self.house.rig("start", name="facade")
        until = time.monotonic() + WRITTEN_S
        while self.env.fhir("GET", "", face="R4").status != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def token(self, tenant=TENANT):
        return self.env.ask_token(tenant, client_id=self.client,
                                  client_secret=self.secret).json[
                                      "access_token"]

    def ok(self, path, face, tenant=TENANT, **more):
        got = self.env.fhir("GET", path, self.token(tenant), face, **more)
        self.assertEqual(got.status, 200, got)
        return got

    def report(self, slug="lossy"):
        """{(from, to, element): times}, asked as an operator asks."""
        rows = json.loads(self.house.operator("loss", slug, "--json"))
        return {(r["from_version"], r["to_version"], r["element"],
                 r["fate"]): r["times"] for r in rows["losses"]}

    def test_reads_and_searches_are_counted_element_by_element(self):
        for _ in range(2):
            self.ok("Patient/loss-1", "STU3")
        self.ok("Patient?birthdate=1970-01-01", "STU3")
        self.settle()
        times = 2 + len(PATIENTS)
        self.assertEqual(self.report(), {
            ("R4", "STU3", "Meta.source", "extension"): times,
            ("R4", "STU3", "Identifier.use", "other code"): 2 * times})

    def test_on_the_way_to_dstu2_each_step_is_told(self):
        self.ok("Patient/loss-1", "DSTU2")
        self.settle()
        found = self.report()
        self.assertEqual(found[("R4", "STU3", "Meta.source", "extension")],
                         1)
        self.assertLessEqual({(k[0], k[1]) for k in found},
                             {("R4", "STU3"), ("STU3", "DSTU2")})

    def test_records_of_a_patient_are_counted_too(self):
        self.ok("Observation?patient=loss-1", "STU3")
        self.ok("Observation/loss-2", "STU3")
        self.settle()
        times = len(OBSERVATIONS) + 1
        self.assertEqual(self.report(), {
            ("R4", "STU3", "Observation.focus", "extension"): times,
            ("R4", "STU3", "Observation.value", "extension"): times})

    def test_on_the_way_up(self):
        put_tenant(self.house, TENANT, fhir_version="DSTU2",
                   provider_url=f"{self.env['WG_BASE']}/rehearsal/loss-old")
        self.addCleanup(
            put_tenant, self.house, TENANT, fhir_version="R4",
            provider_url=f"{self.env['WG_BASE']}/rehearsal/loss")
        self.house.heard()
        self.ok("Patient/old-1", "R4")
        self.settle()
        self.assertEqual(self.report()[
            ("DSTU2", "STU3", "HumanName.family", "other code")], 1)

    def test_without_extensions_the_same_is_dropped(self):
        put_tenant(self.house, TENANT, write_extensions="off")
        self.addCleanup(put_tenant, self.house, TENANT,
                        write_extensions="on")
        self.house.heard()
        got = self.ok("Patient/loss-1", "STU3")
        self.assertNotIn("extension-Meta.source", got.text)
        self.settle()
        self.assertEqual(
            self.report()[("R4", "STU3", "Meta.source", "dropped")], 1)

    def test_what_is_shown_as_it_was_is_no_loss(self):
        self.ok("Patient/loss-1", "R4")
        self.ok("Patient?birthdate=1970-01-01", "R4")
        self.ok("Patient/loss-1", "STU3", OTHER)
        self.settle()
        self.assertEqual(self.report(), {})
        self.assertIn(("R4", "STU3", "Meta.source", "extension"),
                      self.report("lossless"))

    def test_entries_of_a_batch_are_counted_too(self):
        entry = [{"request": {"method": "GET", "url": f"Patient/loss-{n}"}}
                 for n in (1, 2, 3, 4)]
        got = self.env.fhir(
            "POST", "", self.token(), "STU3",
            {"Content-Type": "application/fhir+json"},
            body=json.dumps({"resourceType": "Bundle", "type": "batch",
                             "entry": entry}))
        self.assertEqual(got.status, 200, got)
        self.settle()
        self.assertEqual(
            self.report()[("R4", "STU3", "Meta.source", "extension")], 3)

    def test_the_report_comes_by_itself_and_holds_no_value(self):
        self.ok("Patient/loss-2", "STU3")
        until = time.monotonic() + WRITTEN_S
        while not self.report():
            self.assertLess(time.monotonic(), until, "nothing is written")
            time.sleep(0.2)
        kept = self.house.cluster.psql(
            "select string_agg(r::text, '') from wardgate.loss_report as r"
            " where slug = 'lossy'")
        self.assertIn("Meta.source", kept)
        for value in (WORD, "loss-2", "1970"):
            self.assertNotIn(value, kept)

    def test_whoever_is_gone_takes_the_report_along(self):
        self.ok("Patient/loss-1", "STU3", OTHER)
        remove_tenant(self.house, OTHER)
        self.addCleanup(
            put_tenant, self.house, OTHER, name="lossless",
            slug="lossless", fhir_version="R4", client=self.client,
            provider_url=f"{self.env['WG_BASE']}/rehearsal/loss")
        self.ok("Patient/loss-1", "STU3")
        self.settle()
        self.assertTrue(self.report())
        self.assertEqual(self.house.cluster.psql(
            "select count(*) from wardgate.loss where tenant_id = "
            f"'{OTHER}'").strip(), "0")


if __name__ == "__main__":
    unittest.main()
