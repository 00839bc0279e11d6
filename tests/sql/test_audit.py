# test_audit.py - audit rows, their partitions, what is summed up, readiness
# SPDX-License-Identifier: Apache-2.0

import contextlib
import subprocess
import time
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2


def row(at="now()", trace="gen_random_uuid()", program="token", status=200,
        key="'abcdefgh'", tenant=TENANT, source="10.1.2.3", entry=0):
    """One wardgate.audit_row as SQL."""
    return (f"row({at}, {trace}, {entry}, 'req', null, '{program}', 'host', "
            f"'{CLIENT}', {key}, 'jti', '{tenant}', 'token', null, null, "
            f"null, null, {status}, null, null, null, null, null, null, 10, "
            f"'{source}')::wardgate.audit_row")


class Trail(base.DatabaseCase):

    def setUp(self):
        self.sql("truncate wardgate.audit")
        self.sql("truncate wardgate.secret_use")

    def write(self, *rows, role="wg_facade"):
        return self.sql(f"select wardgate.audit_write(array[{','.join(rows)}])",
                        role)

    def count(self, where="true", table="audit"):
        return int(self.sql(f"select count(*) from wardgate.{table}"
                            f" where {where}"))

    # ---- rows ----

    def test_rows_arrive_together_and_whole(self):
        self.write(*[row() for _ in range(20)], role="wg_token")
        self.assertEqual(self.count("source = '10.1.2.3' and duration_us = 10"
                                    " and request_id = 'req'"), 20)

    def test_the_row_as_sent_has_the_columns_of_the_table(self):
        columns = """
            select string_agg(format('%s %s', attname,
                     format_type(atttypid, atttypmod)), ',' order by attnum)
              from pg_attribute
             where attrelid = 'wardgate.{}'::regclass and attnum > 0
               and not attisdropped
               and attname not in ('made_by', 'detail')"""  # of acts alone
        self.assertEqual(self.sql(columns.format("audit_row")),
                         self.sql(columns.format("audit")))

    def test_a_commit_is_durable_whatever_the_role_is_set_to(self):
        for was, then in (("off", "on"), ("local", "on"), ("on", "on"),
                          ("remote_apply", "remote_apply")):
            out = self.sql(
                f"set synchronous_commit = {was}; begin;"
                f"select wardgate.audit_write(array[{row()}]);"
                "select current_setting('synchronous_commit'); commit",
                "wg_facade")
            self.assertEqual(out.split()[-1], then, out)

    def test_one_bad_row_stores_none(self):
        trace = "'01234567-89ab-cdef-0123-456789abcdef'"
        self.write(row(at="'2026-01-01Z'", trace=trace))
        self.refused("select wardgate.audit_write(array[" + row() + "," +
                     row(at="'2026-01-01Z'", trace=trace) + "])",
                     "wg_facade", "23505")
        self.refused("select wardgate.audit_write(array[" + row() + "," +
                     row(at="null") + "])", "wg_facade")
        self.assertEqual(self.count(), 1)

    def test_a_trace_id_finds_its_row_by_its_time(self):
        trace = "0193455e8e40aaaaaaaaaaaaaaaaaaaa"
        at = self.sql(f"select wardgate.trace_time('{trace}')")
        self.write(row(at=f"'{at}'", trace=f"'{trace}'"),
                   *[row(at=f"timestamptz '{at}' + interval '{i} s'")
                     for i in range(1, 4)])
        found = self.sql("select count(*) from wardgate.audit_tail(null, null,"
                         f" '{trace}', 10)", "wg_auditor")
        self.assertEqual(found, "1")
        plan = self.sql(f"""
            explain select * from wardgate.audit as a
             where a.trace_id = '{trace}'
               and a.at >= '{at}'::timestamptz - interval '1 ms'
               and a.at < '{at}'::timestamptz + interval '2 ms'""")
        self.assertNotIn("Seq Scan", plan)

    def test_a_batch_and_its_entries_share_a_trace_id(self):
        trace = "0193455e8e40bbbbbbbbbbbbbbbbbbbb"
        at = self.sql(f"select wardgate.trace_time('{trace}')")
        self.write(*[row(at=f"'{at}'", trace=f"'{trace}'", entry=n)
                     for n in (2, 0, 3, 1)])
        found = self.rows("select entry from wardgate.audit_tail(null, null,"
                          f" '{trace}', 10)", "wg_auditor")
        self.assertEqual([r["entry"] for r in found], [0, 1, 2, 3])
        self.refused("select wardgate.audit_write(array[" + row(
            at=f"'{at}'", trace=f"'{trace}'", entry=3) + "])", "wg_facade",
            "23505")

    def test_the_tail_is_the_newest_oldest_first(self):
        self.write(*[row(at=f"now() - interval '{i} min'",
                         tenant=TENANT if i % 2 else TENANT2)
                     for i in range(1, 7)])
        tail = """select extract(epoch from now() - at)::int as age
                    from wardgate.audit_tail({}, {}, null, {})"""
        ages = [r["age"] for r in self.rows(tail.format("null", "null", 3),
                                            "wg_auditor")]
        self.assertEqual(ages, sorted(ages, reverse=True))
        self.assertLess(max(ages), 5 * 60)
        one = self.rows(tail.format("null", f"'{TENANT}'", 10), "wg_auditor")
        self.assertEqual(len(one), 3)
        since = self.rows(tail.format("now() - interval '270 s'", "null",
                                      10), "wg_auditor")
        self.assertLess(len(since), 6)

    # ---- partitions ----

    def test_months_are_made_ahead_once(self):
        made = "select wardgate.audit_partitions_ahead({})"
        there = """select count(*) from pg_inherits
                    where inhparent = 'wardgate.audit'::regclass"""
        before = int(self.sql(there))
        self.assertEqual(self.sql(made.format(3), "wg_keeper"), "0")
        self.assertEqual(self.sql(made.format(5), "wg_keeper"), "2")
        self.assertEqual(self.sql(made.format(5), "wg_keeper"), "0")
        self.assertEqual(int(self.sql(there)), before + 2)

    def test_a_month_begins_and_ends_in_utc(self):
        self.server.run(self.name, base.OWNER, text="""
            set timezone = 'Pacific/Kiritimati';
            select wardgate.audit_partition_make('2031-03-31');""")
        for at, table in (("2031-03-01 00:00:00Z", "audit_2031_03"),
                          ("2031-03-31 23:59:59.999999Z", "audit_2031_03"),
                          ("2031-02-28 23:59:59.999999Z", "audit_default"),
                          ("2031-04-01 00:00:00Z", "audit_default")):
            before = self.count(table=table)
            self.write(row(at=f"'{at}'"))
            self.assertEqual(self.count(table=table), before + 1, at)

    def test_rows_that_came_too_early_move_into_their_month(self):
        self.write(row(at="'2032-05-10Z'"), row(at="'2032-06-10Z'"))
        self.assertEqual(self.count(table="audit_default"), 2)
        self.assertEqual(self.sql("select wardgate.audit_stray()",
                                  "wg_keeper"), "t")
        self.sql("select wardgate.audit_partition_make('2032-05-01')")
        self.assertEqual(self.count(table="audit_default"), 1)
        self.assertEqual(self.count(table="audit_2032_05"), 1)
        self.assertEqual(self.count(), 2)
        self.sql("select wardgate.audit_partition_make('2032-06-01')")
        self.assertEqual(self.sql("select wardgate.audit_stray()",
                                  "wg_keeper"), "f")

    def test_partitions_are_nobodys_by_themselves(self):
        self.sql("select wardgate.audit_partition_make('2033-01-01')")
        for role in base.ROLES:
            self.assertEqual(self.sql(
                f"select has_table_privilege('{role}',"
                " 'wardgate.audit_2033_01', 'select, insert, update, delete,"
                " truncate')", None), "f", role)

    def test_writers_and_a_new_month_do_not_wait_for_each_other(self):
        make = "select wardgate.audit_partition_make('2034-0{}-01')"
        write = f"select wardgate.audit_write(array[{row()}])"
        for held, other in ((write, make.format(1)), (make.format(2), write)):
            with self.subTest(held), self.open_transaction(held):
                self.sql(f"set statement_timeout = '20s'; {other}")
                self.assertEqual(self.waiting(), 1)
        self.assertEqual(self.count(), 2)

    @contextlib.contextmanager
    def open_transaction(self, text):
        """Another session that has run text and not committed yet."""
        held = subprocess.Popen(
            ["psql", "-Xq", "-d", self.server.dsn(self.name, base.OWNER)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        held.stdin.write(f"begin;\n{text};\n")
        held.stdin.flush()
        while not self.waiting():
            self.assertIsNone(held.poll())
            time.sleep(0.02)
        yield
        held.communicate("commit;\n")

    def waiting(self):
        return int(self.sql(f"""
            select count(*) from pg_stat_activity
             where datname = '{self.name}' and query like '%wardgate.audit%'
               and state = 'idle in transaction'""", None))

    # ---- uses of secrets ----

    def roll_up(self, lag="0", role="wg_keeper"):
        return int(self.sql(
            f"select wardgate.secret_use_roll_up(interval '{lag}')", role))

    def uses(self):
        return {(r["key_id"], r["tenant_id"]):
                (r["uses"], r["source_network"])
                for r in self.rows("select * from wardgate.secret_use")}

    def start(self, ago):
        self.sql(f"update wardgate.roll_up set done_to = now() - interval"
                 f" '{ago}'")

    def test_tokens_that_were_issued_are_counted_once(self):
        self.start("10 minutes")
        self.write(row(at="now() - interval '5 min'", source="10.1.2.3"),
                   row(at="now() - interval '4 min'", source="10.7.8.9"),
                   row(at="now() - interval '4 min'", tenant=TENANT2,
                       source="2001:db8:1:2::3"),
                   row(at="now() - interval '3 min'", status=401),
                   row(at="now() - interval '3 min'", program="facade"),
                   row(at="now() - interval '3 min'", key="null"))
        self.assertEqual(self.roll_up(), 0)
        expected = {("abcdefgh", TENANT): (2, "10.7.8.0/24"),
                    ("abcdefgh", TENANT2): (1, "2001:db8:1::/48")}
        self.assertEqual(self.uses(), expected)
        self.assertEqual(self.roll_up(), 0)
        self.assertEqual(self.uses(), expected)
        self.write(row(source="10.4.4.4"))
        self.assertEqual(self.roll_up(), 0)
        self.assertEqual(self.uses()["abcdefgh", TENANT],
                         (3, "10.4.4.0/24"))

    def test_the_last_minute_waits(self):
        self.start("10 minutes")
        self.write(row(at="now() - interval '30 s'"))
        self.roll_up("1 minute")
        self.assertEqual(self.uses(), {})

    def test_a_long_pause_is_made_up_in_steps(self):
        self.start("3 hours")
        self.write(*[row(at=f"now() - interval '{m} min'")
                     for m in (170, 100, 20)])
        left = [self.roll_up() for _ in range(4)]
        self.assertEqual(left[-1], 0)
        self.assertGreater(left[0], 3600)
        self.assertEqual(self.uses()["abcdefgh", TENANT][0], 3)

    # ---- readiness ----

    def ready(self, lowest=1, highest=99):
        return {r["subject"]: (r["ok"], r["why"]) for r in self.rows(
            f"select * from wardgate.ready({lowest}, {highest})",
            "wg_metadata")}

    def test_a_fit_database_is_ready(self):
        found = self.ready()
        self.assertEqual({k: v[0] for k, v in found.items()},
                         {"schema": True, "writable": True, "audit": True})

    def test_another_schema_is_told_with_what_to_do(self):
        ok, why = self.ready(90, 99)["schema"]
        self.assertFalse(ok)
        self.assertIn("run `wardgate migrate apply`", why)
        self.sql("insert into wardgate.migration (number, name, sha256)"
                 " values (9000, 'x', decode(repeat('00', 32), 'hex'))")
        ok, why = self.ready(1, 99)["schema"]
        self.assertFalse(ok)
        self.assertIn("install the newer programs", why)
        self.sql("delete from wardgate.migration where number = 9000")

    def test_a_missing_month_is_told(self):
        name = self.sql("select 'audit_' || to_char(now() at time zone 'UTC'"
                        " + interval '1 month', 'YYYY_MM')")
        self.sql(f"drop table wardgate.{name}")
        ok, why = self.ready()["audit"]
        self.assertFalse(ok)
        self.assertIn("is `wardgate keep` running?", why)
        self.sql("select wardgate.audit_partitions_ahead(3)", "wg_keeper")
        self.assertTrue(self.ready()["audit"][0])

    def test_a_standby_is_not_ready(self):
        found = self.server.run(self.name, None, text="""
            begin read only;
            select ok, why from wardgate.ready(1, 99)
             where subject = 'writable';
            commit;""")
        self.assertEqual(found, "f|the server takes no writes")


if __name__ == "__main__":
    unittest.main()
