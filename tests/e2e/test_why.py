# test_why.py - the owner of a client learns why it was refused, nobody else
# SPDX-License-Identifier: Apache-2.0
#
# Causes that a stranger must not tell apart have the same bytes outside; with
# the trace id of the answer `wardgate why` tells which it was, and what to do.

import json
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.rig import place
from tests.rig.client import Env, request
from tests.rig.house import House

setUpModule = behind_lighttpd

NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


class Why(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Why")
        cls.other = cls.house.add_client("Why, another")
        cls.house.operator("client", "grant", cls.client,
                           cls.env["WG_TENANT_STU3"])

    def why(self, answer):
        return json.loads(self.house.operator(
            "why", answer.header["x-trace-id"], "--json"))

    def ask(self, tenant, client=None, secret=None):
        return self.env.ask_token(tenant, client_id=client or self.client,
                                  client_secret=secret or self.secret)

    def reasons(self, *answers):
        """The answers are the same for strangers; what the owner reads."""
        self.assertEqual(len({(a.status, a.body) for a in answers}), 1)
        told = [self.why(a) for a in answers]
        for one, a in zip(told, answers):
            self.assertEqual((one["status"], one["program"]),
                             (a.status, "token"))
            self.assertTrue(one["what_to_do"] and one["who"], one)
        self.assertEqual(len({t["what_happened"] for t in told}),
                         len(answers))
        return [t["reason"] for t in told]

    def test_an_unknown_hospital_and_one_that_is_not_linked(self):
        self.assertEqual(
            self.reasons(self.ask(NOBODY),
                         self.ask(self.env["WG_TENANT_R4"])),
            ["tenant_unknown", "tenant_not_granted"])
        told = self.why(self.ask(self.env["WG_TENANT_R4"]))
        self.assertEqual((told["client_id"], told["tenant_id"]),
                         (self.client, self.env["WG_TENANT_R4"]))
        self.assertIn("not linked", told["what_happened"])
        self.assertIn("wardgate client grant", told["what_to_do"])

    def test_an_unknown_client_a_wrong_secret_and_one_that_has_ended(self):
        old = json.loads(self.house.operator(
            "client", "secret", "add", self.client, "--json"))["client_secret"]
        self.house.operator("client", "secret", "invalidate", self.client,
                            old[4:12])
        tenant = self.env["WG_TENANT_STU3"]
        self.assertEqual(
            self.reasons(self.ask(tenant, client=NOBODY),
                         self.ask(tenant, secret=self.other[1]),
                         self.ask(tenant, secret=old),
                         self.ask(tenant, secret=self.secret[:-1])),
            ["client_unknown", "secret_wrong", "secret_invalidated",
             "secret_malformed"])

    def test_each_entry_of_a_batch(self):
        token = self.ask(self.env["WG_TENANT_STU3"]).json["access_token"]
        urls = ("Patient/absent-1", "Nothing/1", "Patient?_count=1",
                "Patient?identifier=none")
        body = {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": url}} for url in urls]}
        answer = request(
            "POST", self.env["WG_FHIR_STU3"],
            {"Authorization": f"Bearer {token}",
             "Content-Type": "application/fhir+json"}, json.dumps(body))
        self.assertEqual(answer.status, 200, answer)
        told = self.why(answer)
        self.assertEqual((told["reason"], told["interaction"]),
                         ("ok", "batch"))
        self.assertEqual(
            [(e["entry"], e["status"], e["reason"])
             for e in told["entries"]],
            [(1, 404, "not_found"), (2, 404, "type_not_served"),
             (3, 400, "search_unselective"), (4, 200, "ok")])
        self.assertEqual([bool(e["what_to_do"]) for e in told["entries"]],
                         [False, True, True, False])

    def refused(self, token):
        """Answer to a read, when the word has come; it takes a second."""
        until = time.monotonic() + 60
        while (answer := self.env.fhir("GET", "Patient/1", token,
                                       "STU3")).status != 401:
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.1)
        return answer

    def test_who_revoked_it_and_why_is_told_long_after(self):
        token = self.ask(self.env["WG_TENANT_STU3"]).json["access_token"]
        self.house.operator("revoke", "grant", "--why", "a lost laptop",
                            self.client, self.env["WG_TENANT_STU3"])
        answer = self.refused(token)
        self.house.cluster.psql(    # as two hours later
            "delete from wardgate.revocation where key like "
            f"'{self.client}/%'")
        told = self.why(answer)
        self.assertEqual((told["reason"], told["change"],
                          told["change_detail"]),
                         ("token_revoked", "revoke-grant", "a lost laptop"))
        self.assertRegex(told["changed_by"], r"^wg_operator \(wardgate by \w+"
                                             r"\)$")
        text = self.house.operator("why", answer.header["x-trace-id"])
        self.assertIn("change_detail: a lost laptop\n", text)
        acts = json.loads(self.house.operator(
            "audit", "tail", "-n", "1000", "--json"))["rows"]
        act = [r for r in acts if r["detail"] == "a lost laptop"][-1]
        told = json.loads(self.house.operator("why", act["trace_id"],
                                              "--json"))
        self.assertEqual((told["detail"], told["client_id"], told["change"]),
                         ("a lost laptop", self.client, None))

    def test_people_read_lines(self):
        answer = self.ask(NOBODY)
        text = self.house.operator("why", answer.header["x-trace-id"])
        self.assertIn("reason: tenant_unknown\n", text)
        self.assertIn("what_happened: No hospital has this tenant ID.\n", text)

    def test_what_is_not_there_is_said(self):
        for trace, words in (("0" * 31 + "1", "No audit row has"),
                             ("short", "32 hexadecimal digits")):
            with self.assertRaisesRegex(place.Advice, words):
                self.house.operator("why", trace)
