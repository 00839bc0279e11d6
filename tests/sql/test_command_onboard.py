# test_command_onboard.py - wardgate tenant plan and apply, from one file
# SPDX-License-Identifier: Apache-2.0

import json
import re
import unittest

from tests.rig import place
from tests.rig.script import filled
from tests.sql import test_command_client as client

GUID = "0ab0a4d0-0000-4000-8000-000000000001"
URL = "https://ehr.example/r4"
SCRIPTS = place.TOP / "sql/onboard"


def hospital(**more):
    return filled("tenant", **{"tenant": GUID, "name": "St. Mary's",
                               "provider_url": URL, "fhir_version": "R4",
                               "environment": "test", **more})


class Onboard(client.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wardgate("key", "make", "seal")
        cls.path = cls.wardgate.db.home / "mary.sql"

    def setUp(self):
        self.wardgate.db.psql_file(SCRIPTS / "remove.sql", tenant=GUID,
                                   links="end")

    def verb(self, verb, text, *more, code=client.DONE):
        place.write(self.path, text)
        found = self.wardgate("tenant", verb, *more, str(self.path), code=code)
        return found if code == client.DONE else found["error_description"]

    def diff(self, found):
        return {(d["mark"], d["object"], d["field"]): (d["before"], d["after"])
                for d in found["diff"]}

    def state(self):
        return self.wardgate.asked(
            "select (select n from wardgate.change), (select count(*) from"
            " wardgate.audit), (select jsonb_agg(h) from"
            f" wardgate.tenant_things('{GUID}') as h)")

    def test_a_hospital_is_planned_read_and_applied(self):
        text = hospital(auth="smart", token_client="wardgate")
        before = self.state()
        plan = self.verb("plan", text)
        self.assertEqual(self.state(), before, "a plan changes nothing")
        self.assertEqual(plan["adds"], "1 tenant, 1 endpoint, 1 credential,"
                         " 1 key pair, 0 links to clients")
        self.assertNotIn("changes", plan)
        diff = self.diff(plan)
        for key, after in ((("tenant", "name"), "St. Mary's"),
                           (("tenant", "environment"), "test"),
                           (("endpoint", "base_url"), URL),
                           (("credential", "kind"), "smart"),
                           (("key pair", "alg"), "ES384")):
            self.assertEqual(diff["+", *key], (None, after))
        self.assertIn("(made by apply)", [d["id"] for d in plan["diff"]])
        url = f"http://127.0.0.1:8080/oauth2/jwks/{GUID}"
        self.assertEqual(plan["jwks_url"], url)
        done = self.verb("apply", text, "--plan", plan["plan"])
        self.assertEqual((done["adds"], done["jwks_url"]),
                         (plan["adds"], url))
        self.assertEqual(self.diff(done), diff)
        kid, = {d["id"] for d in done["diff"] if d["object"] == "key pair"}
        jwks = json.loads(self.wardgate.asked(
            f"select wardgate.provider_jwks('{GUID}')"))["keys"]
        self.assertEqual([k["kid"] for k in jwks], [kid])
        again = self.verb("apply", text)
        self.assertEqual((again["outcome"], again["diff"]), ("no change", []))
        said = self.wardgate.run("tenant", "plan", str(self.path))
        self.assertIn("no diff", said.stdout)
        self.assertIn("Nothing was changed.", said.stderr)

    def test_a_change_reads_like_a_diff_and_boxes_are_not_shown(self):
        seal = self.wardgate.run("seal", "--header", "--url", URL, GUID,
                                 "--json", typed="X-Key: s3cret-value\n")
        box = json.loads(seal.stdout)["credential"]
        app = self.wardgate.client()
        self.verb("apply", hospital())
        text = hospital(name="St. Mary", auth="header", credential=box,
                        client=app, types="Patient", connect_ms="4000")
        plan = self.verb("plan", text)
        self.assertEqual(
            (plan["adds"], plan["changes"]),
            ("0 tenants, 0 endpoints, 1 credential, 0 key pairs,"
             " 1 link to a client",
             "1 tenant, 1 endpoint, 0 key pairs, 0 links to clients"))
        diff = self.diff(plan)
        self.assertEqual(diff["~", "tenant", "name"],
                         ("St. Mary's", "St. Mary"))
        self.assertEqual(diff["~", "endpoint", "connect_ms"], (None, "4000"))
        self.assertEqual(diff["+", "link", "client"], (None, "An app"))
        self.assertRegex(diff["+", "credential", "box"][1],
                         "^sha256 [0-9a-f]{16}$")
        self.assertNotIn(box, json.dumps(plan))
        self.verb("apply", text)
        gone = self.verb("plan", filled("remove", tenant=GUID),
                         code=client.REFUSED)
        self.assertIn("Apps are linked to this hospital (1)", gone)
        gone = self.verb("apply", filled("remove", tenant=GUID, links="end"))
        self.assertEqual(gone["removes"], "1 tenant, 1 endpoint,"
                         " 1 credential, 0 key pairs, 1 link to a client")
        self.assertIn(("-", "endpoint", "base_url"), self.diff(gone))

    def test_what_is_different_from_the_plan_is_not_applied(self):
        text = hospital()
        digest = self.verb("plan", text)["plan"]
        self.assertIn("is not what was planned", self.verb(
            "apply", hospital(name="Else"), "--plan", digest,
            code=client.REFUSED))
        self.wardgate.db.psql_file(SCRIPTS / "tenant.sql", tenant=GUID,
                                   name="Meanwhile", provider_url=URL,
                                   fhir_version="R4")
        before = self.state()
        self.assertIn("is not what was planned", self.verb(
            "apply", text, "--plan", digest, code=client.REFUSED))
        self.assertEqual(self.state(), before)
        self.verb("apply", text, "--plan", self.verb("plan", text)["plan"])

    def test_psql_does_the_same_with_the_same_file(self):
        text = hospital(name="Åse's \\ \"ward\"", purpose="rounds",
                        client=self.wardgate.client(), networks="10.1.0.0/16",
                        mrn_system="urn:oid:1.2", search_post="off")
        self.verb("apply", text)
        by_verb = self.state().split("|")[2]
        self.setUp()
        said = self.wardgate.db.psql_file(self.path, role="wg_operator",
                                          dry_run=1)
        self.assertIn("Dry run: nothing was changed.", said)
        self.wardgate.db.psql_file(self.path, role="wg_operator")
        self.assertEqual(self.state().split("|")[2], by_verb)
        self.assertIn("Åse's \\\\ \\\"ward", by_verb)
        self.assertIn('"networks": "10.1.0.0/16"', by_verb)
        self.assertEqual(self.verb("plan", text)["outcome"], "no change")

    def test_a_key_before_the_hospital_gives_a_client_id(self):
        text = hospital(key_alg="RS384")
        said = self.verb("apply", text)
        self.assertEqual(self.diff(said)["+", "key pair", "alg"],
                         (None, "RS384"))
        said = self.verb("apply", hospital(auth="smart", token_client="x"))
        self.assertEqual(said["adds"], "0 tenants, 0 endpoints, 1 credential,"
                         " 0 key pairs, 0 links to clients")

    def test_errors_say_where_and_what_to_do(self):
        text = hospital()
        line = text.splitlines().index("\\set fhir_version 'R4'") + 1
        mark = next(i for i, s in enumerate(text.splitlines(), 1)
                    if s.startswith("-- ---- "))
        for spoilt, where, words in (
                (text.replace("'R4'", "'R9'"), line, 'FHIR version "R9"'),
                (text.replace("'R4'", "R 4"), line, "Put the value in quotes"),
                (text.replace("'R4'", "'R4' -- the old one"), line,
                 "nothing behind it"),
                (text.replace("'R4'", "'R4"), line, "One value in quotes"),
                (text.replace("set fhir_v", "set fihr_v"), line,
                 "has no variable fihr_version"),
                (text.replace("'R4'", "'R4'\n\\set name 'Twice'"), line + 1,
                 "name is set twice"),
                (text.replace("'R4'", "'R4'\nselect 1;"), line + 1,
                 "Only \\set lines and comments"),
                (text.replace("commit;", "rollback;"), None,
                 "not what tenant.sql of this version has"),
                (text + "select 1;\n", None, "Nothing may be added below"),
                ("\n".join(text.splitlines()[:mark - 1]), "", "no copy of"),
                (text.replace(f"'{GUID}'", "'x'"), None, "is not a GUID"),
                (text.replace(f"'{GUID}'", "''"), "", "tenant is missing"),
                (text.replace("'test'", "'staging'"), None,
                 "none of: test, production"),
                (hospital(can_sort="maybe"), None, "none of: auto, on, off"),
                (hospital(auth="basic", credential="s3cret"), None, "")):
            with self.subTest(words):
                before = self.state()
                for verb in ("plan", "apply"):
                    said = self.verb(verb, spoilt, code=client.REFUSED)
                    at = re.escape(str(self.path)) + (
                        r":\d+: " if where is None else
                        f":{where}: " if where else ": ")
                    self.assertRegex(said, "^" + at)
                    self.assertIn(words, said)
                    self.assertNotIn("s3cret", said)
                self.assertEqual(self.state(), before)
        self.assertIn("No such file", self.wardgate(
            "tenant", "plan", "/nowhere", code=client.FAILED)
            ["error_description"])

    def test_production_without_a_probe_is_refused_and_in_the_trail(self):
        policy = SCRIPTS / "policy.sql"
        self.wardgate.db.psql_file(policy, production_probe="required")
        self.addCleanup(self.wardgate.db.psql_file, policy,
                        production_probe="advised")
        text = hospital(environment="production")
        trail = ("select count(*) from wardgate.audit where interaction ="
                 " 'refuse-production' and detail = 'It was never probed.'"
                 " and made_by like '%wardgate by%'")
        for verb, heard in (("plan", "0"), ("apply", "1")):
            said = self.verb(verb, text, code=client.REFUSED)
            self.assertIn("goes into production when a probe", said)
            self.assertIn("It was never probed.", said)
            self.assertEqual(self.wardgate.asked(trail), heard)
        self.assertEqual(self.wardgate.asked(
            f"select count(*) from wardgate.tenant where tenant_id = '{GUID}'"),
            "0")


if __name__ == "__main__":
    unittest.main()
