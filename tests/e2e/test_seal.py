# test_seal.py - hospitals that want a credential, and the keys that seal it
# SPDX-License-Identifier: Apache-2.0
#
# The wards ~basic and ~bearer of the rehearsal provider let nobody in without
# one (rehearsal(8)). Whatever is wrong with it, a stranger is told the same,
# and `wardgate why` tells the owner which it was. The runbook of wardgate(8) is
# walked under load: no request is refused for it.

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import time
import unittest
from types import SimpleNamespace

from tests.e2e import behind_lighttpd, upauth
from tests.e2e.test_canary import TENANT as CANARY, Story as Canary
from tests.e2e.upauth import RECORD, REFUSED, UNOPENED
from tests.rig import place
from tests.rig.client import Env
from tests.rig.crowd import (Crowd, form, put_tenant, remove_tenant, sample,
                             unit)
from tests.rig.house import House
from tests.rig.provider import Provider

setUpModule = behind_lighttpd

TENANT = "00005ea1-5ea1-4000-8000-00000000000{:x}"
GOOD = {"basic": "gateway\nrehearsal-only\n",
        "bearer": "Authorization: Bearer rehearsal-only\n"}
ABSENT = upauth.Told(404, "not_found", "not_found")
PATIENCE_S = 30
LOAD_S = 1.0    # of load before and after every step


def in_use(listed):
    kid, = [k["kid"] for k in listed["sealing_keys"] if k["stage"] == "use"]
    return kid


class Story(unittest.TestCase):
    """wards: of the tenants 0, 1, ..."""

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.keys = cls.house.home / "keys/sealing"
        cls.client, cls.secret = cls.house.add_client("Seal")
        cls.tenants = [TENANT.format(i) for i in range(len(cls.wards))]
        for tenant, ward in zip(cls.tenants, cls.wards):
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            put_tenant(cls.house, tenant, name=f"Seal {ward} {tenant[-1]}",
                       fhir_version="R4", client=cls.client,
                       provider_url=cls.base(ward))
        cls.tokens = {t: cls.token(t) for t in cls.tenants}

    @classmethod
    def base(cls, ward):
        return f"{cls.env['WG_BASE']}/rehearsal/r4/~{ward}"

    @classmethod
    def token(cls, tenant):
        answer = cls.env.ask_token(tenant, client_id=cls.client,
                                   client_secret=cls.secret)
        return answer.json["access_token"]

    @classmethod
    def wardgate(cls, *words, typed=""):
        return json.loads(cls.house.operator(*words, "--json", typed=typed))

    @classmethod
    def seal(cls, tenant, ward):
        kind = "--basic" if ward == "basic" else "--header"
        return cls.wardgate("seal", kind, tenant,
                            typed=GOOD[ward])["credential"]

    @classmethod
    def give_all(cls):
        for tenant, ward in zip(cls.tenants, cls.wards):
            put_tenant(cls.house, tenant, credential=cls.seal(tenant, ward),
                       auth="basic" if ward == "basic" else "header")
        House.heard()

    def opens(self, tenant):
        """Within a while: a machine may be busy."""
        until = time.monotonic() + PATIENCE_S
        while (answer := self.env.fhir(
                "GET", "Patient/p-101", self.tokens[tenant],
                "R4")).status != 200:
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.1)

    def kid(self):
        return in_use(self.wardgate("key", "list"))

    @classmethod
    def settle(cls):
        """No key between its stages: rotations begin with a new one."""
        while any(k["stage"] in ("published", "retired")
                  for k in cls.wardgate("key", "list")["sealing_keys"]):
            cls.wardgate("key", "rotate", "seal")


class Credential(upauth.Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = cls.house.home / "keys/sealing"
        cls.ward = SimpleNamespace(
            fhir=f"{cls.env['WG_BASE']}/rehearsal/r4/~basic")

    def good(self, tenant):
        return self.basic(tenant, self.ward, "gateway", "rehearsal-only")

    def kid(self):
        return in_use(self.wardgate("key", "list"))

    def until(self, token, told):
        """What was changed bites within a while."""
        until = time.monotonic() + PATIENCE_S
        while self.told(answer := self.read(token)) != told:
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.05)
        return answer

    def finds(self, words):
        """Does the doctor find a fault that is told with these words?"""
        done = subprocess.run(
            [*self.house.program("wardgate"), "doctor", "--offline", "--json",
             "--sockets", str(self.house.home / "run")],
            text=True, capture_output=True, **place.drop(),
            env=self.house.cluster.environment())
        return any(words in f["found"]
                   for f in json.loads(done.stdout)["findings"]
                   if f["state"] == "fault")

    def test_one_that_does_not_open_looks_like_a_wrong_one(self):
        wrong = self.new()
        said = {self.shut(self.put(wrong, self.ward, **self.basic(
            wrong, self.ward, "gateway", "no")), REFUSED).body}
        tenant, other = self.new(), self.new()
        box = self.good(tenant)["credential"]
        bearer = self.header(tenant, self.ward, "X-Api-Key: x")["credential"]
        altered = box[:-1] + ("A" if box[-1] != "A" else "Q")
        for whose, sealed in ((tenant, altered), (other, box),
                              (self.new(), bearer)):
            answer = self.shut(self.put(whose, self.ward, auth="basic",
                                        credential=sealed), UNOPENED)
            told = self.wardgate("why", answer.header["x-trace-id"])
            self.assertEqual(told["reason"], UNOPENED.kept)
            self.assertTrue(told["what_to_do"])
            said.add(answer.body)
        self.assertEqual(len(said), 1, said)

    def test_goes_to_no_other_server(self):
        """Who can change the address cannot have the secret sent there."""
        tenant = self.new()
        token = self.put(tenant, self.ward, **self.good(tenant))
        self.opens(token)
        with Provider("R4") as other:
            put_tenant(self.house, tenant, provider_url=other.base)
            self.until(token, UNOPENED)
            self.assertEqual(other.seen, [])
            self.assertTrue(self.finds(f"its provider is {other.base} now"))
            put_tenant(self.house, tenant, **self.basic(
                tenant, SimpleNamespace(fhir=other.base), "gateway",
                "rehearsal-only"))
            self.until(token, ABSENT)
            self.assertEqual({s.headers["authorization"] for s in other.seen},
                             {"Basic Z2F0ZXdheTpyZWhlYXJzYWwtb25seQ=="})

    def test_a_key_file_that_is_away_is_told_and_works_when_it_is_back(self):
        tenant = self.new()
        token = self.put(tenant, self.ward, **self.good(tenant))
        file = self.keys / f"{self.kid()}.key"
        away = file.with_suffix(".away")
        file.rename(away)
        try:
            # what is in memory goes on; a change has it read again
            put_tenant(self.house, tenant, search_post="off")
            self.until(token, UNOPENED)
            self.assertTrue(self.finds(file.name))
        finally:
            away.rename(file)
        self.until(token, RECORD)
        self.assertFalse(self.finds(file.name))

    def test_L4_the_facade_does_not_start_with_a_key_that_others_read(self):
        file = self.keys / f"{self.kid()}.key"
        mode = file.stat().st_mode
        path = self.house.home / "run/seal-test.sock"
        self.addCleanup(path.unlink, missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(str(path))
        listening.listen()
        file.chmod(0o644)
        try:
            done = subprocess.run(
                self.house.program("facade"), stdin=listening, text=True,
                capture_output=True, timeout=20, **place.drop(),
                env={**os.environ, **self.house.environment("facade")})
        finally:
            file.chmod(mode)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("0644", done.stdout + done.stderr)

    def test_what_is_typed_is_not_shown(self):
        tenant = self.new()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        run = subprocess.Popen(
            [*self.house.program("wardgate"), "seal", "--basic", "--url",
             self.ward.fhir, tenant],
            stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True,
            env=self.house.cluster.environment(), **place.drop())
        os.close(theirs)
        shown = b""
        for prompt, typed in ((b"User: ", b"gateway\n"),
                              (b"not shown: ", b"rehearsal-only\n")):
            while prompt not in shown:
                shown += os.read(ours, 1000)
            os.write(ours, typed)
        out, _ = run.communicate(timeout=20)
        with contextlib.suppress(OSError):      # nobody has it open any more
            while more := os.read(ours, 1000):
                shown += more
        self.assertEqual(run.returncode, 0, shown)
        self.assertIn(b"gateway", shown)
        self.assertNotIn(b"rehearsal-only", shown)
        self.opens(self.put(
            tenant, self.ward, auth="basic",
            credential=out.split("credential: ")[1].split()[0]))

    def test_what_cannot_be_sealed_is_refused_without_being_repeated(self):
        tenant = self.new()
        for kind, typed, words in (
                ("--basic", "user:1\nhidden-thing\n", "colon"),
                ("--basic", "hidden-thing\n", "Nothing was given"),
                ("--basic", "user\nhidden-thing\x01\n", "control characters"),
                ("--header", "hidden-thing\n", "its name, a colon"),
                ("--header", "Host: hidden-thing\n", "belongs to the request"),
                ("--header", "X-Key: hidden-thing é\n", "visible ASCII"),
                ("--header", "X-Key: " + "hidden-thing" * 200 + "\n",
                 "longer than"),
                ("--header", "", "Nothing was given")):
            with self.subTest(words), \
                    self.assertRaisesRegex(place.Advice, words) as why:
                self.house.operator("seal", kind, "--url", self.ward.fhir,
                                    tenant, typed=typed)
            self.assertNotIn("hidden-thing", str(why.exception))
        with self.assertRaisesRegex(place.Advice, "one of --basic"):
            self.house.operator("seal", tenant, typed="user\nword\n")
        with self.assertRaisesRegex(place.Advice, "with --url"):
            self.house.operator("seal", "--basic", tenant,
                                typed="user\nword\n")


class Rotation(Story):
    wards = ("basic", "bearer") * 3

    def files(self):
        return {p.stem for p in self.keys.glob("*.key")}

    def test_under_load_refuses_nobody(self):
        self.settle()
        self.give_all()
        old = self.kid()
        plan = [unit(t, form(self.client, self.secret, t), "GET",
                     "/fhir/r4/Patient/p-101") for t in self.tenants]
        with Crowd(self.env.port, plan, clients=6, rate=60) as crowd:
            time.sleep(LOAD_S)
            step = self.wardgate("key", "rotate", "seal")
            self.assertEqual((step["step"], step["stage"]),
                             ("publish", "published"))
            new = step["kid"]
            self.assertEqual(self.kid(), old)
            step = self.wardgate("key", "rotate", "seal")
            self.assertEqual((step["step"], step["in_use"], step["retired"]),
                             ("use", new, old))
            with self.assertRaisesRegex(place.Advice, "6 credentials are"):
                self.house.operator("key", "remove", "seal", old)
            self.assertIn(old, self.files())
            # who starts anew opens boxes of both keys
            self.house.rig("signal", name="facade", signal=signal.SIGTERM)
            time.sleep(LOAD_S)
            step = self.wardgate("key", "rotate", "seal")
            self.assertEqual((step["step"], step["resealed"]), ("reseal", 6))
            time.sleep(LOAD_S)
            step = self.wardgate("key", "rotate", "seal")
            self.assertEqual((step["step"], step["kid"]), ("remove", old))
            self.assertNotIn(old, self.files())
            time.sleep(LOAD_S)
            crowd.stop()
            results = crowd.results()
        wrong = [r for r in results if r.status != 200]
        self.assertFalse(wrong, sample(wrong))
        self.assertGreater(len(results), 6)
        # nothing of the old key is left in memory alone
        self.house.rig("signal", name="facade", signal=signal.SIGTERM)
        for tenant in self.tenants:
            self.opens(tenant)
        print(f"{len(results)} answers ... ", end="")
        with self.assertRaisesRegex(place.Advice, old):     # its file is gone
            self.house.operator("key", "use", "seal", old)


class Resealing(Story):
    wards = ("basic",) * 6
    held = 3    # the box that somebody else is at work on

    def outdated(self):
        return [r.split("|") for r in self.house.cluster.psql(
            "select tenant_id, kid from wardgate.provider_credential "
            f"where kid <> '{self.kid()}' order by tenant_id").splitlines()]

    def reseals(self):
        return int(self.house.cluster.psql(
            "select count(*) from wardgate.audit where interaction = "
            "'change-credential' and detail ~ '^box; kid .* -> ' "
            "and tenant_id::text like '00005ea1-%'"))

    @contextlib.contextmanager
    def at_work(self, tenant):
        """Somebody who holds its row."""
        psql = subprocess.Popen(
            [place.psql(), "-XqAt", "-d",
             self.house.cluster.dsn()], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, env=self.house.cluster.environment())
        try:
            psql.stdin.write(
                "begin; select 'held' from wardgate.provider_credential "
                f"where tenant_id = '{tenant}' for update;\n")
            psql.stdin.flush()
            self.assertEqual(psql.stdout.readline().strip(), "held")
            yield
        finally:
            psql.stdin.close()      # which ends the transaction
            psql.wait()
            psql.stdout.close()

    def test_killed_midway_is_taken_up_again(self):
        self.settle()
        self.give_all()
        old, before = self.kid(), self.reseals()
        for _ in range(2):
            self.wardgate("key", "rotate", "seal")
        self.assertNotEqual(self.kid(), old)
        self.assertEqual([k for _, k in self.outdated()], [old] * 6)
        with self.at_work(self.tenants[self.held]):
            run = subprocess.Popen(
                [*self.house.program("wardgate"), "key", "reseal"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=self.house.cluster.environment(), **place.drop())
            until = time.monotonic() + 20
            while len(self.outdated()) > 6 - self.held:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)
            run.kill()
            run.wait()
            self.assertEqual([t for t, _ in self.outdated()],
                             self.tenants[self.held:])
        self.house.rig("signal", name="facade", signal=signal.SIGTERM)
        for tenant in self.tenants:     # half of the one, half of the other
            self.opens(tenant)
        with self.assertRaisesRegex(place.Advice, "credentials are sealed"):
            self.house.operator("key", "remove", "seal", old)
        self.wardgate("key", "reseal")
        self.assertEqual(self.outdated(), [])
        self.assertEqual(self.reseals() - before, 6)    # each of them once
        self.assertEqual(self.wardgate("key", "reseal")["resealed"], 0)
        self.wardgate("key", "remove", "seal", old)
        for tenant in self.tenants:
            self.opens(tenant)


class Nowhere(Canary):
    """Where PostgreSQL writes every statement and every value down."""

    def test_the_secret_is_found_nowhere(self):
        user, password, key = (self.mark(w) for w in
                               ("a user", "a password", "an API key"))
        for typed, kind, auth, name in (
                (f"{user}\n{password}\n", "--basic", "basic",
                 "authorization"),
                (f"X-Api-Key: {key}\n", "--header", "header", "x-api-key")):
            box = json.loads(self.house.operator(
                "seal", kind, CANARY, "--json",
                typed=typed))["credential"]
            put_tenant(self.house, CANARY, auth=auth,
                       credential=box)
            House.heard()
            token, before = self.token(CANARY), \
                len(self.provider.seen)
            self.provider.on("/on/Patient/2", "status-401")
            for path in ("Patient/1", "Patient/2", "Patient?family=x"):
                self.fhir("GET", path, token)
            shown = [s.headers.get(name, "")
                     for s in self.provider.seen[before:]]
            self.assertTrue(shown and all(shown), shown)
            self.marks[shown[0]] = "the header that was sent"
        for _ in range(3):
            self.house.operator("key", "rotate", "seal")
        for file in (self.house.home / "keys/sealing").glob("*.key"):
            self.marks[file.read_text().strip()] = "a private key"
        self.nowhere()
        self.house.operator("key", "rotate", "seal")
        for pid in self.house.rig.pids("facade"):
            with self.subTest("no core"), open(f"/proc/{pid}/limits") as f:
                core, = [line for line in f if "core file" in line]
                self.assertEqual(core.split()[4:6], ["0", "0"])

