# counted.py - how many instructions token spends on a request, by callgrind
# SPDX-License-Identifier: Apache-2.0
#
# A clock on a busy machine says little; this is the same on any. What workers
# do is counted, without the kernel, the database and the other threads.

import os
import random
import re
import socket
import statistics
import subprocess
import time

from tests.bench import peers
from tests.rig import fastcgi

WARM, ROUNDS = 4, 16
WAIT_S = 120        # it starts slowly
WORK = "desk_serve"  # of web/serve_desk: one request


def number(path):
    return int(path.suffix[1:])


def spent(path):
    return int(re.search(r"^(?:summary|totals): (\d+)", path.read_text(),
                         re.M)[1])


class Watched:
    """A token of its own for the house, whose every request is counted."""

    def __init__(self, house, folder):
        valgrind = peers.program("valgrind", "valgrind")
        self.folder, self.path = folder, folder / "counted.sock"
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.path))
            s.listen(64)
            self.process = subprocess.Popen(
                [valgrind, "-q", "--tool=callgrind", "--collect-atstart=no",
                 f"--toggle-collect={WORK}", f"--dump-after={WORK}",
                 f"--callgrind-out-file={folder / 'counted'}",
                 *house.program("token")], stdin=s,
                env={**os.environ, **house.environment("token"),
                     "PGUSER": "wg_token"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, request):
        with fastcgi.Link(self.path, WAIT_S) as link:
            link.send(request)
            link.answer()

    def end(self):
        """The counts of all requests, in their order."""
        self.process.terminate()
        self.process.wait()
        paths = sorted((p for p in self.folder.glob("counted.*")
                        if p.suffix[1:].isdigit()), key=number)
        told = [spent(p) for p in paths]
        for path in (*paths, self.path):
            path.unlink()
        return told


def by_request(house, requests, folder):
    """Medians, in the order of the requests. They are asked in rounds, each in
    an order of its own: what was asked before leaves its mark on the heap."""
    order = [n for _ in range(WARM + ROUNDS)
             for n in random.sample(range(len(requests)), len(requests))]
    watched = Watched(house, folder)
    try:
        for n in order:
            watched.ask(requests[n])
        time.sleep(1)   # the last dump
    finally:
        told = watched.end()
    first = WARM * len(requests)
    return [statistics.median(told[at] for at in range(first, len(order))
                              if order[at] == n)
            for n in range(len(requests))]
