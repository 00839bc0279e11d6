# peer_oidc.py - oidc-provider on Node.js: a token server that keeps nothing
# SPDX-License-Identifier: Apache-2.0
#
# tests/bench/oidc says how it is set up, and its lock file in which version.

import os

from tests.bench import peers
from tests.rig import node, place

CLIENT = "bench"
SECRET = peers.GLEWLWYD_SECRET
SCOPE = peers.GLEWLWYD_SCOPE


class OidcProvider(peers.Peer):
    """One process, its adapter in memory; ES256, client secret. Nothing is
    written down anywhere, and there is no web server in front of it."""

    def __init__(self, home):
        super().__init__(home, "oidc-provider")
        try:
            program, folder = node.ready(place.TOP / "tests/bench/oidc")
        except node.Absent as why:
            raise peers.Missing(f"oidc-provider: {why}; without it.")
        process = self.run(
            [program, str(folder / "server.mjs"), str(self.port), CLIENT,
             SECRET, SCOPE], env={"PATH": os.environ["PATH"],
                                  "NODE_ENV": "production"})
        peers.wait_port(self.port, process, self.log)

    def form(self):
        return (f"grant_type=client_credentials&client_id={CLIENT}"
                f"&client_secret={SECRET}&scope={SCOPE}")
