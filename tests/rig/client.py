# client.py - a small HTTP client for stories, and a raw one for hostile ones
# SPDX-License-Identifier: Apache-2.0
#
#     env = Env.read()                      # WG_* of build/demo/env
#     token = env.token("STU3")             # access token text
#     answer = env.fhir("GET", "Patient/1", token, face="STU3")
#     answer.status, answer.json["resourceType"], answer.header["x-trace-id"]

import base64
import json
import os
import re
import shlex
import socket
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.rig import place

FORM = "application/x-www-form-urlencoded"
WAIT_S = 40


class Answer:
    """status; header: names in lower case, last value of each; headers: all,
    in order; body: bytes; json: parsed, or None."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.header = {k.lower(): v for k, v in headers}

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def reason(self):
        """Reason code of an OperationOutcome, or the OAuth error."""
        body = self.json or {}
        if "error" in body:
            return body["error"]
        try:
            return body["issue"][0]["details"]["coding"][0]["code"]
        except (KeyError, IndexError, TypeError):
            return None

    def __repr__(self):
        return f"<{self.status} {self.text[:300]}>"


def request(method, url, headers=None, body=None, wait_s=WAIT_S):
    """One request on a connection of its own; the path is sent as given."""
    parts = urlsplit(url)
    target = url.split(parts.netloc, 1)[1] or "/"
    link = HTTPConnection(parts.hostname, parts.port, timeout=wait_s)
    pairs = list(headers.items() if isinstance(headers, dict)
                 else headers or ())
    try:
        link.putrequest(method, target, skip_accept_encoding=True,
                        skip_host=any(n.lower() == "host" for n, _ in pairs))
        for name, value in pairs:
            link.putheader(name, value)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        got = link.getresponse()
        return Answer(got.status, got.getheaders(), got.read())
    finally:
        link.close()


def raw(port, data, wait_s=WAIT_S):
    """Bytes out, bytes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), wait_s) as link:
        out = b""
        try:
            link.sendall(data)
            while block := link.recv(65536):
                out += block
        except ConnectionError:
            pass
        return out


def raw_answer(port, data, wait_s=WAIT_S):
    """The same, read as one answer; None when nothing sensible came."""
    head, _, body = raw(port, data, wait_s).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    hit = re.match(r"HTTP/1\.[01] (\d{3}) ?", lines[0])
    if not hit:
        return None
    pairs = [tuple(p.strip() for p in line.split(":", 1))
             for line in lines[1:] if ":" in line]
    answer = Answer(int(hit[1]), pairs, body)
    if answer.header.get("transfer-encoding", "").lower() == "chunked":
        answer.body = unchunked(body)
    return answer


def unchunked(body):
    """The content of a chunked body, as far as it came."""
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        n = int(size.split(b";")[0] or b"0", 16)
        if not n:
            break
        out, body = out + body[:n], body[n + 2:]
    return out


def basic(user, password):
    """The value of an Authorization field; both parts are form-encoded first,
    as RFC 6749 2.3.1 says, which changes nothing for ours."""
    text = f"{user}:{password}".encode()
    return "Basic " + base64.b64encode(text).decode()


class Env(dict):
    """The variables of a running house."""

    @classmethod
    def read(cls, path=None):
        """From the environment if it has them, else from build/demo/env."""
        if path is None and "WG_BASE" in os.environ:
            return cls({k: v for k, v in os.environ.items()
                        if k.startswith("WG_")})
        path = path or place.build_dir() / "demo/env"
        try:
            lines = Path(path).read_text().splitlines()
        except OSError:
            raise place.Advice("No demo is running: run `make demo` first.")
        pairs = (shlex.split(line)[0].split("=", 1) for line in lines if line)
        return cls(pairs)

    @property
    def port(self):
        return urlsplit(self["WG_BASE"]).port

    def ask_token(self, tenant="STU3", client="", **more):
        """Answer of the token endpoint; tenant is a face's name or a GUID,
        client "" or "2". more: form fields that replace or (None) drop."""
        form = {"grant_type": "client_credentials",
                "client_id": self[f"WG_CLIENT{client}_ID"],
                "client_secret": self[f"WG_CLIENT{client}_SECRET"],
                "scope": self.get(f"WG_TENANT_{tenant}", tenant), **more}
        form = {k: v for k, v in form.items() if v is not None}
        return request("POST", self["WG_TOKEN_URL"], {"Content-Type": FORM},
                       urlencode(form))

    def token(self, tenant="STU3", client=""):
        """A fresh access token; raises with the answer if refused."""
        answer = self.ask_token(tenant, client)
        if answer.status != 200:
            raise RuntimeError(f"no token: {answer}")
        return answer.json["access_token"]

    def fhir(self, method, path, token=None, face=None, headers=None,
             form=None, body=None):
        """Call below a face (None: the default one). form: dict or pairs,
        sent encoded; body: bytes or text, sent as they are."""
        base = self[f"WG_FHIR_{face}"] if face else self["WG_FHIR"]
        fields = dict(headers or {})
        if token:
            fields.setdefault("Authorization", f"Bearer {token}")
        if form is not None:
            fields.setdefault("Content-Type", FORM)
            body = urlencode(form)
        url = f"{base}/{path}" if path else base
        return request(method, url, fields, body)

    def search(self, kind, face, token, **params):
        """POST KIND/_search with a form."""
        return self.fhir("POST", f"{kind}/_search", token, face, form=params)


__all__ = ["Answer", "Env", "request", "raw", "raw_answer", "basic", "FORM",
           "HTTPException"]
