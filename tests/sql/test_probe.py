# test_probe.py - reports of probes are kept, compared and told, by whom they may
# SPDX-License-Identifier: Apache-2.0

import json
import re
import unittest

from tests.sql import base
from tests.sql.base import TENANT, TENANT2

CALLS = ("reach", "coverage", "sort")


class Probe(base.DatabaseCase):

    def setUp(self):
        for table in ("probe", "probe_patient", "client_grant", "provider",
                      "tenant"):
            self.sql(f"delete from wardgate.{table}")
        self.add_tenant(slug="mary")

    def start(self, tenant="mary", patient=None, forget=False):
        given = f"'{patient}'" if patient else "null"
        return self.row(f"select * from wardgate.probe_start('{tenant}',"
                        f" {given}, {forget})", "wg_facade")

    def put(self, *words, verdict="usable", revision=1, tenant=TENANT):
        findings = json.dumps([
            {"call": c, "title": c.title(), "word": w, "found": "It is so.",
             "loss": None, "ms": 1, "status": 200}
            for c, w in zip(CALLS, words)])
        return [(r["call"], r["was"], r["became"]) for r in self.rows(
            f"select * from wardgate.probe_put('{tenant}', {revision},"
            f" '{verdict}', 'Words.', true, 7, '2027-01-01', '{findings}')",
            "wg_facade")]

    def figures(self):
        return self.rows("select * from wardgate.probe_figures()",
                         "wg_metadata")

    def test_a_tenant_is_found_by_its_id_and_its_slug(self):
        for name in ("mary", TENANT, TENANT.upper()):
            found = self.start(name)
            self.assertEqual((found["tenant_id"], found["patient_id"]),
                             (TENANT, None))
        self.refused("select wardgate.probe_start('nobody', null, false)",
                     "wg_facade", "WG404")

    def test_the_test_patient_is_remembered_until_it_is_forgotten(self):
        self.assertEqual(self.start(patient="p-1")["patient_id"], "p-1")
        self.assertEqual(self.start()["patient_id"], "p-1")
        self.assertEqual(self.start(patient="p-2")["patient_id"], "p-2")
        self.assertIsNone(self.start(forget=True)["patient_id"])
        self.assertIsNone(self.start()["patient_id"])
        self.refused("select wardgate.probe_start('mary', 'a/b', false)",
                     "wg_facade", "WG400")
        acts = [r["detail"] for r in self.rows(
            "select detail from wardgate.audit"
            f" where tenant_id = '{TENANT}' and interaction = 'probe'"
            " order by at desc limit 5")]
        self.assertEqual(acts, ["no test patient", "no test patient",
                                "test patient p-2", "test patient p-1",
                                "test patient p-1"])

    def test_drift_is_what_both_have_seen_otherwise(self):
        self.assertEqual(self.put("ok", "native", "unseen"), [])
        self.assertEqual(self.put("ok", "native", "native"), [])
        self.assertEqual(self.put("ok", "missing", "unseen"),
                         [("coverage", "native", "missing")])
        self.assertEqual(self.put("fault", "native", "emulated"),
                         [("reach", "ok", "fault"),
                          ("coverage", "missing", "native")])
        found = self.rows("select call, word, was from"
                          f" wardgate.probe_findings('{TENANT}')",
                          "wg_operator")
        self.assertEqual([(f["call"], f["word"], f["was"]) for f in found],
                         [("reach", "fault", "ok"),
                          ("coverage", "native", "missing"),
                          ("sort", "emulated", None)])

    def test_the_list_tells_who_was_never_asked_and_who_changed_since(self):
        self.add_tenant(TENANT2, slug="nord")
        now = self.sql("select revision from wardgate.provider"
                       f" where tenant_id = '{TENANT}'")
        self.put("ok", revision=now)

        def listed():
            return [(r["slug"], r["verdict"], r["outdated"])
                    for r in self.rows(
                        "select * from wardgate.probe_list(null)",
                        "wg_operator")]
        self.assertEqual(listed(), [("mary", "usable", False),
                                    ("nord", None, None)])
        self.script("tenant", tenant=TENANT, connect_ms=4000)
        self.assertEqual(listed()[0], ("mary", "usable", True))
        self.refused("select wardgate.probe_list('nobody')", "wg_operator",
                     "WG404")

    def test_figures_know_the_last_good_one(self):
        self.assertEqual(self.figures(), [])
        self.put("ok", "native")
        good = self.figures()[0]["good_at"]
        self.put("fault", "native", verdict="unusable")
        now = self.figures()[0]
        self.assertEqual((now["slug"], now["usable"], now["good_at"],
                          now["changed"]), ("mary", False, good, 1))
        self.assertGreater(now["at"], good)

    def test_a_hundred_are_kept_and_a_tenant_takes_its_own_along(self):
        for _ in range(103):
            self.put("ok")
        self.assertEqual(self.sql("select count(*) from wardgate.probe"),
                         "100")
        self.start(patient="p-1")
        self.script("remove", tenant=TENANT)
        self.assertEqual(self.sql(
            "select (select count(*) from wardgate.probe)"
            " + (select count(*) from wardgate.probe_patient)"), "0")
        self.refused(f"select wardgate.probe_put('{TENANT}', 1, 'usable', '',"
                     " true, 1, null, '[]')", "wg_facade", "WG404")

    # ---- into production ----

    def rule(self, value):
        self.sql("select * from wardgate.policy_set('production_probe',"
                 f" '{value}')")

    def environment(self, to, why=""):
        return self.row(
            f"select * from wardgate.tenant_environment_set('{TENANT}',"
            f" '{to}', '{why}') where object = 'tenant'", "wg_operator")

    def good(self, **more):
        now = self.sql("select revision from wardgate.provider"
                       f" where tenant_id = '{TENANT}'")
        self.put("ok", revision=now, **more)

    def acts(self, *names, tenant=TENANT):
        return [(r["interaction"], r["detail"]) for r in self.rows(
            "select interaction, detail from wardgate.audit"
            f" where tenant_id = '{tenant}' and interaction = any"
            f" ('{{{','.join(names)}}}') and at > now() - interval '1 minute'"
            " order by at")]

    def test_production_needs_a_good_probe(self):
        self.script("tenant", tenant=TENANT, environment="test")
        self.rule("required")
        self.addCleanup(self.rule, "advised")
        for spoil, why in (
                ("select 1", "It was never probed."),
                (lambda: self.good(verdict="unusable"),
                 "Its newest probe says: Words."),
                (lambda: (self.good(), self.sql(
                    "update wardgate.probe set with_patient = false")),
                 "Its newest probe had no test patient."),
                (lambda: (self.good(), self.sql(
                    "update wardgate.probe set at = now()"
                    " - interval '31 days'")),
                 "Its newest probe is older than 30 days."),
                (lambda: (self.good(), self.script(
                    "tenant", tenant=TENANT, connect_ms=4000)),
                 "Its provider was changed since its newest probe.")):
            with self.subTest(why):
                if callable(spoil):
                    spoil()
                found = self.environment("production")
                self.assertEqual((found["outcome"], found["detail"]),
                                 ("refused", why))
                with self.assertRaisesRegex(base.Refused, "into production"):
                    self.script("tenant", tenant=TENANT,
                                environment="production")
                self.assertEqual([a for _, a in
                                  self.acts("refuse-production")[-2:]],
                                 [why, why])
        self.good()
        self.assertEqual(self.environment("production")["outcome"],
                         "changed")
        self.assertEqual(self.environment("production")["outcome"],
                         "unchanged")

    def test_an_override_says_who_and_why_until_it_is_over(self):
        self.script("tenant", tenant=TENANT, environment="test")
        self.rule("required")
        self.addCleanup(self.rule, "advised")
        self.assertEqual(
            self.environment("production", "Their sandbox has nobody.")
            ["outcome"], "changed")
        self.assertEqual(
            self.row("select why, made_by from wardgate.production_override"),
            {"why": "Their sandbox has nobody.", "made_by": "postgres (psql)"})
        self.assertIn("why Their sandbox has nobody.",
                      self.acts("add-override")[-1][1])
        self.environment("test")
        self.assertEqual(self.sql(
            "select count(*) from wardgate.production_override"), "0")
        self.assertEqual(self.environment("production")["outcome"],
                         "refused")

    def test_a_new_hospital_begins_in_test_unless_somebody_says_why(self):
        self.rule("required")
        self.addCleanup(self.rule, "advised")
        for dry, heard in (("1", []), ("0", ["It was never probed."])):
            with self.assertRaisesRegex(base.Refused, "into production"):
                self.add_tenant(TENANT2, slug="nord", dry_run=dry)
            self.assertEqual(self.sql("select count(*) from wardgate.tenant"),
                             "1")
            self.assertEqual([d for _, d in self.acts(
                "refuse-production", tenant=TENANT2)], heard)
        self.add_tenant(TENANT2, slug="nord", environment="test")
        self.script("remove", tenant=TENANT2)
        self.add_tenant(TENANT2, slug="nord", override="Moved from the old"
                        " gateway.")
        self.assertEqual(self.sql("select environment from wardgate.tenant"
                                  f" where tenant_id = '{TENANT2}'"),
                         "production")
        # who is there already stays, whatever is changed
        self.script("tenant", tenant=TENANT, name="Another name")

    def test_only_tenants_in_use_are_asked_at_night(self):
        self.add_tenant(TENANT2, slug="nord")
        self.script("suspend", tenant=TENANT2)
        self.assertEqual([r["slug"] for r in self.rows(
            "select * from wardgate.probe_tenants()", "wg_facade")],
            ["mary"])

    def test_a_probe_reads_of_a_provider_what_the_facade_does(self):
        def columns(program):
            text = (base.TOP / f"sql/prepare/{program}.sql").read_text()
            found = re.search(r"prepare route_for_facade .*?select (.*?) from",
                              " ".join(text.split()))[1]
            return [c.split(" as ")[-1] for c in found.split(", ")]
        self.assertEqual(columns("probe"), columns("facade"))


if __name__ == "__main__":
    unittest.main()
