# test_loss.py - the loss report counts elements, and takes nothing else in
# SPDX-License-Identifier: Apache-2.0

import json
import threading
import unittest

from tests.sql import base
from tests.sql.base import TENANT, TENANT2

VALUE = "Observation.valueAttachment"


def lost(element=VALUE, times=1, tenant=TENANT, fate="extension",
         source="R4", target="DSTU2"):
    return {"tenant": tenant, "from_version": source, "to_version": target,
            "element": element, "fate": fate, "times": times}


class Loss(base.DatabaseCase):

    def setUp(self):
        for table in ("loss", "client_grant", "provider", "tenant"):
            self.sql(f"delete from wardgate.{table}")
        self.add_tenant(slug="mary")

    def add(self, *rows, role="wg_facade"):
        text = json.dumps(rows).replace("'", "''")
        return int(self.sql(f"select wardgate.loss_add('{text}')", role))

    def report(self):
        return [(r["slug"], r["from_version"], r["to_version"], r["element"],
                 r["fate"], r["times"]) for r in self.rows(
                     "select * from wardgate.loss_report", "wg_operator")]

    def test_what_is_added_is_summed_up(self):
        self.assertEqual(self.add(lost(times=2), lost(times=3),
                                  lost(target="STU3")), 2)
        self.assertEqual(self.add(lost(times=10)), 1)
        self.assertEqual(self.report(), [
            ("mary", "R4", "DSTU2", VALUE, "extension", 15),
            ("mary", "R4", "STU3", VALUE, "extension", 1)])

    def test_fates_are_counted_apart_the_most_frequent_first(self):
        self.add(lost("Patient.active", 1, fate="dropped"),
                 lost("Patient.active", 7, fate="other code"),
                 lost("Timing.repeat.when", 3))
        self.assertEqual([r[3:] for r in self.report()], [
            ("Patient.active", "other code", 7),
            ("Timing.repeat.when", "extension", 3),
            ("Patient.active", "dropped", 1)])

    def test_the_first_time_stays_and_the_last_moves(self):
        self.add(lost())
        self.sql("update wardgate.loss set first_at = '2026-01-01',"
                 " last_at = '2026-01-01'")
        self.add(lost())
        found = self.row("select first_at < '2026-01-02' as first_kept,"
                         " last_at > now() - interval '1 minute' as moved"
                         " from wardgate.loss_report")
        self.assertEqual(found, {"first_kept": True, "moved": True})

    def test_only_names_of_elements_come_in(self):
        for element in ("", "observation.value", "Observation.", ".value",
                        "Observation..value", "Observation.value value",
                        "Observation.value\n", "Observation.<b>",
                        "Observation.value'; --", "Obs\u00e9rvation.x",
                        "Observation." + "x" * 61, "A" * 41,
                        "A" + ".b" * 9, "Patient.name[0]", "Miller, Anna"):
            with self.subTest(element):
                self.assertEqual(self.add(lost(element)), 0)
        for element in ("Observation", VALUE, "Observation.value[x]",
                        "MedicationRequest.dosageInstruction.timing.repeat"
                        ".countMax", "Meta.source"):
            with self.subTest(element):
                self.assertEqual(self.add(lost(element)), 1)

    def test_nothing_that_is_no_loss_is_stored(self):
        for row in (lost(fate="kept"), lost(source="R5"),
                    lost(target="4.0.1")):
            with self.assertRaises(base.Refused):
                self.add(row)
        self.assertEqual(self.add(lost(times=0), lost(times=-1)), 0)
        self.assertEqual(self.report(), [])

    def test_of_a_tenant_that_is_gone_nothing_is_kept(self):
        self.assertEqual(self.add(lost(tenant=TENANT2), lost()), 1)
        self.script("remove", tenant=TENANT, links="end")
        self.assertEqual(self.report(), [])
        self.assertEqual(self.add(lost()), 0)

    def test_a_tenant_has_some_thousand_names_at_most(self):
        self.add_tenant(TENANT2)
        self.sql(f"""
            insert into wardgate.loss (tenant_id, from_version, to_version,
                   element, fate, times)
            select '{TENANT}', 'R4', 'STU3', 'Made.x' || i, 'dropped', 1
              from generate_series(1, 4000) as i""")
        self.assertEqual(self.add(lost(), lost(tenant=TENANT2)), 1)
        self.assertEqual(self.add(lost("Made.x7", 5, fate="dropped",
                                       target="STU3")), 1)
        self.assertEqual(self.sql(
            "select times from wardgate.loss where element = 'Made.x7'"), "6")

    def test_facades_that_count_the_same_do_not_block_each_other(self):
        names = [lost(f"Patient.x{i}") for i in range(60)]
        # sessions of their own: two facades, in orders that cross
        failed = []

        def facade(rows):
            text = json.dumps(rows)
            for _ in range(20):
                try:
                    self.server.run(
                        self.name, "wg_facade", "-c",
                        f"select wardgate.loss_add('{text}')")
                except base.Refused as refused:
                    failed.append(str(refused))

        threads = [threading.Thread(target=facade, args=(rows,))
                   for rows in (names, names[::-1])]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failed, [])
        self.assertEqual(self.sql(
            "select distinct times from wardgate.loss"), "40")

    def test_one_tenant_is_found_by_guid_and_by_slug(self):
        self.add_tenant(TENANT2, slug="anne")
        self.add(lost(), lost(tenant=TENANT2))
        for name, slugs in ((f"'{TENANT}'", ["mary"]),
                            (f"'{TENANT2.upper()}'", ["anne"]),
                            ("'mary'", ["mary"]),
                            ("null", ["anne", "mary"])):
            with self.subTest(name):
                found = self.rows(
                    f"select * from wardgate.loss_list({name})",
                    "wg_operator")
                self.assertEqual([r["slug"] for r in found], slugs)
        for name in ("nobody", "", "'' or true"):
            self.refused(f"select * from wardgate.loss_list('{name}')",
                         "wg_operator", "WG404")


if __name__ == "__main__":
    unittest.main()
