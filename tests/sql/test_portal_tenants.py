# test_portal_tenants.py - what the portal lets operators do, and nobody else
# SPDX-License-Identifier: Apache-2.0

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2

ANN, BEN, OLD = ("00000000-0000-4000-8000-00000000000" + n for n in "123")
REQUEST = "00000000-0000-4000-8000-000000000009"

CALLS = (
    "portal_tenant_list('{a}', '', 0, 9)",
    f"portal_tenant('{{a}}', '{TENANT}')",
    f"portal_tenant_put('{{a}}', false, '{TENANT}'"
    + ", null" * 21 + ")",
    f"portal_tenant_put('{{a}}', true, '{TENANT2}', 'x', null,"
    " 'https://x.example', 'R4'" + ", null" * 17 + ")",
    f"portal_tenant_state_set('{{a}}', '{TENANT}', 'suspended', '', '', '')",
    f"portal_tenant_grants('{{a}}', '{TENANT}')",
    f"portal_tenant_loss('{{a}}', '{TENANT}', 1)",
    f"portal_tenant_acts('{{a}}', '{TENANT}', null, 1)",
    f"portal_tls('{{a}}', '{TENANT}')",
    f"portal_tls_put('{{a}}', '{TENANT}', 'none', '', 'none')",
    f"portal_grant_give('{{a}}', '{CLIENT}', '{TENANT}', '', '', '')",
    f"portal_grant_end('{{a}}', '{CLIENT}', '{TENANT}')",
    "portal_request_list('{a}')",
    "portal_request_count('{a}')",
    f"portal_request('{{a}}', '{REQUEST}')",
    f"portal_request_approve('{{a}}', '{REQUEST}', '', '', '')",
    f"portal_request_decline('{{a}}', '{REQUEST}', 'no')",
)

SEAL, FIRST, NEXT = (c * 43 for c in "sfn")
LIST = f"portal_provider_key_list('{{a}}', '{TENANT}', '1 h', '1 h')"
ADD = (f"portal_provider_key_add('{{a}}', '{TENANT}', '{{k}}', 'ES384',"
       f" '{{{{}}}}', 'wgbox1.{SEAL}.{'A' * 80}')")
USE = f"portal_provider_key_use('{{a}}', '{TENANT}', '{{k}}', '1 h')"
REMOVE = f"portal_provider_key_remove('{{a}}', '{TENANT}', '{{k}}')"


class Case(base.DatabaseCase):

    def setUp(self):
        for table in ("grant_request", "client_grant", "provider", "tenant",
                      "client_owner", "client", "account", "audit"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()
        self.add_tenant()
        for who, login, role, off in (
                (ANN, "ann", "operator", "null"),
                (BEN, "ben", "developer,admin,auditor", "null"),
                (OLD, "old", "operator", "now()")):
            self.sql("insert into wardgate.account (account_id, login, roles,"
                     f" passphrase, disabled_at) values ('{who}', '{login}',"
                     f" '{{{role}}}', 'scrypt$', {off})")
        self.sql("insert into wardgate.client_owner (client_id, account_id)"
                 f" values ('{CLIENT}', '{BEN}')")

    def ask(self, call):
        return self.sql(f"select * from wardgate.{call}", "wg_admin")

    def denied(self, call, state, words):
        said = str(self.refused(f"select * from wardgate.{call}", "wg_admin",
                                state))
        self.assertIn(words, said)

    def request(self, tenant):
        self.ask(f"portal_request_add('{BEN}', '{CLIENT}', '{tenant}', 'x')")
        return self.sql("select request_id from wardgate.grant_request"
                        f" where tenant_id = '{tenant}' and state = 'open'")


class Operators(Case):

    def test_nobody_else_gets_anything_from_any_function(self):
        self.sql("insert into wardgate.grant_request (request_id, client_id,"
                 f" tenant_id, why) values ('{REQUEST}', '{CLIENT}',"
                 f" '{TENANT}', 'x')")
        for who in (BEN, OLD, TENANT2):
            for call in (*CALLS, LIST, ADD, USE, REMOVE):
                with self.subTest(who, call=call):
                    self.denied(call.format(a=who, k=FIRST), "WG404",
                                "There is no such hospital.")
        self.assertEqual(self.sql("select state from wardgate.tenant"),
                         "active")
        for call in CALLS[:-2]:
            with self.subTest(call):
                self.ask(call.format(a=ANN))

    def test_keys_of_a_hospital_say_which_step_is_safe(self):
        self.sql("select wardgate.sealing_key_add("
                 f"'{SEAL}', decode(repeat('07', 32), 'hex'))", "wg_operator")

        def steps():
            return {r["kid"]: r["step"] for r in self.rows(
                "select * from wardgate." + LIST.format(a=ANN), "wg_admin")}

        def age():
            self.sql("update wardgate.provider_key set made_at = now()"
                     " - interval '1 day', retired_at = retired_at"
                     " - interval '1 day'")
        self.ask(ADD.format(a=ANN, k=FIRST))
        self.assertEqual(steps(), {FIRST: "rotate"})
        self.ask(ADD.format(a=ANN, k=NEXT))
        self.assertEqual(steps(), {FIRST: "follow", NEXT: "wait"})
        self.denied(USE.format(a=ANN, k=NEXT), "WG409", "may not be known")
        age()
        self.assertEqual(steps(), {FIRST: "follow", NEXT: "use"})
        self.ask(USE.format(a=ANN, k=NEXT))
        self.assertEqual(steps(), {FIRST: "outlive", NEXT: "rotate"})
        age()
        self.assertEqual(steps(), {FIRST: "remove", NEXT: "rotate"})
        self.ask(REMOVE.format(a=ANN, k=FIRST))
        self.assertEqual(steps(), {NEXT: "rotate"})

    def test_lists_are_told_in_parts_and_by_a_word(self):
        for n in range(1, 6):
            self.sql("insert into wardgate.client (client_id, name)"
                     f" values (gen_random_uuid(), 'App {n}_')")
            self.add_tenant(f"00000000-0000-4000-9000-00000000000{n}",
                            name=f"Ward {n}")

        def names(what, who, *how):
            return self.sql(
                "select string_agg(name || '/' || found, ' ')"
                f" from wardgate.{what}('{who}', {', '.join(map(repr, how))})",
                "wg_admin")

        own = self.sql(f"select name from wardgate.client"
                       f" where client_id = '{CLIENT}'")
        for what, word in (("portal_client_list", "App"),
                           ("portal_tenant_list", "Ward")):
            end = "_" if word == "App" else ""
            self.assertEqual(names(what, ANN, f"{word} ".upper(), 1, 2),
                             f"{word} 2{end}/5 {word} 3{end}/5")
            self.assertEqual(names(what, ANN, "%", 0, 9), "")
            self.assertEqual(names(what, ANN, f"{word} ", 5, 9), "")
        self.sql(f"update wardgate.account set roles = '{{developer}}'"
                 f" where account_id = '{BEN}'")
        self.assertEqual(names("portal_client_list", BEN, "", 0, 9),
                         f"{own}/1")
        self.assertEqual(names("portal_client_list", ANN, CLIENT.upper(), 0, 9),
                         f"{own}/1")

    def test_another_grant_answers_the_request_for_it(self):
        self.request(TENANT)
        self.assertEqual(self.ask(f"portal_request_count('{ANN}')"), "1")
        self.ask(f"portal_grant_give('{ANN}', '{CLIENT}', '{TENANT}', '',"
                 " '', '')")
        self.assertEqual(self.ask(f"portal_request_count('{ANN}')"), "0")
        self.denied(f"portal_request_add('{BEN}', '{CLIENT}', '{TENANT}',"
                    " 'x')", "WG409", "linked to this hospital already")

    def test_what_is_answered_stays_answered(self):
        asked = self.request(TENANT)
        self.ask(f"portal_request_decline('{ANN}', '{asked}', 'not now')")
        for call in (f"portal_request_decline('{ANN}', '{asked}', 'never')",
                     f"portal_request_approve('{ANN}', '{asked}', '', '',"
                     " '')"):
            self.denied(call, "WG409", "answered already")
        self.assertIn("not now", self.ask(
            f"portal_request_list_of('{BEN}', '{CLIENT}')"))
        self.ask(f"portal_request_approve('{ANN}', '{self.request(TENANT)}',"
                 " '+1 day', 'Patient', 'rounds')")
        self.assertEqual(self.sql(
            "select types, purpose, ended_at > now()"
            " from wardgate.client_grant"), "{Patient}|rounds|t")

    def test_requests_that_wait_are_few(self):
        for i in range(20):
            self.request(f"{i:08x}-0000-4000-8000-000000000000")
        self.denied(f"portal_request_add('{BEN}', '{CLIENT}', '{TENANT}',"
                    " 'x')", "WG409", "20 hospitals")

    def test_acts_go_on_where_the_last_page_ended(self):
        for name in ("One", "Two", "Three"):
            self.add_tenant(name=name)
        seen, before = [], "null"
        while True:
            row = self.sql(
                "select stamp, act, detail from wardgate.portal_tenant_acts("
                f"'{ANN}', '{TENANT}', {before}, 1)", "wg_admin")
            if not row:
                break
            before, *what = row.split("|")
            seen.append(what)
        self.assertEqual([w[0] for w in seen][:3], ["change-tenant"] * 3)
        self.assertEqual({w[0] for w in seen[3:]},
                         {"add-tenant", "add-provider"})
        self.assertIn("Two -> Three", seen[0][1])

    def test_a_credential_for_another_server_is_told(self):
        kid = "k" * 43
        self.sql("insert into wardgate.sealing_key (kid, public_key) values"
                 f" ('{kid}', sha256('x'))")
        self.sql("insert into wardgate.provider_credential (tenant_id, kind,"
                 f" box, origin) values ('{TENANT}', 'header',"
                 f" 'wgbox1.{kid}.{'A' * 64}', 'https://fhir.hospital.example')")
        ask = (f"select auth, auth_lost from wardgate.portal_tenant('{ANN}',"
               f" '{TENANT}')")
        self.assertEqual(self.sql(ask, "wg_admin"), "header|f")
        self.add_tenant(provider_url="https://new.hospital.example/r4")
        self.assertEqual(self.sql(ask, "wg_admin"), "header|t")
