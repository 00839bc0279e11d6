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
    done = subprocess.run(["apt-get", "-qq", "download", package], cwd=top,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    debs = list(top.glob(f"{package}_*.deb"))
    if done.returncode or not debs:
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
