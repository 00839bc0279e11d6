# test_tables.py - for every table it is decided what keeps it small
# SPDX-License-Identifier: Apache-2.0
#
# It holds both lists against the schema: a new table is in neither, and fails
# until somebody has decided, also whether the trail hears of it.

import re

from tests.sql import base
from tests.sql.base import CLIENT, TENANT

PEOPLE = "has the rows that people make"
ONE = "has one row, or one for each thing that we have made"

# table: a statement of the keeper that clears it, or why it needs none
KEPT_SMALL = {
    "assertion_seen": "assertion_trim",
    "change_log": "change_log_trim",
    "cursor_handle": "cursor_handle_trim",
    "revocation": "revocation_trim",
    "secret_notice": "secret_trail_trim",
    "secret_shown": "secret_trail_trim",
    "secret_use": "secret_trail_trim",
    "traffic": "traffic_trim",
    "audit": "audit_partitions_ahead",      # operators drop whole months
    "audit_default": "audit_stray",
    "client": PEOPLE,
    "client_grant": PEOPLE,
    "client_jwks": PEOPLE,
    "client_jwks_url": PEOPLE,
    "client_secret": PEOPLE,
    "grant_request": PEOPLE,
    "account": PEOPLE,
    "client_owner": PEOPLE,
    "account_recovery": "has ten rows for each account at most",
    "invitation": "is cleared when another one is made",
    "portal_session": "session_trim",
    "signin_failure": "signin_failure_trim",
    "proposal": PEOPLE,
    "pepper": PEOPLE,
    "provider": PEOPLE,
    "provider_credential": PEOPLE,
    "provider_key": PEOPLE,
    "provider_tls": PEOPLE,
    "sealing_key": PEOPLE,
    "signing_key": PEOPLE,
    "tenant": PEOPLE,
    "change": ONE,
    "lineage": ONE,
    "migration": ONE,
    "policy": ONE,
    "roll_up": ONE,
    "probe": "has a hundred rows for each tenant at most",
    "probe_patient": PEOPLE,
    "production_override": PEOPLE,
    "provider_found": "has one row for each provider",
    "loss": "has one row for each tenant and element of our own tables",
}

# What says who may do what: each change of it is an act.
ACTS = {"client", "client_secret", "client_jwks", "client_jwks_url", "tenant",
        "provider", "provider_credential", "provider_key", "provider_tls",
        "client_grant",
        "signing_key", "sealing_key", "pepper", "policy", "account", "proposal",
        "client_owner", "grant_request", "probe_patient",
        "production_override"}

KEY = "abcdefgh"
OLD = "now() - interval '500 days'"
SPENT = {
    "session_trim('1 min', {n})":
        "insert into wardgate.portal_session (hash, account_id, stage,"
        f" made_at) select sha256(i::text::bytea), '{CLIENT}', 'full', {OLD}"
        " from generate_series(1, {n}) as i",
    "signin_failure_trim('1 min', {n})":
        "insert into wardgate.signin_failure (who, source, last_at)"
        f" select sha256(i::text::bytea), '10.0.0.1', {OLD}"
        " from generate_series(1, {n}) as i",
    "assertion_trim('1 min', {n})":
        f"insert into wardgate.assertion_seen select '{CLIENT}',"
        f" sha256(i::text::bytea), {OLD} from generate_series(1, {{n}}) as i",
    "cursor_handle_trim('1 min', {n})":
        "insert into wardgate.cursor_handle (client_id, tenant_id, sealed,"
        f" expires_at) select '{CLIENT}', '{TENANT}', '\\x00', {OLD}"
        " from generate_series(1, {n})",
    "revocation_trim({n})":
        "insert into wardgate.revocation (kind, key, n, expires_at, made_by,"
        f" why) select 'tenant', gen_random_uuid(), 1, {OLD}, 'x', ''"
        " from generate_series(1, {n})",
    "traffic_trim('400 days', {n})":
        f"insert into wardgate.traffic select {OLD}, gen_random_uuid(), null,"
        f" 'token', null, 'answered', 'ok', 1, {OLD}, '{{{{1}}}}', '{{{{1}}}}'"
        " from generate_series(1, {n})",
    "secret_trail_trim('400 days', {n})":
        f"insert into wardgate.secret_use select 'k' || i, '{TENANT}', {OLD},"
        " null, 1 from generate_series(1, {n}) as i",
}


class Tables(base.DatabaseCase):

    def tables(self):
        return set(self.sql("""
            select relname from pg_class
             where relnamespace = 'wardgate'::regnamespace
               and relkind in ('r', 'p')
               and relname !~ '^audit_[0-9]{4}_[0-9]{2}$'""").split())

    def test_something_keeps_every_table_small(self):
        self.assertEqual(self.tables(), set(KEPT_SMALL))
        asked = set(re.findall(r"^prepare (\w+)", (
            base.TOP / "sql/prepare/keeper.sql").read_text(), re.M))
        done = set(re.findall(r'"(\w+)"', (
            base.TOP / "lib/app/cmd_keep.c").read_text()))
        for table, how in KEPT_SMALL.items():
            if " " not in how:
                self.assertIn(how, asked, table)
                self.assertIn(how, done, f"no keeper clears {table}")

    def test_the_trail_hears_of_every_table_that_people_change(self):
        heard = set(self.sql("""
            select tgrelid::regclass::text from pg_trigger
             where tgname like 'audited\\_by\\_%'
             group by 1 having count(*) = 4""").split())
        self.assertEqual({t.split(".")[1] for t in heard}, ACTS)
        self.assertLessEqual({t for t, how in KEPT_SMALL.items()
                              if how == PEOPLE}, ACTS)

    def test_what_is_spent_goes_in_steps_and_waits_for_nobody(self):
        """One of the rows is held by somebody else all the time."""
        other = base.Session(self.server.dsn(self.name, base.OWNER))
        self.addCleanup(other.close)
        self.sql("insert into wardgate.account (account_id, login, roles,"
                 f" passphrase) values ('{CLIENT}', 'ann', '{{admin}}',"
                 " 'scrypt$')")
        for call, seed in SPENT.items():
            table = re.search(r"into wardgate\.(\w+)", seed)[1]
            with self.subTest(table):
                self.sql(f"delete from wardgate.{table}")
                self.sql(seed.format(n=25))
                other.ask("begin")
                other.ask(f"select from wardgate.{table} limit 1 for update")
                self.sql("set statement_timeout = '20s'", "wg_keeper")
                went = [int(self.sql("select wardgate." + call.format(n=10),
                                     "wg_keeper")) for _ in range(4)]
                other.ask("rollback")
                self.assertEqual(went, [10, 10, 4, 0])
                self.assertEqual(self.sql(
                    "select wardgate." + call.format(n=10), "wg_keeper"), "1")

    def test_uses_of_what_still_exists_stay(self):
        self.add_client()
        self.add_secret(KEY)
        self.sql("insert into wardgate.client_jwks (client_id, jwks, creds)"
                 f" values ('{CLIENT}', '{{\"keys\": [{{}}]}}',"
                 " array['kkkkkkkk'])")
        self.sql("delete from wardgate.secret_use")
        for key, at in ((KEY, OLD), ("kkkkkkkk", OLD), ("ggggggg2", OLD),
                        ("ggggggg3", "now() - interval '399 days'")):
            self.sql(f"insert into wardgate.secret_use values ('{key}',"
                     f" '{TENANT}', {at}, null, 1)")
            self.sql(f"insert into wardgate.secret_shown values ('{key}', {at},"
                     f" null, null, 'issued', 0)")
            self.sql(f"insert into wardgate.secret_notice values ('{key}', 7,"
                     f" {at}, 1, {at})")
        self.assertEqual(self.sql("select wardgate.secret_trail_trim("
                                  "'400 days', 100)", "wg_keeper"), "3")
        for table in ("secret_use", "secret_shown", "secret_notice"):
            self.assertEqual(set(self.sql(
                f"select key_id from wardgate.{table}").split()),
                {KEY, "kkkkkkkk", "ggggggg3"})
