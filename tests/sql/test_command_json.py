# test_command_json.py - every verb of the command answers in JSON when asked
# SPDX-License-Identifier: Apache-2.0
#
# The table has each verb that the command says it has, in an order in which all
# of them succeed. One answer is one object on one line, with nothing around it.

import json
import re
import subprocess

from tests.rig import place
from tests.rig.script import filled
from tests.sql import test_command_client as client

GUID = "7e4a0000-0000-4000-8000-00000000000a"
NEW = "7e4a0000-0000-4000-8000-00000000000f"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$")
NAME = re.compile(r"[a-z][a-z0-9_]*$")
JTI, TRACE = "AAECAwQFBgcICQoLDA0ODw", "{trace}"
JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k",
                  "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                  "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}

# words, and members that the answer must have; {x}: of an earlier answer
VERBS = (
    ("migrate apply --dir {dir}", "applied"),
    ("migrate status --dir {dir}", "migrations"),
    ("migrate verify --dir {dir}", ""),
    ("key make pepper", "version"),
    ("key make cursor", ""),
    ("key rotate cursor", ""),
    ("key make portal", ""),
    ("key make signing", "kid stage"),
    ("key list", "signing_keys"),
    ("key status", "peppers"),
    ("key use pepper 2", "outcome"),
    ("key remove pepper 1", "outcome"),
    ("key rotate", ""),
    ("key use --now {kid}", ""),
    ("key withdraw {kid}", "outcome"),
    ("key make seal", "kid stage file"),
    ("seal --basic {tenant}", "tenant auth server kid credential"),
    ("key make provider {tenant}", "kid alg stage"),
    ("key rotate provider {tenant}", "step kid"),
    ("key list provider {tenant}", "provider_keys"),
    ("key use provider --now {tenant} {kid}", "in_use outcome"),
    ("key make provider {tenant}", "kid"),
    ("key remove provider {tenant} {kid}", "kid outcome"),
    ("key rotate seal", "step kid"),
    ("key use seal {kid}", "in_use outcome retired"),
    ("key reseal", "sealed_to unopened resealed"),
    ("key make seal", "kid stage"),
    ("key remove seal {kid}", "kid outcome"),
    ("client add An-app", "client_id outcome"),
    ("client list", "clients"),
    ("client disable {client_id}", "outcome"),
    ("client enable {client_id}", "outcome"),
    ("client secret add {client_id}",
     "client_id key_id client_secret not_after client_secret_expires_at"),
    ("client secret list {client_id}", "secrets"),
    ("client secret invalidate {client_id} {key_id}", "outcome"),
    ("client jwks --file {jwks} {client_id}", "outcome"),
    ("client jwks {client_id}", "keys"),
    ("client grant {client_id} {tenant}", "outcome"),
    ("client grants {client_id}", "grants"),
    ("client ungrant {client_id} {tenant}", "outcome"),
    ("tenant list", "tenants"),
    ("tenant suspend {tenant}", "outcome"),
    ("tenant resume {tenant}", "outcome"),
    ("tenant networks {tenant} 10.1.0.0/16", "networks"),
    ("tenant maintenance --notice Soon {tenant}", "outcome"),
    ("tenant plan {file}", "tenant adds diff plan"),
    ("tenant apply {file}", "tenant adds diff"),
    ("tenant environment {tenant} test", "outcome environment"),
    ("tenant environment {tenant} production", "outcome environment"),
    ("revoke token {jti}", "outcome"),
    ("revoke secret {client_id} {key_id}", "outcome"),
    ("revoke client {client_id}", "outcome"),
    ("revoke grant {client_id} {tenant}", "outcome"),
    ("revoke tenant {tenant}", "outcome"),
    ("revoke all --yes", "outcome"),
    ("revoke list", "revocations"),
    ("account add --phone --roles operator ann", "account_id totp_key"),
    ("account invite --roles developer", "link expires_in"),
    ("account list", "accounts"),
    ("account disable ann", "outcome"),
    ("account enable ann", "outcome"),
    ("account reset --no-phone ann", "link expires_in"),
    ("keep --once", "partitions_made secrets_told"),
    ("probe --within 5 a-hospital", "findings drift verdict reason"),
    ("probe last a-hospital", "findings verdict outdated"),
    ("loss", "losses"),
    ("doctor --offline", "findings faults"),
    ("audit tail", "rows"),
    ("why {trace}", "reason what_happened changed_by"),
)
# this house has no sockets, and nobody answers at ehr.example
FAULTY = {"doctor --offline", "probe --within 5 a-hospital"}


class Json(client.Case):
    @classmethod
    def setUpClass(cls):
        cls.wardgate = client.Operator()
        cls.addClassCleanup(cls.wardgate.db.remove)
        w = cls.wardgate
        w("key", "make", "pepper")
        w.db.psql_file(place.TOP / "sql/onboard/tenant.sql", tenant=GUID,
                       name="A hospital", fhir_version="R4",
                       provider_url="https://ehr.example/r4")
        jwks = w.db.home / "jwks.json"
        place.write(jwks, json.dumps(JWKS))
        file = w.db.home / "tenant.sql"
        place.write(file, filled("tenant", tenant=NEW, name="New",
                                 provider_url="https://new.example/r4",
                                 fhir_version="R4"))
        cls.known = {"file": str(file), "dir": str(w.db.home / "migrations"), "tenant": GUID,
                     "jti": JTI, "jwks": str(jwks)}

    def ask(self, *words):
        typed = "user\nword\n" if words[:1] == ("seal",) else \
            "a quiet harbour in winter\n"
        return self.wardgate.run(*words, "--json", typed=typed)

    def an_object(self, text):
        """One object on one line, whose names and times are of our forms."""
        self.assertEqual(text[-1:], "\n")
        self.assertNotIn("\n", text[:-1])
        return json.loads(text, object_pairs_hook=self.pairs,
                          parse_constant=self.fail)

    def pairs(self, found):
        names = [name for name, _ in found]
        self.assertEqual(len(names), len(set(names)), "a name stands twice")
        for name, value in found:
            self.assertRegex(name, NAME)
            self.assertNotIsInstance(value, float)
            if isinstance(value, str) and re.match(
                    r"(not_|.*_at$|at$)", name):
                self.assertRegex(value, TIME, name)
        return dict(found)

    def verbs(self):
        """As the command itself lists them."""
        text = subprocess.run([self.wardgate.bin, "--help"], text=True,
                              stdout=subprocess.PIPE, check=True).stdout
        return [re.split(r" [\[<A-Z-]", line.strip()[len("wardgate "):])[0]
                for line in text.splitlines()
                if line.startswith("  wardgate ")]

    @staticmethod
    def of_table(words, verbs):
        """The verb that stands at the start of the words."""
        return max((v for v in verbs if f"{words} ".startswith(f"{v} ")),
                   key=len, default=None)

    def test_no_verb_is_missing_in_the_table_or_the_manual(self):
        verbs = self.verbs()
        self.assertGreater(len(verbs), 35)
        self.assertEqual({self.of_table(words, verbs) for words, _ in VERBS},
                         set(verbs))
        manual = (place.TOP / "cgi/wardgate.8").read_text()
        for verb in verbs:
            self.assertRegex(manual, rf"(?m)^\.(It )?Cm {verb}( |$)", verb)

    def test_every_verb_answers_in_json_and_fails_in_json(self):
        for words, members in VERBS:
            with self.subTest(words):
                self.answers(words, members)

    def answers(self, words, members):
        words = words.format(**self.known).split(" ")
        done = self.ask(*words)
        faulty = " ".join(words) in FAULTY
        self.assertEqual(done.returncode,
                         client.REFUSED if faulty else client.DONE,
                         done.stderr)
        said = self.an_object(done.stdout)
        self.assertLessEqual(set(members.split()), set(said))
        for line in done.stderr.splitlines():
            json.loads(line)
        self.known.update({k: v for k, v in said.items()
                           if k in ("client_id", "kid", "key_id")})
        if "rows" in said:
            self.known["trace"] = said["rows"][-1]["trace_id"]
        wrong = self.ask(*words, "--no-such-option")
        self.assertEqual((wrong.returncode, wrong.stdout),
                         (client.MISUSED, ""))
        self.assertIn("error", self.an_object(wrong.stderr))

    def test_what_is_no_verb_is_refused_in_json(self):
        for words in ((), ("klient",), ("client",)):
            wrong = self.ask(*words)
            self.assertEqual((wrong.returncode, wrong.stdout),
                             (client.MISUSED, ""))
            self.assertEqual(self.an_object(wrong.stderr)["error"],
                             "request_malformed")

    def test_the_end_of_a_secret_is_told_as_registration_tells_it(self):
        """RFC 7591 3.2.1: seconds since 1970; 0 when there is no end."""
        app = self.wardgate.client()
        for words, end in (((), None), (("--no-expiry",), 0)):
            made = self.wardgate("client", "secret", "add", *words, app)
            if end is None:
                end = int(self.wardgate.asked(
                    "select floor(extract(epoch from not_after)) from "
                    f"wardgate.client_secret where key_id = "
                    f"'{made['key_id']}'"))
            self.assertEqual(made["client_secret_expires_at"], end)

    def test_a_trail_that_is_followed_is_one_object_a_line(self):
        self.wardgate.client()
        process = subprocess.Popen(
            [self.wardgate.bin, "-c", str(self.wardgate.conf), "audit",
             "tail", "--follow", "--json"], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env=self.wardgate.db.environment(), cwd=self.wardgate.db.home,
            **place.drop())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(self.an_object(process.stdout.readline())["rows"])
        new = self.wardgate.client()
        row = self.an_object(process.stdout.readline())["rows"][-1]
        self.assertEqual((row["client_id"], row["interaction"]),
                         (new, "add-client"))
