# walled.py - a hospital that wants a certificate
# SPDX-License-Identifier: Apache-2.0
#
#     ca = Authority(folder, "own")
#     with Walled(ca.sign("server", SERVER), ca) as hospital:
#         hospital.used                    names of certificates that were shown
#
# They are made by rig/authority.py in a folder of the story. A CA of the tenant's
# own is what lets a double on this machine be believed at all.

import ssl

from tests.e2e.guarded import Guarded


def name_of(x):
    """Of the certificate that came with a request; None: none."""
    return dict(pair for part in (x.sock.getpeercert() or {}).get(
        "subject", ()) for pair in part).get("commonName")


class Walled(Guarded):
    """Lets in who has a certificate of that CA; token: and a token as well.
    newest: the only version of TLS that it speaks."""

    def __init__(self, cert, ca=None, newest=None, token=False):
        super().__init__(tls=cert)
        self.cert, self.wants_token = cert, token
        if ca:
            self.demand(ca)
        if newest:
            self.tls.minimum_version = ssl.TLSVersion.TLSv1
            self.tls.maximum_version = newest
            self.tls.set_ciphers("ALL:@SECLEVEL=0")

    def demand(self, *cas):
        """From the next connection on: a certificate of one of these."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*map(str, self.cert))
        for ca in cas:
            tls.load_verify_locations(ca.cert)
        tls.verify_mode = ssl.CERT_REQUIRED
        self.tls = tls

    def knows(self, x):
        self.used.add(name_of(x))
        return not self.wants_token or super().knows(x)
