# hostile.py - what stories of hostile input share: the oracle of every row
# SPDX-License-Identifier: Apache-2.0
#
# tests/hostile.tsv lists the rows: id, what is sent, status, code, audit
# reason, story. A story calls self.safe(answer, status, code, reason) for each
# request; that checks what holds for every hostile request: the shape of the
# refusal, no-store, ids of the trace, and one audit row with the true reason.

import unittest

from tests.rig import session
from tests.rig.client import Env, request

AUDIT = ("select coalesce(reason, ''), status from wardgate.audit "
         "where trace_id = '{trace}' and entry = 0 "
         "and at > now() - interval '1 hour'")


def rows(env, sql):
    """Rows of a query as lists of texts, as the owner of the database."""
    return session.of(env["WG_DB"]).rows(sql)


class Hostile(unittest.TestCase):
    """Base of the stories; the class itself tests nothing."""

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()

    def audited(self, answer):
        """Reason and status of the one audit row of an answer."""
        trace = answer.header.get("x-trace-id")
        self.assertRegex(trace or "", r"^[0-9a-f]{32}$", answer)
        found = rows(self.env, AUDIT.format(trace=trace))
        self.assertEqual(len(found), 1, f"audit rows of {trace}: {found}")
        return found[0][0], int(found[0][1])

    def safe(self, answer, status, code, reason):
        """code: OAuth error, or reason code shown in an OperationOutcome;
        reason: of the audit row, or a tuple of possible ones."""
        self.assertIsNotNone(answer, "no answer at all")
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.reason, code, answer)
        self.assertEqual(answer.header.get("cache-control"), "no-store")
        self.assertEqual(answer.header.get("x-content-type-options"), "nosniff")
        kept = self.audited(answer)
        if isinstance(reason, tuple):
            self.assertIn(kept[0], reason)
        else:
            self.assertEqual(kept[0], reason)
        self.assertEqual(kept[1], status)

    def edge(self, answer, *statuses):
        """The web server itself may refuse: then its status, and JSON."""
        self.assertIsNotNone(answer, "no answer at all")
        self.assertIn(answer.status, statuses, answer)
        self.assertIsNotNone(answer.json, answer)

    def good(self):
        """The next good request works, on whatever worker it lands."""
        answer = self.env.ask_token("STU3")
        self.assertEqual(answer.status, 200, answer)


__all__ = ["Hostile", "rows", "request"]
