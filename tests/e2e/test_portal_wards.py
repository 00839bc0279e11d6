# test_portal_wards.py - made-up patients, added and changed on the portal's pages
# SPDX-License-Identifier: Apache-2.0

import html
import json
import random
import re
import tempfile
import threading
import unittest
import urllib.parse
import uuid
from pathlib import Path

from tests.e2e import behind_lighttpd, wards
from tests.e2e.test_portal import Story
from tests.rig.client import request

setUpModule = behind_lighttpd

VERSIONS = ("DSTU2", "STU3", "R4")
ORDERS = {"DSTU2": "MedicationOrder", "STU3": "MedicationRequest",
          "R4": "MedicationRequest"}
NOBODY = "person-000000000000"
HOSTILE = '<script>alert(1)</script> "O\'Hara" & {{name}} \\u0041'

FORM = {
    "person.family": "Zzyzx", "person.given": "Ada Mia",
    "person.birth": "1980-02-29", "person.gender": "female",
    "person.mrn": "REH-77",
    "stay.status": "in-progress", "stay.bed": "Ward 9, Bed 3",
    "stay.visit": "Hospital admission", "stay.since": "2026-11-20T09:30:00Z",
    "allergy.substance": "Peanut", "allergy.reaction": "Urticaria",
    "allergy.state": "active", "allergy.recorded": "2026-11-19",
    "allergy.note": "since childhood",
    "problem.problem": "Pneumonia", "problem.state": "active",
    "problem.severity": "Moderate", "problem.dated": "2026-11-18",
    "heart.value": "72.0", "heart.when": "2026-11-20T10:00:00Z",
    "temperature.value": "36.50", "temperature.when": "2026-11-20T10:05:00Z",
    "pressure.upper": "121", "pressure.lower": "79",
    "pressure.when": "2026-11-20T10:06:00Z",
    "order.medication": "Paracetamol 500 mg tablet",
    "order.dosage": "1 tablet at night", "order.status": "active",
    "order.prescriber": "Dr Ines Ferreira", "order.written": "2026-11-19",
    "cover.insurer": "Corrib Mutual", "cover.plan": "Silver Plus",
    "cover.group": "Harbour staff", "cover.number": "M-4711",
    "cover.from": "2026-01-01", "cover.until": "2026-12-31",
}

# A line as a real server might write it: members and digits of its own.
ODD = ('{"resourceType":"Patient","id":"odd.1","meta":{"versionId":"a7"},'
       '"extension":[{"url":"urn:x:weight","valueDecimal":72.10}],'
       '"identifier":[{"value":"no type"}],'
       '"name":[{"use":"old","family":"Before"},{"use":"official",'
       '"text":"Old Name","family":"Odd","given":["A","B"],"_given":'
       '[null,{"id":"x"}],"suffix":["Jr"]}],'
       '"birthDate":"1950","_birthDate":{"id":"b"},"maritalStatus":'
       '{"text":"single"} }')


class Case(Story):
    tag = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.psql = staticmethod(cls.house.cluster.psql)
        if not Case.tag:
            Case.tag, Case.ward, Case.tenant = cls.made()

    @classmethod
    def made(cls):
        """For all stories here: a ward and a tenant of each version."""
        tag, ward, tenant = uuid.uuid4().hex[:8], {}, {}
        unittest.addModuleCleanup(cls.clean, tag, tenant)
        url = cls.psql("select base_url from wardgate.provider where tenant_id"
                       f" = '{cls.env['WG_TENANT_STU3']}'").strip()
        for version in VERSIONS:
            name = f"people-{version.lower()}-{tag}"
            ward[version], tenant[version] = name, str(uuid.uuid4())
            assert cls.load(name, version, "--seed=7") == 0
            cls.house.add_tenant(tenant[version], name,
                                 url.rpartition("/")[0] + "/" + name,
                                 version, cls.env["WG_CLIENT_ID"])
        return tag, ward, tenant

    def setUp(self):
        self.who = self.person("operator")

    @classmethod
    def load(cls, name, version, *more):
        return wards.rehearsal(cls.env, "load", name, version, *more)[0]

    @classmethod
    def clean(cls, tag, tenant):
        text = "".join(f"select wardgate.tenant_remove('{one}');"
                       for one in tenant.values())
        for table in ("term", "resource", "ward"):
            text += (f"delete from rehearsal.{table} where ward_id in (select"
                     " ward_id from rehearsal.ward where name like"
                     f" '%{tag}');")
        cls.psql(text)

    def added(self, version, who=None, **form):
        """(path of the patient, id)"""
        who = who or self.who
        place = f"/wards/{self.ward[version]}"
        page = who.get(place + "/new")
        self.assertEqual(page.status, 200, page)
        stem = re.search(r'name="stem" value="(\w+)"', page.text)[1]
        page = who.post(place + "/new", stem=stem, **{**FORM, **form})
        self.assertEqual(page.status, 200, page)
        self.assertIn("The patient is added.", page.words)
        return page.path.split("?")[0], f"person-{stem}"

    def change(self, path, who=None, **form):
        who = who or self.who
        page = who.get(path)
        self.assertEqual(page.status, 200, page)
        return who.post(path, **{**self.fields(page), **form})

    @staticmethod
    def fields(page):
        """What a browser would send back."""
        sent = dict(re.findall(r'<input[^>]* name="([\w.]+)" value="([^"]*)"',
                               page.text))
        for name, inside in re.findall(
                r'<select[^>]* name="([\w.]+)">(.*?)</select>', page.text,
                re.S):
            now = re.search(r'value="([^"]*)" selected', inside)
            sent[name] = now[1] if now else re.search(
                r'value="([^"]*)"', inside)[1]
        return {k: html.unescape(v) for k, v in sent.items()
                if "." in k or k in ("revision", "stem")}

    def raw(self, version, path):
        """As the ward itself answers."""
        return request("GET", f"{self.env['WG_BASE']}/rehearsal/"
                       f"{self.ward[version]}/{path}")

    def found(self, version, face, kind, **params):
        token = self.env.token(self.tenant[version])
        got = self.env.search(kind, face, token, **params)
        self.assertEqual(got.status, 200, got)
        return [e["resource"] for e in got.json.get("entry", ())
                if e["resource"]["resourceType"] == kind]


class Added(Case):
    def test_one_is_read_through_all_three_faces(self):
        for version in VERSIONS:
            _, id = self.added(version, **{
                "person.family": "Onlyone", "person.given": "Quetta Mia",
                "person.mrn": "REH-1"})
            for face in VERSIONS:
                with self.subTest(f"{version} as {face}"):
                    self.whole(version, face, id)

    def whole(self, version, face, id):
        person, = self.found(version, face, "Patient", family="nlyon")
        self.assertEqual((person["id"], person["gender"],
                          person["birthDate"], person["name"][0]["given"]),
                         (id, "female", "1980-02-29", ["Quetta Mia"]))
        for find in ({"identifier": "REH-1"}, {"birthdate": "1980-02-29",
                     "given": "quetta"}):
            one, = self.found(version, face, "Patient", **find)
            self.assertEqual(one["id"], id)
        stay, = self.found(version, face, "Encounter", patient=id, _count="1")
        self.assertEqual((stay["status"], stay["location"][0]["location"]
                          ["display"], stay["period"]["start"]),
                         ("in-progress", "Ward 9, Bed 3",
                          "2026-11-20T09:30:00Z"))
        seen, = self.found(version, face, "AllergyIntolerance", patient=id)
        code = seen["substance" if face == "DSTU2" else "code"]
        self.assertEqual((code["text"], code["coding"][0]["code"],
                          seen["reaction"][0]["manifestation"][0]["text"]),
                         ("Peanut", "762952008", "Urticaria"))
        seen, = self.found(version, face, "Condition", patient=id)
        self.assertEqual(seen["code"]["coding"][0]["display"], "Pneumonia")
        token = self.env.token(self.tenant[version])
        vitals = self.env.fhir(
            "GET", f"Observation?patient={id}&category=vital-signs", token,
            face)
        self.assertRegex(vitals.text, r'"value": ?72\.0\b')
        self.assertRegex(vitals.text, r'"value": ?36\.50\b')
        self.assertEqual(vitals.json["total"], 3)
        seen, = self.found(version, face, ORDERS[face], patient=id)
        self.assertEqual(seen["medicationCodeableConcept"]["text"],
                         FORM["order.medication"])
        self.assertIn("Dr Ines Ferreira", json.dumps(seen))
        seen, = self.found(version, face, "Coverage", patient=id)
        self.assertIn("Corrib Mutual", json.dumps(seen))
        self.assertIn("Silver Plus", json.dumps(seen))

    def test_what_is_written_is_valid_and_says_that_it_is_a_test(self):
        for version in VERSIONS:
            path, id = self.added(version, **{"person.mrn": "REH-V"})
            for kind, form in (("weight", {"weight.value": "80.5"}),
                               ("oxygen", {"oxygen.value": "98"}),
                               ("breath", {"breath.value": "14"}),
                               ("stay", {"stay.status": "finished"})):
                page = self.change(f"{path}/add/{kind}", **form)
                self.assertIn("The record is added.", page.words)
            rows = json.loads(self.psql(
                "select json_agg(r.body) from rehearsal.resource as r join"
                " rehearsal.ward as w using (ward_id) where w.name ="
                f" '{self.ward[version]}' and r.id like"
                f" '%{id.removeprefix('person-')}' or r.body like '%{id}%'"))
            self.assertEqual(len(rows), 13)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "all.ndjson"
                file.write_text("".join(r + "\n" for r in rows))
                self.assertEqual(wards.validate(version.lower(), file), "")
            for text in rows:
                self.assertIn('"code":"HTEST"', text)
                for to in re.findall(r'"reference":"([^"]+)"', text):
                    self.assertEqual(self.raw(version, to).status, 200, to)

    def test_a_form_that_is_sent_twice_adds_one(self):
        place = f"/wards/{self.ward['R4']}/new"
        sent = {**self.fields(self.who.get(place)), **FORM,
                "person.family": "Twicely", "person.given": "Bo",
                "person.mrn": "REH-2"}
        proof = self.who.page.proof
        page = self.who.post(place, **sent)
        self.assertEqual(page.status, 200, page)
        again = self.who.post(place, **{**sent, "proof": proof})
        self.assertEqual(again.status, 409)
        self.assertIn("This is added already", again.words)
        self.assertEqual(len(self.found("R4", "R4", "Patient",
                                        family="twicely")), 1)

    def test_what_is_wrong_is_said_and_nothing_is_made(self):
        place = f"/wards/{self.ward['STU3']}/new"
        count = "select count(*) from rehearsal.resource"
        before = self.psql(count)
        for why, form in (
                ("The field Family name must not be empty",
                 {"person.family": " "}),
                ("The Family name is 101 characters long",
                 {"person.family": "x" * 101}),
                ("holds control characters", {"person.given": "a\u202eb"}),
                ("Birth date stands no date", {"person.birth": "31.12.1980"}),
                ("Birth date stands no date", {"person.birth": "1981-02-29"}),
                ("Choose one of", {"person.gender": "robot"}),
                ("Choose one of", {"stay.status": "sleeping"}),
                ("Since stands no time", {"stay.since": "yesterday"}),
                ("Value stands no number", {"heart.value": "72,5"}),
                ("Value stands no number", {"heart.value": "1e999"}),
                ("The field Substance must not be empty",
                 {"allergy.substance": ""}),
                ("The Note is 301", {"allergy.note": "n" * 301})):
            with self.subTest(why):
                fields = self.fields(self.who.get(place))
                page = self.who.post(place, **{**fields, **FORM, **form})
                self.assertEqual(page.status, 400, page)
                self.assertIn(why, page.words)
                self.assertIn('value="REH-77"', page.text)
        self.assertEqual(self.psql(count), before)
        page = self.who.post(place, **{**FORM, "stem": "../../x"})
        self.assertEqual(page.status, 400)
        self.assertEqual(self.psql(count), before)


class Changed(Case):
    def test_what_a_form_does_not_show_stays_byte_for_byte(self):
        name = f"odd-{self.tag}"
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Patient.ndjson").write_text(ODD + "\n")
            self.assertEqual(self.load(name, "R4", folder), 0)
        base = f"{self.env['WG_BASE']}/rehearsal/{name}/Patient"
        path = f"/wards/{name}/patients/odd.1/records/Patient/odd.1"
        page = self.who.get(path)
        self.assertIn('value="Odd"', page.text)
        self.assertIn('value="A B"', page.text)
        page = self.change(path, **{"person.mrn": "7"})
        self.assertIn("Saved.", page.words)
        page = self.change(path, **{"person.family": "Even"})
        text = request("GET", f"{base}/odd.1").text
        for kept in ('[{"url":"urn:x:weight","valueDecimal":72.10}]',
                     '{"value":"no type"}', '"given":["A","B"]',
                     '"_given":[null,{"id":"x"}],"suffix":["Jr"]',
                     '{"use":"old","family":"Before"}',
                     '"birthDate":"1950","_birthDate":{"id":"b"}',
                     '"maritalStatus":{"text":"single"}'):
            self.assertIn(kept, text)
        self.assertNotIn("Old Name", text, "the name is another one")
        self.assertNotIn("lastUpdated", text)
        one = json.loads(text)
        self.assertEqual(one["identifier"][1]["value"], "7")
        self.assertEqual(one["name"][1]["family"], "Even")
        for find, times in (("family=even", 1), ("family=odd", 0),
                            ("identifier=7", 1)):
            self.assertEqual(request("GET", f"{base}?{find}").json["total"],
                             times, find)
        self.assertIn("Nothing was different.", self.change(path).words)
        self.assertEqual(request("GET", f"{base}/odd.1").text, text)

    def test_each_record_of_a_made_up_ward_can_be_changed(self):
        new = {"stay.bed": "Corridor", "allergy.reaction": "Hives",
               "problem.problem": "Cough", "heart.value": "99.90",
               "pressure.lower": "66", "temperature.value": "41.0",
               "order.medication": "Tea", "cover.plan": "Tin",
               "measure.value": "4.40"}
        for version in VERSIONS:
            path = f"/wards/{self.ward[version]}/patients/p-102"
            page = self.who.get(path)
            links = set(re.findall(
                rf'href="/admin({path}/records/\w+/[\w-]+)"', page.text))
            self.assertEqual(len(links), 33, "all but the Patient twice")
            done = set()
            for link in sorted(links):
                sent = self.fields(self.who.get(link))
                field = next((f for f in new if f in sent), None)
                if not field or field in done:
                    continue
                done.add(field)
                kind, id = link.split("/")[-2:]
                before = self.raw(version, f"{kind}/{id}")
                page = self.change(link, **{field: new[field]})
                self.assertIn("Saved.", page.words, link)
                after = self.raw(version, f"{kind}/{id}")
                self.assertIn(new[field], after.text, link)
                self.assertNotEqual(before.header["etag"],
                                    after.header["etag"])
                with tempfile.TemporaryDirectory() as folder:
                    file = Path(folder) / "one.ndjson"
                    file.write_text(after.text + "\n")
                    self.assertEqual(wards.validate(version.lower(), file),
                                     "", link)
            self.assertEqual(done, set(new), version)

    def test_the_second_of_two_is_told(self):
        path, id = self.added("R4", **{"person.family": "Racely"})
        link = f"{path}/records/Patient/{id}"
        other = self.person("admin")
        mine = self.fields(self.who.get(link))
        page = self.change(link, other, **{"person.family": "Firstly"})
        self.assertIn("Saved.", page.words)
        for _ in range(2):
            page = self.who.post(link, **{**mine, "person.given": "Late"})
            self.assertEqual(page.status, 409)
            self.assertIn("Somebody else has changed this record", page.words)
            self.assertIn('value="Late"', page.text)
        page = self.who.post(f"{link}/remove", revision=mine["revision"])
        self.assertEqual(page.status, 409)
        self.assertEqual(len(self.found("R4", "R4", "Patient",
                                        family="firstly")), 1)

    def test_a_search_meanwhile_finds_the_old_or_the_new(self):
        path, id = self.added("STU3", **{"person.family": "Evenly",
                                         "person.mrn": "REH-E"})
        link = f"{path}/records/Patient/{id}"
        names, wrong, over = ("Oddly", "Evenly"), [], threading.Event()

        def reads():
            try:
                while True:
                    both = self.raw("STU3", "Patient?family=evenly,oddly")
                    name = random.choice(names)
                    one = self.raw("STU3", f"Patient?family={name}").json
                    said = [e["resource"]["name"][0]["family"]
                            for e in one.get("entry", ())]
                    if both.json["total"] != 1 or said not in ([], [name]):
                        wrong.append((both, name, said))
                    if over.is_set():
                        break
            except Exception as why:
                wrong.append(why)

        readers = [threading.Thread(target=reads) for _ in "123"]
        for reader in readers:
            reader.start()
        try:
            for n in range(12):
                self.assertIn("Saved.", self.change(
                    link, **{"person.family": names[n % 2]}).words)
        finally:
            over.set()
            for reader in readers:
                reader.join()
        self.assertEqual(wrong, [])

    def test_a_patient_goes_with_all_records_and_every_act_is_kept(self):
        path, id = self.added("DSTU2", **{"person.family": "Goner"})
        page = self.who.get(path)
        link = re.search(rf'href="/admin({path}/records/Condition/[\w-]+)/'
                         'remove"', page.text)[1]
        page = self.change(link + "/remove")
        self.assertIn("The record is removed.", page.words)
        self.assertNotIn("Pneumonia", page.words)
        self.assertEqual(self.found("DSTU2", "R4", "Condition", patient=id),
                         [])
        page = self.who.get(f"{path}/records/Patient/{id}/remove")
        self.assertIn("The patient goes with all records.", page.words)
        page = self.change(f"{path}/records/Patient/{id}/remove")
        self.assertIn("The patient is removed", page.words)
        self.assertEqual(self.found("DSTU2", "DSTU2", "Patient",
                                    family="goner"), [])
        self.assertEqual(self.psql(
            "select count(*) from rehearsal.term as t join rehearsal.ward"
            f" using (ward_id) where name = '{self.ward['DSTU2']}' and"
            f" (t.key = '{id}' or t.exact = 'Goner')"), "0")
        self.assertEqual(self.who.get(path).status, 404)
        acts = self.psql(
            "select interaction || ' ' || detail from wardgate.audit where"
            f" detail like '%{id}' and made_by = 'wg_admin"
            f" ({self.who.login})'").splitlines()
        self.assertEqual(len([a for a in acts if a.startswith(
            f"add-rehearsal ward {self.ward['DSTU2']}; ")]), 9)
        self.assertEqual(len([a for a in acts
                              if a.startswith("remove-rehearsal ")]), 9)
        self.assertNotIn("Goner", "".join(acts))

    def test_a_ward_that_is_loaded_anew_forgets_them(self):
        name = f"again-{self.tag}"
        self.assertEqual(self.load(name, "R4"), 0)
        path = f"/wards/{name}/patients/p-101/records/Patient/p-101"
        before = self.fields(self.who.get(path))
        self.assertIn("Saved.", self.change(
            path, **{"person.family": "Changed"}).words)
        self.assertEqual(self.load(name, "R4"), 0)
        self.assertEqual(self.fields(self.who.get(path)), before)
        self.assertEqual(self.load(name, "DSTU2"), 0)
        page = self.who.post(path, **{**before, "person.family": "X"})
        self.assertEqual(page.status, 409, page)


class Pages(Case):
    def test_a_list_is_searched_and_has_pages(self):
        name = f"long-{self.tag}"
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Patient.ndjson").write_text("".join(
                '{"resourceType":"Patient","id":"n%d","name":[{"family":'
                '"Name %03d"}],"identifier":[{"type":{"coding":[{"code":'
                '"MR"}]},"value":"N%d"}]}\n' % (i, 200 - i, i)
                for i in range(60)))
            self.assertEqual(self.load(name, "R4", folder), 0)
        page = self.who.get(f"/wards/{name}")
        self.assertEqual(len(re.findall("Name [0-9]{3}", page.words)), 50)
        self.assertIn("Name 141", page.words)
        link = re.search(r'href="/admin(/wards/[^"]*page=2[^"]*)"',
                         page.text)[1].replace("&amp;", "&")
        self.assertEqual(re.findall("Name [0-9]{3}", self.who.get(link).words),
                         [f"Name {n}" for n in range(191, 201)])
        for find, wanted in (("NÁME 150", ["Name 150"]), ("n50", ["Name 150"]),
                             ("nobody", [])):
            page = self.who.get(f"/wards/{name}?find="
                                + urllib.parse.quote(find))
            self.assertEqual(re.findall("Name [0-9]{3}", page.words), wanted)
        self.assertIn("No patient is called that.", page.words)
        page = self.who.get(f"/wards?find={self.tag}")
        self.assertIn(name, page.words)
        self.assertIn("Everybody in a ward is made up.", page.words)

    def test_P4_hostile_text_is_escaped_and_kept(self):
        path, id = self.added("R4", **{"person.family": HOSTILE,
                                       "allergy.substance": HOSTILE,
                                       "stay.bed": HOSTILE})
        for where in (path, f"{path}/records/Patient/{id}",
                      f"/wards/{self.ward['R4']}?find=script"):
            page = self.who.get(where)
            self.assertEqual(page.status, 200)
            self.assertNotIn("<script>alert", page.text)
            self.assertIn("&lt;script&gt;", page.text)
        seen, = self.found("R4", "R4", "AllergyIntolerance", patient=id)
        self.assertEqual(seen["code"]["text"], HOSTILE)
        self.assertNotIn("<script", seen["text"]["div"])
        one, = self.found("R4", "R4", "Patient", _id=id)
        self.assertEqual(one["name"][0]["family"], HOSTILE)

    def test_P9_others_are_told_that_there_is_nothing(self):
        path, id = self.added("R4", **{"person.family": "Mineonly"})
        ward = f"/wards/{self.ward['R4']}"
        for roles in ("developer", "auditor"):
            who = self.person(roles)
            for where in ("/wards", ward, f"{ward}/new", path,
                          f"{path}/records/Patient/{id}",
                          f"{path}/add/heart"):
                self.assertEqual(who.get(where).status, 404, where)
            who.get("/account")
            for where, form in ((f"{ward}/new", FORM),
                                (f"{path}/records/Patient/{id}/remove", {})):
                self.assertEqual(who.post(
                    where, stem="0" * 12, **form).status, 404)
        self.who.get(path)
        for where in (f"{ward}/patients/{NOBODY}", f"{ward}/patients/p-999",
                      f"{ward}/patients/p-101/records/Patient/{id}",
                      f"{ward}/patients/p-101/records/Condition/c-102-1",
                      f"{ward}/patients/p-101/records/Location/l-1",
                      f"{path}/add/person", f"{path}/add/measure",
                      f"{path}/add/nothing", "/wards/nowhere"):
            self.assertEqual(self.who.get(where).status, 404, where)
        page = self.who.post(
            f"{ward}/patients/p-101/records/Condition/c-102-1/remove",
            revision="x")
        self.assertEqual(page.status, 404)
        self.assertEqual(self.raw("R4", "Condition/c-102-1").status, 200)
        sent = self.who.send(f"{path}/records/Patient/{id}/remove",
                             {"revision": "x"})
        self.assertEqual(sent.status, 403, "a form without its proof")


if __name__ == "__main__":
    unittest.main()
