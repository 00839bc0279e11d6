# test_door.py - lib/ext/db against a real server, under ASan and UBSan
# SPDX-License-Identifier: Apache-2.0

import os
import subprocess
import unittest

from tests.rig import place
from tests.sql import base


class Door(base.DatabaseCase):

    def test_the_unit_tests_pass_with_a_server(self):
        program = place.build_dir() / "unit/test_ext_db"
        if not program.exists():
            self.skipTest(f"{program} is not built")
        ran = subprocess.run(
            [str(program)], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=120,
            env={**os.environ, "WG_TEST_DB": self.server.dsn(self.name,
                                                             None)})
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertNotIn("SKIPPED", ran.stdout)


if __name__ == "__main__":
    unittest.main()
