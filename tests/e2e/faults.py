# faults.py - a hospital that fails on demand, behind a tenant per FHIR version
# SPDX-License-Identifier: Apache-2.0
#
# tests/rig/provider.py is the hospital; tenants of our own lead to it. Where a
# story expects that it is too slow, the deadline is a second, and else one that
# a busy machine keeps. A story says what the hospital does, and what a client of
# the gateway and the audit trail must be told:
#
#     self.meets(["status-403"], 502, "provider_refused_us", 403)
#
# Every exchange is also held against what is true of all: nothing that the
# hospital said and nothing about where it stands reaches the client, it is not
# asked more often than allowed, and the next good request works.

import json
import time
from pathlib import Path

from tests.e2e.hostile import Hostile, rows
from tests.fhir import validate
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import Provider

MARK = "zq7ward"        # in every path, and so in every body, of the double
TOTAL_MS = 20000
BRIEF_MS = 1000         # for who is too slow
MARGIN_S = 15           # a deadline that is missed by this much is not kept
LATE = "provider_timeout"
FACES = ("DSTU2", "STU3", "R4")
TYPES = {"DSTU2": "application/json+fhir; charset=utf-8",
         "STU3": "application/fhir+json; charset=utf-8",
         "R4": "application/fhir+json; charset=utf-8"}
ASKS = {"read": ("GET", "Patient/p1", None),
        "search": ("GET", "Observation?patient=p1&_count=2", None),
        "form": ("POST", "Patient/_search", {"_id": "p1"})}


def observation(number, patient="p1"):
    """Of every version alike."""
    return {"resourceType": "Observation", "id": f"o{number}",
            "status": "final", "code": {"text": "pulse"},
            "subject": {"reference": f"Patient/{patient}"}}


def dumps(value):
    return json.dumps(value, separators=(",", ":"))


def says(body, status=200, kind="application/fhir+json", more=()):
    """A fault: this body, whatever was asked."""
    def fault(x):
        x.answer(body, status, kind, list(more))
    return fault


def says_json(value):
    return says(dumps(value))


class Faulty(Hostile):
    """Base of the stories; the class itself tests nothing."""

    own = {}    # more settings of the tenants
    letter = "0"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.double = cls.enterClassContext(Provider())
        cls.double.put({"resourceType": "Patient", "id": "p1",
                        "active": True})
        cls.double.put(*map(observation, range(5)))
        cls.double.bomb(256)    # takes longer than the deadline
        cls.tenants, cls.tokens = {}, {}
        for n, face in enumerate(FACES):
            tenant = f"fa{cls.letter}1700{n}-0000-4000-8000-0000000000fa"
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            cls.tenants[face] = tenant
            cls.tokens[face] = cls.put(tenant, face)
        cls.brief = {}      # face -> (tenant, token), made when one is needed
        cls.models = {f: validate.Model(f.lower()) for f in FACES}
        cls.pids = sorted(cls.house.rig.pids("facade"))
        cls.logs = {p: p.stat().st_size for p in cls.log_files()}

    @classmethod
    def put(cls, tenant, face, **more):
        """A token for a tenant at the double."""
        settings = {"connect_ms": 5000, "total_ms": TOTAL_MS, **cls.own,
                    **more}
        put_tenant(cls.house, tenant, name=f"Faulty {face}",
                   fhir_version=face, client=cls.env["WG_CLIENT_ID"],
                   provider_url=f"{cls.double.base}/{MARK}", **settings)
        return cls.env.token(tenant)

    @classmethod
    def in_brief(cls, face):
        """(tenant, token) where little time is given."""
        if face not in cls.brief:
            tenant = cls.tenants[face].replace("1700", "1701", 1)
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            cls.brief[face] = tenant, cls.put(tenant, face, total_ms=BRIEF_MS)
        return cls.brief[face]

    @classmethod
    def log_files(cls):
        return sorted((Path(cls.env["WG_HOME"]) / "log").glob("*.log"))

    def setUp(self):
        self.addCleanup(self.double.off)
        self.told = []      # what must be in the audit trail

    def tearDown(self):
        self.double.off()
        self.good()
        self.all_audited()
        self.assertEqual(sorted(self.house.rig.pids("facade")), self.pids,
                         "a process ended")

    @classmethod
    def tearDownClass(cls):
        for path, before in cls.logs.items():
            with open(path, "rb") as log:
                log.seek(before)
                if b"zq7secret" in log.read():
                    raise AssertionError(f"{path} holds what a hospital said")

    # ---- asking ----

    def ask(self, what="read", face="R4", token=None, **headers):
        method, path, form = ASKS.get(what, ("GET", what, None))
        return self.env.fhir(method, path, token or self.tokens[face], face,
                             headers, form)

    def good(self, face="R4"):
        """Nothing of the last failure is left in a connection."""
        for what in ("read", "search"):
            answer = self.ask(what, face)
            self.assertEqual(answer.status, 200, answer)
            self.assertNotIn("smuggled", answer.text)

    def under(self, faults, what, face, token, **headers):
        """(answer, how often the hospital was asked)"""
        self.double.on(f"/{MARK}", *faults)
        before, start = len(self.double.seen), time.monotonic()
        answer = self.ask(what, face, token, **headers)
        took = time.monotonic() - start
        self.double.off()
        self.assertLess(took, TOTAL_MS / 1000 + MARGIN_S, answer)
        return answer, len(self.double.seen) - before

    # ---- what must be true ----

    def meets(self, faults, status, reason, upstream, what="read", face="R4",
              calls=1, **headers):
        """calls: how often the hospital may be asked for it; returns the
        answer."""
        with self.subTest(faults=faults, what=what, face=face):
            tenant, token = self.in_brief(face) if reason == LATE \
                else (self.tenants[face], self.tokens[face])
            answer, asked = self.under(faults, what, face, token, **headers)
            self.assertEqual(answer.status, status, answer)
            self.assertIn(asked, calls if isinstance(calls, tuple)
                          else (calls,), answer)
            if reason != "ok":
                self.refusal(answer, reason, face)
            self.clean(answer)
            self.told.append((answer, status, reason, upstream, tenant,
                              faults))
            return answer
        return None

    def refusal(self, answer, reason, face):
        """An OperationOutcome in the version of the face."""
        self.assertEqual(answer.reason, reason, answer)
        self.assertEqual(answer.header["content-type"], TYPES[face])
        self.assertEqual(answer.header["cache-control"], "no-store")
        self.assertEqual(answer.header["x-content-type-options"], "nosniff")
        self.assertNotIn("www-authenticate", answer.header)
        said = []
        validate.resource(self.models[face], answer.json, "",
                          lambda where, why: said.append(f"{where}: {why}"))
        self.assertEqual(said, [])
        if answer.status in (503, 504):
            self.assertRegex(answer.header.get("retry-after", ""), r"^\d+$")

    def clean(self, answer):
        """Neither the place of the hospital nor its words."""
        everything = answer.text + str(answer.headers)
        for trace in (MARK, f":{self.double.port}", "zq7secret", "this is a",
                      "169.254", "login.example", "evil.example"):
            self.assertNotIn(trace, everything)

    def all_audited(self):
        """One row for each answer, with the true reason and what was seen."""
        traces = {a.header.get("x-trace-id"): more for a, *more in self.told}
        if not traces:
            return
        found = rows(self.env, "select replace(trace_id::text, '-', ''), "
                     "status, reason, coalesce(upstream_status, 0), tenant_id "
                     "from wardgate.audit where at > now() - interval '1 hour' "
                     "and entry = 0 and trace_id in (" +
                     ", ".join(f"'{t}'" for t in traces) + ")")
        self.assertEqual(len(found), len(self.told))
        for trace, status, reason, upstream, tenant in found:
            *kept, faults = traces[trace]
            self.assertEqual([int(status), reason, int(upstream), tenant],
                             kept, faults)


def bundle(*entries, **more):
    """A searchset; entries are resources."""
    return {"resourceType": "Bundle", "type": "searchset",
            **({"entry": [{"resource": e, "search": {"mode": "match"}}
                          for e in entries]} if entries else {}), **more}
