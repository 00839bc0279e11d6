# node.py - programs in JavaScript that tests need, in the versions of a lock file
# SPDX-License-Identifier: Apache-2.0
#
#     node, folder = node.ready(place.TOP / "tests/clients")
#
# A folder with package.json and package-lock.json is copied below the build
# folder, and npm fetches there what the lock file names, unless it has. Where
# npm or node is not installed, or nothing can be fetched, Absent says so.

import re
import shutil
import subprocess

from tests.rig import place

NODE_MIN = 20       # the first with everything that the libraries stand on
INSTALL_S = 90
NPM = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline",
       "--fetch-retries=0", "--fetch-timeout=15000")
# What npm says when the fault is in our files, or in what it was given.
OURS = re.compile(r"code (EINTEGRITY|EUSAGE|EJSONPARSE)\b")


class Absent(Exception):
    """One line says what is missing here."""


def tools():
    """npm and node."""
    found = [shutil.which(name) for name in ("npm", "node")]
    if not all(found):
        raise Absent("npm or node is not installed")
    version = subprocess.run([found[1], "--version"], capture_output=True,
                             text=True).stdout
    hit = re.match(r"v(\d+)\.", version)
    if not hit or int(hit[1]) < NODE_MIN:
        raise Absent(f"node is older than {NODE_MIN}")
    return found


def install(npm, folder, lock):
    """The libraries of the lock file, unless they are there."""
    mark = folder / "installed"
    if mark.exists() and mark.read_text() == lock:
        return
    mark.unlink(missing_ok=True)
    try:
        done = subprocess.run([npm, *NPM], cwd=folder, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        raise Absent("npm did not get the libraries in time")
    if OURS.search(done.stderr):
        raise AssertionError(f"npm refuses {folder.name}: {done.stderr}")
    if done.returncode:
        why = re.search(r"code (\w+)", done.stderr)
        raise Absent("npm cannot fetch the libraries: "
                     f"{why[1] if why else done.returncode}")
    mark.write_text(lock)


def ready(source):
    """(node, folder in which the programs can run)"""
    npm, node = tools()
    folder = place.build_dir() / source.name
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    install(npm, folder, (source / "package-lock.json").read_text())
    return node, folder
