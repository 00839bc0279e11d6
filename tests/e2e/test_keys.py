# test_keys.py - signing keys go from stage to stage, and nobody is refused
# SPDX-License-Identifier: Apache-2.0
#
# The runbooks of wardgate(8), walked under load: an ordinary rotation refuses
# not one request; a withdrawn key counts nowhere within one second. How long a
# key has been published is the database's word, so the stories make keys older
# than they are instead of waiting.
#
# Behind lighttpd only: what is proved here does not lie in the web server.

import concurrent.futures
import json
import os
import time
import unittest

from tests.e2e import jwt
from tests.rig import place
from tests.rig.client import Env, request
from tests.rig.crowd import (Crowd, Wards, audit_rows, form, now_us,
                             put_tenant, remove_tenant, sample, unit)
from tests.rig.house import HEARD_S, House

TENANT = "0000ce15-1ab1-4000-8000-000000000001"
ROTATIONS = 3
LOAD_S = 1.5    # of load before and after every step
AT_ONCE = 24    # reads, so that every process answers some


@unittest.skipUnless(os.environ.get("WG_SERVER") == "lighttpd",
                     "the same behind every web server")
class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.wards = cls.enterClassContext(Wards())
        cls.pool = cls.enterClassContext(
            concurrent.futures.ThreadPoolExecutor(AT_ONCE))
        cls.client, cls.secret = cls.house.add_client("Keys")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)
        put_tenant(cls.house, TENANT, name="Keys", fhir_version="R4",
                   client=cls.client, provider_url=cls.wards.base("R4", "k"))

    def setUp(self):
        for kid, stage in self.stages().items():
            if stage == "published":
                self.wardgate("key", "withdraw", kid)

    def wardgate(self, *words):
        return json.loads(self.house.operator(*words, "--json"))

    def no(self, what, *words):
        with self.assertRaisesRegex(place.Advice, what):
            self.house.operator(*words)

    def stages(self):
        """kid -> stage, in the order of their making."""
        return {k["kid"]: k["stage"]
                for k in self.wardgate("key", "list")["signing_keys"]}

    def in_use(self):
        kid, = [k for k, s in self.stages().items() if s == "use"]
        return kid

    def age(self, kid, column="made_at"):
        self.house.cluster.psql(
            f"update wardgate.signing_key set {column} = {column} - "
            f"interval '2 hours' where kid = '{kid}'")

    def token(self):
        answer = self.env.ask_token(TENANT, client_id=self.client,
                                    client_secret=self.secret)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def new_token(self):
        """Of the key that is in use now, once that signs and is known: that
        the old one is refused is promised within a second, this is not."""
        until = time.monotonic() + 60
        while True:
            answer = self.env.ask_token(TENANT, client_id=self.client,
                                        client_secret=self.secret)
            token = (answer.json or {}).get("access_token")
            if token and jwt.parts(token)[0]["kid"] == self.in_use() and \
                    {a.status for a in self.everywhere(token)} == {200}:
                return token
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.1)

    def read(self, token):
        return self.env.fhir("GET", "Patient/1", token, "R4")

    def everywhere(self, token):
        """What many reads at once are answered."""
        return list(self.pool.map(self.read, [token] * AT_ONCE))

    def assert_all(self, token, status):
        got = self.everywhere(token)
        wrong = [a for a in got if a.status != status]
        self.assertFalse(wrong, sample(wrong, 3))
        return got

    def jwks(self):
        return {k["kid"] for k in request(
            "GET", self.env["WG_BASE"] + "/oauth2/jwks").json["keys"]}

    def keys_check(self):
        answer = request("GET", self.env["WG_BASE"] + "/readyz")
        check, = [c for c in answer.json["checks"] if c["name"] == "keys"]
        return check["ok"], check["why"]

    def await_check(self, ok, words):
        until = time.monotonic() + 60
        while (got := self.keys_check())[0] is not ok or words not in got[1]:
            if time.monotonic() > until:
                self.fail(got)
            time.sleep(0.1)

    def published(self):
        """A key that has been published long enough."""
        kid = self.wardgate("key", "make", "signing")["kid"]
        self.age(kid)
        return kid


class Rotation(Story):
    def rotate(self):
        """One rotation, as the manual has it; the key that signs then."""
        before = self.in_use()
        step = self.wardgate("key", "rotate")
        self.assertEqual((step["step"], step["stage"]),
                         ("publish", "published"))
        kid = step["kid"]
        self.assertIn(kid, self.jwks())
        again = self.wardgate("key", "rotate")
        self.assertEqual((again["step"], again["kid"]), ("wait", kid))
        self.assertEqual(self.in_use(), before)
        time.sleep(LOAD_S)
        self.age(kid)
        step = self.wardgate("key", "rotate")
        self.assertEqual(
            (step["step"], step["in_use"], step["retired"], step["outcome"]),
            ("use", kid, before, "changed"))
        self.assertEqual(self.stages()[before], "retired")
        time.sleep(LOAD_S)
        return kid

    def test_under_load_refuses_nobody(self):
        kids = [self.in_use()]
        first = self.token()
        plan = [unit("read", form(self.client, self.secret, TENANT), "GET",
                     "/fhir/r4/Patient/1")]
        with Crowd(self.env.port, plan, clients=8, rate=80,
                   keep_every=1) as crowd:
            time.sleep(LOAD_S)
            kids += [self.rotate() for _ in range(ROTATIONS)]
            crowd.stop()
            results = crowd.results()
            signed = {jwt.parts(t)[0]["kid"] for _, _, t in crowd.tokens()}
        wrong = [r for r in results if r.status != 200]
        self.assertFalse(wrong, sample(wrong))
        self.assertEqual(signed, set(kids))
        self.assert_all(first, 200)     # three keys ago, and still in force
        print(f"{len(results)} answers, {ROTATIONS} keys ... ", end="")

    def test_a_key_is_used_once_everybody_can_know_it(self):
        kid = self.wardgate("key", "make", "signing")["kid"]
        self.no("not known everywhere before", "key", "use", kid)
        self.assertEqual(self.stages()[kid], "published")
        self.assertEqual(
            self.wardgate("key", "use", "--now", kid)["outcome"], "changed")
        self.assertEqual(
            self.wardgate("key", "use", kid)["outcome"], "unchanged")
        self.assertEqual(self.in_use(), kid)
        self.no("There is no signing key", "key", "withdraw", "k" * 43)
        self.no("cannot be read", "key", "use", "k" * 43)

    def test_a_retired_key_is_withdrawn_when_its_tokens_have_expired(self):
        token, old = self.token(), self.in_use()
        self.wardgate("key", "use", self.published())
        self.assert_all(token, 200)
        self.assertEqual(self.wardgate("keep", "--once")["keys_withdrawn"], 0)
        self.age(old, "retired_at")
        self.house.heard()      # the change alone is enough, without keep
        self.assert_all(token, 401)
        self.wardgate("keep", "--once")
        self.assertEqual(self.stages()[old], "withdrawn")
        self.no("never signs again", "key", "use", "--now", old)


class Withdrawal(Story):
    def statement(self, token=None):
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        return request("GET", self.env["WG_FHIR_R4"] + "/metadata",
                       fields).body

    def test_of_the_key_in_use_bites_within_a_second(self):
        old, token, began = self.in_use(), self.token(), now_us()
        spare = self.published()
        first = [k for k, s in self.stages().items() if s == "published"][0]
        self.assert_all(token, 200)
        self.assertNotEqual(self.statement(token), self.statement())
        files = self.house.home / "keys/public" / f"{old}.pem"
        kept = files.read_bytes()
        said = self.wardgate("key", "withdraw", old)
        done = time.monotonic()
        self.assertEqual((said["outcome"], said["in_use"]),
                         ("changed", first))
        self.assertFalse(files.exists())
        files.write_bytes(kept)     # as on a host that nobody has been to
        files.chmod(0o644)
        self.addCleanup(files.unlink, missing_ok=True)
        time.sleep(max(0, done + HEARD_S - time.monotonic()))
        refused = self.assert_all(token, 401)
        self.assertEqual({a.reason for a in refused}, {"token_refused"})
        rows = audit_rows(self.house, began)
        self.assertEqual({rows[a.header["x-trace-id"]].reason
                          for a in refused}, {"token_key_unknown"})
        self.assertEqual(self.statement(token), self.statement())
        new = self.new_token()
        self.assertEqual(jwt.parts(new)[0]["kid"], first)
        self.await_check(True, "public keys")
        for _ in range(AT_ONCE):    # whichever process answers
            self.keys_check()
        self.assertIn(spare, self.jwks())
        self.assertEqual(
            self.wardgate("key", "withdraw", old)["outcome"], "unchanged")
        self.assertFalse(files.exists())

    def test_bites_also_where_nobody_hears_of_it(self):
        """A process that cannot ask what changed asks about each token."""
        hearing = "execute on function wardgate.changes_since(bigint)"
        psql, began = self.house.cluster.psql, now_us()
        old, token = self.in_use(), self.token()
        self.assert_all(token, 200)
        self.addCleanup(self.house.heard)
        self.addCleanup(psql, f"grant {hearing} to wg_facade")
        psql(f"revoke {hearing} from wg_facade")
        self.house.heard()
        self.assert_all(token, 200)
        self.wardgate("key", "withdraw", old)
        refused = self.assert_all(token, 401)
        rows = audit_rows(self.house, began)
        self.assertEqual({rows[a.header["x-trace-id"]].reason
                          for a in refused}, {"token_key_unknown"})

    def test_makes_a_key_when_none_is_published(self):
        old = self.in_use()
        said = self.wardgate("key", "withdraw", old)
        self.assertEqual(said["stage"], "published")
        self.assertEqual(said["in_use"], said["kid"])
        self.new_token()
        until = time.monotonic() + 60
        while old in self.jwks():
            self.assertLess(time.monotonic(), until, "it is still published")
            time.sleep(0.1)


class Ready(Story):
    def test_says_when_the_key_that_signs_is_not_published(self):
        file = self.house.home / "keys/public" / f"{self.in_use()}.pem"
        away = file.with_suffix(".away")
        self.published()        # so that there is another one
        self.await_check(True, "public keys")
        file.rename(away)
        try:
            self.await_check(False, "the key that signs is not published")
        finally:
            away.rename(file)
        self.await_check(True, "public keys")
