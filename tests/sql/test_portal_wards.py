# test_portal_wards.py - what the portal may do with made-up patients
# SPDX-License-Identifier: Apache-2.0
#
# Everything here is asked as wg_admin: a page that forgets to look at roles, or
# to count, must get no further.

import hashlib
import json
import threading
import time

from tests.sql import base

PORTAL = "wg_admin"
ANNA, BERT = "anna", "bert"


def quoted(value):
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


class Wards(base.DatabaseCase):

    def setUp(self):
        self.sql("delete from rehearsal.term; delete from rehearsal.resource;"
                 " delete from rehearsal.ward; delete from wardgate.account;"
                 " insert into rehearsal.ward (name, fhir_version)"
                 " values ('north', 'R4'), ('south', 'STU3')")
        self.operator = self.account("operator")
        for patient in (ANNA, BERT):
            self.ask(self.add(patient, [("Patient", patient),
                                        ("Condition", f"c-{patient}")]))

    def account(self, roles):
        return self.sql(
            "insert into wardgate.account (login, roles, passphrase) values"
            f" ('{roles.replace(',', '.')}', '{{{roles}}}', 'scrypt$')"
            " returning account_id")

    def ask(self, text, by=None):
        return self.sql(f"select wardgate.{text}".replace(
            "$WHO", f"'{by or self.operator}'"), PORTAL)

    def body(self, type, id, patient, **more):
        return json.dumps({"resourceType": type, "id": id, **more})

    def rows(self, patient, records, **more):
        """(resources, terms) as the portal sends them"""
        resources, terms = [], []
        for n, (type, id) in enumerate(records, 1):
            resources.append({"number": n, "type": type, "id": id,
                              "body": self.body(type, id, patient, **more)})
            terms.append({"number": n, "type": type, "param": "_id",
                          "key": id, "system": ""})
            if type != "Patient":
                terms.append({"number": n, "type": type, "param": "patient",
                              "key": patient, "system": "Patient"})
        return json.dumps(resources), json.dumps(terms)

    def call(self, name, *args):
        return f"{name}($WHO, {', '.join(quoted(a) for a in args)})"

    def add(self, patient, records, typed=(), ward="north", version="R4",
            rows=None):
        typed = json.dumps([{"field": f, "value": v} for f, v in typed])
        return self.call("portal_ward_add", ward, version, patient, typed,
                         *(rows or self.rows(patient, records)))

    def seen(self, type, id):
        return hashlib.sha256(self.sql(
            "select body from rehearsal.resource where"
            f" (type, id) = ('{type}', '{id}')").encode()).hexdigest()

    def change(self, patient, type, id, revision=None, typed="[]", **more):
        return self.call("portal_ward_change", "north", "R4", patient, type,
                         id, revision or self.seen(type, id), typed,
                         *self.rows(patient, [(type, id)], **more))

    def remove(self, patient, type, id, revision=None):
        return self.call("portal_ward_remove", "north", "R4", patient, type,
                         id, revision or self.seen(type, id))

    def told(self, state, text, by=None):
        with self.assertRaisesRegex(base.Refused, state, msg=text):
            self.ask(text, by)

    def everything(self):
        return self.sql("select md5(string_agg(r::text, '' order by number))"
                        " from rehearsal.resource as r") + self.sql(
            "select md5(string_agg(t::text, '' order by t::text))"
            " from rehearsal.term as t")

    def test_P9_only_operators_and_admins_get_anything(self):
        said = [self.call("portal_ward", "north"),
                "portal_ward_list($WHO, '', 0, 9)",
                "portal_ward_patients($WHO, 'north', '', 0, 9)",
                "portal_ward_records($WHO, 'north', 'anna', null, null, 9)",
                self.add("eve", [("Patient", "eve")]),
                self.change(ANNA, "Patient", ANNA, gender="male"),
                self.remove(BERT, "Patient", BERT)]
        before = self.everything()
        gone = self.account("operator,admin")
        self.sql("update wardgate.account set disabled_at = now()"
                 f" where account_id = '{gone}'")
        for by in (self.account("developer"), self.account("auditor"), gone,
                   base.CLIENT):
            for text in said:
                self.told("WG404", text, by)
        self.assertEqual(self.everything(), before)
        admin = self.account("admin")
        for text in said:
            self.ask(text, admin)
        self.assertNotEqual(self.everything(), before)

    def test_a_record_is_found_with_its_own_patient_alone(self):
        for text in (self.change(BERT, "Condition", "c-anna"),
                     self.remove(BERT, "Condition", "c-anna"),
                     self.remove(BERT, "Patient", ANNA),
                     self.remove("nobody", "Condition", "c-anna", "x"),
                     "portal_ward_records($WHO, 'north', 'bert', 'Condition',"
                     " 'c-anna', 9)",
                     "portal_ward_records($WHO, 'south', 'anna', null, null,"
                     " 9)",
                     self.add("nobody", [("Condition", "x")]),
                     self.add("eve", [("Patient", "eve")], ward="west"),
                     self.add("eve", [("Patient", "eve")], version="STU3")):
            self.told("WG404", text)
        resources, terms = self.rows(BERT, [("Condition", "x")])
        for text in (
                self.add(ANNA, None, rows=(resources, terms)),
                self.add(ANNA, [("Patient", "eve")]),
                self.add(ANNA, None, rows=(resources, "[]")),
                self.add(BERT, None, rows=(resources.replace(
                    '\\"x\\"', '\\"y\\"'), terms)),
                self.add(BERT, [("Condition", "../x")]),
                self.add(BERT, [("Condition", f"x{n}") for n in range(17)]),
                self.add(BERT, []),
                self.change(ANNA, "Condition", "c-anna",
                            note="x" * 1000001)):
            self.told("WG400", text)

    def test_what_is_there_is_not_added_again(self):
        before = self.everything()
        for records in ([("Patient", ANNA)], [("Condition", "c-anna")],
                        [("Condition", "new"), ("Condition", "c-bert")]):
            self.told("WG409", self.add(ANNA, records))
        self.assertEqual(self.everything(), before)

    def test_a_state_that_nobody_saw_is_not_replaced(self):
        old = self.seen("Condition", "c-anna")
        self.ask(self.change(ANNA, "Condition", "c-anna", note="first"))
        for revision in (old, "", old.upper()):
            self.told("WG409", self.call(
                "portal_ward_change", "north", "R4", ANNA, "Condition",
                "c-anna", revision, "[]",
                *self.rows(ANNA, [("Condition", "c-anna")], note="late")))
        self.told("WG409", self.remove(ANNA, "Condition", "c-anna", old))
        self.assertIn("first", self.sql(
            "select body from rehearsal.resource where id = 'c-anna'"))

    def test_who_comes_while_another_changes_it_waits_and_is_told(self):
        first, second = ("select wardgate." + self.change(
            ANNA, "Condition", "c-anna", note=note).replace(
                "$WHO", f"'{self.operator}'") for note in ("first", "second"))
        one, two = (base.Session(self.server.dsn(self.name, PORTAL))
                    for _ in "12")
        told = []

        def late():
            try:
                told.append(two.ask(second))
            except base.Refused as why:
                told.append(str(why))

        thread = threading.Thread(target=late)
        try:
            one.ask("begin")
            one.ask(first)
            thread.start()
            until = time.monotonic() + 60
            while self.sql("select count(*) from pg_locks"
                           " where not granted") == "0":
                self.assertLess(time.monotonic(), until, told)
            self.assertEqual(told, [])
            one.ask("commit")
            thread.join(60)
            self.assertIn("WG409", told[0])
        finally:
            one.close()
            thread.join(60)
            two.close()
        self.assertIn("first", self.sql(
            "select body from rehearsal.resource where id = 'c-anna'"))

    def test_terms_go_with_what_they_were_of(self):
        self.ask(self.change(ANNA, "Condition", "c-anna", note="x"))
        count = "select count(*) from rehearsal.term where key = 'c-anna'"
        self.assertEqual(self.sql(count), "1")
        self.ask(self.remove(ANNA, "Condition", "c-anna"))
        self.assertEqual(self.sql(count), "0")
        self.ask(self.remove(ANNA, "Patient", ANNA))
        self.assertEqual(self.sql(
            "select count(distinct number), count(*) from rehearsal.term"),
            "2|3", "those of Bert")
        self.assertEqual(self.sql(
            "select string_agg(interaction || ' ' || detail, '/' order by at)"
            " from (select * from wardgate.audit order by at desc limit 2)"
            " as a"),
            "remove-rehearsal ward north; Condition/c-anna; made-up patient"
            " anna/remove-rehearsal ward north; Patient/anna; made-up patient"
            " anna")

    def test_there_is_an_end_to_patients_and_to_records(self):
        self.sql("insert into rehearsal.resource (ward_id, number, type, id,"
                 " body) select ward_id, 100 + n, 'Patient', 'p' || n, '{}'"
                 " from rehearsal.ward, generate_series(1, 4998) as n"
                 " where name = 'north'")
        self.told("WG409", self.add("eve", [("Patient", "eve")]))
        self.ask(self.add(ANNA, [("Condition", "more")]))
        self.sql("insert into rehearsal.resource (ward_id, number, type, id,"
                 " body) select ward_id, 9000 + n, 'Condition', 'q' || n, '{}'"
                 " from rehearsal.ward, generate_series(1, 298) as n"
                 " where name = 'north';"
                 " insert into rehearsal.term (ward_id, number, type, param,"
                 " key, system) select ward_id, number, type, 'patient',"
                 " 'anna', 'Patient' from rehearsal.resource"
                 " where number > 9000")
        self.told("WG409", self.add(ANNA, [("Condition", "toomany")]))

    def test_what_was_typed_is_checked(self):
        for field, good, bad in (
                ("family", ("Ó Súilleabháin", "'; --", "x" * 100),
                 ("", None, " ", "x" * 101, "a\nb", "a\u202eb")),
                ("birth", ("", "1980", "1980-02", "1980-02-29"),
                 ("80", "1980-13", "1981-02-29", "1980-02-30",
                  "1980-02-29T09:00:00Z", "0000", "infinity")),
                ("since", ("2026-11-20", "2026-11-20T09:30:00Z",
                           "2026-11-20T09:30:00.125+01:00"),
                 ("2026-11-20T09:30", "2026-11-20T25:00:00Z",
                  "2026-11-20 09:30:00Z", "now")),
                ("value", ("0", "-4", "36.50", "0.00000001"),
                 ("", "01", "1e3", "36,5", ".5", "5.", "1234567890")),
                ("note", ("", "x" * 300), ("x" * 301,)),
                ("unheard-of", (), ("", "x"))):
            for value in good:
                self.sql("select wardgate.rehearsal_typed("
                         + quoted(json.dumps([{"field": field,
                                               "value": value}])) + ")")
            for n, value in enumerate(bad):
                self.told("WG400", self.add(
                    ANNA, [("Condition", f"t{n}")], [(field, value)]))
        self.told("WG400", self.change(
            ANNA, "Condition", "c-anna",
            typed='[{"field": "value", "value": "x"}]'))
