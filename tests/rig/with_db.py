# with_db.py - runs a command beside a fresh cluster, named in WG_TEST_DB
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 -m tests.rig.with_db COMMAND...
#
# The database has the schema and nothing else; the string's user owns it.

import os
import subprocess
import sys

from tests.rig import place
from tests.rig.cluster import Cluster


def main():
    with Cluster.fresh() as cluster:
        for path in sorted((place.TOP / "sql/migrations").glob("*.sql")):
            cluster.psql_file(path)
        env = {**os.environ, "WG_TEST_DB": cluster.dsn()}
        return subprocess.run(sys.argv[1:], env=env).returncode


if __name__ == "__main__":
    place.quiet_exit(main)
