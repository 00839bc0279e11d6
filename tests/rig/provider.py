# provider.py - a hospital's FHIR server that fails in every way, on demand
# SPDX-License-Identifier: Apache-2.0
#
# A double for tests: threads, sockets and the standard library. What it does
# is chosen by path segments that start with a tilde, in front of the rest:
#
#     http://127.0.0.1:PORT/~delay-500/r4/Patient/1
#
# or by a test in the same process: `provider.on("/r4/Patient", "status-503")`.
# FAULTS below is the list. Without a fault it is a small FHIR server over the
# resources that were put into it; `.../echo` answers with what it was asked,
# `/~stats` with its counts. As a program it prints its port and serves until
# its standard input ends:
#
#     python3 -m tests.rig.provider [--tls FOLDER] [--log FILE] [--put FILE]

import argparse
import gzip
import json
import select
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

JSON_TYPE = "application/fhir+json;charset=utf-8"
VERSIONS = {"DSTU2": "1.0.2", "STU3": "3.0.2", "R4": "4.0.1"}
REASONS = {200: "OK", 304: "Not Modified", 400: "Bad Request",
           401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           410: "Gone", 429: "Too Many Requests", 503: "Service Unavailable"}
PATIENT_IN = ("patient", "subject", "beneficiary")
IDLE_S = 75         # as nginx does
HEAD_MAX = 64 * 1024


class Closed(Exception):
    """The connection is over; nothing more is said on it."""


class Seen:
    """One request as it arrived."""

    def __init__(self, number, connection, method, path, query, headers,
                 body):
        self.number, self.connection = number, connection
        self.method, self.path, self.query = method, path, query
        self.headers, self.body = headers, body

    @property
    def target(self):
        return f"{self.path}?{self.query}" if self.query else self.path

    def line(self):
        return f"{self.method} {self.target} {self.body.decode('latin-1')}"


# ---- answering -------------------------------------------------------------

class Exchange:
    """One request and the socket its answer goes to."""

    def __init__(self, provider, seen, sock, path):
        self.provider, self.seen, self.sock = provider, seen, sock
        self.path = path   # without the segments that choose a fault

    def raw(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        try:
            self.sock.sendall(data)
        except (OSError, ssl.SSLError):
            raise Closed from None

    def head(self, status=200, length=None, kind=JSON_TYPE, more=()):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}"]
        if kind:
            lines.append(f"Content-Type: {kind}")
        if length is not None:
            lines.append(f"Content-Length: {length}")
        lines += [f"{name}: {value}" for name, value in more]
        return "\r\n".join(lines) + "\r\n\r\n"

    def answer(self, body, status=200, kind=JSON_TYPE, more=()):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if status == 304:
            self.raw(self.head(status, None, None, more))
        else:
            self.raw(self.head(status, len(body), kind, more).encode() + body)

    def outcome(self, status, text, more=()):
        self.answer({"resourceType": "OperationOutcome", "issue": [
            {"severity": "error", "code": "processing",
             "diagnostics": text}]}, status, more=more)

    def body(self):
        """What this request would get if nothing were wrong, as bytes: a
        record, a searchset, or else what was asked."""
        return json.dumps(self.provider.content(self)).encode()

    def sleep(self, seconds):
        """Until the time is up, the client is gone, or the double stops."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.provider.stopping.wait(0.05) or self.gone():
                raise Closed

    def gone(self):
        if isinstance(self.sock, ssl.SSLSocket):
            return False
        poll = select.poll()
        try:
            poll.register(self.sock, select.POLLIN)
            return bool(poll.poll(0)) and \
                self.sock.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True


class Entry(Exchange):
    """A request of a batch: what is said about it goes into the batch."""

    def __init__(self, outer, request):
        url = urlsplit(request["url"])
        seen = Seen(outer.seen.number, outer.seen.connection,
                    request["method"], f"{outer.seen.path}/{url.path}",
                    url.query, {"if-none-match": request.get("ifNoneMatch")},
                    b"")
        super().__init__(outer.provider, seen, None,
                         f"{outer.path}/{url.path}")
        self.said = b""

    def raw(self, data):
        self.said += data.encode("latin-1") if isinstance(data, str) else data

    def gone(self):
        return False

    def entry(self):
        head, _, body = self.said.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        heads = dict(line.split(": ", 1) for line in lines)
        response = {"status": first.split(" ", 1)[1]}
        if "ETag" in heads:
            response["etag"] = heads["ETag"]
        return {"response": response,
                **({"resource": json.loads(body)} if body else {})}


# ---- faults: name -> function(exchange, argument or None) ------------------
# A fault that returns True lets the next one, or the proper answer, follow.

def delay(x, arg):
    """delay-MS: thinks first, then answers properly"""
    x.sleep(int(arg or 1000) / 1000)
    return True


def flaky(x, arg):
    """flaky-N: 503 for the first N requests of each path, then proper"""
    count = x.provider.counted(x.seen.path)
    if count <= int(arg or 1):
        x.outcome(503, "not yet")
        return False
    return True


def dropping(x, arg):
    """dropping-N: closes without a word on the first N of each path"""
    if x.provider.counted(x.seen.path) <= int(arg or 1):
        raise Closed
    return True


def status(x, arg):
    """status-NNN or status-NNN-SECONDS: that status, perhaps Retry-After"""
    number, _, after = (arg or "500").partition("-")
    more = [("Retry-After", after)] if after else []
    if number == "401":
        more.append(("WWW-Authenticate", 'Basic realm="ward"'))
    x.outcome(int(number), f"this is a {number}", more)


def after_date(x, arg):
    """afterdate-S: 503 with Retry-After as a date S seconds ahead"""
    when = time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                         time.gmtime(time.time() + int(arg or 60)))
    x.outcome(503, "later", [("Retry-After", when)])


def slow_body(x, arg):
    """slowbody-MS: half of the body, a pause, the other half"""
    body = x.body()
    half = len(body) // 2
    x.raw(x.head(length=len(body)).encode() + body[:half])
    x.sleep(int(arg or 1000) / 1000)
    x.raw(body[half:])


def hang(x, arg):
    """hang: reads the request and never answers"""
    x.sleep(3600)


def half_head(x, arg):
    """halfhead: part of a header line, and nothing more"""
    x.raw("HTTP/1.1 200 OK\r\nContent-Ty")
    x.sleep(3600)


def cut(x, arg):
    """cut: Content-Length larger than what comes, then the end"""
    body = x.body()
    x.raw(x.head(length=len(body) + 100).encode() + body)
    raise Closed


def stalled(x, arg):
    """stalled: Content-Length larger than what comes, and no end"""
    body = x.body()
    x.raw(x.head(length=len(body) + 100).encode() + body)
    x.sleep(3600)


def short(x, arg):
    """short: Content-Length smaller than the body, connection kept"""
    body = x.body()
    x.raw(x.head(length=len(body) // 2).encode() + body)


def smuggled(x, arg):
    """smuggled: a second answer that nobody asked for, right behind"""
    x.answer(x.body())
    x.sleep(0.05)
    x.answer({"resourceType": "Basic", "smuggled": True})


def chunked(x, arg):
    """chunked: a proper answer in chunks"""
    body = x.body()
    x.raw(x.head(more=[("Transfer-Encoding", "chunked")]))
    for i in range(0, len(body), 64):
        part = body[i:i + 64]
        x.raw(b"%x\r\n%s\r\n" % (len(part), part))
    x.raw("0\r\n\r\n")


def chunk_junk(x, arg):
    """chunkjunk: a chunk whose size is no number"""
    x.raw(x.head(more=[("Transfer-Encoding", "chunked")]))
    x.raw("5\r\n{\"a\":\r\nzzz\r\ngarbage\r\n")
    raise Closed


def chunk_cut(x, arg):
    """chunkcut: the connection ends between two chunks"""
    body = x.body()
    x.raw(x.head(more=[("Transfer-Encoding", "chunked")]))
    x.raw(b"%x\r\n%s\r\n" % (len(body), body))
    raise Closed


def trailers(x, arg):
    """trailers-N: a chunked answer with N trailer lines"""
    body = x.body()
    x.raw(x.head(more=[("Transfer-Encoding", "chunked")]))
    x.raw(b"%x\r\n%s\r\n0\r\n" % (len(body), body))
    x.raw("".join(f"X-T{i}: v\r\n" for i in range(int(arg or 200))) + "\r\n")


def interim(x, arg):
    """interim-N: N answers 103 first; without N they never end"""
    left = int(arg) if arg else -1
    while left:
        x.raw("HTTP/1.1 103 Early Hints\r\nLink: </s>; rel=preload\r\n\r\n")
        left -= 1
    return True


def heads(x, arg):
    """heads-N[-BYTES]: N header lines (200), of that many bytes each"""
    n, _, size = (arg or "200").partition("-")
    x.answer(x.body(), more=[(f"X-H{i}", "v" * int(size or 1))
                             for i in range(int(n))])


def big_head(x, arg):
    """bighead-BYTES: one header line of that size (100 kB)"""
    x.answer(x.body(), more=[("X-Big", "v" * int(arg or 100_000))])


def http09(x, arg):
    """http09: a body without any head"""
    x.raw(x.body())
    raise Closed


def not_http(x, arg):
    """nothttp: another protocol's greeting"""
    x.raw("220 mail.example ESMTP\r\n")
    raise Closed


def html(x, arg):
    """html: 200 with a page"""
    x.answer("<!DOCTYPE html><title>Sign in</title>", kind="text/html")


def xml(x, arg):
    """xml: 200 with FHIR in XML"""
    x.answer('<Patient xmlns="http://hl7.org/fhir"/>',
             kind="application/fhir+xml")


def text(x, arg):
    """text: 200 with plain text"""
    x.answer("ok", kind="text/plain")


def no_type(x, arg):
    """notype: JSON without Content-Type"""
    x.answer(x.body(), kind=None)


def latin(x, arg):
    """latin: JSON said to be in ISO-8859-1"""
    x.answer(x.body(), kind="application/json; charset=ISO-8859-1")


def junk(x, arg):
    """junk: said to be JSON, is not"""
    x.answer("{\"resourceType\":\"Patient\",", kind=JSON_TYPE)


def other(x, arg):
    """other: a resource of another type than was asked for"""
    x.answer({"resourceType": "Binary", "id": "1"})


def redirect(x, arg):
    """redirect-STATUS[-self|-meta]: elsewhere, to itself, to the metadata
    address of clouds"""
    number, _, where = (arg or "302").partition("-")
    to = {"self": f"{x.provider.base}{x.seen.target}",
          "meta": "http://169.254.169.254/latest/meta-data/"}.get(
              where, "https://login.example/sign-in")
    x.answer(b"", int(number), more=[("Location", to)])


def refresh(x, arg):
    """refresh: 200 with a page that asks to go elsewhere"""
    x.answer("<html></html>", kind="text/html",
             more=[("Refresh", "0; url=https://login.example/")])


def endless(x, arg):
    """endless: a body that does not end, in chunks"""
    x.raw(x.head(more=[("Transfer-Encoding", "chunked")]))
    block = b" " * 65536
    while not x.provider.stopping.is_set():
        x.raw(b"%x\r\n%s\r\n" % (len(block), block))
    raise Closed


def drip(x, arg):
    """drip-MS: a byte every MS (1 s), of a body that could be fine"""
    body = x.body()
    x.raw(x.head(length=len(body)))
    for i in range(len(body)):
        x.sleep(int(arg or 1000) / 1000)
        x.raw(body[i:i + 1])


def drip_head(x, arg):
    """driphead-MS: the head, a byte every MS"""
    for c in x.head(length=2):
        x.sleep(int(arg or 1000) / 1000)
        x.raw(c)
    x.raw("{}")


def huge(x, arg):
    """huge-BYTES: that much valid JSON with a true Content-Length"""
    size = int(arg or 64 << 20)
    x.raw(x.head(length=size) + '{"a":"')
    left = size - 8
    while left:
        part = min(left, 1 << 20)
        x.raw(b"x" * part)
        left -= part
    x.raw('"}')


def zipped(x, arg):
    """gzip: the proper answer, compressed"""
    x.answer(gzip.compress(x.body()), more=[("Content-Encoding", "gzip")])


def zip_junk(x, arg):
    """gzipjunk: said to be compressed, is not"""
    x.answer(b"this is not gzip at all", more=[("Content-Encoding", "gzip")])


def bomb(x, arg):
    """bomb-MIB: gzip of that many MiB of blanks (256)"""
    x.answer(x.provider.bomb(int(arg or 256)),
             more=[("Content-Encoding", "gzip")])


def coding(x, arg):
    """coding-NAME: a content coding that nobody asked for"""
    x.answer(x.body(), more=[("Content-Encoding", arg or "br")])


def twice(x, arg):
    """twice: gzip within gzip"""
    x.answer(gzip.compress(gzip.compress(x.body())),
             more=[("Content-Encoding", "gzip, gzip")])


def close(x, arg):
    """close: ends the connection without a word"""
    raise Closed


def reset(x, arg):
    """reset: the same, by RST"""
    x.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    raise Closed


def last(x, arg):
    """last: answers properly, then closes, as HTTP/1.0 does"""
    x.raw("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n")
    x.raw(x.body())
    raise Closed


FAULTS = {"afterdate": after_date, "bighead": big_head, "bomb": bomb,
          "chunkcut": chunk_cut, "chunked": chunked, "chunkjunk": chunk_junk,
          "close": close, "coding": coding, "cut": cut, "delay": delay,
          "drip": drip, "driphead": drip_head, "dropping": dropping,
          "endless": endless, "flaky": flaky, "gzip": zipped,
          "gzipjunk": zip_junk, "halfhead": half_head, "hang": hang,
          "heads": heads, "html": html, "http09": http09, "huge": huge,
          "interim": interim, "junk": junk, "last": last, "latin": latin,
          "nothttp": not_http, "notype": no_type, "other": other,
          "redirect": redirect, "refresh": refresh, "reset": reset,
          "short": short, "slowbody": slow_body, "smuggled": smuggled,
          "stalled": stalled, "status": status, "text": text,
          "trailers": trailers, "twice": twice, "xml": xml}


# ---- the server ------------------------------------------------------------

class Connection(socketserver.BaseRequestHandler):
    """Requests on one connection, until either side ends it."""

    def handle(self):
        provider = self.server.provider
        number = provider.connected()
        self.buffer, sock = b"", self.request
        try:
            self.request.settimeout(IDLE_S)
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock = provider.wrap(self.request)
            while not provider.stopping.is_set():
                self.one(provider, number, sock)
        except (Closed, OSError, ValueError):
            pass
        finally:
            if sock is not self.request:
                sock.close()   # without close_notify: cut means cut
            provider.left()

    def one(self, provider, number, sock):
        method, target, headers = self.read_head(sock)
        body = self.read(sock, int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        seen = provider.saw(number, method, parts.path, parts.query,
                            headers, body)
        provider.serve(seen, sock)
        if headers.get("connection", "").lower() == "close":
            raise Closed

    def more(self, sock):
        data = sock.recv(65536)
        if not data:
            raise Closed
        self.buffer += data

    def read_head(self, sock):
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise Closed
            self.more(sock)
            if self.buffer[0] == 0x16:   # TLS where none is spoken
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                raise Closed
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.split(":", 1) for line in lines)
        return method, target, {n.lower(): v.strip() for n, v in pairs}

    def read(self, sock, size):
        while len(self.buffer) < size:
            self.more(sock)
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return body


class Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Provider:
    """The double. A context manager; `base` is its address, `seen` what
    reached it, `connections` how many there have been.

    tls  (certificate, key) paths, or None
    log  a file that gets one line per request: method, target, body

    With `batches` set it takes a Bundle of type batch at any address that is
    none of a resource; its entries meet the faults of their paths.
    """

    def __init__(self, version="R4", tls=None, log=None, port=0):
        self.version, self.tls = version, None
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.seen, self.rules, self.resources = [], [], {}
        self.counts, self.bombs = {}, {}
        self.connections = self.open = 0
        self.batches = False
        self.log = open(log, "a", buffering=1) if log else None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*map(str, tls))
        self.listener = Listener(("127.0.0.1", port), Connection)
        self.listener.provider = self
        self.port = self.listener.server_address[1]
        scheme = "https" if tls else "http"
        self.base = f"{scheme}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(
            target=self.listener.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()
        if self.log:
            self.log.close()
            self.log = None

    def wrap(self, sock):
        if not self.tls:
            return sock
        sock = self.tls.wrap_socket(sock, server_side=True,
                                    do_handshake_on_connect=False)
        try:
            sock.do_handshake()
        except OSError:     # our alert shall arrive: what came is read first
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
            sock.close()
            raise
        return sock

    # -- what a test says

    def on(self, prefix, *faults):
        """From now on, requests whose path starts with prefix meet these:
        names as in the path, or functions of an Exchange. The newest rule
        that fits counts."""
        with self.lock:
            self.rules.insert(0, (prefix, faults))

    def off(self, prefix=None):
        with self.lock:
            self.rules = [r for r in self.rules
                          if prefix is not None and r[0] != prefix]

    def put(self, *resources):
        with self.lock:
            for r in resources:
                self.resources.setdefault(r["resourceType"], {})[r["id"]] = r

    # -- counting

    def connected(self):
        with self.lock:
            self.connections += 1
            self.open += 1
            return self.connections

    def left(self):
        with self.lock:
            self.open -= 1

    def saw(self, *what):
        with self.lock:
            seen = Seen(len(self.seen) + 1, *what)
            self.seen.append(seen)
            if self.log:
                self.log.write(seen.line().replace("\n", "\\n") + "\n")
        return seen

    def counted(self, path):
        with self.lock:
            self.counts[path] = self.counts.get(path, 0) + 1
            return self.counts[path]

    def bomb(self, mib):
        with self.lock:
            if mib not in self.bombs:
                self.bombs[mib] = gzip.compress(b" " * (mib << 20), 1)
            return self.bombs[mib]

    # -- answering

    def serve(self, seen, sock):
        words, rest = [], []
        for part in seen.path.split("/")[1:]:
            (words if part.startswith("~") else rest).append(part)
        x = Exchange(self, seen, sock, "/" + "/".join(rest))
        if words == ["~stats"]:
            return x.answer(self.stats())
        return self.run(x, words)

    def run(self, x, words=()):
        with self.lock:
            faults = next((f for p, f in self.rules
                           if x.seen.path.startswith(p)), ())
        for fault in [*faults, *(w[1:] for w in words)]:
            if not self.meet(x, fault):
                return None
        return self.proper(x)

    def meet(self, x, fault):
        if callable(fault):
            return fault(x)
        name, _, arg = fault.partition("-")
        if name not in FAULTS:
            return x.outcome(400, f"there is no fault named {name}")
        return FAULTS[name](x, arg or None)

    def stats(self):
        with self.lock:
            return {"connections": self.connections, "open": self.open,
                    "requests": len(self.seen)}

    def echo(self, seen):
        return {"resourceType": "Basic", "id": "echo",
                "request": seen.number, "connection": seen.connection,
                "method": seen.method, "path": seen.path,
                "query": seen.query, "headers": seen.headers,
                "body": seen.body.decode("latin-1")}

    def content(self, x):
        parts = ["", *(p for p in x.path.split("/") if p)]
        if parts[-1] == "_search":
            parts.pop()
        if parts[-1] in self.resources:
            return self.searchset(x, parts[-1])
        known = self.resources.get(parts[-2] if parts[1:] else "", {})
        return known.get(parts[-1]) or self.echo(x.seen)

    def batch(self, x):
        entries = []
        for e in json.loads(x.seen.body)["entry"]:
            inner = Entry(x, e["request"])
            self.run(inner)
            entries.append(inner.entry())
        return {"resourceType": "Bundle", "type": "batch-response",
                "entry": entries}

    def proper(self, x):
        parts = [p for p in x.path.split("/") if p]
        if self.batches and x.seen.method == "POST" and \
                x.seen.body.startswith(b"{"):
            return x.answer(self.batch(x))
        if parts[-1:] == ["echo"]:
            return x.answer(self.echo(x.seen), more=[("ETag", 'W/"echo"')])
        if parts[-1:] == ["metadata"]:
            return x.answer(self.statement())
        if len(parts) >= 2 and parts[-2] in self.resources:
            if parts[-1] == "_search":
                return x.answer(self.searchset(x, parts[-2]))
            return self.read(x, parts[-2], parts[-1])
        if parts and parts[-1] in self.resources:
            return x.answer(self.searchset(x, parts[-1]))
        return x.outcome(404, "not here")

    def statement(self):
        name = "Conformance" if self.version == "DSTU2" \
            else "CapabilityStatement"
        return {"resourceType": name, "status": "active", "kind": "instance",
                "fhirVersion": VERSIONS[self.version], "format": ["json"],
                "rest": [{"mode": "server", "resource": [
                    {"type": t} for t in sorted(self.resources)],
                    **({"interaction": [{"code": "batch"}]}
                       if self.batches else {})}]}

    def read(self, x, kind, number):
        resource = self.resources[kind].get(number)
        if resource is None:
            return x.outcome(404, "no such resource")
        etag = f'W/"{len(json.dumps(resource))}"'
        if x.seen.headers.get("if-none-match") == etag:
            return x.answer(b"", 304, more=[("ETag", etag)])
        return x.answer(resource, more=[
            ("ETag", etag), ("Last-Modified", "Fri, 20 Nov 2026 09:00:00 GMT"),
            ("Content-Location", f"{self.base}/{kind}/{number}")])

    def searchset(self, x, kind):
        pairs = parse_qsl(x.seen.query, keep_blank_values=True)
        if x.seen.method == "POST":
            pairs += parse_qsl(x.seen.body.decode("latin-1"),
                               keep_blank_values=True)
        asked = dict(pairs)
        found = [r for r in self.resources[kind].values()
                 if self.fits(r, asked)]
        first = int(asked.get("_offset", 0))
        count = int(asked.get("_count", 50))
        here = self.base + x.seen.path.removesuffix("/_search")
        links = [{"relation": "self", "url": f"{here}?{urlencode(asked)}"}]
        if first + count < len(found):
            asked.update(_offset=first + count, _count=count)
            links.append({"relation": "next",
                          "url": f"{here}?{urlencode(asked)}"})
        where = here.removesuffix(f"/{kind}")
        return {
            "resourceType": "Bundle", "type": "searchset",
            "total": len(found), "link": links, "entry": [
                {"fullUrl": f"{where}/{kind}/{r['id']}", "resource": r,
                 "search": {"mode": "match"}}
                for r in found[first:first + count]]}

    @staticmethod
    def fits(resource, asked):
        """Only _id and patient choose; a double need not know FHIR."""
        if asked.get("_id", resource["id"]) != resource["id"]:
            return False
        wanted = asked.get("patient")
        if wanted is None:
            return True
        refs = [resource.get(name, {}).get("reference", "")
                for name in PATIENT_IN]
        return any(ref.rsplit("/", 1)[-1] == wanted.rsplit("/", 1)[-1]
                   for ref in refs)


# ---- helpers for tests -----------------------------------------------------

def certificate(folder, name="provider", days=2,
                alt="IP:127.0.0.1,DNS:localhost,DNS:ward.test"):
    """A self-signed certificate: paths of it and of its key."""
    cert, key = Path(folder) / f"{name}.crt", Path(folder) / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName={alt}", "-days", str(days),
         "-keyout", str(key), "-out", str(cert)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key


def trust(folder, cert):
    """A hashed folder in which only this certificate is trusted."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(cert)], check=True,
        stdout=subprocess.PIPE, text=True).stdout.strip()
    (folder / f"{name}.0").write_bytes(Path(cert).read_bytes())
    return folder


def main():
    ask = argparse.ArgumentParser(prog="provider", description=__doc__)
    ask.add_argument("--port", type=int, default=0)
    ask.add_argument("--version", choices=VERSIONS, default="R4")
    ask.add_argument("--tls", metavar="FOLDER",
                     help="https; certificate and trust/ are made in there")
    ask.add_argument("--log", metavar="FILE")
    ask.add_argument("--put", metavar="FILE", action="append", default=[],
                     help="NDJSON of resources")
    args = ask.parse_args()
    tls = certificate(args.tls) if args.tls else None
    if tls:
        trust(Path(args.tls) / "trust", tls[0])
    with Provider(args.version, tls, args.log, args.port) as provider:
        for name in args.put:
            with open(name) as lines:
                provider.put(*map(json.loads, filter(str.strip, lines)))
        print(provider.port, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
