# test_client_keys.py - public keys of apps, and assertions that count once
# SPDX-License-Identifier: Apache-2.0

import concurrent.futures
import json
import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT

NOBODY = "12345678-1234-1234-1234-123456789abc"
HASH = r"'\x" + "ab" * 32 + "'"


def keys(*kids):
    """As ext/jwk writes them; the numbers do not matter to SQL."""
    return json.dumps({"keys": [{"kty": "EC", "alg": "ES256", "kid": k}
                                for k in kids]})


class Keys(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client_jwks", "client", "assertion_seen", "secret_use"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()

    def put(self, jwks, creds):
        text = "null" if jwks is None else f"'{jwks}'"
        return self.sql("select wardgate.client_jwks_set("
                        f"'{CLIENT}', {text}, '{creds}')", "wg_operator")

    def number(self):
        return int(self.sql("select n from wardgate.change"))

    def test_doing_it_twice_is_doing_it_once(self):
        for jwks, creds, outcome, raised in (
                (keys("a"), "aaaaaaaa", "created", 1),
                (keys("a"), "aaaaaaaa", "unchanged", 0),
                (keys("b"), "bbbbbbbb", "changed", 2),    # and revokes
                (None, "", "removed", 2), (None, "", "unchanged", 0)):
            before = self.number()
            self.assertEqual(self.put(jwks, creds), outcome)
            self.assertEqual(self.number() - before, raised)

    def test_a_change_is_told_as_one_of_the_client(self):
        before = self.number()
        self.put(keys("a"), "aaaaaaaa")
        self.assertEqual(self.sql(
            "select kind, key from wardgate.change_log "
            f"where n > {before}"), f"client|{CLIENT}")

    def test_what_does_not_fit_is_not_stored(self):
        for jwks, creds in (("{}", ""), ('{"keys":[]}', ""),
                            ("[]", ""), (keys("a"), ""),
                            (keys("a"), "aaaaaaaa bbbbbbbb"),
                            (keys("a"), "AAAAAAAA"), (keys("a"), "aaaa"),
                            (keys(*"abcdefghijklmnopqrstu"),
                             " ".join(["aaaaaaaa"] * 21))):
            with self.subTest(creds=creds), self.assertRaises(base.Refused):
                self.put(jwks, creds)
        with self.assertRaises(base.Refused):
            self.sql(f"select wardgate.client_jwks_set('{NOBODY}', "
                     f"'{keys('a')}', 'aaaaaaaa')", "wg_operator")

    def test_the_token_program_sees_keys_and_state(self):
        def seen(who):
            row = self.row("select client_state, jwks from "
                           f"wardgate.client_keys_for_token('{who}')",
                           "wg_token")
            return row["client_state"], row["jwks"]
        self.assertEqual(seen(NOBODY), ("unknown", None))
        self.assertEqual(seen(CLIENT), ("live", None))
        self.put(keys("a"), "aaaaaaaa")
        state, jwks = seen(CLIENT)
        self.assertEqual((state, json.loads(jwks)),
                         ("live", json.loads(keys("a"))))
        self.sql(f"select wardgate.client_able('{CLIENT}', false)",
                 "wg_operator")
        self.assertEqual(seen(CLIENT)[0], "disabled")

    def test_live_keys_hold_those_of_secrets_and_of_the_set(self):
        def live():
            found = self.sql("select array_to_string(live_keys, ' ') from "
                             "wardgate.route_for_facade("
                             f"'{CLIENT}', '{TENANT}')", "wg_facade")
            return sorted(found.split())
        self.assertEqual(live(), [])
        self.put(keys("a", "b"), "aaaaaaaa bbbbbbbb")
        self.assertEqual(live(), ["aaaaaaaa", "bbbbbbbb"])
        self.sql("insert into wardgate.client_secret (key_id, client_id, "
                 f"hint, hash, pepper_version) values ('cccccccc', '{CLIENT}'"
                 f", 'wg1_', {HASH}, 1)")
        self.assertEqual(live(), ["aaaaaaaa", "bbbbbbbb", "cccccccc"])
        self.put(None, "")
        self.assertEqual(live(), ["cccccccc"])

    def test_the_list_names_each_key_and_its_use(self):
        self.put(keys("a", "b"), "aaaaaaaa bbbbbbbb")
        self.sql("insert into wardgate.secret_use (key_id, tenant_id, last_at,"
                 f" uses) values ('bbbbbbbb', '{TENANT}', now(), 3),"
                 f" ('bbbbbbbb', '{NOBODY}', now(), 4)")
        self.assertEqual(self.sql(
            "select kid, alg, cred, last_at is null, uses from "
            f"wardgate.client_jwks_list('{CLIENT}')", "wg_operator"),
            "a|ES256|aaaaaaaa|t|0\nb|ES256|bbbbbbbb|f|7")

    def use(self, who=CLIENT, digest=HASH, until="1 minute"):
        return self.sql(f"select wardgate.assertion_use('{who}', {digest}, "
                        f"now() + interval '{until}')", "wg_token")

    def test_an_assertion_is_used_once_per_client(self):
        self.assertEqual([self.use(), self.use(), self.use(NOBODY)],
                         ["t", "f", "t"])
        self.assertEqual(self.use(digest=HASH.replace("ab", "cd")), "t")
        with self.assertRaises(base.Refused):
            self.use(digest=r"'\xab'")

    def test_of_many_at_once_one_is_first(self):
        def one(_):
            return self.server.run(
                self.name, "wg_token", "-c", "select wardgate.assertion_use("
                f"'{CLIENT}', {HASH}, now())")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(sorted(pool.map(one, range(8))),
                             ["f"] * 7 + ["t"])

    URL = "https://keys.app.example/jwks?v=1"

    def publish(self, url=URL):
        return self.sql("select wardgate.client_jwks_url_set("
                        f"'{CLIENT}', '{url}')", "wg_operator")

    def due(self):
        return self.sql("select url from wardgate.client_jwks_due("
                        "interval '5 minutes', interval '10 s', 4)",
                        "wg_keeper")

    def back(self, seconds):
        self.sql("update wardgate.client_jwks_url set "
                 f"tried_at = tried_at - interval '{seconds} s', "
                 f"wanted_at = wanted_at - interval '{seconds} s'")

    def fetched(self, jwks=None, creds="", problem="", url=URL):
        text = "null" if jwks is None else f"'{jwks}'"
        return self.sql("select wardgate.client_jwks_fetched("
                        f"'{CLIENT}', '{url}', {text}, '{creds}', "
                        f"'{problem}')", "wg_keeper")

    def wanted(self):
        return self.sql(f"select wardgate.client_jwks_wanted('{CLIENT}')",
                        "wg_token")

    def test_a_url_is_due_at_once_and_then_from_time_to_time(self):
        self.assertEqual([self.publish(), self.publish()],
                         ["created", "unchanged"])
        self.assertEqual([self.due(), self.due()], [self.URL, ""])
        self.fetched(keys("a"), "aaaaaaaa")
        self.back(270)
        self.assertEqual(self.due(), "")
        self.back(30)
        self.assertEqual([self.due(), self.due()], [self.URL, ""])

    def test_what_is_wanted_is_due_but_not_within_ten_seconds(self):
        self.publish()
        self.due()
        self.fetched(keys("a"), "aaaaaaaa")
        self.back(1)
        self.assertEqual([self.wanted(), self.wanted()], ["t", "f"])
        self.assertEqual(self.due(), "")
        self.sql("update wardgate.client_jwks_url "
                 "set tried_at = tried_at - interval '9 s'")
        self.assertEqual([self.due(), self.due()], [self.URL, ""])
        self.back(11)
        self.assertEqual([self.due(), self.wanted()], ["", "t"])

    def test_what_failed_is_tried_again_after_a_minute(self):
        self.publish()
        self.due()
        self.fetched(problem="it is away")
        self.back(30)
        self.assertEqual(self.due(), "")
        self.back(30)
        self.assertEqual(self.due(), self.URL)

    def test_a_failure_keeps_the_last_copy_for_a_day(self):
        def left():
            return self.sql("select count(*) from wardgate.client_jwks")
        self.publish()
        self.assertEqual(self.fetched(keys("a"), "aaaaaaaa"), "t")
        before = self.number()
        self.fetched(problem="away")
        self.assertEqual((left(), self.number()), ("1", before))
        self.sql("update wardgate.client_jwks_url "
                 "set fetched_at = fetched_at - interval '25 hours'")
        self.fetched(problem="away")
        self.assertEqual(left(), "0")
        self.assertGreater(self.number(), before)

    def test_what_was_fetched_from_elsewhere_is_not_kept(self):
        self.publish()
        self.assertEqual(self.fetched(keys("a"), "aaaaaaaa",
                                      url="https://old.example/k"), "f")
        self.assertEqual(self.put(keys("b"), "bbbbbbbb"), "created")
        self.assertEqual(self.fetched(keys("a"), "aaaaaaaa"), "f")
        self.assertEqual(self.sql("select creds from wardgate.client_jwks"),
                         "{bbbbbbbb}")
        self.publish()
        self.assertEqual(self.put(None, ""), "removed")
        self.assertEqual(self.due(), "")

    def test_looking_raises_no_change_number(self):
        self.publish()
        self.due()
        self.fetched(keys("a"), "aaaaaaaa")
        before = self.number()
        self.back(400)
        self.wanted()
        self.due()
        self.fetched(keys("a"), "aaaaaaaa")
        self.assertEqual(self.number(), before)

    def test_another_address_is_a_change_of_the_client(self):
        def seen():
            return self.row("select url from wardgate.client_keys_for_token("
                            f"'{CLIENT}')", "wg_token")["url"]
        self.assertIsNone(seen())
        for what in ("publish", "again", "other", "value"):
            before = self.number()
            if what == "value":
                self.sql(f"select wardgate.client_jwks_set('{CLIENT}', null, "
                         "null)", "wg_operator")
            else:
                url = "https://a.example/" + what.replace("again", "publish")
                self.sql(f"select wardgate.client_jwks_url_set('{CLIENT}', "
                         f"'{url}')", "wg_operator")
            self.assertEqual(seen(), None if what == "value" else url)
            self.assertEqual(self.number() > before, what != "again")

    def test_urls_are_https_and_elsewhere(self):
        for url in ("http://a.example/k", "https://127.0.0.1/k",
                    "https://169.254.169.254/k", "https://a.example/k#x",
                    "https://a.example/k?x=<y>", "k", "",
                    "https://a.example/" + "k" * 500):
            self.assertIn("JWKS URL", self.refused(
                "select wardgate.client_jwks_url_set("
                f"'{CLIENT}', '{url}')", "wg_operator", "WG400"))
        self.assertEqual(self.publish("HTTPS://Keys.Example/K?a=B"), "created")
        self.assertEqual(self.sql("select url from wardgate.client_jwks_url"),
                         "https://keys.example/K?a=B")

    def test_the_keeper_forgets_what_is_too_old_to_be_taken(self):
        for n, until in enumerate(("-2 hours", "-2 hours", "-1 minute",
                                   "1 minute")):
            self.use(digest=HASH.replace("ab", f"{n:02x}"), until=until)

        def trim(most):
            return self.sql("select wardgate.assertion_trim("
                            f"interval '10 minutes', {most})", "wg_keeper")
        self.assertEqual([trim(1), trim(10), trim(10)], ["1", "1", "0"])
        self.assertEqual(self.use(digest=HASH.replace("ab", "02")), "f")


if __name__ == "__main__":
    unittest.main()
