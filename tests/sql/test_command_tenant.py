# test_command_tenant.py - wardgate tenant, against a database
# SPDX-License-Identifier: Apache-2.0

import unittest

from tests.rig import place
from tests.sql import test_command_client as client


class Tenants(client.Case):
    GUID = "7e4a0000-0000-4000-8000-000000000001"

    def setUp(self):
        self.wardgate.db.psql_file(
            place.TOP / "sql/onboard/tenant.sql", tenant=self.GUID,
            name="A hospital", provider_url="https://ehr.example/r4",
            fhir_version="R4")

    def state(self):
        row, = [r for r in self.listed("tenants", "tenant", "list")
                if r["tenant_id"] == self.GUID]
        return row["state"], row["notice_until"]

    def test_a_hospital_is_stopped_and_goes_on(self):
        w = self.wardgate
        self.assertEqual(self.state(), ("active", None))
        notice = ("maintenance", "--notice", "Back soon.", "--until",
                  "+2 hours", "--retry-after", "600")
        for words, outcome, state in (
                (("suspend",), "changed", "suspended"),
                (("suspend",), "unchanged", "suspended"),
                (("resume",), "changed", "active"), (notice, "changed",
                                                     "maintenance"),
                (("resume",), "changed", "active"),
                (("resume",), "unchanged", "active")):
            said = w("tenant", *words, self.GUID.upper())
            self.assertEqual((said["outcome"], said["state"].split()[0]),
                             (outcome, state))
            self.assertEqual(self.state()[0], state)
        kept = self.wardgate.asked(
            "select interaction || ' ' || made_by from wardgate.audit "
            f"where tenant_id = '{self.GUID}' and program = 'wardgate' "
            "order by at desc limit 4").splitlines()
        self.assertEqual(len(kept), 4)
        for row in kept:
            self.assertRegex(row, r"^change-tenant .*wardgate by")

    def test_what_cannot_be_is_refused_with_a_sentence(self):
        for code, said, words in (
                (client.REFUSED, "needs a notice", ("maintenance", self.GUID)),
                (client.REFUSED, "There is no tenant",
                 ("suspend", self.GUID[:-1] + "9")),
                (client.REFUSED, "retry_after_s",
                 ("maintenance", "--notice", "x", "--retry-after", "0",
                  self.GUID)),
                (client.MISUSED, "GUID", ("suspend", "hospital")),
                (client.MISUSED, "TENANT", ("resume",))):
            with self.subTest(words):
                before = self.wardgate.changes()
                done = self.wardgate.run("tenant", *words)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertEqual(self.wardgate.changes(), before)


if __name__ == "__main__":
    unittest.main()
