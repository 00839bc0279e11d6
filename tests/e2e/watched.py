# watched.py - asks several hosts all the time, and remembers when it asked
# SPDX-License-Identifier: Apache-2.0
#
#     with Watch(hosts, {"read": lambda host: ...}) as watch:
#         ...                     what is to be seen
#     watch.told["read"]          answers, each with began and took_s
#
# A connection that broke is an answer with status 0.

import itertools
import threading
import time

from tests.rig.client import HTTPException

WATCHERS = 6
PAUSE_S = 0.01  # of each of them


class Silence:
    """Instead of an answer: the connection broke."""
    status, header = 0, {}

    def __init__(self, why):
        self.why = why

    def __repr__(self):
        return f"<{self.why!r}>"


def timed(call, *args):
    """An answer that knows when it was asked for."""
    began = time.monotonic()
    try:
        answer = call(*args)
    except (OSError, HTTPException) as why:
        answer = Silence(why)
    answer.began = began
    answer.took_s = time.monotonic() - began
    return answer


class Watch:
    """Asks all the time, each thing in turn at each host in turn.
    calls: name -> function of a host; told: name -> answers."""

    def __init__(self, hosts, calls):
        self.turns = itertools.cycle(
            [(name, call, host) for name, call in calls.items()
             for host in hosts])
        self.told = {name: [] for name in calls}
        self.lock, self.over = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.ask, daemon=True)
                        for _ in range(WATCHERS)]

    def ask(self):
        while not self.over.is_set():
            with self.lock:
                name, call, host = next(self.turns)
            self.told[name].append(timed(call, host))
            self.over.wait(PAUSE_S)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *why):
        self.over.set()
        for thread in self.threads:
            thread.join()


__all__ = ["Watch", "timed"]
