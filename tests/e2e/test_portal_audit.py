# test_portal_audit.py - auditors: who saw a patient, what was refused, who did what
# SPDX-License-Identifier: Apache-2.0

import csv
import io
import json
import re
import unittest
import uuid

from tests.e2e import balp, behind_lighttpd
from tests.e2e.test_portal import Story

setUpModule = behind_lighttpd

PATIENT, DENIED, ACTS = "/audit/patient", "/audit/denied", "/audit/acts"
FORMULA = "=cmd|'/C calc'!A0"


class Case(Story):
    def auditor(self):
        return self.person("auditor")

    def psql(self, text):
        return self.house.cluster.psql(text).strip()

    def made_up(self, n, patient=None, tenant=None, step="1 s", **more):
        """n accesses in the trail, to a patient and hospital of their own."""
        tenant = tenant or str(uuid.uuid4())
        patient = patient or f"pat-{uuid.uuid4()}"
        values = {"client_id": "null", "status": "200", "reason": "'ok'",
                  "interaction": "'search-type'", "token_id": "'jti'",
                  "source": "'10.0.0.1'", "resource_type": "'Observation'",
                  **more}
        self.psql(
            "insert into wardgate.audit (at, trace_id, program, tenant_id,"
            f" patient_id, {', '.join(values)}) select now() - i *"
            f" interval '{step}', gen_random_uuid(), 'facade', '{tenant}',"
            f" '{patient}', {', '.join(values.values())}"
            f" from generate_series(1, {n}) as i")
        return tenant, patient

    def form(self, tenant, patient, **more):
        return {"tenant": tenant, "patient": patient, "since": "2020-01-01",
                "until": "", "why": "a complaint", **more}

    def asked(self, who, path, tenant, patient, **more):
        who.get(PATIENT)
        return who.post(path, **{**self.form(tenant, patient), **more})

    def look(self, who, tenant, patient, **more):
        return self.asked(who, PATIENT, tenant, patient, **more)

    def acts(self, who):
        """(act, tenant, patient, detail) of a person, oldest first."""
        return [tuple(line.split("|", 3)) for line in self.psql(
            "select interaction, tenant_id, patient_id, detail from"
            f" wardgate.audit where made_by = 'wg_admin ({who.login})'"
            " and interaction ~ '^(search|export)-' order by at").split("\n") if line]

    def csv(self, page):
        self.assertEqual(page.status, 200, page)
        self.assertEqual(page.header["content-type"],
                         "text/csv; charset=utf-8")
        self.assertRegex(page.header["content-disposition"],
                         r'^attachment; filename="[a-z]+-[0-9-]+\.csv"$')
        self.assertEqual(page.header["cache-control"], "no-store")
        self.assertNotIn("\n", page.text.replace("\r\n", ""))
        return list(csv.DictReader(io.StringIO(page.text, newline=""),
                                   strict=True))


class Disclosures(Case):
    def test_an_officer_learns_who_saw_a_patient(self):
        """J6: from the sign-in to the files."""
        tenant, client = self.env["WG_TENANT_R4"], self.env["WG_CLIENT_ID"]
        since = self.psql("select wardgate.trail_text(clock_timestamp())")
        token = self.env.token("R4")
        person = self.env.search("Patient", "R4", token, family="a").json[
            "entry"][0]["resource"]
        one = person["id"]
        calls = [self.env.fhir("GET", f"Patient/{one}", token, "R4",
                               {"X-Request-Id": "officer-1"}),
                 self.env.search("Observation", "R4", token, patient=one),
                 self.env.search("Patient", "R4", token,
                                 identifier=person["identifier"][0]["value"]),
                 self.env.search("Coverage", "R4", token, patient=one,
                                 nonsense="1", _include="*")]
        self.assertEqual([c.status for c in calls], [200, 200, 200, 400])
        self.assertEqual(calls[2].json["total"], 1)
        who = self.auditor()
        who.sign_in(who.login, to="/")
        self.assertEqual(who.page.path, "/audit")
        self.assertIn('href="/admin/audit"', who.page.text)
        page = who.get(PATIENT)
        self.assertIn("North General", page.text)
        page = self.look(who, tenant, one, since=since)
        self.assertEqual(page.status, 200, page)
        shown = re.findall(r'/admin/why\?trace=([0-9a-f]{32})"', page.text)
        for call in calls[:3]:
            self.assertIn(call.header["x-trace-id"], shown)
        for text in ("read Patient", "search-type Observation",
                     "search-type Patient", "Served, 200",
                     "1 access" if len(shown) == 1 else "accesses"):
            self.assertIn(text, page.words)
        self.assertEqual(who.get(
            f"/why?trace={calls[0].header['x-trace-id']}").status, 200)
        act, = self.acts(who)
        self.assertEqual(act[:3], ("search-disclosures", tenant, one))
        self.assertIn(f"told {len(shown)} row", act[3])
        self.assertTrue(act[3].endswith("; reason: a complaint"))

        rows = self.csv(self.asked(who, PATIENT + "/csv", tenant, one,
                                   since=since))
        self.assertEqual([r["trace_id"] for r in rows], shown)
        self.assertEqual({(r["tenant_id"], r["patient_id"], r["client_id"])
                          for r in rows}, {(tenant, one, client)})
        page = self.asked(who, PATIENT + "/fhir", tenant, one, since=since)
        self.assertTrue(page.header["content-type"].startswith(
            "application/fhir+json"))
        bundle = json.loads(page.text)
        self.assertEqual(balp.complaints(bundle), [])
        self.assertEqual([e["resource"]["id"] for e in bundle["entry"]], shown)
        first = {e["resource"]["id"]: e["resource"]
                 for e in bundle["entry"]}[calls[0].header["x-trace-id"]]
        text = json.dumps(first)
        for known in ("officer-1", client, tenant, self.psql(
                "select token_id from wardgate.audit where request_id ="
                " 'officer-1' and program = 'facade' limit 1")):
            self.assertIn(known, text)
        self.assertEqual([a[0] for a in self.acts(who)], [
            "search-disclosures", "export-disclosures", "export-disclosures"])
        self.assertIn("fhir; from", self.acts(who)[2][3])
        self.assertEqual(self.psql(
            "select count(*) from wardgate.audit where patient_id ="
            f" '{one}' and tenant_id = '{tenant}' and made_by is null and at >="
            f" '{since}'"), str(len(shown)))

    def test_a_bundle_says_what_failed_and_that_there_is_more(self):
        who = self.auditor()
        tenant, patient = self.made_up(3, status="403",
                                       reason="'type_not_granted'")
        self.made_up(1998, patient, tenant, resource_id="'o1'",
                     interaction="'read'", step="2 s",
                     client_id=f"'{self.env['WG_CLIENT_ID']}'")
        bundle = json.loads(self.asked(who, PATIENT + "/fhir", tenant,
                                       patient).text)
        self.assertEqual(balp.complaints(bundle), [])
        events = [e["resource"] for e in bundle["entry"]]
        self.assertEqual(len(events), 2001)
        self.assertEqual([e.get("outcomeDesc") for e in events].count(
            "403 type_not_granted"), 3)
        said = events[-1]["issue"][0]["details"]["text"]
        rows = self.csv(self.asked(who, PATIENT + "/csv", tenant, patient))
        self.assertEqual(len(rows), 2000)
        self.assertEqual([i for i, r in enumerate(rows) if r["more"]], [1999])
        self.assertIn(rows[-1]["time"], said)
        rest = self.csv(self.asked(who, PATIENT + "/csv", tenant, patient,
                                   until=rows[-1]["time"]))
        self.assertEqual(len({r["trace_id"] for r in rows + rest}), 2001)
        self.assertEqual([r["more"] for r in rest], ["", ""])
        none = json.loads(self.asked(who, PATIENT + "/fhir", tenant,
                                     "nobody").text)
        self.assertEqual((balp.complaints(none), "entry" in none),
                         ([], False))

    def test_pages_follow_each_other_and_each_is_in_the_trail(self):
        who = self.auditor()
        tenant, patient = self.made_up(230)
        page = self.look(who, tenant, patient)
        shown = []
        while True:
            self.assertEqual(page.status, 200, page)
            shown += re.findall(r'/why\?trace=([0-9a-f]{32})"', page.text)
            more = re.search(r'name="after" value="([^"]+)"', page.text)
            if "There are older ones." not in page.words:
                break
            self.assertIn(f'name="patient" value="{patient}"', page.text)
            page = who.post(PATIENT, **self.form(tenant, patient,
                                                 after=more[1]))
        self.assertEqual(len(shown), 230)
        self.assertEqual(shown, self.psql(
            "select replace(trace_id::text, '-', '') from wardgate.audit where"
            f" tenant_id = '{tenant}' and made_by is null order by at desc"
        ).split())
        self.assertEqual([re.search(r"told (\d+) rows", a[3])[1]
                          for a in self.acts(who)], ["100", "100", "30"])

    def test_without_a_reason_nothing_is_told(self):
        who = self.auditor()
        tenant, patient = self.made_up(2)
        for path in (PATIENT, PATIENT + "/csv", PATIENT + "/fhir"):
            for words, more in (("Say why you look", {"why": "  "}),
                                ("control characters", {"why": "a\u2028b"}),
                                ("FHIR id", {"patient": "a/b"}),
                                ("is not a GUID", {"tenant": "North"}),
                                ("is not a day or time", {"since": ""}),
                                ("cannot go on", {"after": "x"})):
                with self.subTest(path, **more):
                    page = self.asked(who, path, **{
                        "tenant": tenant, "patient": patient, **more})
                    self.assertEqual(page.status, 400, page)
                    self.assertIn(words, page.words)
                    self.assertNotIn("10.0.0.1", page.text)
                    if "why" not in more:    # nothing is typed twice
                        self.assertIn('value="a complaint"', page.text)
        self.assertEqual(self.acts(who), [])
        page = who.get(f"{PATIENT}?tenant={tenant}&patient={patient}&why=x")
        self.assertNotIn(patient, page.text)
        self.assertEqual(who.send(PATIENT, self.form(tenant, patient)).status,
                         403)

    def test_it_asks_for_the_passphrase_again(self):
        who = self.auditor()
        tenant, patient = self.made_up(2)
        page = who.get("/account")
        self.psql("update wardgate.portal_session as s set proved_at = now()"
                  " - interval '1 day' from wardgate.account as a where"
                  f" a.account_id = s.account_id and a.login = '{who.login}'")
        for path in (PATIENT, PATIENT + "/csv", PATIENT + "/fhir",
                     DENIED + "/csv", ACTS + "/csv"):
            who.page = page
            self.assertEqual(who.post(path, **self.form(
                tenant, patient)).path.split("?")[0], "/again", path)
        self.assertEqual(self.acts(who), [])

    def test_P4_cells_are_no_formulas_and_parse_back(self):
        who, owner = self.auditor(), self.person()
        name = FORMULA + ', "so"'
        client = self.app(owner, name)
        tenant, patient = self.made_up(
            1, client_id=f"'{client}'", reason="'@sum'",
            resource_id="'-1+1'", request_id="'+x'",
            secret_key_id="e'\\tx'", token_id="e'one\\r\\ntwo'")
        page = self.asked(who, PATIENT + "/csv", tenant, patient)
        self.assertIn("\"'=cmd|'/C calc'!A0, \"\"so\"\"\"", page.text)
        row = list(csv.DictReader(io.StringIO(page.text, newline=""),
                                  strict=True))[0]
        self.assertEqual(
            (row["client"], row["reason"], row["resource_id"],
             row["request_id"], row["secret_key_id"], row["token_id"]),
            ("'" + name, "'@sum", "'-1+1", "'+x", "'\tx", "one\r\ntwo"))
        page = self.look(who, tenant, patient)
        self.assertIn("=cmd|&#39;/C calc&#39;!A0", page.text.replace(
            "&#x27;", "&#39;"))

    def test_no_log_has_the_patient_or_the_reason(self):
        who = self.auditor()
        tenant, patient = self.made_up(1)
        why = f"reason{uuid.uuid4()}"
        self.look(who, tenant, patient, why=why)
        self.asked(who, PATIENT + "/csv", tenant, patient, why=why)
        logs = [p for p in self.house.home.rglob("*.log") if p.is_file()]
        self.assertTrue(logs)
        for path in logs:
            text = path.read_text(errors="replace")
            for secret in (patient, why):
                self.assertNotIn(secret, text, path)


class Lists(Case):
    def test_refusals_are_counted_listed_and_saved(self):
        who = self.auditor()
        tenant, _ = self.made_up(130, status="403",
                                 reason="'type_not_granted'")
        self.made_up(3, None, tenant, status="401",
                     reason="'token_expired'", step="5 min")
        self.made_up(5, None, tenant)
        self.made_up(2, None, tenant, status="404", reason="'not_found'")
        page = who.get(f"{DENIED}?tenant={tenant}")
        self.assertEqual(page.status, 200, page)
        for text in ("type_not_granted 403 130", "token_expired 401 3",
                     "100 refusals", "There are older ones."):
            self.assertIn(text, page.words)
        self.assertNotIn("pat-", page.text)
        older = re.search(r'href="/admin([^"]*after=[^"]*)"', page.text)[1]
        page = who.get(older.replace("&amp;", "&"))
        self.assertIn("33 refusals", page.words)
        self.assertEqual(self.acts(who), [])
        page = who.get(f"{DENIED}?tenant={tenant}&cause=token_expired")
        self.assertIn("3 refusals", page.words)
        page = who.get(f"{DENIED}?since=2020-01-01&until=2020-01-02")
        self.assertIn("None in this time.", page.words)
        rows = self.csv(who.post(DENIED + "/csv", tenant=tenant,
                                 since="2020-01-01"))
        self.assertEqual(len(rows), int(self.psql(
            f"select count(*) from wardgate.audit where tenant_id = '{tenant}'"
            " and status >= 400 and reason <> 'not_found'")))
        self.assertNotIn("patient_id", rows[0])
        act, = self.acts(who)
        self.assertEqual(act[0], "export-refusals")
        self.assertIn(f"tenant {tenant}; told 133 rows", act[3])
        for query in ("since=x", "tenant=x", "client=x", "after=x",
                      "since=2026-02-30", "cause=%E2%80%AE"):
            with self.subTest(query):
                self.assertEqual(who.get(f"{DENIED}?{query}").status, 400)

    def test_acts_are_listed_by_person_and_kind_and_saved(self):
        who, other = self.auditor(), self.person()
        client = self.app(other, "Rounds")
        self.secret(other, client)
        tenant, patient = self.made_up(1)
        self.look(who, tenant, patient, why="audit of audits")
        page = who.get(f"{ACTS}?who={other.login}")
        for text in ("add-client", "add-secret", "add-owner", "Rounds",
                     f"wg_admin ({other.login})"):
            self.assertIn(text, page.words)
        self.assertNotIn(who.login, page.words)
        page = who.get(f"{ACTS}?who={other.login}&kind=secret")
        self.assertIn("1 act,", page.words)
        page = who.get(f"{ACTS}?who={who.login}&kind=disclosures")
        for text in ("search-disclosures", f"Patient/{patient}",
                     "reason: audit of audits"):
            self.assertIn(text, page.words)
        rows = self.csv(who.post(ACTS + "/csv", who=other.login,
                                 since="2020-01-01"))
        self.assertEqual([r["act"] for r in rows], self.psql(
            "select interaction from wardgate.audit where made_by ="
            f" 'wg_admin ({other.login})' order by at desc, trace_id desc"
        ).split())
        self.assertEqual(self.acts(who)[-1][0], "export-acts")
        self.assertEqual(who.get(f"{ACTS}?until=x").status, 400)


class Others(Case):
    """Whoever is no auditor."""

    def test_P9_the_trail_is_for_auditors_alone(self):
        tenant, patient = self.made_up(1)
        for roles, phone in (("developer", False),
                             ("developer,operator,admin", True)):
            who = self.person(roles, phone)
            self.assertNotIn('href="/admin/audit"', who.page.text)
            for path in ("/audit", PATIENT, DENIED, ACTS):
                self.assertEqual(who.get(path).status, 404, path)
            for path in (PATIENT, PATIENT + "/csv", PATIENT + "/fhir",
                         DENIED + "/csv", ACTS + "/csv"):
                who.get("/account")
                page = who.post(path, **self.form(tenant, patient))
                self.assertEqual(page.status, 404, path)
                self.assertNotIn(patient, page.text)
            self.assertEqual([a for a in self.acts(who)
                              if "disclosures" in a[0]], [])

    def test_an_auditor_changes_no_hospital(self):
        who = self.auditor()
        place = f"/tenants/{self.env['WG_TENANT_STU3']}"
        self.assertEqual(who.get(place).status, 404)
        who.get("/account")
        self.assertEqual(who.post(f"{place}/suspend").status, 404)


if __name__ == "__main__":
    unittest.main()
