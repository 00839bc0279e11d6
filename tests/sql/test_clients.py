# test_clients.py - clients, secrets, grants and keys, as the operator has them
# SPDX-License-Identifier: Apache-2.0

import concurrent.futures
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT

NOBODY = "12345678-1234-1234-1234-123456789abc"


class Clients(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client", "signing_key", "secret_use"):
            self.sql(f"delete from wardgate.{table}")

    def ask(self, call):
        return self.sql(f"select * from wardgate.{call}", "wg_operator")

    def no(self, call, state):
        return self.refused(f"select * from wardgate.{call}", "wg_operator",
                            state)

    def test_adding_a_client_again_changes_only_what_differs(self):
        for name, outcome in (("A", "created"), ("A", "unchanged"),
                              ("B", "changed")):
            self.assertEqual(
                self.ask(f"client_add('{CLIENT}', '{name}', '', '')"),
                f"{CLIENT}|{outcome}")

    def test_a_client_without_id_gets_a_new_one(self):
        ids = {self.ask("client_add(null, 'A', '', '')").split("|")[0]
               for _ in range(3)}
        self.assertEqual(len(ids), 3)

    def test_names_are_one_line_of_text(self):
        for name, words in (("", "needs a name"), ("   ", "needs a name"),
                            ("x" * 201, "201 characters"),
                            ("a\x1b[31mb", "control characters"),
                            ("a\nb", "control characters"),
                            ("a\u202eb", "control characters")):
            self.assertIn(words, self.no(
                f"client_add('{CLIENT}', '{name}', '', '')", "WG400"))

    def test_nobodys_guids_are_refused(self):
        for guid in ("00000000-0000-0000-0000-000000000000",
                     "ffffffff-ffff-ffff-ffff-ffffffffffff"):
            self.assertIn("stands for nobody", self.no(
                f"client_add('{guid}', 'A', '', '')", "WG400"))

    def test_what_does_not_exist_is_named(self):
        self.add_client()
        for call in (f"client_able('{NOBODY}', false)",
                     f"secret_list('{NOBODY}')",
                     f"secret_invalidate('{NOBODY}', 'abcdefgh')",
                     f"secret_invalidate('{CLIENT}', 'abcdefgh')",
                     f"grant_give('{CLIENT}', '{NOBODY}', null)",
                     f"grant_end('{CLIENT}', '{NOBODY}')"):
            self.assertIn("WG404", self.no(call, "WG404"))

    def test_at_most_so_many_secrets_live(self):
        self.add_client()
        self.add_secret("aaaaaaaa", most=2)
        self.add_secret("bbbbbbbb", most=2)
        with self.assertRaisesRegex(base.Refused, "has 2 live secrets and "
                                    "may have 2"):
            self.add_secret("cccccccc", most=2)
        self.ask(f"secret_invalidate('{CLIENT}', 'aaaaaaaa')")
        self.add_secret("cccccccc", most=2)

    def test_two_operators_at_once_do_not_pass_the_limit(self):
        self.add_client()
        names = [c * 8 for c in "abcdefgh"]

        def add(name):
            try:
                self.server.run(self.name, "wg_operator", "-c",
                                self.secret_sql(name, most=3))
                return 1
            except base.Refused:
                return 0
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(add, names)), 3)

    def test_a_key_id_is_used_once(self):
        self.add_client()
        self.add_secret("aaaaaaaa")
        with self.assertRaisesRegex(base.Refused, "there already"):
            self.add_secret("aaaaaaaa")

    def test_a_secret_that_could_never_work_is_refused(self):
        self.add_client()
        for before, after in (("null", "now()"),
                              ("null", "now() - interval '1 day'"),
                              ("now() + interval '2 days'",
                               "now() + interval '1 day'")):
            with self.assertRaisesRegex(base.Refused, "end before"):
                self.add_secret(before=before, after=after)

    def test_the_list_tells_state_and_last_use(self):
        self.add_client()
        self.add_secret("aaaaaaaa")
        self.add_secret("bbbbbbbb", before="now() + interval '1 hour'")
        self.add_secret("cccccccc")
        self.ask(f"secret_invalidate('{CLIENT}', 'cccccccc')")
        self.sql(f"""
            insert into wardgate.secret_use values
              ('aaaaaaaa', '{TENANT}', '2026-01-02Z', '10.1.2.0/24', 5),
              ('aaaaaaaa', '{NOBODY}', '2026-01-01Z', '10.9.9.0/24', 7)""")
        found = self.rows(f"""
            select key_id, state, uses, last_tenant, last_network
              from wardgate.secret_list('{CLIENT}')""", "wg_operator")
        self.assertEqual(found, [
            {"key_id": "aaaaaaaa", "state": "live", "uses": 12,
             "last_tenant": TENANT, "last_network": "10.1.2.0/24"},
            {"key_id": "bbbbbbbb", "state": "early", "uses": 0,
             "last_tenant": None, "last_network": None},
            {"key_id": "cccccccc", "state": "invalidated", "uses": 0,
             "last_tenant": None, "last_network": None}])

    def test_a_grant_can_end_and_begin_again(self):
        self.add_client()
        self.add_tenant()
        for call, outcome in (
                (f"grant_give('{CLIENT}', '{TENANT}', null)", "created"),
                (f"grant_give('{CLIENT}', '{TENANT}', null)", "unchanged"),
                (f"grant_end('{CLIENT}', '{TENANT}')", "changed"),
                (f"grant_end('{CLIENT}', '{TENANT}')", "unchanged"),
                (f"grant_give('{CLIENT}', '{TENANT}', null)", "changed")):
            self.assertEqual(self.ask(call), outcome)
        found = self.rows("select state from wardgate.grant_list(null, null)",
                          "wg_operator")
        self.assertEqual(found, [{"state": "live"}])

    def test_lists_count_what_lives(self):
        self.add_client()
        self.add_tenant(client=CLIENT)
        self.add_secret("aaaaaaaa")
        self.add_secret("bbbbbbbb")
        self.ask(f"secret_invalidate('{CLIENT}', 'aaaaaaaa')")
        found = self.row("select live_secrets, live_grants"
                         " from wardgate.client_list()", "wg_operator")
        self.assertEqual(found, {"live_secrets": 1, "live_grants": 1})
        found = self.row("select slug, live_grants from"
                         " wardgate.tenant_list()", "wg_operator")
        self.assertEqual(found, {"slug": "hospital", "live_grants": 1})

    def test_one_key_signs(self):
        self.assertEqual(self.ask(f"signing_key_add('{'a' * 43}')"), "use")
        self.assertEqual(self.ask(f"signing_key_add('{'b' * 43}')"), "published")
        self.no(f"signing_key_add('{'b' * 43}')", "WG409")
        self.no("signing_key_add('short')", "WG400")
        self.refused("update wardgate.signing_key set stage = 'use'",
                     base.OWNER, "23505")

    # ---- peppers ----

    def rehash(self, old="01", new="ff", version=2, key="aaaaaaaa"):
        return self.sql(
            f"select wardgate.secret_rehash('{CLIENT}', '{key}', "
            f"decode(repeat('{old}', 32), 'hex'), "
            f"decode(repeat('{new}', 32), 'hex'), {version})", "wg_token")

    def stored(self):
        return self.row("select encode(hash, 'hex') as hash, pepper_version "
                        "as version from wardgate.client_secret")

    def test_a_secret_moves_to_the_pepper_that_is_named(self):
        self.sql("delete from wardgate.pepper", base.OWNER)
        self.add_client()
        self.add_secret("aaaaaaaa")
        self.sql("update wardgate.client_secret set pepper_version = 1, "
                 "hash = decode(repeat('01', 32), 'hex')", base.OWNER)
        self.assertEqual(self.rehash(), "f")        # none is named
        self.assertEqual(self.ask("pepper_use(2)"), "changed")
        self.assertEqual(self.ask("pepper_use(2)"), "unchanged")
        self.no("pepper_use(1)", "WG409")
        self.no("pepper_remove(1)", "WG409")
        self.assertEqual(self.rehash(old="02"), "f")    # it is another one
        self.assertEqual(self.rehash(version=3), "f")
        self.assertEqual(self.rehash(version=1), "f")
        self.assertEqual(self.rehash(key="bbbbbbbb"), "f")
        self.assertEqual(self.stored(), {"hash": "01" * 32, "version": 1})
        self.assertEqual(self.rehash(), "t")
        self.assertEqual(self.rehash(), "f")        # as it was done already
        self.assertEqual(self.stored(), {"hash": "ff" * 32, "version": 2})
        self.assertEqual(self.ask("pepper_needed(1)"), "0")
        self.ask("pepper_remove(1)")
        self.no("pepper_remove(2)", "WG409")

    def test_what_was_invalidated_meanwhile_stays_as_it_is(self):
        self.sql("delete from wardgate.pepper", base.OWNER)
        self.add_client()
        self.add_secret("aaaaaaaa")
        self.sql("update wardgate.client_secret set pepper_version = 1, "
                 "hash = decode(repeat('01', 32), 'hex')", base.OWNER)
        self.ask("pepper_use(2)")
        self.ask(f"secret_invalidate('{CLIENT}', 'aaaaaaaa')")
        self.assertEqual(self.rehash(), "f")
        self.assertEqual(self.stored(), {"hash": "01" * 32, "version": 1})
        self.ask("pepper_remove(1)")    # nobody needs it

    # ---- signing keys ----

    def keys(self):
        return {r["kid"][0]: r["stage"] for r in self.rows(
            "select kid, stage from wardgate.signing_key_list()",
            "wg_operator")}

    def three_keys(self):
        for letter in "abc":
            self.ask(f"signing_key_add('{letter * 43}')")

    def test_a_key_is_used_when_it_has_been_published_long_enough(self):
        self.three_keys()
        a, b, c = (x * 43 for x in "abc")
        self.no(f"signing_key_use('{b}', '5 minutes')", "WG409")
        self.no(f"signing_key_use('{'x' * 43}', '0')", "WG404")
        self.no("signing_key_use(null, '0')", "WG404")
        self.sql("update wardgate.signing_key set made_at = made_at - "
                 f"interval '6 minutes' where kid = '{b}'", base.OWNER)
        use = ("select * from wardgate.signing_key_use("
               f"'{b}', '5 minutes')")
        self.assertEqual(self.row(use, "wg_operator"),
                         {"outcome": "changed", "retired": a})
        self.assertEqual(self.row(use, "wg_operator"),
                         {"outcome": "unchanged", "retired": None})
        self.assertEqual(self.keys(), {"a": "retired", "b": "use",
                                       "c": "published"})

    def test_a_withdrawn_key_leaves_its_place_to_another(self):
        self.three_keys()
        a, b, c = (x * 43 for x in "abc")
        self.no(f"signing_key_withdraw('{a}', null)", "WG409")
        self.no(f"signing_key_withdraw('{a}', '{a}')", "WG409")
        self.no(f"signing_key_withdraw('{a}', '{'x' * 43}')", "WG404")
        self.assertEqual(self.keys()["a"], "use")
        end = f"select * from wardgate.signing_key_withdraw('{a}', '{b}')"
        self.assertEqual(self.row(end, "wg_operator"),
                         {"outcome": "changed", "in_use": b})
        self.assertEqual(self.row(end, "wg_operator"),
                         {"outcome": "unchanged", "in_use": b})
        self.no(f"signing_key_use('{a}', '0')", "WG409")
        self.assertEqual(
            self.sql("select kid from wardgate.signing_keys_refused('1 h')",
                     "wg_facade"), a)

    def test_a_retired_key_is_refused_when_its_time_is_up(self):
        self.three_keys()
        a, b, c = (x * 43 for x in "abc")
        self.ask(f"signing_key_use('{b}', '0')")
        self.sql("update wardgate.signing_key set retired_at = retired_at - "
                 f"interval '10 minutes' where kid = '{a}'", base.OWNER)
        for grace, refused, expired in (("11 minutes", "", "0"),
                                        ("9 minutes", a, "1")):
            for role in ("wg_token", "wg_facade", "wg_metadata"):
                self.assertEqual(self.sql(
                    "select kid from wardgate.signing_keys_refused("
                    f"'{grace}')", role), refused)
            self.assertEqual(self.sql(
                f"select wardgate.signing_key_expire('{grace}')",
                "wg_keeper"), expired)
        self.assertEqual(self.keys()["a"], "withdrawn")


if __name__ == "__main__":
    unittest.main()
