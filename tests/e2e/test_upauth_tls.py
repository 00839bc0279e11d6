# test_upauth_tls.py - hospitals that want a certificate, or have a CA of their own
# SPDX-License-Identifier: Apache-2.0
#
# Certificates are made by openssl in a folder that goes with the story. A CA of
# the tenant's own is what lets a double on this machine be believed at all.

import base64
import os
import ssl
import tempfile
import unittest
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import Guarded
from tests.e2e.test_upauth import Story
from tests.e2e import jwt
from tests.rig import place
from tests.rig.crowd import Crowd, form, put_tenant, sample, unit
from tests.rig.house import House

setUpModule = behind_lighttpd

SERVER = "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
CLIENT_USE = "extendedKeyUsage=clientAuth\n"
MIXED = 10000 if os.environ.get("WG_SOAK") else 1000
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

    def revocations(self, *certs):
        """A list in which these stand, PEM."""
        args = ("-config", self.path("conf"), "-keyfile", self.key, "-cert",
                self.cert)
        for cert in certs:
            jwt.openssl("ca", *args, "-revoke", cert)
        return jwt.openssl("ca", *args, "-gencrl", "-crldays", "2").decode()


class Walled(Guarded):
    """Lets in who has a certificate of that CA; token: and a token as well.
    newest: the only version of TLS that it speaks."""

    def __init__(self, cert, ca=None, newest=None, token=False):
        super().__init__(tls=cert)
        if ca:
            self.tls.load_verify_locations(ca.cert)
            self.tls.verify_mode = ssl.CERT_REQUIRED
        if newest:
            self.tls.minimum_version = ssl.TLSVersion.TLSv1
            self.tls.maximum_version = newest
            self.tls.set_ciphers("ALL:@SECLEVEL=0")
        if not token:
            self.off("/r4")


class Tls(Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.ca = Authority(folder, "own")
        cls.other = Authority(folder, "other")
        cls.server = cls.ca.sign("server", SERVER)
        cls.ours, cls.our_key = cls.ca.sign("ours", CLIENT_USE)

    def walled(self, **more):
        self.hospital = self.enterContext(
            Walled(more.pop("server", self.server), **more))
        return self.hospital

    def key_box(self, tenant, key=None):
        return self.wardgate("seal", "--certificate-key", tenant,
                             typed=(key or self.our_key).read_text()
                             )["credential"]

    def trusting(self, ca=None, cert=None, key=None, **more):
        """(tenant, the app's token): with that CA and certificate."""
        tenant, token = self.tenant(**more)
        put_tenant(self.house, tenant, **(
            {"provider_ca": ca} if ca else {}), **(
            {"certificate": cert.read_text(),
             "certificate_key": self.key_box(tenant, key)} if cert else {}))
        return tenant, token

    def unreachable(self, token):
        answer = self.read(token)
        self.assertEqual((answer.status, answer.reason),
                         (504, "provider_unreachable"), answer)
        self.assertNotIn("certificate", answer.text)

    def test_a_CA_of_its_own_is_believed_and_no_other(self):
        self.walled()
        _, token = self.trusting(self.ca.pem())
        self.opens(token)
        _, token = self.trusting()              # the system's know it not
        self.unreachable(token)
        _, token = self.trusting(self.other.pem())
        self.unreachable(token)
        self.assertEqual(len([s for s in self.hospital.seen
                              if s.path.endswith("p-101")]), 1)

    def test_U13_what_is_wrong_with_a_certificate_refuses_the_server(self):
        good = self.ca.pem()
        yesterday = self.ca.sign("expired", SERVER, "-1")
        for name, server, ca, newest in (
                ("expired", yesterday, good, None),
                ("wrong name", self.ca.sign(
                    "misnamed", "subjectAltName=DNS:other.example\n"), good,
                 None),
                ("self-signed", self.alone(), good, None),
                ("TLS 1.0", self.server, good, ssl.TLSVersion.TLSv1),
                ("TLS 1.1", self.server, good, ssl.TLSVersion.TLSv1_1),
                ("revoked", self.server,
                 good + self.ca.revocations(self.server[0]), None)):
            with self.subTest(name):
                hospital = self.walled(server=server, newest=newest)
                _, token = self.trusting(ca)
                self.unreachable(token)
                self.assertEqual(hospital.seen, [])

    def alone(self):
        folder = self.ca.folder
        cert, key = folder / "alone.crt", folder / "alone.key"
        jwt.openssl("req", "-x509", "-newkey", "ec", *P256, "-nodes", "-subj",
                    "/CN=alone", "-addext", SERVER.strip(), "-days", "2",
                    "-keyout", key, "-out", cert)
        return cert, key

    def test_who_is_not_revoked_is_let_pass(self):
        ca = Authority(self.enterContext(tempfile.TemporaryDirectory()),
                       "third")
        self.walled(server=ca.sign("kept", SERVER))
        _, token = self.trusting(ca.pem() + ca.revocations(
            ca.sign("lost", SERVER)[0]))
        self.opens(token)

    def test_good_a_certificate_alone(self):
        self.walled(ca=self.ca)
        _, token = self.trusting(self.ca.pem(), self.ours)
        for _ in range(4):
            self.opens(token)

    def test_wrong_expired_or_no_certificate(self):
        self.walled(ca=self.ca)
        stranger, key = self.other.sign("stranger", CLIENT_USE)
        late, late_key = self.ca.sign("late", CLIENT_USE, "-1")
        for name, cert, its_key in (
                ("stranger", stranger, key), ("late", late, late_key),
                ("none", None, None)):
            with self.subTest(name):
                _, token = self.trusting(self.ca.pem(), cert, its_key)
                # its alert may be lost with the connection
                self.assertIn(self.read(token).status, (502, 504))
        _, token = self.trusting(self.ca.pem(), self.ours, key)
        self.shut(token, 502, "provider_refused_us", "provider_credential")
        self.assertEqual(self.hospital.seen, [])

    def test_rotated_the_new_certificate_is_shown_when_it_is_there(self):
        self.walled(ca=self.other)
        tenant, token = self.trusting(self.ca.pem(), self.ours)
        self.assertIn(self.read(token).status, (502, 504))
        cert, key = self.other.sign("renewed", CLIENT_USE)
        put_tenant(self.house, tenant, certificate=cert.read_text(),
                   certificate_key=self.key_box(tenant, key))
        House.heard()
        self.opens(token)

    def test_with_a_token_too_and_shown_to_that_endpoint(self):
        self.walled(ca=self.ca, token=True)
        tenant, token = self.trusting(self.ca.pem(), self.ours)
        self.give(tenant)
        for _ in range(4):
            self.opens(token)
        self.assertTrue(self.hospital.asked)

    def test_a_key_of_another_tenant_does_not_open(self):
        self.walled(ca=self.ca)
        tenant, token = self.tenant()
        other, _ = self.tenant()
        put_tenant(self.house, tenant, provider_ca=self.ca.pem(),
                   certificate=self.ours.read_text(),
                   certificate_key=self.key_box(other))
        self.shut(token, 502, "provider_refused_us", "provider_credential")

    def test_what_is_no_certificate_is_refused(self):
        tenant, _ = self.tenant(self.walled())
        for more, said in (
                ({"certificate": self.ours.read_text()}, "go together"),
                ({"provider_ca": "x"}, "not PEM"),
                ({"provider_ca": self.our_key.read_text()},
                 "holds a private key")):
            with self.subTest(said), self.assertRaisesRegex(RuntimeError,
                                                            said):
                put_tenant(self.house, tenant, **more)
        with self.assertRaisesRegex(place.Advice, "PKCS#8"):
            self.house.operator("seal", "--certificate-key", tenant,
                                typed="no key\n")


class Shared(Guarded):
    """One host for many hospitals, each below a path of its own and with a
    credential of its own. What comes with another's is written down."""

    def __init__(self, cert, ca):
        super().__init__(tls=cert)
        self.tls.load_verify_locations(ca.cert)
        self.tls.verify_mode = ssl.CERT_OPTIONAL
        self.off("/r4")
        self.wrong, self.whose = [], {}

    def house(self, path, fits, name=None):
        """Below this path Authorization fits, and the certificate is of that
        name."""
        def look(x):
            subject = dict(pair for part in (x.sock.getpeercert() or {}).get(
                "subject", ()) for pair in part)
            shown = x.seen.headers.get("authorization", "")
            first = self.whose.setdefault(x.seen.connection, path)
            if not fits(shown) or subject.get("commonName") != name \
                    or first != path:
                self.wrong.append((path, first, shown[:12], subject))
            return True
        self.on(path, look)


class Mixing(Story):
    def basic(self, tenant, word):
        box = self.wardgate("seal", "--basic", tenant,
                            typed=f"{word}\n{word}\n")["credential"]
        put_tenant(self.house, tenant, auth="basic", credential=box)
        pair = base64.b64encode(f"{word}:{word}".encode()).decode()
        return lambda shown: shown == f"Basic {pair}"

    def header(self, tenant, word):
        box = self.wardgate("seal", "--header", tenant,
                            typed=f"Authorization: Bearer {word}\n")
        put_tenant(self.house, tenant, auth="header",
                   credential=box["credential"])
        return lambda shown: shown == f"Bearer {word}"

    def oauth(self, tenant, word):
        self.hospital.secrets[word] = word
        self.give(tenant, token_client=word, box=self.seal(tenant, word))
        return lambda shown: self.hospital.owner.get(
            shown.removeprefix("Bearer ")) == word

    def nothing(self, tenant, word):
        return lambda shown: not shown

    def test_tenants_of_one_host_never_mix(self):
        """Certificates, bearers, passwords and tokens, in turn."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        ca = Authority(folder, "shared")
        self.hospital = self.enterContext(
            Shared(ca.sign("host", SERVER), ca))
        plan = []
        for i, (kind, certified) in enumerate((
                (self.basic, False), (self.basic, False),
                (self.header, False), (self.header, True),
                (self.nothing, True), (self.nothing, True),
                (self.oauth, False), (self.oauth, True))):
            tenant, _ = self.tenant()
            put_tenant(self.house, tenant, provider_ca=ca.pem(),
                       provider_url=f"{self.hospital.base}/h{i}/r4")
            name = f"ours-{i}" if certified else None
            if certified:
                cert, key = ca.sign(name, CLIENT_USE)
                box = self.wardgate(
                    "seal", "--certificate-key", tenant,
                    typed=key.read_text())["credential"]
                put_tenant(self.house, tenant, certificate=cert.read_text(),
                           certificate_key=box)
            self.hospital.house(f"/h{i}/", kind(tenant, f"word-{i}"), name)
            plan.append(unit(tenant, form(self.client, self.secret, tenant),
                             "GET", "/fhir/r4/Patient/p-101"))
        House.heard()
        with Crowd(self.env.port, plan, clients=8, units=MIXED) as crowd:
            crowd.wait(600)
            results = crowd.results()
        wrong = [r for r in results if r.status != 200]
        self.assertFalse(wrong, sample(wrong))
        self.assertEqual(self.hospital.wrong, [])
        reads = [s for s in self.hospital.seen if "/Patient/" in s.path]
        self.assertGreaterEqual(len(reads), MIXED)
        self.assertEqual(len({s.path for s in reads}), len(plan))


del Story   # only what is made of it runs here

if __name__ == "__main__":
    unittest.main()
