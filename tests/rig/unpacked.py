# unpacked.py - a Debian package's files in the build folder, without installing it
# SPDX-License-Identifier: Apache-2.0
#
# For programs whose installation would start a service or make a database, and
# of which only a file is wanted.
# Run: python3 -m tests.rig.unpacked PACKAGE FILE   (as usr/bin/promtool)
# The exit status is 1, after a line that says so, if it cannot be had.

import shutil
import subprocess
import sys
from pathlib import Path

from tests.rig import place

WAIT_S = 120    # for some 20 MB, or for a network that is not there


def root(package):
    return place.build_dir() / "unpacked" / package


def find(package, file):
    """The system's own file, or the unpacked one, or None."""
    for path in (Path("/", file), root(package) / file):
        if path.exists():
            return path
    return None


def fetch(package, file):
    """The same; the package is fetched if need be."""
    if path := find(package, file):
        return path
    top = root(package)
    shutil.rmtree(top, ignore_errors=True)
    top.mkdir(parents=True)
    try:
        subprocess.run(["apt-get", "-qq", "download", package], cwd=top,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=WAIT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    debs = list(top.glob(f"{package}_*.deb"))
    if not debs:
        return None
    files = subprocess.run(["dpkg-deb", "--fsys-tarfile", debs[0]],
                           stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "-C", top, "./usr"], input=files, check=True)
    debs[0].unlink()
    return find(package, file)


def main():
    package, file = sys.argv[1:]
    if not fetch(package, file):
        print(f"{Path(file).name} cannot be had with `apt-get download "
              f"{package}`; without it.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
