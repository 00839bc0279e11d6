# test_revoked.py - a token that was ended stays ended, everywhere
# SPDX-License-Identifier: Apache-2.0
#
# By its client (RFC 7009), by an operator (wardgate revoke), or because what it
# stood on ended: within one second every process refuses it, also after all of
# them, or the database, died; and no tenant, client or grant that is given again
# brings it back. Introspection (RFC 7662) says what the facade would say.
#
# Behind lighttpd only: what is proved here does not lie in the web server.

import json
import os
import signal
import threading
import time
import unittest
from urllib.parse import urlencode

from tests.e2e import test_unavailable
from tests.e2e.hostile import Hostile, request, rows
from tests.e2e.jwt import Forge, parts
from tests.rig import place
from tests.rig.client import FORM, basic
from tests.rig.crowd import put_tenant, sample
from tests.rig.house import HEARD_S

OTHER = "0000a7a1-1ab1-4000-8000-000000000002"
TENANT = test_unavailable.TENANT
BACK_S = 60
ACTIVE = {"active", "scope", "client_id", "token_type", "exp", "iat", "nbf",
          "sub", "aud", "iss", "jti"}


def claims(token):
    return parts(token)[1]


class Story(test_unavailable.Story, Hostile):
    """A client with two tenants, and ways to ask."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.house.cluster.psql_file,
                            place.TOP / "sql/onboard/remove.sql", tenant=OTHER,
                            links="end")
        put_tenant(cls.house, OTHER, name="Other", fhir_version="R4",
                   client=cls.client,
                   provider_url=cls.wards.base("R4", "other"))

    def ask_at(self, what, form, headers=None, query=""):
        return request("POST", f"{self.env['WG_BASE']}/oauth2/{what}{query}",
                       {"Content-Type": FORM, **(headers or {})},
                       urlencode(form) if isinstance(form, dict) else form)

    def mine(self, token=None, **more):
        form = {"client_id": self.client, "client_secret": self.secret,
                "token": token, **more}
        return {k: v for k, v in form.items() if v is not None}

    def revoke(self, token, **more):
        return self.ask_at("revoke", self.mine(token, **more))

    def told(self, token, **more):
        answer = self.ask_at("introspect", self.mine(token, **more))
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def token_for(self, tenant, secret=None):
        answer = self.env.ask_token(tenant, client_id=self.client,
                                    client_secret=secret or self.secret)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def alive(self, *tokens):
        for token in tokens:
            self.working(lambda: self.read(token))

    def dead(self, *tokens, reason="token_refused"):
        """In every process: as many askers at once as there are workers."""
        for token in tokens:
            call = lambda: self.read(token)     # noqa: E731
            answers = self.many(call)[call]
            wrong = [a for a in answers
                     if (a.status, a.reason) != (401, reason)]
            self.assertFalse(wrong, sample(wrong, 3))

    def bites(self, change, *tokens):
        """One second after the commit at the latest, and all the time after."""
        self.alive(*tokens)
        change()
        self.house.heard()
        self.dead(*tokens)

    def operator(self, *args):
        return json.loads(self.house.operator("--json", *args))


class Revoked(Story):
    def test_a_client_ends_a_token_and_no_other(self):
        first, second = self.token(), self.token()
        self.alive(second)
        self.bites(lambda: self.assertEqual(self.revoke(first).status, 200),
                   first)
        self.alive(second)
        self.assertEqual(self.told(first), {"active": False})
        self.assertEqual(set(self.told(second)), ACTIVE)
        answer = self.read(first)
        self.safe(answer, 401, "token_refused", "token_revoked")
        self.assertIn('error="invalid_token"',
                      answer.header["www-authenticate"])
        self.assertEqual(self.revoke(first).status, 200)    # once more

    def test_the_answer_is_empty_and_the_trail_names_the_token(self):
        token = self.token()
        answer = self.revoke(token, token_type_hint="refresh_token")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.header["cache-control"], "no-store")
        self.assertEqual(rows(
            self.env, "select program, interaction, client_id, tenant_id, "
            "token_id, status, reason from wardgate.audit where trace_id = "
            f"'{answer.header['x-trace-id']}'"),
            [["token", "revoke", self.client, TENANT, claims(token)["jti"],
              "200", "ok"]])

    def test_operators_end_each_kind_and_new_tokens_count(self):
        other = self.token_for(OTHER)
        for words, spares in (
                (("token", None), True),
                (("secret", self.client, self.secret[4:12]), False),
                (("client", self.client), False),
                (("grant", self.client, TENANT), True),
                (("tenant", TENANT), True)):
            with self.subTest(words[0]):
                token = self.token()
                if words[0] == "token":
                    words = ("token", claims(token)["jti"])
                self.alive(other)

                def revoke():
                    kind, *names = words
                    dry = self.operator("revoke", kind, "--dry-run", "--",
                                        *names)
                    self.assertEqual(dry["outcome"], "would revoke")
                    self.alive(token)
                    said = self.operator("revoke", kind, "--why", "a test",
                                         "--", *names)
                    self.assertEqual(said["outcome"], "revoked")
                self.bites(revoke, token)
                self.alive(self.token())
                (self.alive if spares else self.dead)(other)
                other = self.token_for(OTHER)
        listed = self.operator("revoke", "list")["revocations"]
        self.assertLessEqual({"token", "secret", "client", "grant", "tenant"},
                             {r["kind"] for r in listed
                              if r["why"] == "a test"})
        found = rows(self.env, "select interaction from wardgate.audit where "
                     "program = 'wardgate' and at > now() - interval '1 h' and "
                     f"coalesce(client_id, '{self.client}') = '{self.client}'")
        self.assertLessEqual({"revoke-token", "revoke-secret", "revoke-client",
                              "revoke-grant", "revoke-tenant"},
                             {r[0] for r in found})

    def test_all_tokens_at_once(self):
        tokens = [self.token(), self.token_for(OTHER)]
        strange = self.env.token("STU3")
        self.bites(lambda: self.operator("revoke", "all", "--yes"), *tokens)
        self.assertEqual(self.env.fhir("GET", "Patient/x", strange,
                                       "STU3").status, 401)
        self.alive(self.token())

    def test_what_is_given_again_brings_no_token_back(self):
        def again(*pair):
            for words in pair:
                self.house.operator("client", *words)
        who = self.client
        for end, back in ((("ungrant", who, TENANT), ("grant", who, TENANT)),
                          (("disable", who), ("enable", who))):
            with self.subTest(end[0]):
                token = self.token()
                self.alive(token)
                again(end)
                self.house.heard()
                again(back)
                fresh = [self.token() for _ in range(5)]    # at once
                self.alive(*fresh)
                self.dead(token)
        token = self.token()
        self.alive(token)
        for script in ("suspend", "resume"):
            self.script(script)
            self.house.heard()
        self.dead(token)
        self.alive(self.token())
        token = self.token()
        self.alive(token)
        self.script("remove", links="end")
        self.put()
        self.house.heard()
        self.dead(token)
        self.alive(self.token())

    def ways_to_end(self):
        """What was ended and given again, or told to end its tokens."""
        who, revoke = self.client, ("--why", "at once", "--")
        return (
            (("client", "ungrant", who, TENANT),
             ("client", "grant", who, TENANT)),
            (("client", "disable", who), ("client", "enable", who)),
            (("revoke", "client", *revoke, who),),
            (("revoke", "grant", *revoke, who, TENANT),),
            (("revoke", "tenant", *revoke, TENANT),),
            ("suspend", "resume"))

    def test_a_token_that_is_asked_for_at_once_counts(self):
        """No process has to have heard of the change for that."""
        ways = self.ways_to_end()
        for n in range(48):
            before = self.token()
            for step in ways[n % len(ways)]:
                self.do(step)
            fresh = [self.token() for _ in range(3)]
            for token in fresh:
                self.assertEqual(self.read(token).status, 200, (n, step))
                self.assertIs(self.told(token)["active"], True, (n, step))
            self.assertEqual(self.told(before), {"active": False})
        self.house.heard()
        self.alive(*fresh)

    def test_tokens_of_any_moment_die_with_what_they_stand_on(self):
        """Asked for all the time, while rights come and go."""
        over, got = threading.Event(), []

        def ask():
            while not over.wait(0.03):
                answer = self.ask()
                self.assertIn(answer.status, (200, 400, 401))
                if answer.status == 200:
                    got.append(answer.json["access_token"])
        askers = [self.pool.submit(ask) for _ in range(6)]
        ways = self.ways_to_end()
        try:
            for steps in (*ways, *ways):
                for step in steps:
                    self.do(step)
            self.house.operator("client", "ungrant", self.client, TENANT)
            self.house.heard()
        finally:
            over.set()
        for asker in askers:
            asker.result()
        self.assertGreater(len(got), 50)
        answers = self.pool.map(self.read, got)
        self.assertEqual({a.status for a in answers}, {401})
        self.house.operator("client", "grant", self.client, TENANT)
        self.alive(self.token())
        self.house.heard()
        answers = self.pool.map(self.read, got)
        self.assertEqual({a.status for a in answers}, {401})

    def do(self, step):
        if isinstance(step, str):
            self.script(step)
        else:
            self.house.operator(*step)

    def test_a_token_never_outlives_what_was_shortened_just_before(self):
        made = json.loads(self.house.operator(
            "client", "secret", "add", self.client, "--json"))
        self.addCleanup(self.house.operator, "client", "secret", "invalidate",
                        self.client, made["key_id"])
        self.addCleanup(self.sql, "update wardgate.client_grant set ended_at "
                        f"= null where client_id = '{self.client}'")
        ask = lambda: self.ask(made["client_secret"]).json  # noqa: E731
        self.assertEqual(ask()["expires_in"], 600)
        self.sql("update wardgate.client_secret set not_after = now() + "
                 f"interval '300 s' where key_id = '{made['key_id']}'")
        self.assertLessEqual(ask()["expires_in"], 300)
        self.sql("update wardgate.client_grant set ended_at = now() + "
                 f"interval '200 s' where client_id = '{self.client}'")
        said = ask()
        self.assertLessEqual(said["expires_in"], 200)
        own = claims(said["access_token"])
        self.assertEqual(own["exp"] - own["iat"], said["expires_in"])

    def test_many_at_once_end_their_tokens(self):
        tokens = [self.token() for _ in range(20)]
        keep = self.token()
        calls = [lambda t=t: self.revoke(t) for t in tokens]
        for answers in self.many(*calls, lambda: self.read(keep),
                                 times=3).values():
            self.assertFalse([a for a in answers if a.status != 200])
        self.house.heard()
        self.dead(*tokens)
        self.alive(keep)
        found = rows(self.env, "select count(*) from wardgate.revocation where "
                     "key in (" + ", ".join(
                         f"'{claims(t)['jti']}'" for t in tokens) + ")")
        self.assertEqual(found, [[str(len(tokens))]])


class Lasting(Story):
    def await_back(self, token):
        until = time.monotonic() + BACK_S
        while True:
            got = [self.ask().status, self.read(token).status]
            if got == [200, 200]:
                return
            if time.monotonic() > until:
                self.fail(f"{BACK_S} s later: {got}")
            time.sleep(0.05)

    def kill_all(self, *more):
        for name in ("token", "facade", "metadata", "keep"):
            for pid in self.house.rig.pids(name):
                os.kill(pid, signal.SIGKILL)
        for pid in more:
            os.kill(pid, signal.SIGKILL)

    def test_after_the_death_of_everything(self):
        ended, live = self.token(), self.token()
        self.assertEqual(self.revoke(ended).status, 200)
        self.kill_all()
        self.await_back(live)
        self.dead(ended)
        ended = self.token()
        self.alive(ended)
        self.assertEqual(self.revoke(ended).status, 200)
        self.kill_all(self.house.cluster.postmaster())
        self.await_back(live)
        self.dead(ended)
        self.alive(live)

    def test_after_a_restart_of_the_database(self):
        ended, live = self.token(), self.token()
        self.assertEqual(self.revoke(ended).status, 200)
        known = time.monotonic() + HEARD_S
        self.house.rig("stop", name="postgres")
        self.house.rig("start", name="postgres")
        self.await_back(live)
        time.sleep(max(0, known - time.monotonic()))
        self.dead(ended)
        self.alive(live)

    def test_a_database_on_a_new_timeline_ends_all_tokens(self):
        def server(text):
            return self.house.cluster.psql(text, "postgres", "postgres")
        token = self.token()
        self.alive(token)
        server("alter system set restore_command = 'false'")
        self.house.rig("stop", name="postgres")
        place.give(place.write(self.house.cluster.data / "recovery.signal",
                               ""))
        self.house.rig("start", name="postgres")
        until = time.monotonic() + BACK_S
        while self.ask().status != 200 and time.monotonic() < until:
            time.sleep(0.05)
        server("alter system reset restore_command")
        self.assertIn("/00000002", self.sql(
            "select name from wardgate.lineage") + self.sql(
            "select wardgate.lineage_now()"))
        self.house.heard()
        self.dead(token)
        self.alive(self.token())

    def test_what_cannot_be_stored_is_not_said_to_be_done(self):
        right = ("execute on function wardgate.revoke_own_token(uuid, text, "
                 "timestamptz)")
        token = self.token()
        self.addCleanup(self.sql, f"grant {right} to wg_token")
        self.sql(f"revoke {right} from wg_token")
        self.safe(self.revoke(token), 503, "temporarily_unavailable",
                  "database")
        self.assertRegex(self.revoke(token).header["retry-after"], r"^[1-9]")
        self.alive(token)
        self.sql(f"grant {right} to wg_token")
        self.bites(lambda: self.assertEqual(self.revoke(token).status, 200),
                   token)

    def test_a_client_with_too_many_is_told_so(self):
        token = self.token()
        some = f"client_id = '{self.client}' and why = 'many'"
        self.addCleanup(self.sql,
                        f"delete from wardgate.revocation where {some}")
        self.sql(f"""
            insert into wardgate.revocation (kind, key, n, expires_at, made_by,
                   why, client_id)
            select 'token', lpad(i::text, 22, '0'), 1, now() + interval '1 h',
                   'x', 'many', '{self.client}'
              from generate_series(1, 10000) as i""")
        answer = self.revoke(token)
        self.safe(answer, 503, "temporarily_unavailable", "busy")
        self.assertEqual(answer.header["retry-after"], "60")
        self.alive(token)
        self.operator("revoke", "token", "--", claims(token)["jti"])
        self.house.heard()
        self.dead(token)

    def test_what_cannot_be_asked_is_not_told(self):
        right = ("execute on function wardgate.token_in_force(uuid, uuid, "
                 "text, text, bigint)")
        token = self.token()
        self.addCleanup(self.sql, f"grant {right} to wg_token")
        self.sql(f"revoke {right} from wg_token")
        self.safe(self.ask_at("introspect", self.mine(token)), 503,
                  "temporarily_unavailable", "database")

    def test_who_hears_of_no_change_asks_the_database(self):
        hearing = "execute on function wardgate.changes_since(bigint)"
        token, live = self.token(), self.token()
        self.alive(token, live)
        self.addCleanup(self.sql, f"grant {hearing} to wg_facade")
        self.sql(f"revoke {hearing} from wg_facade")
        self.house.heard()
        self.bites(lambda: self.assertEqual(self.revoke(token).status, 200),
                   token)
        self.alive(live)
        asking = ("execute on function wardgate.token_revoked(uuid, uuid, "
                  "text, text, bigint)")
        self.addCleanup(self.sql, f"grant {asking} to wg_facade")
        self.sql(f"revoke {asking} from wg_facade")
        self.refusals([self.read(live)], "unavailable")

    def refusals(self, answers, word):
        for a in answers:
            self.assertEqual((a.status, a.reason), (503, word), a)


class Told(Story):
    def test_what_a_token_says_is_told(self):
        token = self.token()
        said, own = self.told(token), claims(token)
        self.assertEqual(set(said), ACTIVE)
        self.assertIs(said["active"], True)
        self.assertEqual(said["token_type"], "Bearer")
        for name in ACTIVE - {"active", "token_type"}:
            self.assertEqual(said[name], own[name])
        self.assertEqual(said["scope"], TENANT)
        with_basic = self.ask_at(
            "introspect", {"token": token, "token_type_hint": "access_token"},
            {"Authorization": basic(self.client, self.secret)})
        self.assertEqual(with_basic.json, said)

    def test_what_is_not_good_or_not_theirs_is_only_not_active(self):
        strange = self.env.token("STU3")
        forge = Forge(self.env)
        mine = claims(self.token())
        now = int(time.time())
        late = forge.token(claims={**mine, "iat": now - 400, "nbf": now - 400,
                                   "exp": now - 1})
        token = self.token()
        for text in (strange, late, forge.token(claims={**mine, "aud": "x"}),
                     token[:-4] + "AAAA", token + "x", "x", "a.b.c", "..",
                     "\u00e9", "A" * 9000, f"Bearer {token}", " " + token):
            self.assertEqual(self.told(text), {"active": False}, text[:40])
            self.assertEqual(self.revoke(text).status, 200, text[:40])
        self.house.heard()
        self.alive(token)
        self.assertEqual(self.env.fhir("GET", "Patient/x", strange,
                                       "STU3").status, 404)

    def test_it_is_what_the_facade_would_say(self):
        token = self.token()
        self.addCleanup(self.script, "resume")
        self.script("maintenance", notice="A moment.")
        self.assertIs(self.told(token)["active"], True)
        self.script("suspend")
        self.assertEqual(self.told(token), {"active": False})
        self.script("resume")
        self.assertEqual(self.told(token), {"active": False})
        self.house.heard()  # until then a token may stand on what was before
        token = self.token()
        made = json.loads(self.house.operator(
            "client", "secret", "add", self.client, "--json"))
        used = self.token(made["client_secret"])
        self.assertIs(self.told(used)["active"], True)
        self.house.operator("client", "secret", "invalidate", self.client,
                            made["key_id"])
        self.assertEqual(self.told(used), {"active": False})
        self.assertIs(self.told(token)["active"], True)

    def test_the_shape_of_a_request(self):
        token = self.token()
        for what in ("introspect", "revoke"):
            url = f"{self.env['WG_BASE']}/oauth2/{what}"
            for method in ("GET", "PUT", "DELETE", "OPTIONS"):
                answer = request(method, url)
                self.assertEqual((answer.status, answer.header["allow"]),
                                 (405, "POST"))
            good = self.mine(token)
            text = urlencode(good)
            bad = self.secret[:-1] + ("A" if self.secret[-1] != "A" else "B")
            for form, query, status, code, reason in (
                    (self.mine(), "", 400, "invalid_request",
                     "request_malformed"),
                    (self.mine(""), "", 400, "invalid_request",
                     "request_malformed"),
                    (text + "&token=x", "", 400, "invalid_request",
                     "parameter_repeated"),
                    (text + "&token[]=x", "", 400, "invalid_request",
                     "request_malformed"),
                    (good, "?token=x", 400, "invalid_request",
                     "credential_in_query"),
                    (good, "?client_secret=x", 400, "invalid_request",
                     "credential_in_query"),
                    ({"token": token}, "", 401, "invalid_client",
                     "client_absent"),
                    (self.mine(token, client_secret=bad), "", 401,
                     "invalid_client", "secret_malformed"),
                    (self.mine(token, client_id=OTHER), "", 401,
                     "invalid_client", "client_unknown"),
                    (self.mine(token, client_assertion="x"), "", 400,
                     "invalid_request", "request_malformed"),
                    (self.mine("A" * 17000), "", 413, "invalid_request",
                     "request_too_large"),
                    ("%", "", 400, "invalid_request", "request_malformed")):
                with self.subTest(what, form=str(form)[:60], query=query):
                    self.safe(self.ask_at(what, form, query=query), status,
                              code, reason)
            self.safe(self.ask_at(what, "x", {"Content-Type": "text/plain"}),
                      400, "invalid_request", "media_type")
            self.safe(self.ask_at(
                what, good, {"Authorization": f"Bearer {token}"}), 400,
                "invalid_request", "request_malformed")
        self.alive(token)

    def test_the_documents_name_both_endpoints(self):
        for path in ("/.well-known/oauth-authorization-server",
                     "/fhir/r4/.well-known/smart-configuration"):
            said = request("GET", self.env["WG_BASE"] + path).json
            for name, where in (("introspection", "introspect"),
                                ("revocation", "revoke")):
                self.assertEqual(said[f"{name}_endpoint"],
                                 f"{self.env['WG_BASE']}/oauth2/{where}")
                self.assertEqual(
                    said[f"{name}_endpoint_auth_methods_supported"],
                    said["token_endpoint_auth_methods_supported"])


if __name__ == "__main__":
    unittest.main()
