# test_found.py - what is known of a provider, and who is told
# SPDX-License-Identifier: Apache-2.0

import json
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2

FACTS = '{"sort": false, "types": {"Patient": null}}'
NOBODY = "12345678-1234-1234-1234-123456789abc"


class Found(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()
        self.add_secret()
        self.add_tenant(client=CLIENT)

    def revision(self):
        return self.sql("select revision from wardgate.provider"
                        f" where tenant_id = '{TENANT}'")

    def put(self, facts=FACTS, revision=None, tenant=TENANT):
        return self.sql(
            f"select wardgate.found_put('{tenant}',"
            f" {revision or self.revision()}, '{facts}')", "wg_facade")

    def told(self, client=CLIENT, tenant=TENANT, key="abcdefgh"):
        return self.rows(
            "select * from wardgate.statement_for_tenant("
            f"'{client}', '{tenant}', '{key}', 'jjjjjjjjjjjjjjjjjjjjjj',"
            f" {self.number()})", "wg_metadata")

    def test_switches_and_facts_are_told_and_no_address(self):
        self.assertEqual(self.told(), [{
            "name": "Hospital", "fhir_version": "R4", "mode": "translate",
            "search_post": True, "can_contains": "auto", "can_sort": "auto",
            "can_total": "auto", "can_batch": "auto",
            "coverage_person": "auto", "write_extensions": True,
            "types": [],
            "mrn_system": "", "facts": None}])
        self.script("tenant", tenant=TENANT, can_sort="off",
                    coverage_person="none")
        self.assertEqual(self.put(), "t")
        found = self.told()[0]
        self.assertEqual((found["can_sort"], found["coverage_person"]),
                         ("off", "none"))
        self.assertEqual(json.loads(found["facts"]), json.loads(FACTS))
        for revision, facts in ((self.revision(), json.loads(FACTS)),
                                (1, None)):
            self.assertEqual(json.loads(self.sql(
                f"select coalesce(wardgate.found_get('{TENANT}', {revision}),"
                " 'null')", "wg_facade")), facts)

    def test_facts_of_an_earlier_provider_are_of_no_use(self):
        old = self.revision()
        self.put()
        self.script("tenant", tenant=TENANT, fhir_version="STU3")
        self.assertIsNone(self.told()[0]["facts"])
        self.assertEqual(self.put(revision=old), "f")
        self.assertEqual(self.put('{"sort": true}'), "t")
        self.assertEqual(json.loads(self.told()[0]["facts"]),
                         {"sort": True})
        self.script("remove", tenant=TENANT, links="end")
        self.assertEqual(
            self.sql("select count(*) from wardgate.provider_found"), "0")
        self.assertEqual(self.put(revision=old), "f")

    def test_the_same_facts_again_write_nothing(self):
        self.put()
        before = self.sql("select xmin, found_at from wardgate.provider_found")
        number = self.number()
        self.assertEqual(self.put(), "t")
        self.assertEqual(self.sql(
            "select xmin, found_at from wardgate.provider_found"), before)
        self.assertEqual(self.number(), number)

    def test_facts_are_one_object_of_moderate_size(self):
        for facts in ("[]", "null", "7", "{", "",
                      json.dumps({"x": "y" * 20000})):
            with self.subTest(facts[:10]):
                self.refused(
                    f"select wardgate.found_put('{TENANT}',"
                    f" {self.revision()}, '{facts}')", "wg_facade")

    def test_only_a_token_in_force_is_told(self):
        self.add_tenant(TENANT2)
        self.assertEqual(self.told(tenant=TENANT2), [])
        self.assertEqual(self.told(NOBODY), [])
        self.assertEqual(self.told(tenant=NOBODY), [])
        self.assertEqual(self.told(key="zzzzzzzz"), [])
        other = "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee"
        self.add_client(other, "Other")
        self.add_secret("bbbbbbbb", other)
        self.assertEqual(self.told(key="bbbbbbbb"), [])
        for text, back in (
                (f"select wardgate.client_able('{CLIENT}', false)",
                 f"select wardgate.client_able('{CLIENT}', true)"),
                (f"select wardgate.grant_end('{CLIENT}', '{TENANT}')",
                 f"select wardgate.grant_give('{CLIENT}', '{TENANT}', null)"),
                (f"""select * from wardgate.tenant_state_set('{TENANT}',
                     'suspended', '', '', '')""",
                 f"""select * from wardgate.tenant_state_set('{TENANT}',
                     'active', '', '', '')""")):
            with self.subTest(text):
                self.sql(text, "wg_operator")
                self.assertEqual(self.told(), [])
                self.sql(back, "wg_operator")
                self.assertEqual(len(self.told()), 1)
        self.sql(f"select wardgate.secret_invalidate('{CLIENT}', 'abcdefgh')",
                 "wg_operator")
        self.assertEqual(self.told(), [])

    def test_an_expired_secret_is_told_nothing(self):
        self.sql("update wardgate.client_secret set not_before = "
                 "now() - interval '2 s', not_after = now() - interval '1 s'")
        self.assertEqual(self.told(), [])

    def test_a_maintenance_does_not_change_what_a_hospital_can(self):
        self.script("maintenance", tenant=TENANT, notice="Back at six.")
        self.assertEqual(len(self.told()), 1)


if __name__ == "__main__":
    unittest.main()
