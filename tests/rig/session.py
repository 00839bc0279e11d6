# session.py - one psql that stays, for tests that ask much and little at a time
# SPDX-License-Identifier: Apache-2.0
#
#     rows = session.of(env["WG_DB"]).rows("select status from wardgate.audit")
#
# To start psql takes longer than what most stories ask of it. Each text is a
# transaction of its own, as with psql -c. What fails in an old session, whose
# server may have died meanwhile, is asked once more in a new one; what the
# server refuses there raises RuntimeError with its words.

import atexit
import secrets
import subprocess
import tempfile
import threading

from tests.rig import place

SESSIONS = {}


class Session:
    """Threads take turns."""

    def __init__(self, dsn):
        self.dsn, self.process = dsn, None
        self.lock = threading.Lock()
        self.end = secrets.token_hex(16)    # stands behind each answer

    def begin(self):
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [place.psql(), self.dsn, "-AtqX", "-F", "\t", "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said,
            text=True)

    def close(self):
        """The last words of what was there."""
        process, self.process = self.process, None
        if process is None:
            return ""
        try:
            process.communicate()
        except OSError:
            pass
        with self.said:
            self.said.seek(0)
            return self.said.read().decode().strip()

    def ask(self, sql):
        """Lines, or None when psql has ended."""
        try:
            self.process.stdin.write(f"{sql}\n;\n\\echo {self.end}\n")
            self.process.stdin.flush()
        except OSError:
            return None
        lines = []
        for line in self.process.stdout:
            if line == f"{self.end}\n":
                return lines
            lines.append(line.rstrip("\n"))
        return None

    def rows(self, sql):
        """Rows as lists of texts."""
        with self.lock:
            old = self.process is not None
            while True:
                if self.process is None:
                    self.begin()
                lines = self.ask(sql)
                if lines is not None:
                    return [line.split("\t") for line in lines]
                said = self.close()
                if not old:
                    raise RuntimeError(said)
                old = False


def of(dsn):
    """The session of this process with that database."""
    if dsn not in SESSIONS:
        SESSIONS[dsn] = Session(dsn)
        atexit.register(SESSIONS[dsn].close)
    return SESSIONS[dsn]
