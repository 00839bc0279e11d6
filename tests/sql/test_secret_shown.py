# test_secret_shown.py - what became of the last request with each secret
# SPDX-License-Identifier: Apache-2.0

from tests.sql import base
from tests.sql.base import CLIENT, TENANT

REQUESTS = 10_000


class Shown(base.DatabaseCase):

    def setUp(self):
        for table in ("audit", "secret_use", "secret_shown"):
            self.sql(f"truncate wardgate.{table}")
        for table in ("client_secret", "client"):
            self.sql(f"delete from wardgate.{table}")
        self.sql("update wardgate.roll_up"
                 " set done_to = now() - interval '10 min'")
        self.add_client()
        self.sql(f"select wardgate.secret_add('{CLIENT}', 'aaaaaaaa', '', "
                 "'wg1_aaaaaaaa', decode(repeat('00', 32), 'hex'), 1, null, "
                 "null, 5)", "wg_operator")

    def request(self, ago, status=200, reason=None, tenant=TENANT,
                source="10.1.2.3", program="token", kind="token"):
        why = f"'{reason}'" if reason else "null"
        whose = f"'{tenant}'" if tenant else "null"
        return (f"row(now() - interval '{ago}', gen_random_uuid(), 0, 'req', "
                f"null, '{program}', 'host', '{CLIENT}', 'aaaaaaaa', 'jti', "
                f"{whose}, '{kind}', null, null, null, null, {status}, {why}, "
                f"null, null, null, null, null, 10, '{source}')"
                "::wardgate.audit_row")

    def happen(self, *requests):
        self.sql("select wardgate.audit_write(array"
                 f"[{','.join(requests)}])", "wg_token")
        self.sql("select wardgate.secret_use_roll_up('0')", "wg_keeper")

    def listed(self):
        return self.row(f"""
            select uses, last_network, shown_at > now() - interval '9 min' and
                   shown_at > last_at as later, shown_network, outcome, refused
              from wardgate.secret_list('{CLIENT}')""", "wg_operator")

    def test_a_secret_that_nobody_showed(self):
        self.assertEqual(self.listed(), {
            "uses": 0, "last_network": None, "later": None,
            "shown_network": None, "outcome": None, "refused": 0})

    def test_a_refusal_is_told_beside_the_last_token(self):
        self.happen(self.request("5 min"),
                    self.request("4 min", 400, "scope_malformed", None),
                    self.request("3 min", 401, "secret_expired",
                                 source="192.0.2.77"))
        self.assertEqual(self.listed(), {
            "uses": 1, "last_network": "10.1.2.0/24", "later": True,
            "shown_network": "192.0.2.0/24", "outcome": "secret_expired",
            "refused": 2})

    def test_a_token_after_a_refusal_is_the_last_outcome(self):
        self.happen(self.request("5 min", 429, "limit_client"))
        self.assertEqual(self.listed()["outcome"], "limit_client")
        self.happen(self.request("0 s"))
        found = self.listed()
        self.assertEqual((found["outcome"], found["refused"], found["later"]),
                         ("issued", 1, False))

    def test_only_token_requests_show_a_secret(self):
        self.happen(self.request("5 min", kind="introspect"),
                    self.request("5 min", kind="revoke"),
                    self.request("5 min", program="facade", kind="read"))
        self.assertEqual(self.sql(
            "select (select count(*) from wardgate.secret_use) +"
            " (select count(*) from wardgate.secret_shown)"), "0")

    def test_asking_for_unknown_hospitals_makes_no_rows(self):
        self.happen(*[self.request("5 min", 400, "tenant_unknown",
                                   f"{TENANT[:-2]}{n:02}") for n in range(50)])
        self.assertEqual(self.sql("select count(*) from wardgate.secret_use"),
                         "0")
        self.assertEqual(self.listed()["refused"], 50)

    def test_ten_thousand_requests_write_a_few_rows_beside_audit(self):
        many = self.request("5 min")
        so_far = """select relname, n_tup_ins + n_tup_upd + n_tup_del
              from pg_stat_xact_user_tables
             where schemaname = 'wardgate' and relname not like 'audit%'
             order by 1;"""
        said = self.sql(f"""
            begin;
            {so_far}
            select 'then';
            select count(wardgate.audit_write(array[{many}]))
              from generate_series(1, {REQUESTS});
            select wardgate.secret_use_roll_up('0');
            {so_far}
            commit;""")
        before, after = (
            {tuple(line.split("|")) for line in part.splitlines()
             if "|" in line} for part in said.split("then"))
        before = dict(before)
        written = {table: int(n) - int(before.get(table, 0))
                   for table, n in after}
        self.assertEqual({t: n for t, n in written.items() if n},
                         {"roll_up": 1, "secret_shown": 1, "secret_use": 1})
        self.assertEqual(self.listed()["uses"], REQUESTS)
