# test_routes.py - what token and facade are told about client and tenant
# SPDX-License-Identifier: Apache-2.0

import time
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2

NOBODY = "12345678-1234-1234-1234-123456789abc"


class Routes(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()
        self.add_tenant(client=CLIENT)

    def facade(self, client=CLIENT, tenant=TENANT):
        return self.row(
            f"select * from wardgate.route_for_facade('{client}',"
            f" '{tenant}')", "wg_facade")

    def token(self, client=CLIENT, tenant=TENANT):
        return self.row(
            f"select * from wardgate.route_for_token('{client}',"
            f" '{tenant}')", "wg_token")

    def secret(self, client=CLIENT, key="abcdefgh"):
        return self.row(
            f"select * from wardgate.client_for_token('{client}', '{key}')",
            "wg_token")

    def test_a_live_route_says_all_that_a_call_needs(self):
        self.add_secret()
        found = self.facade()
        self.assertEqual(found.pop("n"), self.number())
        self.assertGreater(found.pop("provider_id"), 0)
        self.assertGreater(found.pop("revision"), 0)
        self.assertEqual(found, {
            "client_state": "live", "live_keys": ["abcdefgh"],
            "grant_state": "live", "grant_ends": None,
            "tenant_state": "active", "notice": "", "notice_until": None,
            "retry_after_s": 300, "mrn_system": "",
            "base_url": base.URL, "fhir_version": "R4",
            "mode": "translate", "search_post": True, "http2": False,
            "connect_ms": None, "total_ms": None,
            "can_contains": "auto", "can_sort": "auto", "can_total": "auto",
            "can_batch": "auto", "coverage_person": "auto",
            "write_extensions": True, "types": [],
            "slug": "hospital", "auth": "none", "credential": None,
            "token_url": None, "token_client": None, "token_auth": None,
            "token_scope": None, "token_resource": None,
            "token_audience": None, "token_kid": None, "token_alg": None,
            "tls_chain": None, "tls_box": None, "tls_ca": None,
            "networks": [],
            "requests_max": None, "calls_per_s": None})

    def test_what_a_provider_can_and_its_record_numbers_are_told(self):
        told = {"can_contains": "off", "can_sort": "on", "can_total": "off",
                "can_batch": "on", "coverage_person": "policy-holder",
                "mrn_system": "urn:oid:1.2.3"}
        self.script("tenant", tenant=TENANT, write_extensions="no", **told)
        found = self.facade()
        self.assertEqual({k: found[k] for k in told}, told)
        self.assertIs(found["write_extensions"], False)

    def test_unknown_ids_get_one_row_of_the_same_shape(self):
        known = self.facade()
        for client, tenant in ((NOBODY, TENANT), (CLIENT, NOBODY),
                               (NOBODY, NOBODY)):
            found = self.facade(client, tenant)
            self.assertEqual(set(found), set(known))
            self.assertEqual(found["n"], known["n"])
            self.assertEqual(found["grant_state"], "none")
            self.assertEqual(found["client_state"],
                             "unknown" if client == NOBODY else "live")
            self.assertEqual(found["tenant_state"],
                             "unknown" if tenant == NOBODY else "active")
            found = self.token(client, tenant)
            self.assertEqual(found["grant_state"], "none")
        found = self.secret(NOBODY)
        self.assertEqual(set(found), set(self.secret()))
        self.assertEqual(found["client_state"], "unknown")
        self.assertIsNone(found["key_id"])

    def test_a_client_without_secrets_is_known(self):
        found = self.secret()
        self.assertEqual((found["client_state"], found["key_id"]),
                         ("live", None))

    def test_disabled_clients_are_told_so(self):
        self.add_secret()
        self.sql(f"select wardgate.client_able('{CLIENT}', false)",
                 "wg_operator")
        self.assertEqual(self.facade()["client_state"], "disabled")
        self.assertEqual(self.secret()["client_state"], "disabled")
        self.assertEqual(self.secret()["key_id"], "abcdefgh")

    def test_of_the_secrets_of_a_client_the_one_that_is_asked_for(self):
        self.add_secret("aaaaaaaa")
        self.sql(f"select wardgate.secret_invalidate('{CLIENT}', 'aaaaaaaa')",
                 "wg_operator")
        self.add_secret("bbbbbbbb", after="now() + interval '1 hour'")
        found = [self.secret(key=key) for key in ("aaaaaaaa", "bbbbbbbb")]
        self.assertEqual([(r["key_id"], r["hash"], r["invalidated"])
                          for r in found],
                         [("aaaaaaaa", "\\x" + "ab" * 32, True),
                          ("bbbbbbbb", "\\x" + "ab" * 32, False)])

    def test_a_secret_of_another_client_is_none(self):
        self.add_client(CLIENT[:-1] + "f")
        self.add_secret("aaaaaaaa")
        for client, state in ((CLIENT[:-1] + "f", "live"),
                              (NOBODY, "unknown")):
            found = self.secret(client, "aaaaaaaa")
            self.assertEqual((found["client_state"], found["key_id"],
                              found["hash"]), (state, None, None))

    def test_C2_whoever_asks_costs_the_same_look_ups(self):
        for key in "aaaaaaaa", "bbbbbbbb", "cccccccc":
            self.add_secret(key)
        calls = "".join(f"""
            select count(*) from wardgate.client_for_token('{who}', '{key}');
            select string_agg(relname || ' ' || seq_scan || ' ' || idx_scan,
                              ', ' order by relname)
              from pg_stat_xact_user_tables
             where relname in ('client', 'client_secret');"""
                        for who, key in ((NOBODY, "zzzzzzzz"),
                                         (CLIENT, "zzzzzzzz"),
                                         (CLIENT, "aaaaaaaa"),
                                         (NOBODY, "aaaaaaaa")))
        read = self.server.run(
            self.name, None, text="set enable_seqscan = off;"
            f"set plan_cache_mode = force_generic_plan; begin; {calls} commit;")
        told = [line for line in read.splitlines() if "client" in line]
        self.assertEqual(told, [f"client 0 {n}, client_secret 0 {n}"
                                for n in (1, 2, 3, 4)])

    def test_only_keys_that_count_are_live(self):
        self.add_secret("aaaaaaaa")
        self.add_secret("bbbbbbbb")
        self.add_secret("cccccccc")
        self.sql(f"select wardgate.secret_invalidate('{CLIENT}', 'bbbbbbbb')",
                 "wg_operator")
        self.sql("update wardgate.client_secret set not_before = "
                 "now() - interval '2 s', not_after = now() - interval '1 s'"
                 " where key_id = 'cccccccc'")
        self.assertEqual(self.facade()["live_keys"], ["aaaaaaaa"])

    def test_an_ended_grant_differs_from_one_that_never_was(self):
        self.assertEqual(self.token()["grant_state"], "live")
        self.sql(f"select wardgate.grant_end('{CLIENT}', '{TENANT}')",
                 "wg_operator")
        self.assertEqual(self.token()["grant_state"], "ended")
        self.assertEqual(self.facade()["grant_state"], "ended")
        self.add_tenant(TENANT2)
        self.assertEqual(self.token(tenant=TENANT2)["grant_state"], "none")

    def test_a_planned_end_of_a_grant_is_told(self):
        self.sql(f"select wardgate.grant_give('{CLIENT}', '{TENANT}',"
                 " now() + interval '1 hour')", "wg_operator")
        found = self.token()
        self.assertEqual(found["grant_state"], "live")
        self.assertIsNotNone(found["grant_ends"])

    def test_suspension_and_its_end(self):
        self.script("suspend", tenant=TENANT)
        self.assertEqual(self.facade()["tenant_state"], "suspended")
        self.assertEqual(self.token()["tenant_state"], "suspended")
        self.script("resume", tenant=TENANT)
        self.assertEqual(self.facade()["tenant_state"], "active")

    def test_maintenance_ends_by_itself(self):
        self.script("maintenance", tenant=TENANT, notice="Back at six.",
                    until="+5 seconds", retry_after_s="60")
        found = self.facade()
        self.assertEqual(
            (found["tenant_state"], found["notice"], found["retry_after_s"]),
            ("maintenance", "Back at six.", 60))
        self.assertIsNotNone(found["notice_until"])
        before = self.number()
        until = time.monotonic() + 30
        while self.facade()["tenant_state"] != "active":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.2)
        self.assertEqual(self.token()["tenant_state"], "active")
        self.assertEqual(self.number(), before)

    def test_maintenance_without_end_lasts(self):
        self.script("maintenance", tenant=TENANT, notice="Moving house.")
        found = self.facade()
        self.assertEqual(found["tenant_state"], "maintenance")
        self.assertIsNone(found["notice_until"])

    def test_the_revision_rises_with_what_a_cursor_depends_on(self):
        first = self.facade()
        self.add_tenant(name="Other name")
        self.assertEqual(self.facade()["revision"], first["revision"])
        self.add_tenant(provider_url=base.URL + "/v2")
        second = self.facade()
        self.assertGreater(second["revision"], first["revision"])
        self.sql("update wardgate.provider set revision = 0")
        self.assertEqual(self.facade()["revision"], second["revision"])

    def test_a_removed_tenant_is_unknown_and_a_new_one_another(self):
        first = self.facade()
        self.script("remove", tenant=TENANT, links="end")
        found = self.facade()
        self.assertEqual((found["tenant_state"], found["grant_state"],
                          found["base_url"]), ("unknown", "none", None))
        self.add_tenant(client=CLIENT)
        for name in ("provider_id", "revision"):
            self.assertGreater(self.facade()[name], first[name])

    def test_a_route_costs_index_lookups_however_many_tenants(self):
        self.sql("""
            insert into wardgate.tenant (tenant_id, slug, name)
            select gen_random_uuid(), 't-' || i, 'T'
              from generate_series(1, 20000) as i;""")
        self.sql("""
            insert into wardgate.provider (tenant_id, base_url, fhir_version)
            select tenant_id, 'https://h.example/' || slug, 'R4'
              from wardgate.tenant where slug like 't-%'""")
        self.server.run(self.name, None, "-c", "analyze")
        read = self.server.run(self.name, None, text=f"""
            begin;
            select count(*) from wardgate.route_for_facade('{CLIENT}',
              '{TENANT}');
            select count(*) from wardgate.route_for_token('{CLIENT}',
              '{TENANT}');
            select count(*) from wardgate.client_for_token('{CLIENT}',
              'abcdefgh');
            select sum(seq_tup_read) from pg_stat_xact_user_tables
             where relname in ('tenant', 'provider');
            commit;""").split()
        self.assertEqual(read, ["1", "1", "1", "0"])

    def test_no_signing_key_is_told_as_none(self):
        self.sql("delete from wardgate.signing_key")
        ask = "select * from wardgate.signing_key_in_use()"
        self.assertIsNone(self.row(ask, "wg_token")["kid"])
        self.sql(f"select wardgate.signing_key_add('{'a' * 43}')")
        self.sql(f"select wardgate.signing_key_add('{'b' * 43}')")
        self.assertEqual(self.row(ask, "wg_token")["kid"], "a" * 43)


class Cursors(base.DatabaseCase):

    def put(self, client=CLIENT, tenant=TENANT, ends="1 hour"):
        return self.sql(f"""
            select handle from wardgate.cursor_handle_put('{client}',
              '{tenant}', '\\x0102', now() + interval '{ends}')""",
            "wg_facade")

    def get(self, handle, client=CLIENT, tenant=TENANT):
        return self.rows(f"""
            select sealed, expires_at > now() as good
              from wardgate.cursor_handle_get('{handle}', '{client}',
                '{tenant}')""", "wg_facade")

    def test_a_handle_is_its_clients_and_tenants_alone(self):
        handle = self.put()
        self.assertEqual(self.get(handle),
                         [{"sealed": "\\x0102", "good": True}])
        self.assertEqual(self.get(handle, client=TENANT2), [])
        self.assertEqual(self.get(handle, tenant=TENANT2), [])
        self.assertEqual(self.get(TENANT2), [])

    def test_an_expired_one_is_told_as_such_until_it_is_cleared(self):
        old, live = self.put(ends="-1 minute"), self.put()
        self.assertEqual(self.get(old)[0]["good"], False)
        trim = "select wardgate.cursor_handle_trim(interval '{}', 100)"
        self.assertEqual(self.sql(trim.format("1 hour"), "wg_keeper"), "0")
        self.assertEqual(self.sql(trim.format("0"), "wg_keeper"), "1")
        self.assertEqual(self.get(old), [])
        self.assertEqual(len(self.get(live)), 1)

    def test_clearing_goes_in_steps(self):
        for _ in range(3):
            self.put(ends="-1 hour")
        trim = "select wardgate.cursor_handle_trim(interval '0', 2)"
        self.assertEqual(self.sql(trim, "wg_keeper"), "2")
        self.assertEqual(self.sql(trim, "wg_keeper"), "1")

    def test_a_cursor_has_a_size(self):
        for sealed in ("''", f"decode(repeat('00', {65537}), 'hex')"):
            self.refused(f"""
                select wardgate.cursor_handle_put('{CLIENT}', '{TENANT}',
                  {sealed}, now())""", "wg_facade", "23514")


if __name__ == "__main__":
    unittest.main()
