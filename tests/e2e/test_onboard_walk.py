# test_onboard_walk.py - a hospital from its file to production, and away again
# SPDX-License-Identifier: Apache-2.0
#
# The hospital is a double that wants tokens, signed for with a key of the set
# whose URL it was given (guarded.Smart), and knows no Coverage.

import json
import unittest
import uuid

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import CLIENT, Smart
from tests.e2e.test_portal import Story
from tests.rig import place
from tests.rig.client import request
from tests.rig.script import filled

setUpModule = behind_lighttpd

PATIENT = "p-101"
RECORDS = [
    {"resourceType": "Patient", "id": PATIENT, "birthDate": "1970-01-01",
     "name": [{"family": "Rossini", "given": ["Anna"]}]},
    *({"resourceType": kind, "id": f"{kind.lower()}-1", "status": "final",
       "subject": {"reference": f"Patient/{PATIENT}"},
       "patient": {"reference": f"Patient/{PATIENT}"}}
      for kind in ("Observation", "Condition", "Encounter",
                   "AllergyIntolerance", "MedicationRequest")),
]


class Walk(Story):
    def setUp(self):
        self.tenant = str(uuid.uuid4())
        self.addCleanup(self.house.cluster.psql,
                        f"select wardgate.tenant_remove('{self.tenant}')")
        self.hospital = self.enterContext(Smart())
        self.hospital.put(*RECORDS)
        self.hospital.on("/r4/Coverage", "status-404")
        self.client, self.secret = self.house.add_client("Walk")

    def policy(self, **values):
        self.house.cluster.psql_file(place.TOP / "sql/onboard/policy.sql",
                                     **values)

    def wardgate(self, *words, typed=""):
        return json.loads(self.house.operator(*words, "--json", typed=typed))

    def file(self, **more):
        return filled("tenant", **{
            "tenant": self.tenant, "name": "North General",
            "provider_url": f"{self.hospital.base}/r4", "fhir_version": "R4",
            "environment": "test", **more})

    def smart(self, **more):
        return self.file(auth="smart", token_client=CLIENT,
                         token_scope="system/*.read", **more)

    def applied(self, text):
        """Planned, read, and applied as it was read."""
        plan = self.wardgate("tenant", "plan", "-", typed=text)
        done = self.wardgate("tenant", "apply", "--plan", plan["plan"], "-",
                             typed=text)
        self.assertEqual([d["field"] for d in done["diff"]],
                         [d["field"] for d in plan["diff"]])
        return plan, done

    def no(self, words, *args, typed=""):
        with self.assertRaisesRegex(place.Advice, words):
            self.house.operator(*args, typed=typed)

    def token(self):
        return self.env.ask_token(self.tenant, client_id=self.client,
                                  client_secret=self.secret)

    def read(self, token):
        return self.env.fhir("GET", f"Patient/{PATIENT}", token, "R4")

    def jwks(self):
        return [k["kid"] for k in request(
            "GET", f"{self.env['WG_BASE']}/oauth2/jwks/{self.tenant}")
            .json["keys"]]

    def test_from_the_file_to_production_and_away_again(self):
        self.a_password_is_sealed_and_never_shown()
        self.the_file_is_planned_and_applied()
        self.a_probe_says_what_clinicians_miss()
        token = self.a_client_reads_the_test_patient()
        self.a_colleague_approves_production()
        self.assertEqual(self.read(token).status, 200)
        self.assertEqual(self.read(self.token().json["access_token"]).status,
                         200)
        self.the_hospital_goes(token)

    def a_password_is_sealed_and_never_shown(self):
        box = self.wardgate("seal", "--basic", "--url",
                            f"{self.hospital.base}/r4", self.tenant,
                            typed="gateway\nopen sesame\n")["credential"]
        plan = self.house.operator("tenant", "plan", "-", typed=self.file(
            auth="basic", credential=box))
        self.assertIn("adds: 1 tenant, 1 endpoint, 1 credential, 0 key pairs,"
                      " 0 links to clients", plan)
        for hidden in (box, "sesame"):
            self.assertNotIn(hidden, plan)

    def the_file_is_planned_and_applied(self):
        plan, done = self.applied(self.smart())     # they changed their mind
        self.assertEqual(plan["adds"], "1 tenant, 1 endpoint, 1 credential,"
                         " 1 key pair, 0 links to clients")
        self.hospital.jwks_url = done["jwks_url"]
        self.kid, = (d["id"] for d in done["diff"]
                     if (d["object"], d["field"]) == ("key pair", "alg"))
        self.house.heard()
        self.assertEqual(self.jwks(), [self.kid])

    def a_probe_says_what_clinicians_miss(self):
        self.policy(production_probe="required")
        self.addCleanup(self.policy, production_probe="advised")
        go = self.smart(environment="production")
        self.no("never probed", "tenant", "apply", "-", typed=go)
        probe = self.wardgate("probe", "--patient", PATIENT, self.tenant)
        found = {f["call"]: f for f in probe["findings"]}
        self.assertEqual((probe["verdict"], found["coverage"]["word"],
                          found["coverage"]["loss"]), (
            "gaps", "missing", "Clinicians will see an empty insurance box."))
        self.assertEqual((found["auth"]["word"], found["patient-read"]["word"]),
                         ("ok", "native"))
        self.assertEqual(set(self.hospital.kids), {self.kid})

    def a_client_reads_the_test_patient(self):
        plan, _ = self.applied(self.smart(client=self.client, types="Patient",
                                          purpose="to try"))
        self.assertEqual(plan["adds"], "0 tenants, 0 endpoints, 0 key pairs,"
                         " 1 link to a client")
        answer = self.token()
        self.assertEqual(answer.status, 200, answer)
        token = answer.json["access_token"]
        read = self.read(token)
        self.assertEqual((read.status, read.json["id"]), (200, PATIENT), read)
        return token

    def a_colleague_approves_production(self):
        self.policy(second_approver="on")
        self.addCleanup(self.policy, second_approver="off")
        self.no("a second operator has to agree", "tenant", "apply", "-",
                typed=self.smart(environment="production"))
        ann = self.person("operator", phone=True)
        ben = self.person("operator", phone=True)
        ann.get(f"/tenants/{self.tenant}/edit")
        page = ann.post(f"/tenants/{self.tenant}/edit",
                        environment="production")
        self.assertIn("Nothing is changed yet", page.words)
        path = page.path.split("?")[0]
        ben.get(path)
        page = ben.post(f"{path}/approve")
        self.assertEqual(page.path, f"/tenants/{self.tenant}?done=approved")
        self.assertIn("production", page.words)
        self.assertIn("North General", ben.get("/").words)
        self.policy(second_approver="off")
        plan = self.wardgate("tenant", "plan", "-",
                             typed=self.smart(environment="production"))
        self.assertEqual(plan["outcome"], "no change")

    def the_hospital_goes(self, token):
        self.no("Apps are linked to this hospital", "tenant", "plan", "-",
                typed=filled("remove", tenant=self.tenant))
        plan, _ = self.applied(filled("remove", tenant=self.tenant,
                                      links="end"))
        self.assertEqual(plan["removes"], "1 tenant, 1 endpoint, 1 credential,"
                         " 1 key pair, 1 link to a client")
        self.house.heard()
        self.assertEqual(self.read(token).status, 403)
        self.assertEqual(self.token().json["error"], "invalid_scope")
        self.assertEqual(self.jwks(), [])
        acts = [r["interaction"] for r in self.wardgate(
            "audit", "tail", "--tenant", self.tenant, "-n", "100")["rows"]]
        for act in ("add-tenant", "add-provider-key", "refuse-production",
                    "probe", "change-proposal", "read", "remove-tenant"):
            self.assertIn(act, acts)


if __name__ == "__main__":
    unittest.main()
