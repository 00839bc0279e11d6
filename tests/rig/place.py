# place.py - where a house lives, and which user runs it
# SPDX-License-Identifier: Apache-2.0
#
# Started by root, PostgreSQL refuses to run and /root is closed to everybody
# else. So a house lives in a short temporary folder that belongs to the run
# user: `postgres` where that user exists, else `nobody`. Started by anybody
# else, the run user is that person. Socket paths end at 107 bytes, hence short.

import glob
import os
import pwd
import random
import shutil
import socket
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SOCKET_PATH_MAX = 107
PORT_MIN = 10000
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Advice(Exception):
    """A failure that one sentence of advice mends; shown without a trace."""


def build_dir():
    """The build folder: $BUILD as make passes it, else build beside us."""
    return (TOP / os.environ.get("BUILD", "build")).resolve()


def run_user():
    """The account that the programs run as, as a pwd entry."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Advice("There is neither a user postgres nor nobody to run as: "
                 "create one, or start as an ordinary user.")


def drop(user=None):
    """Popen arguments that give up root for the run user."""
    user = user or run_user()
    if os.getuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def new_home(prefix="wg-"):
    """A fresh temporary folder, owned by the run user, closed to others."""
    where = tempfile.gettempdir()
    if len(where) > 40 or not reachable(where):
        where = "/tmp"
    home = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
    give(home)
    return home


def reachable(path):
    """May every user walk to path? (/root is the usual no.)"""
    path = Path(path).resolve()
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


def give(path):
    """Make the run user the owner of path."""
    if os.getuid() == 0:
        user = run_user()
        os.chown(path, user.pw_uid, user.pw_gid)


def folder(path, mode=0o700):
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)
    give(path)
    return path


def write(path, text, mode=0o600):
    """Write text to path, as the run user's file."""
    path.write_text(text)
    path.chmod(mode)
    give(path)
    return path


def free_port():
    """A TCP port of this machine that nobody listens on, and that nobody is
    given by chance before we use it: it lies below those that the kernel gives
    to whoever asks for none in particular, as clients do."""
    try:
        chance = int(Path("/proc/sys/net/ipv4/ip_local_port_range")
                     .read_text().split()[0])
    except (OSError, ValueError):
        chance = 0
    for _ in range(100):
        port = random.randrange(PORT_MIN, chance) if chance > 2 * PORT_MIN \
            else 0
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return s.getsockname()[1]
            except OSError:
                continue
    raise Advice("There is no free port on 127.0.0.1.")


def tool(name, package, more=""):
    """The full path of an installed program, or advice naming its package."""
    path = os.pathsep.join(p for p in (more, os.environ.get("PATH", ""),
                                       SEARCH) if p)
    found = shutil.which(name, path=path)
    if not found:
        raise Advice(f"The program {name} is not installed: run "
                     f"`make deps`, or `apt-get install {package}`.")
    return found


def psql():
    """The one that Debian's, a Perl program, looks for anew each time."""
    found = glob.glob("/usr/lib/postgresql/*/bin/psql")
    return max(found, key=lambda path: float(path.split("/")[4])) if found \
        else tool("psql", "postgresql-client-15")


def quiet_exit(run):
    """Run a command's main; failures with advice end in one line."""
    try:
        sys.exit(run())
    except Advice as why:
        print(f"wardgate: {why}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
