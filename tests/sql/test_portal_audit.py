# test_portal_audit.py - what auditors are told of the trail, and what it keeps of that
# SPDX-License-Identifier: Apache-2.0
#
# WG_BIG=1 also builds ten million rows, which takes minutes and 5 GB.

import os
import re
import subprocess
import unittest

from tests.rig import place
from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2

ANN, BEN, OLD = ("00000000-0000-4000-8000-00000000000" + n for n in "123")
PATIENT = "pat-1"
NONE = "null"

CALLS = (
    "portal_trail_names('{a}')",
    f"portal_disclosures('{{a}}', 'search', '{TENANT}', '{PATIENT}',"
    " '2026-01-01', null, 'x', null, 1)",
    "portal_refusals('{a}', true, '2026-01-01', null, null, null, null, null,"
    " 1)",
    "portal_refusal_counts('{a}', '2026-01-01', null, null, null, null)",
    "portal_acts_list('{a}', true, '2026-01-01', null, null, null, null, 1)",
)


def q(value):
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


class Case(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client",
                      "account", "audit"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()
        self.add_tenant()
        self.sql("insert into wardgate.client_grant (client_id, tenant_id,"
                 f" purpose) values ('{CLIENT}', '{TENANT}', 'rounds')")
        for who, login, role, off in (
                (ANN, "ann", "auditor", "null"),
                (BEN, "ben", "developer,operator,admin", "null"),
                (OLD, "old", "auditor", "now()")):
            self.sql("insert into wardgate.account (account_id, login, roles,"
                     f" passphrase, disabled_at) values ('{who}', '{login}',"
                     f" '{{{role}}}', 'scrypt$', {off})")
        self.sql("delete from wardgate.audit")

    def access(self, at="2026-11-10 10:00Z", patient=PATIENT, tenant=TENANT,
               status=200, reason="ok", entry=0, trace=None, n=1,
               client=CLIENT):
        trace = "gen_random_uuid()" if trace is None else q(trace)
        self.sql(
            "insert into wardgate.audit (at, trace_id, entry, program,"
            " client_id, tenant_id, interaction, resource_type, patient_id,"
            " status, reason, source, token_id)"
            f" select timestamptz '{at}' + (i - 1) * interval '1 s', {trace},"
            f" {entry}, 'facade', {q(client)}, {q(tenant)}, 'read',"
            f" 'Observation', {q(patient)}, {status}, {q(reason)}, '10.0.0.1',"
            f" 'jti' from generate_series(1, {n}) as i")

    def look(self, patient=PATIENT, since="2026-11-01", until="2026-11-30",
             why="a complaint", after=None, most=100, how="search",
             tenant=TENANT, who=ANN, columns="*"):
        return self.rows(
            f"select {columns} from wardgate.portal_disclosures('{who}',"
            f" '{how}', {q(tenant)}, {q(patient)}, {q(since)}, {q(until)},"
            f" {q(why)}, {q(after)}, {most})", "wg_admin")

    def denied(self, state, words, **more):
        with self.assertRaises(base.Refused) as caught:
            self.look(**more)
        self.assertIn(f"{state}: ", str(caught.exception))
        self.assertIn(words, str(caught.exception))

    def acts(self):
        return self.rows(
            "select made_by, interaction, tenant_id, patient_id, detail"
            " from wardgate.audit where made_by is not null order by at")


class Disclosures(Case):

    def test_one_patient_of_one_hospital_and_who_looked(self):
        self.access(n=3)
        self.access(patient="pat-2")
        self.access(patient=PATIENT.upper())
        self.access(tenant=TENANT2)
        self.access(at="2026-12-01 00:00Z")
        self.access(at="2026-10-31 23:59:59Z")
        self.access(status=403, reason="type_not_granted",
                    at="2026-11-30 23:59:59.999999Z")
        found = self.look()
        self.assertEqual([r["status"] for r in found], [403, 200, 200, 200])
        self.assertEqual({r["patient_id"] for r in found}, {PATIENT})
        self.assertEqual({(r["client_name"], r["purpose"], r["tenant_name"],
                           r["more"]) for r in found},
                         {("App", "rounds", "Hospital", False)})
        act, = self.acts()
        self.assertEqual((act["interaction"], act["tenant_id"],
                          act["patient_id"]),
                         ("search-disclosures", TENANT, PATIENT))
        self.assertIn(" (ann)", act["made_by"])
        for part in ("from 2026-11-01T00:00:00", "to 2026-12-01T00:00:00",
                     "told 4 rows;", "reason: a complaint"):
            self.assertIn(part, act["detail"])
        self.look(most=2, how="csv")
        self.assertIn("csv; from", self.acts()[-1]["detail"])
        self.assertIn("told 2 rows, there are more;",
                      self.acts()[-1]["detail"])
        self.assertEqual(self.acts()[-1]["interaction"], "export-disclosures")
        self.assertEqual(len(self.look()), 4, "acts are no accesses")

    def test_what_cannot_be_written_is_not_told(self):
        self.access()
        self.sql("alter table wardgate.audit add constraint full_disk"
                 " check (made_by is null) not valid")
        self.addCleanup(self.sql, "alter table wardgate.audit drop constraint"
                        " full_disk")
        with self.assertRaises(base.Refused):
            self.look()
        for call in CALLS:
            if "true" in call or "search" in call:
                with self.subTest(call), self.assertRaises(base.Refused):
                    self.rows(f"select * from wardgate.{call.format(a=ANN)}",
                              "wg_admin")

    def test_the_row_is_durable_whatever_the_role_is_set_to(self):
        out = self.sql(
            "set synchronous_commit = off; begin;"
            f"select * from wardgate.{CALLS[1].format(a=ANN)};"
            "select current_setting('synchronous_commit'); commit", "wg_admin")
        self.assertEqual(out.split()[-1], "on")

    def test_a_reason_and_a_patient_are_needed(self):
        for words, more in (
                ("Say why you look", {"why": ""}),
                ("Say why you look", {"why": " \u2003"[:1]}),
                ("Say why you look", {"why": None}),
                ("control characters", {"why": "a\u202eb"}),
                ("the longest is 500", {"why": "x" * 501}),
                ("FHIR id", {"patient": ""}),
                ("FHIR id", {"patient": "a b"}),
                ("FHIR id", {"patient": "x" * 65}),
                ("FHIR id", {"patient": "%"}),
                ("is not a GUID", {"tenant": "north"}),
                ("is not a day or time", {"since": "yesterday"}),
                ("is not a day or time", {"since": None}),
                ("is not a day or time", {"until": "infinity"}),
                ("is not a day or time", {"until": "2026-13-45"}),
                ("is not a day or time", {"until": "2026-11-30 10:00 PM X"}),
                ("ends before it begins", {"until": "2026-10-01"}),
                ("cannot go on", {"after": "1;drop"})):
            with self.subTest(words, **more):
                self.denied("WG400", words, **more)
        self.assertEqual(self.acts(), [])

    def test_pages_go_on_where_the_last_ended_whatever_comes_meanwhile(self):
        trace = "0193455e-8e40-4aaa-aaaa-aaaaaaaaaaaa"
        for entry in range(5):    # of one instant
            self.access(trace=trace, entry=entry)
        self.access(at="2026-11-09Z", n=3)
        self.access(at="2026-11-11Z", n=3)
        seen, after = [], None
        while True:
            rows = self.look(after=after, most=2)
            seen += [r["key"] for r in rows]
            self.access(at="2026-11-20Z")
            if not rows[-1]["more"]:
                break
            after = rows[-1]["key"]
        self.assertEqual(len(seen), 11)
        self.assertEqual(len(set(seen)), 11)
        self.assertEqual([k.split(".")[2] for k in seen[3:8]], list("43210"))

    def test_a_time_as_told_goes_on_without_a_gap(self):
        self.access(at="2026-11-10 10:00:00.123456Z", n=3)
        rows = self.look(most=1)
        told = rows[0]["at_text"]
        self.assertEqual(told, "2026-11-10T10:00:02.123456Z")
        self.assertEqual(len(self.look(until=told)), 3)
        self.assertEqual(len(self.look(until="2026-11-10 12:00:01.2+02")), 2)

    def test_operators_do_not_learn_whose_accesses_were_looked_at(self):
        self.look(why="Mrs X complained")
        told = self.sql("select * from wardgate.portal_tenant_acts("
                        f"'{BEN}', '{TENANT}', null, 100)", "wg_admin")
        self.assertNotIn("Mrs X", told)
        self.assertNotIn("disclosures", told)


class Lists(Case):

    def refusals(self, tenant=None, client=None, cause=None, after=None,
                 most=100, filed=False, since="2026-11-01",
                 until="2026-11-30"):
        where = (f"'{ANN}', {{}}{q(since)}, {q(until)}, {q(tenant)},"
                 f" {q(client)}, {q(cause)}")
        counts = self.rows("select * from wardgate.portal_refusal_counts("
                           + where.format("") + ")", "wg_admin")
        rows = self.rows(
            "select * from wardgate.portal_refusals("
            + where.format("true, " if filed else "false, ")
            + f", {q(after)}, {most})", "wg_admin")
        return rows, {r["reason"]: r["times"] for r in counts}

    def test_refusals_are_counted_and_listed_without_patients(self):
        self.access(n=4)
        self.access(status=404, reason="not_found")
        self.access(status=503, reason="busy")
        self.access(status=403, reason="type_not_granted", n=3)
        self.access(status=401, reason="token_expired", tenant=TENANT2, n=2)
        self.access(status=429, reason="limit_client", client=None)
        rows, counts = self.refusals()
        self.assertEqual(counts, {"type_not_granted": 3, "token_expired": 2,
                                  "limit_client": 1})
        self.assertEqual(len(rows), 6)
        self.assertNotIn(PATIENT, str(rows))
        self.assertEqual(self.acts(), [], "a list alone is no act")
        for more, n in (({"tenant": TENANT2}, 2), ({"client": CLIENT}, 5),
                        ({"cause": "limit_client"}, 1),
                        ({"until": "2026-11-10 09:59Z"}, 0),
                        ({"tenant": TENANT, "cause": "token_expired"}, 0)):
            with self.subTest(**more):
                rows, counts = self.refusals(**more)
                self.assertEqual((len(rows), sum(counts.values())), (n, n))
        rows, _ = self.refusals(most=4, filed=True)
        self.assertEqual(self.acts()[-1]["interaction"], "export-refusals")
        self.assertIn("told 4 rows, there are more", self.acts()[-1]["detail"])
        rest, _ = self.refusals(most=4, after=rows[-1]["key"])
        self.assertEqual(len({r["key"] for r in rows + rest}), 6)
        self.assertEqual([r["more"] for r in rest], [False, False])

    def listed(self, who=None, kind=None, after=None, most=100, filed=False):
        return self.rows(
            f"select * from wardgate.portal_acts_list('{ANN}', {filed},"
            f" '2026-11-01', null, {q(who)}, {q(kind)}, {q(after)}, {most})",
            "wg_admin")

    def test_acts_are_told_by_whom_and_of_what_kind(self):
        self.access()
        self.add_tenant(name="Renamed")
        self.look()
        self.listed(filed=True)
        acts = self.listed()
        self.assertEqual({a["act"] for a in acts}, {
            "change-tenant", "search-disclosures", "export-acts"})
        self.assertEqual([a["at"] for a in acts], sorted(
            (a["at"] for a in acts), reverse=True))
        for more, n in (({"who": "ann"}, 2), ({"who": "wg_operator"}, 0),
                        ({"kind": "tenant"}, 1), ({"kind": "change-tenant"}, 1),
                        ({"kind": "disclosures"}, 1), ({"who": "%"}, 0),
                        ({"who": "nn"}, 0)):
            with self.subTest(**more):
                self.assertEqual(len(self.listed(**more)), n)
        maker = [a["made_by"] for a in acts if a["act"] == "change-tenant"][0]
        self.assertEqual(len(self.listed(who=maker)), 1)
        first = self.listed(most=1)
        self.assertEqual(first[0]["more"], True)
        self.assertEqual(len(self.listed(after=first[0]["key"])),
                         len(acts) - 1)

    def test_nobody_else_gets_anything(self):
        for who in (BEN, OLD, TENANT2):
            for call in CALLS:
                with self.subTest(who, call=call):
                    self.refused(f"select * from wardgate."
                                 f"{call.format(a=who)}", "wg_admin", "WG404")
        self.assertEqual(self.acts(), [])


class Plans(base.DatabaseCase):
    """How the rows are found, as the functions themselves do it."""

    FILL = """
        insert into wardgate.audit (at, trace_id, program, client_id,
               tenant_id, interaction, resource_type, patient_id, status,
               reason, source)
        select timestamptz '2030-01-01Z' + i * interval '{step}',
               gen_random_uuid(), 'facade', '{client}',
               ('11111111-2222-3333-4444-55555555555' || i % 5)::uuid,
               'search-type', 'Observation', 'pat-' || i % {patients},
               case when i % 100 = 7 then 403 else 200 end, 'ok', '10.0.0.1'
          from generate_series({low}, {high}) as i"""

    @classmethod
    def fill(cls, rows, patients):
        """Rows of six months, written month after month."""
        ask = lambda text: cls.server.run(cls.name, base.OWNER, text=text)
        for month in range(1, 7):
            ask("select wardgate.audit_partition_make("
                f"'2030-0{month}-01')")
        step = 180 * 86400 * 1000000 // rows
        for low in range(0, rows, 500000):
            ask(cls.FILL.format(step=f"{step} us", client=CLIENT, low=low,
                                high=min(low + 500000, rows) - 1,
                                patients=patients))
        cls.server.run(cls.name, None, text="vacuum analyze wardgate.audit")

    def explained(self, call):
        """(rows, plan) of its query, when it has been asked often: by then
        the server may have settled on a plan for all parameters."""
        done = subprocess.run(
            [place.psql(), "-XqAt", "-v",
             "ON_ERROR_STOP=1", "-d", self.server.dsn(self.name, None)],
            text=True, capture_output=True, input=f"""
                load 'auto_explain';
                set auto_explain.log_min_duration = 0;
                set auto_explain.log_nested_statements = on;
                set auto_explain.log_analyze = on;
                set client_min_messages = log;
                """ + f"select count(*) from wardgate.{call};" * 7)
        self.assertEqual(done.returncode, 0, done.stderr)
        plans = [p for p in re.split(r"\nLOG:  (?=duration)",
                                     "\n" + done.stderr)
                 if re.search(r" on audit_\w+ a", p)]
        self.assertEqual(len(plans), 7, done.stderr)
        return int(done.stdout.split()[-1]), plans[-1]

    def check(self, call, index, rows, partitions):
        told, plan = self.explained(call)
        self.assertEqual(told, rows, plan)
        self.assertNotIn("Seq Scan", plan)
        self.assertIn(index, plan)
        used = set(re.findall(r" on (audit_\w+) a", plan))
        ran = {name for name, tail in re.findall(
            r" on (audit_\w+) a\S*\s+(\(.*\))", plan)
            if "never executed" not in tail}
        self.assertLessEqual(len(ran), partitions, plan)
        read = [int(n) for n in re.findall(
            r"Index .*?actual time=\S+ rows=(\d+)", plan)]
        self.assertLessEqual(sum(read), rows + len(used), plan)
        gone = re.findall(r"Rows Removed by Filter: (\d+)", plan)
        self.assertLessEqual(sum(map(int, gone)), 1, plan)
        return float(re.search(r"duration: ([\d.]+) ms", plan)[1])

    PATIENT_CALL = ("trail_of_patient('11111111-2222-3333-4444-555555555552',"
                    " 'pat-{n}', '{low}', '{high}', null, {most})")

    def whole(self, patients, rows):
        """rows: of one patient in all six months."""
        one = self.PATIENT_CALL.format
        for low, high, most, wanted, parts in (
                ("2030-01-01", "2030-07-01", 10000, rows, 6),
                ("2030-01-01", "2030-07-01", 10, 10, 6),
                ("2030-03-01", "2030-04-01", 10000, None, 1)):
            call = one(n=patients - 3, low=low, high=high, most=most)
            if wanted is None:
                wanted = int(self.sql(
                    "select count(*) from wardgate.audit where patient_id ="
                    f" 'pat-{patients - 3}' and at >= '{low}' and at < '{high}'"
                    " and tenant_id = '11111111-2222-3333-4444-555555555552'"))
            with self.subTest(low, high=high, most=most):
                ms = self.check(call, "Index Scan", wanted, parts)
                if os.environ.get("WG_BIG"):
                    print(f"{wanted} rows of a patient: {ms:.2f} ms")

    def test_only_the_rows_that_are_told_are_touched(self):
        self.fill(60000, 1000)
        self.whole(1000, 60)
        with self.subTest("refusals"):
            self.check("trail_refused('2030-02-01', '2030-02-02', null, null,"
                       " null)", "audit_2030_02_at_idx", 3, 1)
            self.sql("insert into wardgate.account (account_id, login, roles,"
                     f" passphrase) values ('{ANN}', 'ann', '{{auditor}}',"
                     " 'scrypt$')")
            for call, n in (
                    (f"portal_refusals('{ANN}', false, '2030-02-01',"
                     " '2030-02-28', null, null, null, null, 9)", 10),
                    (f"portal_refusal_counts('{ANN}', '2030-02-01',"
                     " '2030-02-01', null, null, null)", 3)):
                told, plan = self.explained(call)
                self.assertNotIn("Seq Scan on audit", plan)
                read = sum(int(r) for r in re.findall(
                    r"Index .*? on audit_\w+ a\S* .*?actual time=\S+"
                    r" rows=(\d+)", plan))
                self.assertIn(read, (n, n + 1), plan)

    @unittest.skipUnless(os.environ.get("WG_BIG"), "WG_BIG is not set")
    def test_ten_million_rows(self):
        self.fill(10000000, 20000)
        self.whole(20000, 500)


if __name__ == "__main__":
    unittest.main()
