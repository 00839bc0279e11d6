# test_assertion_url.py - keys that a client publishes, fetched by the keeper
# SPDX-License-Identifier: Apache-2.0
#
# The JWK Set stands at an address of the client's: the keeper copies it, the
# token endpoint never asks for it. Here it stands on this machine, which the
# settings of the house allow, in many hostile ways.

import json
import ssl
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e import jwt
from tests.e2e.hostile import rows
from tests.e2e.test_assertion import Asserting
from tests.rig import place

setUpModule = behind_lighttpd

WAIT_S = 60
APART_S = 10        # between two looks of the keeper at one address


class Publisher(ThreadingHTTPServer):
    """Answers /good with what is published, other paths as they say."""

    daemon_threads = True

    def __init__(self, tls=None):
        super().__init__(("127.0.0.1", 0), Answer)
        self.keys, self.asked = [], []
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.base = f"http{'s' if tls else ''}://127.0.0.1:" \
                    f"{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass    # whoever asks may hang up

    def times(self, path):
        return [at for at, p in self.asked if p == path]


class Answer(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        self.server.asked.append((time.monotonic(), path))
        getattr(self, path.strip("/").split("/")[0], self.good)()

    def say(self, body, status=200, kind="application/json", **more):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def set(self):
        return json.dumps({"keys": self.server.keys}).encode()

    def good(self):
        self.say(self.set())

    def jwkset(self):
        self.say(self.set(), kind="application/jwk-set+json")

    def redirect(self):
        self.say(b"", 302, Location=f"{self.server.base}/secret")

    def metadata(self):
        self.say(b"", 302, Location="http://169.254.169.254/latest/meta-data")

    def secret(self):
        self.say(self.set())

    def html(self):
        self.say(b"<html>ok</html>", kind="text/html")

    def junk(self):
        self.say(b"<html>zq7secret</html>")

    def gone(self):
        self.say(b"{}", 404)

    def private(self):
        key = {**self.server.keys[0], "d": "A" * 43}
        self.say(json.dumps({"keys": [key]}).encode())

    def huge(self):
        self.say(b'{"keys":[]' + b" " * 70000 + b"}")

    def endless(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * 4096)
        except OSError:
            pass

    def silent(self):
        time.sleep(WAIT_S)


class Published(Asserting):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = Publisher()
        cls.addClassCleanup(cls.shop.server_close)
        cls.addClassCleanup(cls.shop.shutdown)
        cls.shop.keys = [k.jwk() for k in cls.keys.values()]

    def told(self, who):
        return json.loads(self.house.operator("client", "jwks", who,
                                              "--json"))

    def publish(self, who, url):
        return json.loads(self.house.operator(
            "client", "jwks", who, "--url", url, "--json"))["outcome"]

    def wait(self, what):
        end = time.monotonic() + WAIT_S
        while not (found := what()):
            self.assertLess(time.monotonic(), end, "it never came")
            time.sleep(0.2)
        return found

    def fetched(self, who, url):
        """What is known of the keys once the keeper has looked."""
        self.assertIn(self.publish(who, url), ("created", "changed"))
        return self.looked(who)

    def looked(self, who):
        return self.wait(lambda: (told := self.told(who)) and
                         (told["fetched_at"] or told["error"]) and told)

    def later(self, who):
        """As if the keeper had looked a minute ago."""
        rows(self.env, "update wardgate.client_jwks_url set tried_at ="
             f" tried_at - interval '1 minute' where client_id = '{who}'")

    def bare(self):
        return json.loads(self.house.operator(
            "client", "add", "publishes", "--tenant",
            self.env["WG_TENANT_STU3"], "--json"))["client_id"]


class Urls(Published):
    def test_published_keys_are_fetched_and_work(self):
        for path in ("/good", "/jwkset", "/good?v=2&tenant=1"):
            with self.subTest(path):
                who = self.bare()
                told = self.fetched(who, self.shop.base + path)
                self.assertEqual(told["error"], "")
                self.assertEqual([k["kid"] for k in told["keys"]],
                                 [k["kid"] for k in self.shop.keys])
                self.token(alg="ES384", who=who)

    def test_an_assertion_may_name_the_registered_address_and_no_other(self):
        who, url = self.bare(), self.shop.base + "/good?of=jku"
        self.fetched(who, url)
        self.token(alg="ES384", who=who, head={"jku": url})
        for other in (url + "x", url.upper(), self.shop.base + "/good", ""):
            self.refused(self.assertion("ES384", who=who,
                                        head={"jku": other}), "key_unknown")
        self.refused(self.assertion("ES384", who=who, head={"jku": [url]}),
                     "malformed")
        asked = len(self.shop.asked)
        moved = self.shop.base + "/jwkset"
        self.fetched(who, moved)
        self.token(alg="ES384", who=who, head={"jku": moved})
        self.house.heard()
        self.refused(self.assertion("ES384", who=who, head={"jku": url}),
                     "key_unknown")
        self.assertFalse([p for _, p in self.shop.asked[asked:]
                          if p == "/good"])

    def test_a_new_key_is_looked_for_when_it_is_used(self):
        who, path = self.bare(), "/good/grows"
        fresh = jwt.KeyPair(self.folder.name, "ES256", "fresh")
        began = time.monotonic()
        self.fetched(who, self.shop.base + path)
        self.shop.keys.append(fresh.jwk())
        self.addCleanup(self.shop.keys.pop)
        self.refused(self.assertion(key=fresh, who=who), "key_unknown")
        self.wait(lambda: self.send(
            self.assertion(key=fresh, who=who)).status == 200)
        for n, at in enumerate(self.shop.times(path)):
            self.assertGreaterEqual(at - began, n * APART_S)

    def test_tokens_of_a_key_that_is_no_longer_published_die(self):
        who, path = self.bare(), "/good/shrinks"
        self.fetched(who, self.shop.base + path)
        token = self.token(alg="RS384", who=who)
        self.assertEqual(self.reads(token), 200)
        kept, self.shop.keys = self.shop.keys, [
            k for k in self.shop.keys if k["alg"] != "RS384"]
        self.addCleanup(setattr, self.shop, "keys", kept)
        self.later(who)
        self.refused(self.assertion(head={"kid": "?"}, who=who),
                     "key_unknown")
        self.wait(lambda: self.reads(token) == 401)
        self.refused(self.assertion("RS384", who=who), "key_unknown")
        self.token(alg="ES256", who=who)

    def test_keys_by_value_end_the_fetching(self):
        who, path = self.bare(), "/good/ends"
        self.fetched(who, self.shop.base + path)
        self.register(who, [self.keys["ES256"].jwk()])
        self.assertNotIn("url", self.told(who))
        self.refused(self.assertion("ES384", who=who), "key_unknown")
        self.token(alg="ES256", who=who)

    def test_C18_addresses_that_are_not_taken(self):
        who = self.bare()
        for url in ("http://keys.example.org/k", "ftp://keys.example.org/k",
                    "https://169.254.169.254/latest", "https://0x7f.1/k",
                    "https://u:p@keys.example.org/k", "https://", "keys",
                    "https://keys.example.org/../k",
                    "https://keys.example.org/k#f"):
            with self.subTest(url), \
                    self.assertRaisesRegex(place.Advice, "JWKS URL"):
                self.publish(who, url)

    def test_C18_what_answers_badly_is_not_believed(self):
        said = {"/redirect": "answered 302", "/metadata": "answered 302",
                "/html": "not JSON", "/junk": "not one JSON",
                "/gone": "answered 404", "/private": "private or symmetric",
                "/huge": ".", "/endless": ".", "/silent": "."}
        whose = {path: self.bare() for path in said}
        for path, who in whose.items():
            self.publish(who, self.shop.base + path)
        for path, who in whose.items():
            with self.subTest(path):
                told = self.looked(who)
                self.assertRegex(told["error"], said[path])
                self.assertNotIn("zq7secret", told["error"])
                self.assertEqual(told["keys"], [])
                self.refused(self.assertion(who=who), "key_unknown")
        self.assertEqual(self.shop.times("/secret"), [])
        self.assertEqual(rows(
            self.env, "select count(*) from wardgate.client_jwks where"
            " client_id in ('" + "', '".join(whose.values()) + "')"), [["0"]])

    def test_C18_a_certificate_of_nobody_is_refused(self):
        folder = Path(tempfile.mkdtemp(dir=self.folder.name))
        jwt.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                    "2", "-subj", "/CN=127.0.0.1", "-keyout",
                    str(folder / "key"), "-out", str(folder / "cert"))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "cert", folder / "key")
        shop = Publisher(tls)
        self.addCleanup(shop.server_close)
        self.addCleanup(shop.shutdown)
        shop.keys = self.shop.keys
        who = self.bare()
        told = self.fetched(who, shop.base + "/good")
        self.assertNotEqual(told["error"], "")
        self.assertEqual((told["keys"], shop.asked), ([], []))

    def test_a_failure_keeps_the_keys_that_were_there(self):
        who = self.bare()
        self.fetched(who, self.shop.base + "/good/kept")
        told = self.fetched(who, self.shop.base + "/gone/kept")
        self.assertRegex(told["error"], "answered 404")
        self.token(alg="ES256", who=who)
