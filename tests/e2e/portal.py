# portal.py - somebody at the portal, without a browser
# SPDX-License-Identifier: Apache-2.0
#
#     ada = Person(env)
#     ada.sign_in("ada@example.org", phrase, totp_key)
#     page = ada.get("/clients")          follows redirects
#     page = ada.post("/clients/new", name="Care", purpose="")
#
# A form is sent as a browser would: with the proof of the page that was loaded
# last, from our own origin.

import base64
import hashlib
import hmac
import html
import http.client
import re
import struct
import time
import urllib.parse

COOKIE = "__Host-wardgate"
PHRASE = "a quiet harbour in winter"


def code(key, at=None):
    """The six digits that a phone shows (RFC 6238)."""
    step = int(at or time.time()) // 30
    mac = hmac.new(base64.b32decode(key), struct.pack(">Q", step),
                   hashlib.sha1).digest()
    cut = mac[-1] & 15
    number = struct.unpack(">I", mac[cut:cut + 4])[0] & 0x7fffffff
    return f"{number % 1000000:06d}"


class Page:
    def __init__(self, answer, path):
        self.status, self.path = answer.status, path
        self.header = {k.lower(): v for k, v in answer.getheaders()}
        self.text = answer.read().decode()
        proof = re.search(r'name="proof" value="([^"]+)"', self.text)
        self.proof = proof and proof[1]

    @property
    def words(self):
        """What a reader sees, roughly."""
        main = re.search(r"<main.*</main>", self.text, re.S)
        return " ".join(html.unescape(
            re.sub(r"<[^>]+>", " ", main[0] if main else "")).split())

    def __repr__(self):
        return f"<{self.status} {self.path} {self.words[:300]}>"


class Person:
    def __init__(self, env):
        self.base, self.port = env["WG_BASE"], env.port
        self.host = urllib.parse.urlsplit(self.base).hostname
        self.cookie = None
        self.page = None

    def ask(self, method, path, body=None, **fields):
        """One request, no redirect followed. path: below /admin."""
        link = http.client.HTTPConnection(self.host, self.port, timeout=90)
        if self.cookie:
            fields.setdefault("Cookie", f"{COOKIE}={self.cookie}")
        link.request(method, "/admin" + path, body, fields)
        answer = link.getresponse()
        page = Page(answer, path)
        link.close()
        said = page.header.get("set-cookie", "")
        if said.startswith(COOKIE + "="):
            self.cookie = said.split(";")[0].split("=", 1)[1] or None
        return page

    def follow(self, page):
        for _ in range(5):
            if page.status != 303:
                break
            where = page.header["location"]
            assert where.startswith(self.base + "/admin"), where
            page = self.ask("GET", where[len(self.base + "/admin"):])
        self.page = page
        return page

    def get(self, path, **fields):
        return self.follow(self.ask("GET", path, **fields))

    def send(self, path, form, **fields):
        """A form exactly as given."""
        return self.ask("POST", path, urllib.parse.urlencode(form), **{
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.base, **fields})

    def post(self, path, **form):
        if self.page and self.page.proof:
            form.setdefault("proof", self.page.proof)
        return self.follow(self.send(path, form))

    def sign_in(self, login, phrase=PHRASE, key=None, to="/account"):
        self.cookie = self.page = None
        page = self.post("/signin", login=login, passphrase=phrase, to=to)
        if key:
            page = self.post("/code", code=code(key), to=to)
        return page
