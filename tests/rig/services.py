# services.py - the supervisor: keeps the programs of one house running
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 -m tests.rig.services HOME [--follow]
#
# What systemd does on a real host, for one temporary folder: it makes the
# listening Unix sockets (mode 0660, backlog 1024), gives each to all processes
# of its program as descriptor 0, and starts again at once what dies. It owns
# nothing else: services are told to it over HOME/control, one JSON object per
# line, each answered by one (see Remote below).
#
# One thread; sleeps in select. Every process carries WARDGATE_HOUSE=HOME in its
# environment, so that it can be found even after the supervisor was killed.
#
# --follow: when standard input ends, because whoever started us is gone, end
# the house and remove HOME. So no test leaves one behind, however it ended.

import json
import os
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.rig import place

BACKLOG = 1024
MARK = "WARDGATE_HOUSE"
STOP_WAIT_S = 30
DELAY_MAX_S = 0.5   # between starts of something that dies at once
ALIVE_S = 1.0       # living so long makes the next restart immediate


class Slot:
    """One process of a service; its place stays when the process changes."""

    def __init__(self):
        self.process = None
        self.started = 0.0
        self.delay = 0.0
        self.due = 0.0


class Service:
    """name, argv, and: count of processes, path of the socket they share,
    more environment, working folder, signal that ends it."""

    def __init__(self, name, argv, count=1, socket=None, env=None, cwd=None,
                 stop="TERM"):
        self.name, self.argv, self.env = name, argv, env or {}
        self.path, self.cwd = socket, cwd
        self.stop_signal = signal.Signals["SIG" + stop]
        self.slots = [Slot() for _ in range(count)]
        self.listening = None
        self.wanted = False
        self.starts = 0


class Supervisor:
    def __init__(self, home):
        self.home = Path(home)
        self.log = place.folder(self.home / "log")
        self.services = {}
        self.ending = self.orphan = False
        self.selector = selectors.DefaultSelector()

    # ---- processes ----

    def listen(self, service):
        """The socket lives as long as we do: a program that dies loses none of
        the connections that wait in it."""
        if not service.path or service.listening:
            return
        Path(service.path).unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX)
        old = os.umask(0o117)
        try:
            sock.bind(service.path)
        finally:
            os.umask(old)
        place.give(service.path)
        sock.listen(BACKLOG)
        service.listening = sock

    def spawn(self, service, slot):
        self.listen(service)
        stdin = service.listening or subprocess.DEVNULL
        with open(self.log / f"{service.name}.log", "ab") as log:
            place.give(log.name)
            try:
                slot.process = subprocess.Popen(
                    service.argv, stdin=stdin, stdout=log, stderr=log,
                    cwd=service.cwd or self.home,
                    env={**os.environ, **service.env, MARK: str(self.home)},
                    start_new_session=True, **place.drop())
            except OSError as why:
                log.write(f"{service.argv[0]}: {why}\n".encode())
                slot.due = time.monotonic() + DELAY_MAX_S
                return
        slot.started = time.monotonic()
        service.starts += 1

    def tend(self):
        """Notice what died, start what is due. Returns seconds until the next
        start, or None."""
        now, wait = time.monotonic(), None
        for service in list(self.services.values()):
            for slot in service.slots:
                if slot.process and slot.process.poll() is not None:
                    slot.process = None
                    lived = now - slot.started
                    slot.delay = 0.0 if lived > ALIVE_S else \
                        min(max(slot.delay * 2, 0.02), DELAY_MAX_S)
                    slot.due = now + slot.delay
                if service.wanted and not slot.process:
                    if slot.due <= now:
                        self.spawn(service, slot)
                    else:
                        left = slot.due - now
                        wait = left if wait is None else min(wait, left)
        return wait

    def end_service(self, service, how=None):
        service.wanted = False
        self.end_slots(service.slots, how or service.stop_signal)

    def end_slots(self, slots, how):
        """Stop and wait; those that do not listen are killed."""
        running = [s.process for s in slots if s.process]
        for process in running:
            self.send(process, how)
        until = time.monotonic() + STOP_WAIT_S
        for process in running:
            try:
                process.wait(max(until - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                self.send(process, signal.SIGKILL)
                process.wait()
        for slot in slots:
            slot.process, slot.delay, slot.due = None, 0.0, 0.0

    @staticmethod
    def send(process, which):
        if process.poll() is None:
            process.send_signal(which)

    # ---- commands ----

    def do_add(self, service):
        self.services[service["name"]] = Service(**service)

    def do_start(self, name):
        self.services[name].wanted = True
        self.tend()

    def do_stop(self, name, how=None):
        """how: another signal than the one that ends it in order."""
        self.end_service(self.services[name], how)

    def do_count(self, name, count):
        """So many processes from now on; the last ones end in order."""
        service = self.services[name]
        self.end_slots(service.slots[count:], service.stop_signal)
        service.slots[count:] = [Slot() for _ in
                                 range(count - len(service.slots))]
        self.tend()

    def do_environment(self, name, env):
        """Of those that start from now on, beside ours."""
        self.services[name].env = env

    def do_remove(self, name):
        service = self.services.pop(name)
        self.end_service(service)
        if service.listening:
            service.listening.close()
            Path(service.path).unlink(missing_ok=True)

    def do_signal(self, name, signal):
        for slot in self.services[name].slots:
            if slot.process:
                self.send(slot.process, signal)

    def do_status(self):
        self.tend()
        return {name: {"wanted": s.wanted, "starts": s.starts,
                       "pids": [slot.process.pid for slot in s.slots
                                if slot.process]}
                for name, s in self.services.items()}

    def do_end(self):
        self.ending = True
        for service in reversed(list(self.services.values())):
            self.end_service(service)
            if service.listening:
                Path(service.path).unlink(missing_ok=True)

    def answer(self, line):
        try:
            command = json.loads(line)
            done = getattr(self, "do_" + command.pop("do"))(**command)
            return {"ok": True, "result": done}
        except Exception as why:  # told to whoever asked
            return {"ok": False, "why": f"{type(why).__name__}: {why}"}

    # ---- the loop ----

    def talk(self, link):
        """One command per connection; whoever asks is one of ours."""
        link.settimeout(5)
        try:
            with link, link.makefile("rw") as f:
                f.write(json.dumps(self.answer(f.readline())) + "\n")
                f.flush()
        except OSError:
            pass

    def run(self, follow=False):
        control = socket.socket(socket.AF_UNIX)
        path = self.home / "control"
        path.unlink(missing_ok=True)
        control.bind(str(path))
        control.listen(16)
        woken, waker = socket.socketpair()
        for end in (woken, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, self.asked_to_end)
        self.selector.register(control, selectors.EVENT_READ)
        self.selector.register(woken, selectors.EVENT_READ)
        if follow:
            self.selector.register(sys.stdin, selectors.EVENT_READ)
        while not self.ending:
            for key, _ in self.selector.select(self.tend()):
                if key.fileobj is control:
                    self.talk(control.accept()[0])
                elif key.fileobj is sys.stdin:
                    self.ending = self.orphan = True
                else:
                    woken.recv(4096)
        self.do_end()
        path.unlink(missing_ok=True)
        if self.orphan:
            shutil.rmtree(self.home, ignore_errors=True)

    def asked_to_end(self, *_):
        self.ending = True


class Remote:
    """The same commands from another process: remote.start(name="token")."""

    def __init__(self, home):
        self.path = str(Path(home) / "control")
        self.process = None     # ours to wait for, if we launched it

    def alive(self):
        try:
            self("status")
            return True
        except OSError:
            return False

    def __call__(self, do, **more):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(60)
            link.connect(self.path)
            with link.makefile("rw") as f:
                f.write(json.dumps({"do": do, **more}) + "\n")
                f.flush()
                answer = json.loads(f.readline() or '{"ok": false}')
        if not answer["ok"]:
            raise RuntimeError(answer.get("why", "the supervisor went away"))
        if do == "end" and self.process:
            self.process.wait()
            if self.process.stdin:
                self.process.stdin.close()
        return answer["result"]

    def pids(self, name):
        return self("status")[name]["pids"]


def launch(home, follow=True, under=()):
    """A supervisor of its own session, ready for commands. follow: it ends
    with us. under: a command line that runs it, such as `unshare -n`."""
    log = open(Path(home) / "supervisor.log", "ab")
    with log:
        process = subprocess.Popen(
            [*under, sys.executable, "-B", "-m", "tests.rig.services",
             str(home), *(["--follow"] if follow else [])], cwd=place.TOP,
            stdin=subprocess.PIPE if follow else subprocess.DEVNULL,
            stdout=log, stderr=log,
            env={**os.environ, MARK: str(home)}, start_new_session=True)
    remote = Remote(home)
    until = time.monotonic() + 60
    while not remote.alive():
        if process.poll() is not None or time.monotonic() > until:
            raise place.Advice("The supervisor does not start; see "
                               f"{home}/supervisor.log.")
        time.sleep(0.02)
    remote.process = process
    return remote


def leftovers(home):
    """Processes of this house, whoever started them last. Our own programs
    hide their environment (they hold keys), but not their command line."""
    mark = f"{MARK}={home}".encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            if mark in Path(f"/proc/{entry}/environ").read_bytes() \
                    .split(b"\0"):
                yield int(entry)
        except PermissionError:
            if is_program(entry, home):
                yield int(entry)
        except OSError:
            continue


def is_program(entry, home):
    """One of wardgate's programs, started with this house's settings?"""
    try:
        words = Path(f"/proc/{entry}/cmdline").read_text().split("\0")
    except OSError:
        return False
    bins = (str(place.build_dir() / "bin"), str(Path(home) / "bin"))
    return os.path.dirname(words[0]) in bins and \
        any(w.startswith(f"{home}/") for w in words[1:])


def end_leftovers(home, wait_s=30):
    """TERM, then KILL, until none is left."""
    until = time.monotonic() + wait_s
    which = signal.SIGTERM
    while left := list(leftovers(home)):
        if time.monotonic() > until - wait_s / 2:
            which = signal.SIGKILL
        for pid in left:
            try:
                os.kill(pid, which)
            except OSError:
                continue
        if time.monotonic() > until:
            raise place.Advice(f"Processes {left} of {home} do not end.")
        time.sleep(0.1)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Supervisor(sys.argv[1]).run("--follow" in sys.argv)
    return 0


if __name__ == "__main__":
    place.quiet_exit(main)
