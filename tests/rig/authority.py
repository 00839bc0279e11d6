# authority.py - certificates for the demo and the stories, made by openssl
# SPDX-License-Identifier: Apache-2.0

import subprocess
from pathlib import Path

from tests.rig import place

SERVER = "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
MISNAMED = "subjectAltName=DNS:other.example\n"
CLIENT_USE = "extendedKeyUsage=clientAuth\n"
OVER = ("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate",
        "20200102000000Z")      # of a list
P256 = ("-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(*words):
    return subprocess.run([place.tool("openssl", "openssl"), *words],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=True).stdout


class Authority:
    """A CA in a folder: certificates, and which of them it takes back."""

    def __init__(self, folder, name, days="9"):
        self.folder, self.name = Path(folder), name
        self.cert, self.key = self.path("crt"), self.path("key")
        openssl("req", "-x509", "-newkey", "ec", *P256, "-nodes", "-subj",
                f"/CN={name}", "-days", days, "-keyout", self.key, "-out",
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
        openssl("req", "-newkey", "ec", *P256, "-nodes", "-subj",
                f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.cert,
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
            openssl("ca", *args, "-revoke", cert)
        return openssl("ca", *args, "-gencrl", *until).decode()
