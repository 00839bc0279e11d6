# test_portal_tenants.py - operators keep hospitals and grants; developers ask
# SPDX-License-Identifier: Apache-2.0

import re
import unittest
import uuid

from tests.e2e import behind_lighttpd
from tests.e2e.test_portal import NOBODY, TRACE, Story

setUpModule = behind_lighttpd

NOTICE = "The ward server is being moved until six."


class Case(Story):
    def setUp(self):
        self.tenant = str(uuid.uuid4())
        self.addCleanup(self.house.cluster.psql,
                        f"select wardgate.tenant_remove('{self.tenant}')")

    def operator(self):
        return self.person("operator", phone=True)

    def form(self, **more):
        url = self.house.cluster.psql(
            "select base_url from wardgate.provider where tenant_id = "
            f"'{self.env['WG_TENANT_STU3']}'").strip()
        return {"tenant": self.tenant, "name": "West Wing",
                "provider_url": url, "fhir_version": "STU3", **more}

    def made(self):
        """A hospital by script."""
        self.house.add_tenant(self.tenant, "West Wing",
                              self.form()["provider_url"], "STU3", "")
        return f"/tenants/{self.tenant}"

    def hospital(self, who, **more):
        who.get("/tenants/new")
        page = who.post("/tenants/new", **self.form(**more))
        self.assertEqual((page.status, page.path), (
            200, f"/tenants/{self.tenant}?done=made"), page)
        return f"/tenants/{self.tenant}"

    def linked(self, who, place, name="Care Teams", **more):
        """(client_id, secret) of an app that has the hospital."""
        client, secret = self.house.add_client(name)
        self.addCleanup(self.house.operator, "client", "disable", client)
        who.get(f"{place}/grants/new")
        page = who.post(f"{place}/grants/new", client=client, **more)
        self.assertIn("The app is linked.", page.words)
        return client, secret

    def ask(self, client, secret):
        return self.env.ask_token(self.tenant, client_id=client,
                                  client_secret=secret)

    def records(self, token):
        return self.env.search("Patient", "STU3", token, family="zz")


class Probes(Case):
    def test_the_newest_probe_has_a_page_and_the_command_for_the_next(self):
        who, place = self.operator(), self.made()
        page = who.get(f"{place}/probe")
        self.assertIn("This hospital has not been probed yet.", page.words)
        self.assertIn(f"wardgate probe --patient ID {self.tenant}",
                      page.words)
        self.house.operator("probe", "--patient", "p-101", self.tenant)
        page = who.get(f"{place}/probe")
        for words in ("Usable: all calls are answered.", "native",
                      "Newest first", "one was asked about"):
            self.assertIn(words, page.words)
        self.assertNotIn("p-101", page.words)
        self.assertIn("What its last probe found", who.get(place).words)
        developer = self.person("developer")
        self.assertIn(developer.get(f"{place}/probe").status, (403, 404))


class Hospitals(Case):
    def test_one_made_on_the_page_answers_an_app_until_the_link_ends(self):
        who = self.operator()
        self.assertRegex(who.get("/tenants/new").text,
                         r'name="environment">\s*<option value="test"')
        for why, more in (("is not a GUID", {"tenant": "West"}),
                          ("must begin with https://",
                           {"provider_url": "ftp://x"}),
                          ("needs a name", {"name": ""}),
                          ("is not known", {"fhir_version": "R9"}),
                          ("neither on nor off", {"http2": "maybe"}),
                          ("from 50 to 60000", {"connect_ms": "7"}),
                          ("from 1 to 1024", {"requests_max": "0"}),
                          ("from 1 to 100000", {"calls_per_s": "x"})):
            with self.subTest(why):
                page = who.post("/tenants/new", **self.form(**more))
                self.assertEqual(page.status, 400)
                self.assertIn(why, page.words)
                self.assertIn('<option value="STU3" selected'
                              if "fhir_version" not in more else "<option",
                              page.text)
        place = self.hospital(who, total_ms="20000", requests_max="321",
                              calls_per_s="4321")
        client, secret = self.linked(who, place, types="Patient, Location",
                                     purpose="rounds", until="+90 days")
        token = self.ask(client, secret)
        self.assertEqual(token.status, 200, token)
        token = token.json["access_token"]
        self.assertEqual(self.records(token).status, 200)
        page = who.get(place)
        for text in ("West Wing", "Patient Location", "rounds", "20000",
                     "321", "4321", client, "Nothing so far."):
            self.assertIn(text, page.words)
        self.assertIn("West Wing", who.get("/tenants").words)

        who.get("/tenants/new")
        page = who.post("/tenants/new", **self.form())
        self.assertEqual(page.status, 409, page)
        page = who.get(f"{place}/grants/{client}/end")
        self.assertIn("Care Teams", page.words)
        page = who.post(f"{place}/grants/{client}/end")
        self.assertIn("The link is ended.", page.words)
        self.house.heard()
        self.assertEqual(self.ask(client, secret).status, 400)
        self.assertEqual(self.records(token).status, 401)
        self.assertEqual(who.get(f"{place}/grants/{NOBODY}/end").status, 404)

    def test_without_a_good_probe_it_takes_a_reason(self):
        def rule(value):
            self.house.cluster.psql("select wardgate.policy_set("
                                    f"'production_probe', '{value}')")
        rule("required")
        self.addCleanup(rule, "advised")
        who, why = self.operator(), "They mend it <i>tonight</i>."
        who.get("/tenants/new")
        page = who.post("/tenants/new", **self.form())
        self.assertEqual(page.status, 409)
        self.assertIn("goes into production when a probe", page.words)
        place = self.hospital(who, override=why)
        self.assertIn(why, who.get(place).words)
        self.assertIn(f"why {why}",
                      who.get(f"{place}/history").words)

    def test_losses_and_every_change_stand_on_its_page(self):
        who = self.operator()
        place = self.hospital(who)
        page = who.get(f"{place}/edit")
        self.assertIn('value="West Wing"', page.text)
        page = who.post(f"{place}/edit", name="", total_ms="99")
        self.assertEqual(page.status, 400)
        self.assertIn("from 100 to 120000", page.words)
        page = who.post(f"{place}/edit", name="East Wing", total_ms="30000",
                        can_sort="off")
        self.assertIn("Saved.", page.words)
        self.assertIn("East Wing", page.words)
        for path in (place, f"{place}/history"):
            page = who.get(path)
            for text in ("add-tenant", "add-provider", "change-provider",
                         "total_ms none -> 30000", "can_sort auto -> off",
                         "name West Wing -> East Wing",
                         f"wg_admin ({who.login})"):
                self.assertIn(text, page.words, path)
        self.house.cluster.psql(
            "insert into wardgate.loss (tenant_id, from_version, to_version,"
            f" element, fate, times) values ('{self.tenant}', 'R4', 'STU3',"
            " 'Observation.valueAttachment', 'dropped', 1234)")
        self.assertIn("Observation.valueAttachment R4 STU3 dropped 1,234",
                      who.get(place).words)
        self.house.cluster.psql(
            "do $$ begin for i in 1..110 loop update wardgate.tenant"
            " set mrn_system = 'urn:x:' || i where tenant_id ="
            f" '{self.tenant}'; end loop; end $$")
        page = who.get(f"{place}/history")
        self.assertNotIn("add-tenant", page.words)
        earlier = re.search(r'href="/admin([^"]*before=\d+)"', page.text)[1]
        page = who.get(earlier)
        self.assertIn("urn:x:10 ", page.words)
        self.assertNotIn("urn:x:12 ", page.words)
        self.assertIn("add-tenant", page.words)
        self.assertNotIn("Earlier changes", page.words)
        page = who.get(f"{place}/history?before=1")
        self.assertIn("Nothing earlier", page.words)
        self.assertEqual(who.get(f"{place}/history?before=x").status, 200)

    def test_maintenance_is_read_and_a_suspension_stops(self):
        who, place = self.operator(), self.made()
        client, secret = self.linked(who, place)
        token = self.ask(client, secret).json["access_token"]
        who.get(f"{place}/maintenance")
        for why, form in (("needs a notice", {"notice": ""}),
                          ("cannot be read", {"until": "tomorrowish"}),
                          ("not in the future", {"until": "2020-01-01"})):
            page = who.post(f"{place}/maintenance",
                            **{"notice": NOTICE, **form})
            self.assertEqual(page.status, 400)
            self.assertIn(why, page.words)
        page = who.post(f"{place}/maintenance", notice=NOTICE,
                        until="+2 hours")
        self.assertIn(NOTICE, page.words)
        self.assertIn("in maintenance until", page.words)
        who.get(f"{place}/maintenance")
        page = who.post(f"{place}/maintenance", notice=NOTICE,
                        retry_after_s="77")
        self.assertIn(NOTICE, page.words)
        self.house.heard()
        got = self.records(token)
        self.assertEqual((got.status, got.header["retry-after"]),
                         (503, "77"), got)
        self.assertIn(NOTICE, got.text)
        self.assertIn("Let this hospital work", who.get(f"{place}/resume").words)
        self.assertIn("The hospital is in use.", who.post(
            f"{place}/resume", notice="not read").words)
        self.assertEqual(self.house.cluster.psql(
            "select state || notice from wardgate.tenant where tenant_id ="
            f" '{self.tenant}'").strip(), "active")
        self.assertIn("Suspend this hospital?",
                      who.get(f"{place}/suspend").words)
        self.assertIn("suspended", who.post(f"{place}/suspend").words)
        self.house.heard()
        self.assertEqual(self.ask(client, secret).status, 400)
        self.assertIn(self.records(token).status, (401, 403))
        who.get(f"{place}/resume")
        who.post(f"{place}/resume")
        self.assertEqual(self.ask(client, secret).status, 200)

    def test_acts_need_a_proof_of_the_form_and_of_the_person(self):
        who, place = self.operator(), self.made()
        got = who.send(f"{place}/suspend", {})
        self.assertEqual(got.status, 403, got)
        who.get(place)
        self.house.cluster.psql(
            "update wardgate.portal_session as s set proved_at = now()"
            " - interval '1 day' from wardgate.account as a where"
            f" a.account_id = s.account_id and a.login = '{who.login}'")
        for path in ("/tenants/new", f"{place}/edit", f"{place}/suspend",
                     f"{place}/resume", f"{place}/maintenance",
                     f"{place}/grants/new", f"{place}/grants/{NOBODY}/end",
                     f"/requests/{NOBODY}"):
            self.assertEqual(who.get(path).path.split("?")[0], "/again", path)
        page = who.get(place)
        self.assertEqual(who.post(f"{place}/suspend").path.split("?")[0],
                         "/again")
        self.assertEqual(page.status, 200)
        self.assertEqual(self.house.cluster.psql(
            "select state from wardgate.tenant where tenant_id ="
            f" '{self.tenant}'").strip(), "active")


class Others(Case):
    """Whoever is no operator."""

    def test_P9_hospitals_are_for_operators_alone(self):
        place = self.made()
        for roles, phone in (("developer", False), ("admin", True)):
            who = self.person(roles, phone)
            self.assertNotIn('href="/admin/tenants"', who.page.text)
            for path in ("/tenants", "/tenants/new", place, f"{place}/edit",
                         f"{place}/history", f"{place}/suspend",
                         f"{place}/grants/new", "/requests"):
                self.assertEqual(who.get(path).status, 404, path)
            for path in ("/tenants/new", f"{place}/edit", f"{place}/suspend",
                         f"{place}/maintenance", f"{place}/grants/new",
                         f"{place}/grants/{NOBODY}/end",
                         f"/requests/{NOBODY}/approve",
                         f"/requests/{NOBODY}/decline"):
                who.get("/account")
                self.assertEqual(who.post(path, notice="x").status, 404, path)


class Requests(Case):
    def asked(self, who, client, tenant, why="for rounds"):
        who.get(f"/clients/{client}/requests/new")
        return who.post(f"/clients/{client}/requests/new", tenant=tenant,
                        why=why)

    def answer(self, who, tenant):
        page = who.get("/requests")
        card = [c for c in page.text.split("<article") if tenant in c][0]
        return re.search(r'href="/admin(/requests/[^"]+)"', card)[1]

    def test_one_is_answered_alike_whether_the_hospital_exists(self):
        self.made()
        who = self.person()
        client, nobody = self.app(who), str(uuid.uuid4())
        said = set()
        for tenant in (self.tenant, nobody):
            page = self.asked(who, client, tenant.upper())
            again = self.asked(who, client, tenant)
            self.assertIn(f"<code>{tenant}</code>", page.text)
            self.assertEqual((page.status, again.status), (200, 409))
            said.add((TRACE.sub("", again.words), page.path,
                      "West Wing" in page.words))
        self.assertEqual(len(said), 1, said)
        self.assertEqual(said.pop()[2], False)
        for tenant, why in (("West", "x"), (NOBODY, ""), (NOBODY, "a\u202eb"),
                            (NOBODY, "x" * 1001)):
            self.assertEqual(self.asked(who, client, tenant, why).status, 400)
        page = who.get("/account")
        page = who.send(f"/clients/{client}/requests/new", {
            "proof": page.proof, "tenant": nobody, "why": "x"},
            **{"Accept-Language": "it"})
        self.assertIn("L’app ha già chiesto questo ospedale", page.words)
        other = self.person()
        self.assertEqual(self.asked(other, client, nobody).status, 404)

    def test_one_is_declined_with_a_reason_another_approved(self):
        operator, who = self.operator(), self.person()
        self.made()
        client, nobody = self.app(who, "<b>Rounds</b>"), str(uuid.uuid4())
        secret = self.secret(who, client)
        self.asked(who, client, self.tenant, "<i>rounds</i>")
        self.asked(who, client, nobody)
        self.assertIn("for an answer.", operator.get("/tenants").words)
        path = self.answer(operator, nobody)
        page = operator.get(path)
        self.assertIn("none has this tenant ID", page.words)
        self.assertIn(who.login, page.words)
        self.assertEqual(operator.post(f"{path}/approve").status, 404)
        self.assertEqual(operator.post(f"{path}/decline").status, 400)
        page = operator.post(f"{path}/decline", answer="Nobody has that ID.")
        self.assertEqual(page.path, "/requests?done=declined")
        operator.get("/tenants")
        self.assertEqual(operator.post(f"{path}/decline",
                                       answer="again").status, 409)
        self.assertIn("Nobody has that ID.",
                      who.get(f"/clients/{client}").words)

        self.assertEqual(self.ask(client, secret).status, 400)
        path = self.answer(operator, self.tenant)
        page = operator.get(path)
        self.assertNotIn("<i>rounds", page.text)
        self.assertNotIn("<b>Rounds", page.text)
        page = operator.post(f"{path}/approve", types="Patients")
        self.assertEqual(page.status, 400)
        page = operator.post(f"{path}/approve", types="Patient")
        self.assertEqual(page.path, "/requests?done=approved")
        self.assertEqual(self.ask(client, secret).status, 200)
        page = who.get(f"/clients/{client}")
        self.assertIn("West Wing", page.words)
        self.assertNotIn("waits for an answer", page.words)
        page = operator.get(f"/tenants/{self.tenant}")
        for text in ("add-request", "change-request", "add-grant",
                     f"wg_admin ({who.login})"):
            self.assertIn(text, page.words)


if __name__ == "__main__":
    unittest.main()
