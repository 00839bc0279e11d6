# test_change.py - the change number rises with every change, and only then
# SPDX-License-Identifier: Apache-2.0

import json
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT


def onboard(**values):
    """What tenant.sql asks for."""
    return ("select * from wardgate.onboard_run('tenant', '"
            + json.dumps({"tenant": TENANT, **values}) + "')")


class Number(base.DatabaseCase):

    def setUp(self):
        self.sql("delete from wardgate.client_grant")
        self.sql("delete from wardgate.provider")
        self.sql("delete from wardgate.tenant")
        self.sql("delete from wardgate.client_secret")
        self.sql("delete from wardgate.client")

    def since(self, asked):
        """What changed after a number, without the row `now`, and without
        what was revoked for it: see test_revocation."""
        rows = self.rows(
            f"select kind, n, key from wardgate.changes_since({asked})",
            "wg_facade")
        now = [r for r in rows if r["kind"] == "now"]
        self.assertEqual(len(now), 1)
        self.assertEqual(now[0]["n"], self.number())
        return [(r["kind"], r["key"]) for r in rows
                if r["kind"] not in ("now", "revocation")]

    def told(self, text, role="wg_operator"):
        """What a statement makes readers forget."""
        before = self.number()
        self.sql(text, role)
        return self.since(before)

    def test_each_kind_of_change_tells_its_key(self):
        client, tenant = ("client", CLIENT), ("tenant", TENANT)
        grant = ("grant", f"{CLIENT}/{TENANT}")
        steps = (
            (f"select * from wardgate.client_add('{CLIENT}', 'A', '', '')",
             [client]),
            (f"select wardgate.client_able('{CLIENT}', false)", [client]),
            (f"select wardgate.client_able('{CLIENT}', true)", [client]),
            (f"""select wardgate.secret_add('{CLIENT}', 'abcdefgh', '', 'h',
                   '\\x{"00" * 32}', 1, null, null, 5)""", [client]),
            (f"select wardgate.secret_invalidate('{CLIENT}', 'abcdefgh')",
             [client]),
            (onboard(name="T", provider_url=base.URL, fhir_version="R4"),
             [tenant, tenant]),
            (f"select wardgate.grant_give('{CLIENT}', '{TENANT}', null)",
             [grant]),
            (f"select wardgate.grant_end('{CLIENT}', '{TENANT}')", [grant]),
            (f"""select * from wardgate.tenant_state_set('{TENANT}',
                   'suspended', '', '', '')""", [tenant]),
            (onboard(fhir_version="STU3"), [tenant]),
            (f"select * from wardgate.tenant_remove('{TENANT}')",
             [grant, tenant, tenant]),
            (f"select wardgate.signing_key_add('{'k' * 43}')",
             [("key", "k" * 43)]),
        )
        for text, expected in steps:
            with self.subTest(text):
                self.assertEqual(self.told(text), expected)

    def test_the_same_again_is_no_change(self):
        self.add_client()
        self.add_tenant(client=CLIENT)
        for text in (
                f"select * from wardgate.client_add('{CLIENT}', 'App','','')",
                f"select wardgate.client_able('{CLIENT}', true)",
                f"select wardgate.grant_give('{CLIENT}', '{TENANT}', null)",
                onboard(name="Hospital", provider_url=base.URL,
                        fhir_version="R4", client=CLIENT),
                f"""select * from wardgate.tenant_state_set('{TENANT}',
                      'active', '', '', '')"""):
            with self.subTest(text):
                self.assertEqual(self.told(text), [])

    def test_rows_changed_by_hand_are_told_too(self):
        self.add_client()
        self.add_tenant(client=CLIENT)
        steps = (
            ("update wardgate.provider set base_url = base_url || '/v2'",
             [("tenant", TENANT)]),
            ("update wardgate.tenant set name = name", []),
            ("update wardgate.tenant set state = 'suspended'",
             [("tenant", TENANT)]),
            ("delete from wardgate.client_grant",
             [("grant", f"{CLIENT}/{TENANT}")]),
            ("delete from wardgate.client_grant", []),
            ("update wardgate.policy set value = 'loopback'"
             " where name = 'provider_http'", [("all", "")]),
            ("update wardgate.policy set value = 'refuse'"
             " where name = 'provider_http'", [("all", "")]),
            ("truncate wardgate.client_secret", [("all", "")]),
        )
        for text, expected in steps:
            with self.subTest(text):
                self.assertEqual(self.told(text, base.OWNER), expected)

    def test_a_key_that_moves_is_told_with_both_names(self):
        self.add_client()
        other = CLIENT.replace("a", "b")
        self.assertEqual(
            self.told(f"update wardgate.client set client_id = '{other}'",
                      base.OWNER),
            [("client", CLIENT), ("client", other)])

    def test_a_mass_change_is_one_change(self):
        before = self.number()
        self.sql("""
            insert into wardgate.tenant (tenant_id, slug, name)
            select gen_random_uuid(), 't-' || i, 'T'
              from generate_series(1, 1001) as i""")
        self.assertEqual(self.number(), before + 1)
        self.assertEqual(self.since(before), [("all", "")])

    def test_what_was_rolled_back_was_never_there(self):
        before = self.number()
        self.server.run(self.name, base.OWNER, text=f"""
            begin;
            select * from wardgate.client_add('{CLIENT}', 'A', '', '');
            rollback;""")
        self.assertEqual(self.number(), before)
        self.assertEqual(self.since(before), [])

    def test_readers_without_a_place_forget_everything(self):
        now = self.number()
        self.assertEqual(self.since("null"), [("all", "")])
        self.assertEqual(self.since(0), [("all", "")])
        self.assertEqual(self.since(now + 1), [("all", "")])
        self.assertEqual(self.since(now), [])

    def test_trimming_keeps_the_promise(self):
        self.add_client()
        before = self.number()
        self.sql(f"select wardgate.client_able('{CLIENT}', false)")
        trim = "select wardgate.change_log_trim(interval '{}', 1000)"
        self.assertEqual(self.sql(trim.format("1 hour"), "wg_keeper"), "0")
        self.assertEqual(self.since(before), [("client", CLIENT)])
        self.assertGreater(int(self.sql(trim.format("-1 hour"),
                                        "wg_keeper")), 0)
        now = self.number()
        self.assertEqual(self.since(before), [("all", "")])
        self.assertEqual(self.since(now), [])
        self.assertEqual(
            self.told(f"select wardgate.client_able('{CLIENT}', true)"),
            [("client", CLIENT)])

    def test_trimming_goes_in_steps(self):
        self.add_client()
        for able in ("false", "true", "false"):
            self.sql(f"select wardgate.client_able('{CLIENT}', {able})")
        count = "select count(distinct n) from wardgate.change_log"
        before = int(self.sql(count))
        self.sql("select wardgate.change_log_trim(interval '-1 hour', 2)",
                 "wg_keeper")
        self.assertEqual(int(self.sql(count)), before - 2)


if __name__ == "__main__":
    unittest.main()
