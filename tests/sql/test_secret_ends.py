# test_secret_ends.py - which clients will be left without a secret, and when
# SPDX-License-Identifier: Apache-2.0

from tests.sql import base

ENDS = """select extract(epoch from soonest - now())::bigint, in_1, in_7,
                 in_14, in_30 from wardgate.secret_ends()"""


class SecretEnds(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client"):
            self.sql(f"delete from wardgate.{table}")
        self.n = 0

    def client(self, *ends, disabled="null", dead="null"):
        """A client with a secret for each end: days from now, None: never."""
        self.n += 1
        client = f"00000000-0000-4000-8000-{self.n:012d}"
        self.sql(f"insert into wardgate.client (client_id, name, disabled_at) "
                 f"values ('{client}', 'A', {disabled})")
        for i, days in enumerate(ends):
            key = "abcdefg" + "abcdefghijklmnopqrstuvwxyz"[self.n * 3 + i]
            until = "null" if days is None else \
                f"now() + interval '{days} days'"
            self.sql(f"""insert into wardgate.client_secret (key_id, client_id,
              hint, hash, pepper_version, not_before, not_after,
              invalidated_at)
              values ('{key}', '{client}', 'wg1_', decode(repeat('00', 32),
              'hex'), 1, now() - interval '99 days', {until}, {dead})""")

    def ends(self):
        return self.sql(ENDS, "wg_metadata").split("|")

    def test_nobody_is_left_without(self):
        self.client()
        self.client(None)
        self.client(3, None)
        self.client(3, disabled="now()")
        self.client(3, dead="now()")
        self.client(-3)         # it was left without already
        self.assertEqual(self.ends(), ["", "0", "0", "0", "0"])

    def test_the_last_secret_of_a_client_counts(self):
        self.client(3, 10)
        soonest, *counts = self.ends()
        self.assertEqual(counts, ["0", "0", "1", "1"])
        self.assertAlmostEqual(int(soonest), 10 * 86400, delta=600)

    def test_the_soonest_of_all_clients_is_told(self):
        self.client(0.5)
        self.client(20)
        self.client(40, 60)
        soonest, *counts = self.ends()
        self.assertEqual(counts, ["1", "1", "1", "2"])
        self.assertAlmostEqual(int(soonest), 43200, delta=600)
