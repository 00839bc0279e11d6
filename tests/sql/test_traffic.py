# test_traffic.py - audit summed up by the hour, and what the portal shows of it
# SPDX-License-Identifier: Apache-2.0
#
# Hours are told by how many are between them and this one.

import random

from tests.rig import hour
from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2
from tests.sql.test_portal_tenants import ANN, BEN, Case

CLIENT2 = "aaaaaaaa-bbbb-cccc-dddd-000000000002"
STRANGER = "aaaaaaaa-bbbb-cccc-dddd-000000000003"
NOBODY = "aaaaaaaa-bbbb-cccc-dddd-000000000004"
HOUR = "date_trunc('hour', now(), 'UTC')"

# The same counts, straight from audit: what a reader of the trail would ask.
COUNTED = """
select date_trunc('hour', at, 'UTC') as hour, client_id, tenant_id,
       count(*) as calls,
       count(*) filter (where status between 400 and 499) as refused,
       count(*) filter (where status >= 500) as failed,
       percentile_disc(array[0.5, 0.95, 0.99])
         within group (order by ceil(greatest(duration_us, 1) / 1000.0)) as took
  from wardgate.audit
 where program = 'facade' and entry = 0 and client_id is not null
 group by 1, 2, 3 order by 1, 2, 3"""
SUMMED = """
select t.hour, t.client_id, t.tenant_id, sum(u.n)::int as calls,
       coalesce(sum(u.n) filter (where outcome = 'refused'), 0)::int
         as refused,
       coalesce(sum(u.n) filter (where outcome = 'failed'), 0)::int
         as failed,
       wardgate.took_percentiles(array_agg(u.ms), array_agg(u.n::bigint))
         as took
  from wardgate.traffic as t
 cross join unnest(t.took_ms, t.took_n) as u (ms, n)
 where t.program = 'facade'
 group by 1, 2, 3 order by 1, 2, 3"""


def two_digits(ms):
    step = 1
    while ms > 99 * step:
        step *= 10
    return -(-ms // step) * step


def row(ago=2, minute=10, program="facade", status=200, reason="ok",
        client=CLIENT, tenant=TENANT, us=10_000, entry=0, key=None,
        interaction="read"):
    """One wardgate.audit_row as SQL; `ago` hours before this one."""
    quoted = [x and f"'{x}'" or "null" for x in (client, key, tenant)]
    return (f"row({HOUR} - interval '{ago} hours' + interval '{minute} min',"
            f" gen_random_uuid(), {entry}, 'req', null, '{program}', 'host',"
            f" {quoted[0]}, {quoted[1]}, 'jti', {quoted[2]}, '{interaction}',"
            f" null, null, null, null, {status}, '{reason}', null, null, null,"
            f" null, null, {us}, '10.1.2.3')::wardgate.audit_row")


class Base(hour.Case, Case):
    def setUp(self):
        self.sql("delete from wardgate.client_secret")
        super().setUp()
        self.sql("truncate wardgate.audit, wardgate.traffic")
        self.add_client(CLIENT2, "Other")
        self.start(6)

    def start(self, ago):
        """The keeper has seen what came before."""
        self.sql(f"update wardgate.roll_up set done_to = {HOUR} - interval"
                 f" '{ago} hours' where name like 'traffic%'")

    def write(self, *rows):
        self.sql(f"select wardgate.audit_write(array[{','.join(rows)}])",
                 "wg_facade")

    def roll_up(self, settle="15 min", lag="1 min"):
        for _ in range(100):
            behind = int(self.sql("select wardgate.traffic_roll_up("
                                  f"'{lag}', '{settle}')", "wg_keeper"))
            if not behind:
                return
        self.fail("it never comes to an end")

    def calls(self, where="true"):
        return int(self.sql("select coalesce(sum(calls), 0) from"
                            f" wardgate.traffic where {where}"))

    def equal(self):
        """Sums and trail agree, hour by hour; returns how many calls."""
        counted, summed = self.rows(COUNTED), self.rows(SUMMED)
        self.assertEqual(len(counted), len(summed))
        for c, s in zip(counted, summed):
            took = s.pop("took")
            self.assertEqual([two_digits(int(ms)) for ms in c.pop("took")],
                             [took["p50"], took["p95"], took["p99"]])
            self.assertEqual(c, s)
        calls = sum(c["calls"] for c in counted)
        self.assertEqual(self.calls("program = 'facade'"), calls)
        return calls


class Sums(Base):
    def test_they_equal_the_trail_of_the_same_hour(self):
        dice = random.Random(7)
        self.write(*[row(
            ago=dice.randrange(2, 6), minute=dice.randrange(60),
            client=dice.choice((CLIENT, CLIENT2)),
            tenant=dice.choice((TENANT, TENANT2)),
            status=dice.choice((200, 200, 200, 304, 404, 429, 502, 504)),
            us=int(10 ** dice.uniform(1.5, 7.8)))
            for _ in range(600)])
        self.roll_up()
        self.assertEqual(self.equal(), 600)

    def test_what_counts(self):
        self.write(
            row(), row(interaction="batch"),        # a batch is one call
            row(entry=1), row(entry=2),             # its entries are none
            row(client=None, tenant=None, status=401),  # nobody's
            row(client=NOBODY, status=401),         # no app of ours
            row(program="token", interaction="introspect"),
            row(program="token", interaction="token", key="abcdefgh"),
            row(program="token", interaction="token", key="abcdefgh",
                status=400, tenant=STRANGER, reason="tenant-unknown"))
        self.roll_up()
        found = self.rows("select program, tenant_id, key_id, outcome, reason,"
                          " calls from wardgate.traffic order by 1, 4, 5")
        self.assertEqual([tuple(r.values()) for r in found], [
            ("facade", TENANT, None, "answered", "ok", 2),
            ("token", TENANT, "abcdefgh", "answered", "ok", 1),
            ("token", None, None, "refused", "tenant-unknown", 1)])

    def test_durations_are_rounded_up_to_two_digits(self):
        for us, ms in ((0, 1), (-5, 1), (1, 1), (1000, 1), (1001, 2),
                       (99_000, 99), (99_001, 100), (100_001, 110),
                       (990_001, 1000), (1_000_001, 1100),
                       (9_900_001, 10_000), (25_000_001, 26_000),
                       (99_000_001, 100_000), (2_147_483_647, 2_150_000)):
            self.assertEqual(int(self.sql(
                f"select wardgate.took_rounded({us})")), ms, us)
        self.assertEqual(self.sql("select wardgate.took_rounded(null)"), "1")

    def test_again_and_again_changes_nothing(self):
        self.write(*[row(minute=m) for m in range(10)])
        for settle in ("10 hours", "10 hours", "15 min", "15 min"):
            self.roll_up(settle)
            self.assertEqual(self.equal(), 10)
        was = self.sql("select ctid, xmin from wardgate.traffic")
        self.start(6)   # as if it were a second keeper's first day
        self.roll_up("15 min")
        self.assertEqual(self.sql("select ctid, xmin from wardgate.traffic"),
                         was, "nothing is written that is the same")

    def test_a_row_that_came_late_is_found_when_its_hour_is_settled(self):
        self.write(row(), row(ago=3))
        self.roll_up("10 hours")
        self.assertEqual(self.equal(), 2)
        self.write(row(minute=1), row(minute=59, us=3_000_000), row(ago=3),
                   row(ago=4, client=CLIENT2))
        self.roll_up("10 hours")
        self.assertEqual(self.calls(), 2)
        self.roll_up("15 min")
        self.assertEqual(self.equal(), 6)
        self.write(row())
        self.roll_up("15 min")
        self.assertEqual(self.calls(), 6)

    def test_an_hour_is_counted_bit_by_bit_as_it_is_as_a_whole(self):
        dice, rows = random.Random(11), []
        for minute in range(60):
            rows += [row(minute=minute, us=int(10 ** dice.uniform(1.5, 7.8)),
                         status=dice.choice((200, 200, 502)),
                         client=dice.choice((CLIENT, CLIENT2)))
                     for _ in range(3)]
        self.write(*rows)
        at = f"{HOUR} - interval '2 hours' + interval '{{}} min'"
        for low, high in ((0, 1), (1, 2), (2, 31), (31, 60)):
            self.sql("select wardgate.traffic_add("
                     f"{at.format(low)}, {at.format(high)})")
        self.assertEqual(self.equal(), 180)
        before = self.sql("select * from wardgate.traffic order by 2, 6, 7")
        self.sql(f"select wardgate.traffic_hour_settle({at.format(0)})")
        self.assertEqual(self.sql(
            "select * from wardgate.traffic order by 2, 6, 7"), before)

    def test_a_keeper_that_is_killed_takes_nothing_with_it(self):
        self.write(row(), row(ago=3))
        keeper = base.Session(self.server.dsn(self.name, "wg_keeper"))
        keeper.ask("begin")
        keeper.ask("select wardgate.traffic_roll_up('1 min', '15 min')")
        self.assertEqual(self.calls(), 0)
        keeper.psql.kill()
        keeper.close()
        self.roll_up()
        self.assertEqual(self.equal(), 2)

    def test_a_long_pause_is_made_up_in_steps(self):
        self.start(50)
        self.write(*[row(ago=n) for n in (49, 30, 12, 2)])
        left = int(self.sql("select wardgate.traffic_roll_up('1 min',"
                            " '15 min')", "wg_keeper"))
        self.assertGreater(left, 40 * 3600)
        self.roll_up()
        self.assertEqual(self.equal(), 4)

    def test_what_is_not_summed_up_yet_is_told_too(self):
        self.sql("update wardgate.roll_up set done_to = now() - interval"
                 " '5 min' where name = 'traffic_seen'")
        self.sql(f"insert into wardgate.traffic select {HOUR}, '{CLIENT}',"
                 f" '{TENANT}', 'facade', null, 'answered', 'ok', 4, now(),"
                 " '{7}', '{4}'")
        self.sql("insert into wardgate.audit (at, trace_id, program, status,"
                 " client_id, tenant_id) select now(), gen_random_uuid(),"
                 f" 'facade', 502, '{CLIENT}', '{TENANT}'")
        call = f"portal_client_traffic('{BEN}', '{CLIENT}', 24, 9)"
        got = self.row(f"select * from wardgate.{call}", "wg_admin")
        self.assertEqual((got["calls"], got["failed"], got["percent"],
                          got["p50"], got["p99"]), (5, 1, 20, 7, 7))
        self.assertEqual(self.sql("select wardgate.traffic_until() = now()"),
                         "t")
        self.sql("update wardgate.roll_up set done_to = now() - interval"
                 " '11 min' where name = 'traffic_seen'")
        got = self.row(f"select * from wardgate.{call}", "wg_admin")
        self.assertEqual(got["calls"], 4)
        self.assertEqual(self.sql("select wardgate.traffic_until() < now()"
                                  " - interval '10 min'"), "t")


class Shown(Base):
    def one(self, call):
        return self.row(f"select * from wardgate.{call}", "wg_admin")

    def all(self, call):
        return self.rows(f"select * from wardgate.{call}", "wg_admin")

    def overview(self, find="", state="", skip=0, most=20):
        return self.all(f"portal_overview('{ANN}', '{find}', '{state}',"
                        f" {skip}, {most})")

    def traffic(self, ago, tenant=TENANT, outcome="answered", calls=1):
        """`ago`: an interval before this hour began."""
        self.sql("insert into wardgate.traffic select date_trunc('hour',"
                 f" {HOUR} - interval '{ago}', 'UTC'), '{CLIENT}',"
                 f" '{tenant}', 'facade', null, '{outcome}', 'ok', {calls},"
                 f" {HOUR} - interval '{ago}', '{{5}}', '{{{calls}}}'"
                 " on conflict do nothing")

    def state(self):
        return self.overview()[0]["state_is"]

    def test_nobody_else_sees_numbers_of_others(self):
        eve = "00000000-0000-4000-8000-000000000005"
        self.sql("insert into wardgate.account (account_id, login, roles,"
                 f" passphrase) values ('{eve}', 'eve',"
                 " '{developer,auditor}', 'scrypt$')")
        self.write(row())
        self.roll_up()
        for call in (f"portal_client_hours('{{}}', '{CLIENT}', 24)",
                     f"portal_client_traffic('{{}}', '{CLIENT}', 24, 9)",
                     f"portal_client_refusals('{{}}', '{CLIENT}', 24)",
                     f"portal_secret_uses('{{}}', '{CLIENT}')"):
            self.denied(call.format(eve), "WG404", "There is no such app.")
            self.all(call.format(BEN))
            self.all(call.format(ANN))
        for call in (f"portal_tenant_hours('{{}}', '{TENANT}', 24)",
                     f"portal_tenant_traffic('{{}}', '{TENANT}', 24, 9)",
                     f"portal_incident('{{}}', '{TENANT}', 24, 9)",
                     "portal_overview('{}', '', '', 0, 9)"):
            for who in (eve, BEN):
                self.denied(call.format(who), "WG404",
                            "There is no such hospital.")
            self.all(call.format(ANN))

    def test_an_app_is_told_by_hour_hospital_and_reason(self):
        self.write(row(ago=3, us=20_000), row(ago=2, us=40_000),
                   row(ago=2, status=503, reason="maintenance"),
                   row(ago=2, client=CLIENT2),
                   row(ago=2, program="token", interaction="token",
                       status=400, reason="tenant-unknown"))
        self.roll_up()
        hours = self.all(f"portal_client_hours('{BEN}', '{CLIENT}', 24)")
        self.assertEqual(len(hours), 24)
        self.assertEqual([(h["calls"], h["failed"], h["p50"])
                          for h in hours[-4:-1]],
                         [(1, 0, 20), (2, 1, 10), (0, 0, None)])
        got = self.one(f"portal_client_traffic('{BEN}', '{CLIENT}', 24, 9)")
        self.assertEqual((got["tenant_name"], got["calls"], got["percent"],
                          got["p50"], got["p95"]), ("Hospital", 3, 33, 20, 40))
        self.assertEqual(
            [(r["program"], r["outcome"], r["reason"], r["calls"])
             for r in self.all(
                 f"portal_client_refusals('{BEN}', '{CLIENT}', 24)")],
            [("facade", "failed", "maintenance", 1),
             ("token", "refused", "tenant-unknown", 1)])
        self.assertEqual(
            [(r["client_name"], r["calls"]) for r in self.all(
                f"portal_tenant_traffic('{ANN}', '{TENANT}', 24, 9)")],
            [("App", 3), ("Other", 1)])
        self.assertEqual([r["client_name"] for r in self.all(
            f"portal_tenant_traffic('{ANN}', '{TENANT}', 24, 1)")], ["App"])
        week = self.one(f"portal_client_traffic('{BEN}', '{CLIENT}', 168, 9)")
        self.assertEqual((week["calls"], week["failed"], week["p50"]),
                         (3, 1, None))

    def test_what_happened_is_told_hour_by_hour_with_what_people_did(self):
        self.write(row(ago=3, us=20_000),
                   row(ago=2, status=504, reason="provider_timeout", us=40_000),
                   row(ago=2, status=504, reason="provider_timeout",
                       client=CLIENT2),
                   row(ago=2, status=404, reason="not_found"),
                   row(ago=5), row(ago=2, tenant=TENANT2),
                   row(ago=2, program="token", interaction="token",
                       status=400, reason="tenant-unknown"))
        self.roll_up()
        self.sql("select wardgate.tenant_state_set("
                 f"'{TENANT}', 'maintenance', 'Back at six', null, null)")
        told = self.all(f"portal_incident('{ANN}', '{TENANT}', 4, 9)")
        self.assertEqual(
            [(t["what"], t["detail"], t["calls"], t["refused"], t["failed"],
              t["p50_ms"], t["p95_ms"]) for t in told[:4]],
            [("calls", None, 1, 0, 0, 20, 20),
             ("calls", None, 3, 1, 2, 10, 40),
             ("failed", "provider_timeout", 2, None, None, None, None),
             ("refused", "not_found", 1, None, None, None, None)])
        act, = told[4:]
        self.assertEqual((act["what"], act["calls"]), ("change-tenant", None))
        self.assertIn("maintenance", act["detail"])
        self.assertTrue(act["made_by"])
        self.assertRegex(act["time"], r"^\d{4}-\d\d-\d\dT[0-9:.]+Z$")
        self.assertEqual([t["time"] for t in told],
                         sorted(t["time"] for t in told))
        more = self.all(f"portal_incident('{ANN}', '{TENANT}', 24, 0)")
        self.assertEqual([t["what"] for t in more],
                         ["calls", "calls", "calls", "failed", "refused"])

    def test_an_app_with_very_many_hospitals_is_told_without_percentiles(self):
        self.sql("insert into wardgate.traffic select"
                 f" {HOUR} - interval '1 hour', '{CLIENT}', gen_random_uuid(),"
                 " 'facade', null, 'answered', 'ok', 2, now(), '{7}', '{2}'"
                 " from generate_series(1, 20000)")
        call = f"portal_client_hours('{BEN}', '{CLIENT}', 24)"
        self.assertEqual([(h["calls"], h["p50"]) for h in self.all(call)[-2:]],
                         [(40000, 7), (0, None)])
        self.traffic("1 hour")
        self.assertEqual([(h["calls"], h["p50"]) for h in self.all(call)[-2:]],
                         [(40001, None), (0, None)])

    def test_uses_of_a_secret_since_the_hour_before(self):
        self.write(*[row(program="token", interaction="token", key=key,
                         ago=ago) for key, ago in (
                       ("abcdefgh", 1), ("abcdefgh", 1), ("abcdefgi", 1),
                       ("abcdefgh", 3))])
        self.start(6)
        self.roll_up(lag="0")
        self.assertEqual({r["key_id"]: r["uses"] for r in self.all(
            f"portal_secret_uses('{BEN}', '{CLIENT}')")},
            {"abcdefgh": 2, "abcdefgi": 1})

    def test_a_hospital_is_silent_when_its_usual_hours_pass_without_a_call(
            self):
        self.assertEqual(self.state(), "new")
        week, two = "7 days 30 min", "14 days 90 min"
        self.traffic("5 hours")
        self.assertEqual(self.state(), "active", "nothing is usual yet")
        self.traffic(week)
        self.assertEqual(self.state(), "active", "one week is not enough")
        self.traffic(two)
        self.assertEqual(self.state(), "silent")
        self.traffic("30 min", outcome="failed")
        self.assertEqual(self.state(), "active", "it is asked")
        self.sql("delete from wardgate.traffic")
        self.traffic("5 hours")
        self.traffic("7 days 150 min")
        self.traffic("14 days 150 min")
        self.assertEqual(self.state(), "active", "not its usual hours")
        self.sql("delete from wardgate.traffic")
        self.traffic("8 days 5 hours")
        self.assertEqual(self.state(), "silent", "nothing for a week")
        for state in ("suspended", "maintenance"):
            self.sql(f"update wardgate.tenant set state = '{state}',"
                     " notice = 'x', notice_until = now() + interval '1 day'")
            self.assertEqual(self.state(), state)
        self.sql("update wardgate.tenant set notice_until = now()")
        self.assertEqual(self.state(), "silent", "maintenance has ended")

    def test_the_worst_comes_first_and_pages_hold_all_of_them(self):
        ids = [f"10000000-0000-4000-8000-{n:012d}" for n in range(1, 6)]
        for n, tenant in enumerate(ids, 1):
            self.add_tenant(tenant, name=f"Ward {n}", slug=f"ward-{n}")
        self.traffic("9 days", ids[0])                          # silent
        self.traffic("1 hour", ids[1], calls=1000)
        self.traffic("1 hour", ids[1], "failed")
        self.traffic("1 hour", ids[2])
        self.traffic("1 hour", ids[2], "failed")
        self.traffic("1 hour", ids[3], "refused")
        found = self.overview()
        self.assertEqual([t["name"] for t in found],
                         ["Ward 1", "Ward 3", "Ward 2", "Ward 4", "Hospital",
                          "Ward 5"])
        self.assertEqual([(t["percent"], t["under_one"]) for t in found[1:4]],
                         [(50, False), (0, True), (0, False)])
        hours = found[1]["hours"].split()
        self.assertEqual((len(hours), hours[-2], hours[-1]),
                         (24, "2/0/1", "0/0/0"))
        self.assertIsNone(found[3]["answered_at"])
        self.assertIsNotNone(found[1]["answered_at"])
        paged = [t for skip in (0, 2, 4) for t in self.overview("", "", skip,
                                                                2)]
        self.assertEqual(paged, found)
        self.assertEqual({t["found"] for t in paged}, {6})
        self.assertEqual([t["name"] for t in self.overview("wArd 3")],
                         ["Ward 3"])
        self.assertEqual([t["name"] for t in self.overview("", "silent")],
                         ["Ward 1"])
        self.assertEqual(self.overview("%"), [])

    def test_secrets_that_end_soon_are_told_to_their_owner(self):
        ends = f"portal_secret_ends('{BEN}', null, 9)"

        def shift(days):
            self.sql("update wardgate.client_secret set created_at = now() -"
                     f" interval '200 days', not_before = now() - interval"
                     f" '200 days', not_after = now() + interval '{days} days"
                     " 1 hour'")
        self.add_secret(after="now() + interval '20 days'")
        self.assertEqual(self.all(ends), [], "made for so short a time")
        for days, within in ((31, None), (29, "30"), (13, "14"), (6, "7"),
                             (0, "1")):
            shift(days)
            self.assertEqual(
                [(e["within"], e["days_left"], e["client_name"])
                 for e in self.all(ends)],
                [(within, days + 1, "App")] if within else [], days)
        eve = "00000000-0000-4000-8000-000000000006"
        self.sql("insert into wardgate.account (account_id, login, roles,"
                 f" passphrase) values ('{eve}', 'eva', '{{developer}}',"
                 " 'scrypt$')")
        self.assertEqual(self.all(f"portal_secret_ends('{eve}', null, 9)"),
                         [])
        self.assertEqual(len(self.all(
            f"portal_secret_ends('{ANN}', null, 9)")), 1)
        self.assertEqual(self.all(
            f"portal_secret_ends('{BEN}', '{CLIENT2}', 9)"), [])
        self.sql("update wardgate.client_secret set invalidated_at = now()")
        self.assertEqual(self.all(ends), [])
