# fastcgi.py - a raw FastCGI client, for peers that no web server would be
# SPDX-License-Identifier: Apache-2.0
#
#     link = Link(path)                     # a program's Unix socket
#     link.send(begin() + params(post("/oauth2/token", body)) + stdin(body))
#     answer = link.answer()                # client.Answer, or None: closed
#
# Records are built by hand so that a test can get each of them wrong.
# FastCGI 1.0, https://fastcgi-archives.github.io, sections 3 and 5.

import socket
import struct
import time

from tests.rig.client import FORM, Answer

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, VALUES = range(1, 10)
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP = 1
ID = 1
WAIT_S = 30


def record(kind, content=b"", request=ID, padding=0, version=1):
    return struct.pack(">BBHHBB", version, kind, request, len(content),
                       padding, 0) + content + bytes(padding)


def begin(role=RESPONDER, flags=0, request=ID):
    return record(BEGIN, struct.pack(">HB5x", role, flags), request)


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


def pair(name, value):
    name, value = name.encode(), value.encode()
    return length(len(name)) + length(len(value)) + name + value


def stream(kind, content, request=ID, end=True, size=65535):
    """Records of a stream, and the empty one that ends it."""
    out = b"".join(record(kind, content[i:i + size], request)
                   for i in range(0, len(content), size))
    return out + (record(kind, b"", request) if end else b"")


def params(variables, request=ID, end=True):
    """variables: dict, or pairs where a name may stand twice."""
    pairs = variables.items() if isinstance(variables, dict) else variables
    return stream(PARAMS, b"".join(pair(n, v) for n, v in pairs), request, end)


def stdin(body=b"", request=ID, end=True):
    return stream(STDIN, body, request, end)


def get(target, **more):
    return {"REQUEST_METHOD": "GET", "REQUEST_URI": target,
            "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", **more}


def post(target, body=b"", kind=FORM, **more):
    return get(target, REQUEST_METHOD="POST", CONTENT_TYPE=kind,
               CONTENT_LENGTH=str(len(body)), **{**more})


def request(variables, body=b"", flags=0):
    """A whole request as a web server sends it."""
    return begin(flags=flags) + params(variables) + stdin(body)


class Link:
    """One connection to a program."""

    def __init__(self, path, wait_s=WAIT_S):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(wait_s)
        self.socket.connect(str(path))
        self.records = []   # (type, request, content), in order
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()

    def send(self, data):
        """False: the other side is gone, before or while we sent."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def read(self):
        """Everything until the other side closes."""
        try:
            while block := self.socket.recv(65536):
                self.rest += block
        except ConnectionResetError:
            pass
        while len(self.rest) >= 8:
            _, kind, who, n, padding, _ = struct.unpack(">BBHHBB",
                                                        self.rest[:8])
            if len(self.rest) < 8 + n + padding:
                break
            self.records.append((kind, who, self.rest[8:8 + n]))
            self.rest = self.rest[8 + n + padding:]
        return self.records

    def answer(self):
        """The one answer of this connection; None when there is none."""
        self.read()
        out = b"".join(c for kind, _, c in self.records if kind == STDOUT)
        head, found, body = out.partition(b"\r\n\r\n")
        if not found:
            return None
        pairs = [tuple(p.strip() for p in line.split(":", 1))
                 for line in head.decode("latin-1").split("\r\n")]
        status = int(dict(pairs)["Status"].split()[0])
        return Answer(status, pairs, body)

    def ends(self):
        """How many requests the other side says to have ended."""
        return sum(1 for kind, _, _ in self.records if kind == END)

    def closed_within(self, seconds):
        """Does the other side close, having said nothing?"""
        self.socket.settimeout(max(seconds, 0.01))
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def ask(path, variables, body=b"", wait_s=WAIT_S):
    """One good request on a connection of its own."""
    with Link(path, wait_s) as link:
        link.send(request(variables, body))
        return link.answer()


def wait_listening(path, wait_s=10):
    """Until a program answers on path."""
    until = time.monotonic() + wait_s
    while True:
        try:
            if ask(path, get("/"), wait_s=wait_s):
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise RuntimeError(f"nobody answers on {path}")
        time.sleep(0.05)
