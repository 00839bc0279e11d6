# walled.py - a hospital that wants a certificate, and who makes certificates
# SPDX-License-Identifier: Apache-2.0
#
#     ca = Authority(folder, "own")
#     with Walled(ca.sign("server", SERVER), ca) as hospital:
#         hospital.used                    names of certificates that were shown
#
# They are made by openssl in a folder of the story. A CA of the tenant's own is
# what lets a double on this machine be believed at all.

import ssl
from pathlib import Path

from tests.e2e import jwt
from tests.e2e.guarded import Guarded

SERVER = "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
MISNAMED = "subjectAltName=DNS:other.example\n"
CLIENT_USE = "extendedKeyUsage=clientAuth\n"
OVER = ("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate",
        "20200102000000Z")      # of a list
P256 = ("-pkeyopt", "ec_paramgen_curve:P-256")


class Authority:
    """A CA in a folder: certificates, and which of them it takes back."""

    def __init__(self, folder, name):
        self.folder, self.name = Path(folder), name
        self.cert, self.key = self.path("crt"), self.path("key")
        jwt.openssl("req", "-x509", "-newkey", "ec", *P256, "-nodes", "-subj",
                    f"/CN={name}", "-days", "9", "-keyout", self.key, "-out",
                    self.cert)
        self.path("index").write_text("")
        self.path("conf").write_text(
            f"[ca]\ndefault_ca=own\n[own]\ndatabase={self.path('index')}\n"
            f"default_md=sha256\n")

    def path(self, end):
        return self.folder / f"{self.name}.{end}"

    def sign(self, name, more, days="2"):
        """(certificate, key) files; days: from now, may be past."""
        cert, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        request, extra = self.folder / f"{name}.csr", self.folder / "extra"
        extra.write_text(more)
        jwt.openssl("req", "-newkey", "ec", *P256, "-nodes", "-subj",
                    f"/CN={name}", "-keyout", key, "-out", request)
        jwt.openssl("x509", "-req", "-in", request, "-CA", self.cert,
                    "-CAkey", self.key, "-CAcreateserial", "-days", days,
                    "-extfile", extra, "-out", cert)
        return cert, key

    def pem(self):
        return self.cert.read_text()

    def revocations(self, *certs, until=("-crldays", "2")):
        """A list in which these stand, PEM."""
        args = ("-config", self.path("conf"), "-keyfile", self.key, "-cert",
                self.cert)
        for cert in certs:
            jwt.openssl("ca", *args, "-revoke", cert)
        return jwt.openssl("ca", *args, "-gencrl", *until).decode()


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
