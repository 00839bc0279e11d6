# test_portal_approver.py - a second operator, where the house wants one
# SPDX-License-Identifier: Apache-2.0

import unittest
import uuid

from tests.e2e import behind_lighttpd
from tests.e2e.test_portal_credential import PASSWORD, Case
from tests.rig.crowd import put_tenant, remove_tenant

setUpModule = behind_lighttpd


class Second(Case):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.policy, "off")

    def policy(self, value):
        self.house.cluster.psql("select wardgate.policy_set("
                                f"'second_approver', '{value}')")

    def here(self):
        return f"{self.env['WG_BASE']}/rehearsal/r4/~basic"

    def url(self):
        return self.house.cluster.psql(
            "select base_url from wardgate.provider where tenant_id ="
            f" '{self.tenant}'").strip()

    def proposed(self, page):
        self.assertRegex(page.path, r"^/proposals/[0-9a-f-]{36}\?done=proposed")
        self.assertIn("Nothing is changed yet", page.words)
        return page.path.split("?")[0]

    def test_off_as_installed_nobody_else_is_asked(self):
        self.hospital("basic")
        who = self.operator()
        self.assertNotIn("second operator",
                         who.get(f"/tenants/{self.tenant}/edit").words)
        page = who.post(f"/tenants/{self.tenant}/edit",
                        provider_url=self.here() + "x")
        self.assertIn("Saved.", page.words)
        self.assertIn("policy second_approver is off",
                      who.get("/proposals").words)

    def test_another_address_waits_for_a_colleague(self):
        self.hospital("basic")
        self.policy("on")
        ann, ben = self.operator(), self.operator()
        page = ann.get(f"/tenants/{self.tenant}/edit")
        self.assertIn("A second operator has to agree", page.words)
        page = ann.post(f"/tenants/{self.tenant}/edit",
                        provider_url=self.here() + "x")
        place = self.proposed(page)
        self.assertEqual(self.url(), self.here())
        self.assertIn("You proposed it yourself", page.words)
        self.assertNotIn("Approve: make", page.words)
        got = ann.post(f"{place}/approve")
        self.assertEqual(got.status, 409)
        self.assertIn("another operator has to agree", got.words)
        self.assertEqual(self.url(), self.here())
        self.assertIn("waits for a second operator",
                      ben.get(f"/tenants/{self.tenant}").words)
        for path in ("/tenants", "/"):
            self.assertRegex(ben.get(path).words,
                             "changes? waits? for a second operator")
        self.assertIn(place, ben.get("/proposals").text)
        page = ben.get(place)
        self.assertIn(f"base_url {self.here()} {self.here()}x", page.words)
        self.assertIn(ann.login, page.words)
        page = ben.post(f"{place}/approve")
        self.assertEqual(page.path, f"/tenants/{self.tenant}?done=approved")
        self.assertEqual(self.url(), self.here() + "x")
        ann.get("/account")
        self.assertEqual(ann.post(f"{place}/decline",
                                  answer="x").status, 409)
        page = ann.get(f"/tenants/{self.tenant}/history")
        for text in (f"wg_admin ({ann.login})", f"wg_admin ({ben.login})",
                     "add-proposal", "change-proposal", "change-provider"):
            self.assertIn(text, page.words)

    def test_a_new_production_hospital_and_its_credential_wait(self):
        self.policy("on")
        ann, ben = self.operator(), self.operator()
        ann.get("/tenants/new")
        form = {"tenant": self.tenant, "name": "<b>New</b>",
                "provider_url": self.here(), "fhir_version": "R4"}
        place = self.proposed(ann.post("/tenants/new", **form))
        self.assertEqual(ann.get(f"/tenants/{self.tenant}").status, 404)
        page = ben.get(place)
        self.assertNotIn("<b>New", page.text)
        ben.post(f"{place}/approve")
        self.assertEqual(self.url(), self.here())
        page = self.set(ann, auth="basic", user="gateway",
                        pass_basic=PASSWORD)
        place = self.proposed(page)
        for text in (page.text, ben.get(place).text, self.everything()):
            self.assertNotIn(PASSWORD, text)
        self.assertNotIn("wgbox1", page.text)
        page = ben.post(f"{place}/decline", answer="")
        self.assertEqual(page.status, 400)
        page = ben.post(f"{place}/decline", answer="Not <i>this</i> one.")
        self.assertEqual(page.path, "/proposals?done=declined")
        self.assertIn("Not <i>this</i> one.", ann.get("/proposals").words)
        self.assertNotIn("wgbox1", self.everything())
        place = self.proposed(self.set(ann, auth="basic", user="gateway",
                                       pass_basic=PASSWORD))
        ben.get(place)
        page = ben.post(f"{place}/approve")
        self.assertIn("for the server", page.words)

    def test_a_test_hospital_is_made_by_one(self):
        self.policy("on")
        who = self.operator()
        who.get("/tenants/new")
        page = who.post("/tenants/new", tenant=self.tenant, name="Try",
                        provider_url=self.here(), fhir_version="R4",
                        environment="test")
        self.assertIn("The hospital is added.", page.words)
        page = who.post(f"/tenants/{self.tenant}/edit",
                        environment="production")
        self.proposed(page)

    def test_what_was_changed_meanwhile_is_not_approved(self):
        self.hospital("basic")
        self.policy("on")
        ann, ben = self.operator(), self.operator()
        ann.get(f"/tenants/{self.tenant}/edit")
        place = self.proposed(ann.post(f"/tenants/{self.tenant}/edit",
                                       provider_url=self.here() + "x"))
        page = ann.post(f"/tenants/{self.tenant}/edit",
                        provider_url=self.here() + "y")
        self.assertEqual(page.status, 409)
        self.assertIn("waits for a second operator", page.words)
        ben.get(f"/tenants/{self.tenant}/edit")
        ben.post(f"/tenants/{self.tenant}/edit", name="Meanwhile")
        page = ben.get(place)
        self.assertIn("cannot be approved any more", page.words)
        page = ben.post(f"{place}/approve")
        self.assertEqual(page.status, 409)
        self.assertEqual(self.url(), self.here())

    def test_the_scripts_are_refused_too(self):
        self.hospital("basic")
        self.policy("on")
        for refused in (
                lambda: put_tenant(self.house, self.tenant,
                                   provider_url=self.here() + "x"),
                lambda: put_tenant(self.house, self.tenant,
                                   environment="test"),
                lambda: remove_tenant(self.house, self.tenant)):
            with self.assertRaisesRegex(
                    RuntimeError, "a second operator has to agree"):
                refused()
        put_tenant(self.house, self.tenant, name="Renamed")
        self.assertEqual(self.url(), self.here())

    def test_P9_only_operators_see_what_waits(self):
        nobody = str(uuid.uuid4())
        for roles, phone in (("developer,auditor", False), ("admin", True)):
            who = self.person(roles, phone)
            for path in ("/proposals", f"/proposals/{nobody}"):
                self.assertEqual(who.get(path).status, 404)
            who.get("/account")
            for act in ("approve", "decline"):
                self.assertEqual(who.post(f"/proposals/{nobody}/{act}",
                                          answer="x").status, 404)
        who = self.operator()
        self.assertEqual(who.get(f"/proposals/{nobody}").status, 404)


if __name__ == "__main__":
    unittest.main()
