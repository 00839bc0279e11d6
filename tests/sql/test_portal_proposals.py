# test_portal_proposals.py - while a second operator is needed nothing goes past that
# SPDX-License-Identifier: Apache-2.0

from tests.sql import base
from tests.sql.base import TENANT, TENANT2, URL

ANN, BEN, CAT = ("00000000-0000-4000-8000-00000000000" + n for n in "123")
OTHER = "https://other.example/r4"
KID, NEXT = "k" * 43, "n" * 43
BOX = f"wgbox1.{KID}.{'A' * 64}"
WORDS = "a second operator has to agree"


class Case(base.DatabaseCase):

    def setUp(self):
        self.policy("off")
        for table in ("proposal", "provider_credential", "sealing_key",
                      "client_grant", "provider", "tenant", "client",
                      "account", "audit"):
            self.sql(f"delete from wardgate.{table}")
        for who, login, role in ((ANN, "ann", "operator"),
                                 (BEN, "ben", "operator"),
                                 (CAT, "cat", "developer,admin,auditor")):
            self.sql("insert into wardgate.account (account_id, login, roles,"
                     f" passphrase) values ('{who}', '{login}', '{{{role}}}',"
                     " 'scrypt$')")
        for kid, stage in ((KID, "use"), (NEXT, "published")):
            self.sql("insert into wardgate.sealing_key (kid, public_key,"
                     f" stage) values ('{kid}', sha256('x'), '{stage}')")

    def policy(self, value):
        self.script("policy", base.OWNER, second_approver=value)

    def ask(self, call, columns="*"):
        return self.sql(f"select {columns} from wardgate.{call}", "wg_admin")

    def denied(self, call, state, words):
        said = str(self.refused(f"select * from wardgate.{call}", "wg_admin",
                                state))
        self.assertIn(words, said)

    def put(self, who=ANN, fresh=False, tenant=TENANT, url="null",
            name="null", version="null", environment="null"):
        """What the page does: the id of the proposal, empty when it is done."""
        text = [v if v == "null" else f"'{v}'"
                for v in (name, url, version, environment)]
        return self.ask(
            f"portal_tenant_put('{who}', {fresh}, '{tenant}', {text[0]}, null,"
            f" {text[1]}, {text[2]}" + ", null" * 13 + f", {text[3]}"
            ", null, null, null)",
            "proposed")

    def credential(self, who=ANN, auth="header", box=BOX):
        return self.ask(f"portal_credential_put('{who}', '{TENANT}',"
                        f" '{auth}', '{box}'" + ", ''" * 6 + ")")

    def now(self):
        return self.sql("select t.name, p.base_url, t.environment,"
                        " c.kind from wardgate.tenant as t"
                        " left join wardgate.provider as p using (tenant_id)"
                        " left join wardgate.provider_credential as c"
                        " using (tenant_id)")

    def no(self, script="tenant", **variables):
        before = self.now()
        with self.assertRaises(base.Refused) as caught:
            self.script(script, tenant=TENANT, **variables)
        self.assertIn(WORDS, str(caught.exception))
        self.assertEqual(self.now(), before)


class Off(Case):

    def test_everything_goes_at_once(self):
        self.assertEqual(self.put(fresh=True, name="H", url=URL,
                                  version="R4"), "")
        self.assertEqual(self.put(url=OTHER), "")
        self.assertEqual(self.credential(), "")
        self.assertEqual(self.now(), f"H|{OTHER}|production|header")
        self.assertEqual(self.sql("select count(*) from wardgate.proposal"),
                         "0")


class On(Case):

    def setUp(self):
        super().setUp()
        self.add_tenant()
        self.policy("on")

    def state(self, proposal):
        return self.sql("select state from wardgate.proposal where"
                        f" proposal_id = '{proposal}'")

    def test_what_is_no_matter_goes_at_once(self):
        self.assertEqual(self.put(name="Other name"), "")
        self.assertEqual(self.put(fresh=True, tenant=TENANT2, name="Try",
                                  url=URL, version="R4",
                                  environment="test"), "")
        self.script("suspend", tenant=TENANT)
        self.script("remove", tenant=TENANT2)

    def test_another_address_waits_for_somebody_else(self):
        asked = self.put(url=OTHER)
        self.assertTrue(asked)
        self.assertEqual(self.now(), f"Hospital|{URL}|production|")
        self.assertEqual(
            self.ask(f"portal_proposal_changes('{BEN}', '{asked}')"),
            f"base_url|{URL}|{OTHER}")
        self.denied(f"portal_proposal_approve('{ANN}', '{asked}')", "WG409",
                    "You proposed this yourself")
        self.assertEqual(
            self.ask(f"portal_proposal_approve('{BEN}', '{asked}')",
                     "tenant_id"), TENANT)
        self.assertEqual(self.now(), f"Hospital|{OTHER}|production|")
        for call in ("approve('{}', '{}')", "decline('{}', '{}', 'x')"):
            self.denied("portal_proposal_" + call.format(BEN, asked), "WG409",
                        "answered already")
        self.assertEqual(self.put(url=OTHER), "", "as it is already")

    def test_a_new_production_hospital_waits_as_a_whole(self):
        asked = self.put(fresh=True, tenant=TENANT2, name="New", url=OTHER,
                         version="R4")
        self.assertEqual(self.sql("select count(*) from wardgate.tenant"), "1")
        row = self.ask(f"portal_proposal('{BEN}', '{asked}')",
                       "tenant_name, kind, own, stale, state")
        self.assertEqual(row, "New|hospital|f|f|open")
        self.assertIn(OTHER, self.ask(
            f"portal_proposal_changes('{BEN}', '{asked}')"))
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.assertEqual(self.sql(
            "select base_url from wardgate.provider where tenant_id ="
            f" '{TENANT2}'"), OTHER)

    def test_what_is_not_fit_for_production_is_refused_and_in_the_trail(self):
        def rule(value):
            self.script("policy", base.OWNER, production_probe=value)

        def refused(call, *of):
            self.assertIn("goes into production when a probe",
                          self.ask(call, "refused"))
            self.assertEqual(self.rows(
                "select made_by like '%(' || %s || ')' as by, detail"
                " from wardgate.audit where interaction ="
                " 'refuse-production' order by at desc limit 1".replace(
                    "%s", f"'{of[0]}'")),
                [{"by": True, "detail": of[1]}])
        new = (f"portal_tenant_put('{ANN}', true, '{TENANT2}', 'New', null,"
               f" '{OTHER}', 'R4'" + ", null" * 13 + ", 'production', null, null, null)")
        self.addCleanup(rule, "advised")
        for second in ("off", "on"):
            self.policy(second)
            rule("required")
            with self.subTest(second):
                refused(new, "ann", "It was never probed.")
                self.assertEqual(self.sql(
                    "select count(*) from wardgate.tenant"), "1")
                self.assertEqual(self.ask(
                    f"portal_proposal_count('{BEN}')"), "0")
                self.sql("delete from wardgate.audit")
        rule("advised")
        asked = self.ask(new, "proposed")
        rule("required")
        refused(f"portal_proposal_approve('{BEN}', '{asked}')", "ben",
                "It was never probed.")
        self.assertEqual(self.state(asked), "open")
        rule("advised")
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.assertEqual(self.state(asked), "approved")

    def test_leaving_production_and_coming_back_wait_too(self):
        for environment in ("test", "production"):
            asked = self.put(environment=environment)
            self.assertTrue(asked, environment)
            self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        asked = self.put(environment="test")
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.assertTrue(self.put(url=OTHER), "of a test hospital as well")

    def test_credentials_wait_set_and_taken_away(self):
        asked = self.credential()
        self.assertIn("credential_kind||header", self.ask(
            f"portal_proposal_changes('{BEN}', '{asked}')"))
        self.assertNotIn("wgbox1", self.ask(
            f"portal_proposal_list('{BEN}')"))
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.assertEqual(self.now(), f"Hospital|{URL}|production|header")
        self.assertEqual(self.sql("select what from wardgate.proposal"), "{}")
        asked = self.credential(auth="none", box="")
        self.assertTrue(asked)
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.assertEqual(self.now(), f"Hospital|{URL}|production|")

    def test_no_other_way_goes_past_it(self):
        self.no(provider_url=OTHER)
        self.no(networks="10.0.0.0/8")
        self.no(environment="test")
        self.no(auth="header", credential=BOX)
        self.no("remove")
        with self.assertRaises(base.Refused):
            self.add_tenant(TENANT2)
        for text in (f"update wardgate.provider set base_url = '{OTHER}'",
                     "update wardgate.tenant set environment = 'test'",
                     "insert into wardgate.provider_credential (tenant_id,"
                     f" kind, box, origin) values ('{TENANT}', 'header',"
                     f" '{BOX}', 'https://fhir.hospital.example')"):
            self.assertIn(WORDS, str(self.refused(text, state="WG409")))
        asked = self.put(url=OTHER)
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.no(provider_url=URL)

    def test_certificates_and_authorities_do_not_go_past_it_either(self):
        insert = ("insert into wardgate.provider_tls (tenant_id, chain, ca)"
                  f" values ('{TENANT}', '', 'an authority')")
        self.assertIn(WORDS, str(self.refused(insert, state="WG409")))
        self.policy("off")
        self.sql(insert)
        self.policy("on")
        for text in ("update wardgate.provider_tls set ca = 'another'",
                     "delete from wardgate.provider_tls"):
            self.assertIn(WORDS, str(self.refused(text, state="WG409")))
        self.assertEqual(self.sql("select ca from wardgate.provider_tls"),
                         "an authority")
        self.policy("off")
        self.script("remove", tenant=TENANT)

    def test_keys_are_changed_without_anybody_else(self):
        self.policy("off")
        self.script("tenant", tenant=TENANT, auth="header", credential=BOX)
        self.policy("on")
        after = BOX.replace(KID, NEXT)
        self.refused(f"select wardgate.credential_reseal('{TENANT}', '{BOX}',"
                     f" '{after}')", "wg_operator", "WG409")
        self.sql(f"select wardgate.sealing_key_use('{NEXT}')", "wg_operator")
        self.assertEqual(self.sql(
            f"select wardgate.credential_reseal('{TENANT}', '{BOX}',"
            f" '{after}')", "wg_operator"), "t")
        again = after.replace("AAAA", "BBBB")
        self.refused(f"select wardgate.credential_reseal('{TENANT}',"
                     f" '{after}', '{again}')", "wg_operator", "WG409")

    def test_what_could_not_be_stored_is_not_proposed(self):
        self.refused(
            f"select wardgate.portal_tenant_put('{ANN}', false, '{TENANT}',"
            " null, null, 'https://a.example/?q'" + ", null" * 18 + ")",
            "wg_admin", "WG400")
        self.refused(
            f"select wardgate.portal_credential_put('{ANN}', '{TENANT}',"
            " 'header', 'in the clear'" + ", ''" * 6 + ")", "wg_admin",
            "WG400")
        self.put(url=OTHER)
        self.denied(
            f"portal_tenant_put('{BEN}', false, '{TENANT}', null, null,"
            " 'https://third.example'" + ", null" * 18 + ")", "WG409",
            "Another change of this hospital waits")
        self.assertEqual(self.ask(f"portal_proposal_count('{BEN}')"), "1")

    def test_it_counts_for_what_was_there_when_it_was_proposed(self):
        asked = self.put(url=OTHER)
        self.assertEqual(self.put(name="Meanwhile"), "")
        self.assertEqual(self.ask(f"portal_proposal('{BEN}', '{asked}')",
                                  "stale"), "t")
        self.denied(f"portal_proposal_approve('{BEN}', '{asked}')", "WG409",
                    "changed since")
        self.assertEqual(self.state(asked), "open")
        self.denied(f"portal_proposal_decline('{BEN}', '{asked}', ' ')",
                    "WG400", "Say why")
        self.ask(f"portal_proposal_decline('{BEN}', '{asked}', 'too late')")
        self.assertEqual(self.state(asked), "declined")
        asked = self.put(url=OTHER)
        self.script("suspend", tenant=TENANT)
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.assertEqual(self.now().split("|")[1], OTHER)

    def test_it_does_not_wait_for_ever(self):
        asked = self.put(url=OTHER)
        self.assertEqual(self.sql("select wardgate.proposal_expire(10)",
                                  "wg_keeper"), "0")
        self.sql("update wardgate.proposal set expires_at = now()")
        self.denied(f"portal_proposal_approve('{BEN}', '{asked}')", "WG409",
                    "waited for too long")
        self.assertEqual(self.ask(f"portal_proposal_count('{BEN}')"), "0")
        self.assertIn("expired", self.ask(f"portal_proposal_list('{BEN}')"))
        self.assertEqual(self.sql("select wardgate.proposal_expire(10)",
                                  "wg_keeper"), "1")
        self.assertEqual(self.state(asked), "expired")
        self.assertTrue(self.put(url=OTHER), "it can be proposed again")

    def test_two_who_are_operators_have_to_agree(self):
        asked = self.put(url=OTHER)
        for call in ("portal_proposal_list('{a}')",
                     "portal_proposal_count('{a}')", "portal_second('{a}')",
                     "portal_proposal('{a}', '{p}')",
                     "portal_proposal_changes('{a}', '{p}')",
                     "portal_proposal_approve('{a}', '{p}')",
                     "portal_proposal_decline('{a}', '{p}', 'x')"):
            self.denied(call.format(a=CAT, p=asked), "WG404", "no such")
        self.sql("update wardgate.account set disabled_at = now() where"
                 f" account_id = '{ANN}'")
        self.denied(f"portal_proposal_approve('{BEN}', '{asked}')", "WG409",
                    "no operator any more")
        self.sql("update wardgate.account set disabled_at = null,"
                 f" roles = '{{developer}}' where account_id = '{ANN}'")
        self.denied(f"portal_proposal_approve('{BEN}', '{asked}')", "WG409",
                    "no operator any more")
        self.assertEqual(self.now().split("|")[1], URL)

    def test_whoever_proposed_it_may_take_it_back(self):
        asked = self.put(url=OTHER)
        self.ask(f"portal_proposal_decline('{ANN}', '{asked}', 'mistaken')")
        self.assertEqual(self.state(asked), "declined")

    def test_the_trail_names_both(self):
        asked = self.put(url=OTHER)
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        acts = self.sql("select interaction || ' ' || made_by || ' ' || detail"
                        " from wardgate.audit where made_by like '%(ann)%'"
                        " or made_by like '%(ben)%' order by at").splitlines()
        self.assertEqual([a.split()[0] for a in acts],
                         ["add-proposal", "change-proposal",
                          "change-provider"])
        self.assertIn("(ann)", acts[0])
        self.assertIn(f"base_url {URL} -> {OTHER}", acts[0])
        self.assertIn("(ben)", acts[1])
        self.assertIn("state open -> approved", acts[1])

    def test_the_policy_is_the_owners(self):
        self.refused("select * from wardgate.policy_set('second_approver',"
                     " 'off')", "wg_operator", "42501")
        self.refused("select * from wardgate.policy_set('second_approver',"
                     " 'maybe')", state="WG400")
        self.refused("select * from wardgate.policy_set('second_approver',"
                     " null)", state="WG400")
        asked = self.put(url=OTHER)
        self.policy("off")
        self.assertEqual(self.ask(f"portal_second('{ANN}')"), "f")
        self.ask(f"portal_proposal_approve('{BEN}', '{asked}')")
        self.script("remove", tenant=TENANT)
