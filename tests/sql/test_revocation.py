# test_revocation.py - which tokens are dead, and that they stay so
# SPDX-License-Identifier: Apache-2.0

import threading
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2

CLIENT2 = "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee"
KEY, JTI = "abcdefgh", "AAECAwQFBgcICQoLDA0ODw"
GRANT = f"{CLIENT}/{TENANT}"


class Case(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client", "revocation"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()
        self.add_secret(KEY)
        self.add_tenant(client=CLIENT)
        self.sql("delete from wardgate.revocation")

    def held(self):
        return {(r["kind"], r["key"]) for r in self.rows(
            "select kind, key from wardgate.revocations()", "wg_facade")}

    def revoked(self, number, client=CLIENT, tenant=TENANT, key=KEY, jti=JTI):
        return self.asked("token_revoked", "wg_facade", number, client, tenant,
                          key, jti)

    def in_force(self, number=None, client=CLIENT, tenant=TENANT, key=KEY,
                 jti=JTI):
        return self.asked("token_in_force", "wg_token",
                          self.number() if number is None else number, client,
                          tenant, key, jti)

    def asked(self, what, role, number, client, tenant, key, jti):
        return self.sql(
            f"select wardgate.{what}('{client}', '{tenant}', '{key}', '{jti}',"
            f" {number})", role) == "t"

    def revoke(self, kind, client=None, tenant=None, name=None, dry="false"):
        def text(value):
            return "null" if value is None else f"'{value}'"
        return (f"select wardgate.revoke('{kind}', {text(client)},"
                f" {text(tenant)}, {text(name)}, 'because', {dry})")


class Epochs(Case):

    def test_what_ends_or_begins_anew_revokes_what_stood_on_it(self):
        def state(word, notice="''"):
            return (f"select * from wardgate.tenant_state_set('{TENANT}',"
                    f" '{word}', {notice}, '', '')")
        client, grant, tenant = (
            {("client", CLIENT)}, {("grant", GRANT)}, {("tenant", TENANT)})
        given = f"select wardgate.grant_give('{CLIENT}', '{TENANT}', %s)"
        for text, expected in (
                (f"select wardgate.client_able('{CLIENT}', false)", client),
                (f"select wardgate.client_able('{CLIENT}', true)", client),
                (f"select wardgate.grant_end('{CLIENT}', '{TENANT}')", grant),
                (given % "null", grant),
                (given % "now() + interval '1 h'", set()),
                (state("maintenance", "'A moment.'"), set()),
                (state("active"), set()),
                (state("suspended"), tenant),
                (state("active"), tenant),
                (f"select wardgate.secret_invalidate('{CLIENT}', '{KEY}')",
                 {("secret", f"{CLIENT}/{KEY}")}),
                (f"select wardgate.client_add('{CLIENT}', 'Other', '', '')",
                 set()),
                (f"select * from wardgate.tenant_remove('{TENANT}')",
                 grant | tenant)):
            with self.subTest(text):
                self.sql("delete from wardgate.revocation")
                self.sql(text, "wg_operator")
                self.assertEqual(self.held(), expected)

    def test_rows_changed_by_hand_revoke_too(self):
        for text, expected in (
                ("update wardgate.client_secret set not_after ="
                 " now() + interval '1 day'", {("secret", f"{CLIENT}/{KEY}")}),
                ("update wardgate.client_secret set not_after = null", set()),
                ("update wardgate.client set disabled_at = now()",
                 {("client", CLIENT)}),
                ("delete from wardgate.client_secret", {("secret", f"{CLIENT}/{KEY}")}),
                ("delete from wardgate.client_grant", {("grant", GRANT)}),
                ("truncate wardgate.client_grant", {("everything", "")})):
            with self.subTest(text):
                self.sql("delete from wardgate.revocation")
                self.sql(text)
                self.assertEqual(self.held(), expected)

    def test_public_keys_that_are_taken_away_revoke_their_tokens(self):
        def keys(*creds):
            sets = ("null, null" if not creds else
                    "'{\"keys\": [" + ",".join("{}" for _ in creds) + "]}', "
                    f"'{' '.join(creds)}'")
            self.sql("delete from wardgate.revocation")
            self.sql(f"select wardgate.client_jwks_set('{CLIENT}', {sets})",
                     "wg_operator")
            return {key.removeprefix(f"{CLIENT}/")
                    for kind, key in self.held() if kind == "secret"}
        self.assertEqual(keys("aaaaaaaa", "bbbbbbbb"), set())
        self.assertTrue(self.in_force(key="aaaaaaaa"))
        before = self.number()
        self.assertEqual(keys("bbbbbbbb", "cccccccc"), {"aaaaaaaa"})
        self.assertFalse(self.in_force(key="aaaaaaaa"))
        self.sql(self.revoke("secret", CLIENT, None, "cccccccc"),
                 "wg_operator")
        self.assertFalse(self.in_force(before, key="cccccccc"))
        self.assertEqual(keys(), {"bbbbbbbb", "cccccccc"})

    def stands(self, **more):
        who = {"client": CLIENT, "tenant": TENANT, "key": KEY, "jti": JTI,
               **more}
        row = self.row("select n, round(extract(epoch from ends - now())) as "
                       "ends from wardgate.token_stands('{client}', "
                       "'{tenant}', '{key}', '{jti}')".format(**who),
                       "wg_token")
        return row["n"], row["ends"]

    def test_a_token_stands_on_the_number_of_now_until_what_it_needs_ends(self):
        self.sql("update wardgate.client_secret set not_after = null")
        self.sql(self.revoke("client", CLIENT), "wg_operator")
        self.assertEqual(self.stands(), (self.number(), None))
        self.assertTrue(self.in_force())
        for table, column, seconds in (("client_grant", "ended_at", 900),
                                       ("client_secret", "not_after", 600),
                                       ("client_grant", "ended_at", 300)):
            self.sql(f"update wardgate.{table} set {column} = now() + "
                     f"interval '{seconds} s'")
            number, ends = self.stands()
            self.assertEqual(number, self.number())
            self.assertAlmostEqual(ends, seconds, delta=30)
        nothing = (None, None)
        for more in ({"client": TENANT}, {"tenant": CLIENT}, {"key": "x"}):
            self.assertEqual(self.stands(**more), nothing, more)
        self.sql(self.revoke("token", name=JTI), "wg_operator")
        self.assertEqual(self.stands(), nothing)
        jti = JTI[::-1]
        self.assertEqual(self.stands(jti=jti)[0], self.number())
        self.sql("update wardgate.client set disabled_at = now()")
        self.assertEqual(self.stands(jti=jti), nothing)

    def test_what_bears_on_new_tokens_is_numbered_apart(self):
        """So that who ends many tokens makes nobody's new ones dearer."""
        def bears():
            return int(self.sql("select wardgate.audit_write('{}')",
                                "wg_token"))
        ends = "now() + interval '1 h'"
        self.sql("select wardgate.client_able('%s', false)" % CLIENT,
                 "wg_operator")
        before = bears()
        self.assertEqual(before, self.number())
        self.sql(f"select wardgate.revoke_own_token('{CLIENT}', '{JTI[::-1]}',"
                 f" {ends})", "wg_token")
        self.sql(self.revoke("token", name=JTI), "wg_operator")
        self.assertEqual((bears(), self.number()), (before, before + 2))
        for text in (self.revoke("client", CLIENT),
                     self.revoke("everything"),
                     f"select wardgate.client_able('{CLIENT}', true)"):
            self.sql(text, "wg_operator")
            self.assertEqual(bears(), self.number())

    def test_a_grant_whose_end_has_passed_is_given_again(self):
        old = self.number()
        self.sql("update wardgate.client_grant set granted_at = now() -"
                 " interval '2 h', ended_at = now() + interval '1 h'")
        self.sql("alter table wardgate.client_grant disable trigger user")
        self.sql("update wardgate.client_grant set ended_at = now() -"
                 " interval '1 s'")
        self.sql("alter table wardgate.client_grant enable trigger user")
        self.assertFalse(self.revoked(old))
        self.sql(f"select wardgate.grant_give('{CLIENT}', '{TENANT}', null)",
                 "wg_operator")
        self.assertFalse(self.in_force(old))
        self.assertTrue(self.in_force())

    def test_tokens_from_before_stay_dead_and_later_ones_count(self):
        steps = (
            (f"select wardgate.client_able('{CLIENT}', false)",
             f"select wardgate.client_able('{CLIENT}', true)"),
            (f"select wardgate.grant_end('{CLIENT}', '{TENANT}')",
             f"select wardgate.grant_give('{CLIENT}', '{TENANT}', null)"),
            (f"select * from wardgate.tenant_state_set('{TENANT}',"
             " 'suspended', '', '', '')",
             f"select * from wardgate.tenant_state_set('{TENANT}', 'active',"
             " '', '', '')"))
        for end, back in steps:
            with self.subTest(end):
                before = self.number()
                self.assertTrue(self.in_force(before))
                self.sql(end, "wg_operator")
                ended = self.number()
                self.assertFalse(self.in_force())
                self.sql(back, "wg_operator")
                self.assertFalse(self.in_force(before))
                self.assertFalse(self.in_force(ended))
                self.assertTrue(self.in_force())

    def test_one_transaction_that_ends_and_gives_again_ends_old_tokens(self):
        before = self.number()
        self.sql(f"""
            do $$ begin
              perform wardgate.grant_end('{CLIENT}', '{TENANT}');
              perform wardgate.client_able('{CLIENT}', false);
              perform wardgate.client_able('{CLIENT}', true);
            end $$""", "wg_operator")
        self.sql(f"select wardgate.grant_give('{CLIENT}', '{TENANT}', null)",
                 "wg_operator")
        self.assertFalse(self.in_force(before))
        self.assertTrue(self.in_force())

    def test_readers_are_told_in_the_same_transaction(self):
        before = self.number()
        self.sql(self.revoke("client", CLIENT), "wg_operator")
        told = self.rows("select kind, n, key from"
                         f" wardgate.changes_since({before})", "wg_facade")
        row, = [r for r in told if r["kind"] == "revocation"]
        kind, end, key = row["key"].split("/", 2)
        self.assertEqual((kind, key, row["n"]),
                         ("client", CLIENT, self.number()))
        left = int(end) - int(self.sql("select extract(epoch from now())::int"))
        self.assertTrue(7100 < left < 7300, left)

    def test_very_many_at_once_are_one(self):
        put = ("select wardgate.revocation_put('secret', array(select "
               f"'{CLIENT}/k' || i from generate_series(1, {{}}) as i), now() "
               "+ interval '1 h', null, '')")
        before = self.number()
        self.sql(put.format(1001))
        self.assertEqual(len(self.held()), 1001)
        told = self.rows("select kind, key from"
                         f" wardgate.changes_since({before})", "wg_facade")
        self.assertEqual([r["kind"] for r in told if r["kind"] != "now"],
                         ["all"])
        self.sql("delete from wardgate.revocation")
        self.sql(put.format(10001))
        self.assertEqual(self.held(), {("everything", "")})


class Kinds(Case):

    def test_each_kind_ends_its_own_and_masks_no_other(self):
        self.add_client(CLIENT2, "Second")
        all_of = {"client": {"client": CLIENT2}, "tenant": {"tenant": TENANT2},
                  "secret": {"key": "bbbbbbbb"}, "token": {"jti": "x" * 22},
                  "everything": {}}
        all_of["grant"] = all_of["tenant"]
        asked = {"token": (None, None, JTI), "secret": (CLIENT, None, KEY),
                 "client": (CLIENT,), "grant": (CLIENT, TENANT),
                 "tenant": (None, TENANT), "everything": ()}
        before = self.number()
        for kind, words in asked.items():
            with self.subTest(kind):
                self.sql("delete from wardgate.revocation")
                self.assertFalse(self.revoked(before))
                self.assertEqual(self.sql(self.revoke(kind, *words),
                                          "wg_operator"), "revoked")
                self.assertTrue(self.revoked(before))
                self.assertEqual(self.revoked(before, **all_of[kind]),
                                 kind == "everything")
                self.assertEqual(self.revoked(self.number()), kind == "token")
        for kind, words in asked.items():
            self.sql(self.revoke(kind, *words), "wg_operator")
        for kind in ("everything", "tenant", "grant", "client", "secret"):
            self.assertTrue(self.revoked(before))
            self.sql(f"delete from wardgate.revocation where kind = '{kind}'")
        self.assertTrue(self.revoked(before))

    def test_a_number_that_was_never_counted_is_of_another_server(self):
        self.assertFalse(self.revoked(self.number()))
        self.assertTrue(self.revoked(self.number() + 1))

    def test_tokens_are_in_force_as_at_the_facade(self):
        self.assertTrue(self.in_force())
        for other in ({"client": CLIENT2}, {"tenant": TENANT2},
                      {"key": "bbbbbbbb"}):
            self.assertFalse(self.in_force(**other), other)
        self.sql(f"select * from wardgate.tenant_state_set('{TENANT}',"
                 " 'maintenance', 'A moment.', '', '')", "wg_operator")
        self.assertTrue(self.in_force())
        self.sql("update wardgate.client_secret set not_before = now() -"
                 " interval '2 h', not_after = now() - interval '1 s'")
        self.assertFalse(self.in_force())

    def test_a_dry_run_changes_nothing_and_refusals_are_the_same(self):
        before = self.number()
        audit = "select count(*) from wardgate.audit"
        written = self.sql(audit)
        self.assertEqual(self.sql(self.revoke("client", CLIENT, dry="true"),
                                  "wg_operator"), "would revoke")
        for dry in ("true", "false"):
            for state, words in (
                    ("WG404", ("client", CLIENT2)),
                    ("WG404", ("grant", CLIENT, TENANT2)),
                    ("WG404", ("tenant", None, TENANT2)),
                    ("WG404", ("secret", CLIENT, None, "bbbbbbbb")),
                    ("WG404", ("secret", CLIENT2, None, KEY)),
                    ("WG400", ("token", None, None, "short")),
                    ("WG400", ("token", None, None, "x" * 21 + ".")),
                    ("WG400", ("token",)), ("WG400", ("nothing",))):
                with self.subTest(words, dry=dry):
                    self.refused(self.revoke(*words, dry=dry), "wg_operator",
                                 state)
        self.assertEqual(self.number(), before)
        self.assertEqual(self.held(), set())
        self.assertEqual(self.sql(audit), written)

    def test_the_trail_and_the_list_say_who_and_why(self):
        self.sql(self.revoke("secret", CLIENT, None, KEY), "wg_operator")
        self.assertEqual(self.row("""
            select program, client_id, secret_key_id, interaction, status
              from wardgate.audit order by at desc limit 1""", "wg_auditor"), {
            "program": "wardgate", "client_id": CLIENT, "secret_key_id": KEY,
            "interaction": "revoke-secret", "status": 200})
        row = self.row("select kind, key, why from wardgate.revocation_list()",
                       "wg_operator")
        self.assertEqual(row, {"kind": "secret", "key": f"{CLIENT}/{KEY}",
                               "why": "because"})
        found = self.row("select wardgate.trace_time(trace_id) > now() -"
                         " interval '1 min' as ok from wardgate.audit"
                         " order by at desc limit 1")
        self.assertTrue(found["ok"])


class Own(Case):

    def end(self, jti=JTI, client=CLIENT, life="10 min"):
        return self.sql(f"select wardgate.revoke_own_token('{client}', '{jti}',"
                        f" now() + interval '{life}')", "wg_token")

    def test_once_is_enough(self):
        before = self.number()
        self.assertEqual(self.end(), "revoked")
        self.assertTrue(self.revoked(before))
        self.assertTrue(self.revoked(self.number()))
        after = self.number()
        self.assertEqual(self.end(), "unchanged")
        self.assertEqual(self.number(), after)

    def test_many_at_once_are_one(self):
        dsn = self.server.dsn(self.name, "wg_token")
        said = []

        def ask():
            session = base.Session(dsn)
            said.append(session.ask(
                f"select wardgate.revoke_own_token('{CLIENT}', '{JTI}', now()"
                " + interval '1 min')"))
            session.close()
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(said), 8)
        self.assertIn("revoked", said)
        self.assertLessEqual(set(said), {"revoked", "unchanged"})
        self.assertEqual(self.held(), {("token", JTI)})

    def test_it_lasts_a_little_longer_than_the_token_and_not_for_ever(self):
        left = "select extract(epoch from expires_at - now()) / 60 from " \
               "wardgate.revocation where kind = 'token'"
        self.end(life="10 min")
        self.assertAlmostEqual(float(self.sql(left)), 20, delta=1)
        self.sql("delete from wardgate.revocation")
        self.end(life="9 years")
        self.assertAlmostEqual(float(self.sql(left)), 120, delta=1)

    def test_a_client_has_room_for_so_many(self):
        self.sql(f"""
            insert into wardgate.revocation (kind, key, n, expires_at, made_by,
                   why, client_id)
            select 'token', lpad(i::text, 22, '0'), 1, now() + interval '1 h',
                   'x', '', '{CLIENT}'
              from generate_series(1, 10000) as i""")
        before = self.number()
        self.assertEqual(self.end(), "full")
        self.assertEqual(self.number(), before)
        self.assertEqual(self.end(client=CLIENT2), "revoked")

    def test_only_what_is_over_is_cleared(self):
        self.end()
        self.end("y" * 22)
        self.sql("update wardgate.revocation set expires_at = now() -"
                 f" interval '1 s' where key = '{JTI}'")
        trim = "select wardgate.revocation_trim(1000)"
        self.assertEqual(self.held(), {("token", "y" * 22)})
        self.assertEqual(self.sql(trim, "wg_keeper"), "1")
        self.assertEqual(self.sql(trim, "wg_keeper"), "0")
        self.assertEqual(self.held(), {("token", "y" * 22)})

    def test_keys_have_their_form(self):
        for kind, key in (("token", "x"), ("client", "x"), ("grant", CLIENT),
                          ("everything", "x"), ("other", "x")):
            self.refused(
                "insert into wardgate.revocation (kind, key, n, expires_at,"
                f" made_by, why) values ('{kind}', '{key}', 1, now(), '', '')")


class Lineage(Case):

    def poll(self, asked, role="wg_facade"):
        return self.rows(
            f"select kind, n, key from wardgate.changes_since({asked})", role)

    def test_the_name_is_that_of_server_and_timeline(self):
        self.assertRegex(self.sql("select name from wardgate.lineage"),
                         r"^\d+/[0-9A-F]{8}$")
        before = self.number()
        self.poll(before)
        self.assertEqual(self.number(), before)

    def test_another_server_ends_all_tokens_before_it_tells_anything(self):
        before = self.number()
        self.sql("update wardgate.lineage set name = 'another/00000001'")
        told = self.poll(before)
        after = self.number()
        self.assertGreater(after, before + 1000000)
        self.assertIn({"kind": "all", "n": after, "key": ""}, told)
        self.assertIn({"kind": "now", "n": after, "key": ""}, told)
        self.assertEqual(self.held(), {("everything", "")})
        for number in (0, before, before + 5, before + 1000000):
            self.assertTrue(self.revoked(number), number)
        self.assertFalse(self.revoked(after))
        self.poll(after)
        self.assertEqual(self.number(), after)

    def test_many_polls_at_once_do_it_once(self):
        before = self.number()
        self.sql("update wardgate.lineage set name = 'another/00000001'")
        sessions = [base.Session(self.server.dsn(self.name, "wg_token"))
                    for _ in range(6)]
        threads = [threading.Thread(target=s.ask, args=(
            f"select * from wardgate.changes_since({before})",))
            for s in sessions]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for s in sessions:
            s.close()
        self.assertTrue(before + 1000000 < self.number() < before + 1000010)


if __name__ == "__main__":
    unittest.main()
