# test_upauth_tls.py - hospitals that want a certificate, or have a CA of their own
# SPDX-License-Identifier: Apache-2.0
#
# What is seen of a certificate of ours that is good, late or wrong stands in
# test_upauth_matrix.py.

import base64
import socket
import ssl
import tempfile
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import Guarded
from tests.e2e.upauth import REFUSED, UNOPENED, UNREACHED, Story
from tests.e2e.walled import Walled, name_of
from tests.rig import place
from tests.rig.authority import CLIENT_USE, P256, SERVER, Authority, openssl
from tests.rig.crowd import Crowd, form, put_tenant, sample, unit

setUpModule = behind_lighttpd

MIXED = 10_000


class Tls(Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.ca = Authority(folder, "own")
        cls.other = Authority(folder, "other")
        cls.server = cls.ca.sign("server", SERVER)
        cls.ours = cls.ca.sign("ours", CLIENT_USE)

    def walled(self, **more):
        return self.enterContext(
            Walled(more.pop("server", self.server), **more))

    def trusting(self, hospital, ca):
        return self.put(self.new(), hospital, provider_ca=ca)

    def test_a_CA_of_its_own_is_believed_and_no_other(self):
        hospital = self.walled()
        self.opens(self.trusting(hospital, self.ca.pem()))
        self.shut(self.put(self.new(), hospital), UNREACHED)    # nobody's
        self.shut(self.trusting(hospital, self.other.pem()), UNREACHED)
        self.assertEqual(hospital.calls, ["read"])

    def test_U13_what_is_wrong_with_a_server_refuses_it(self):
        good = self.ca.pem()
        for name, server, ca, newest in (
                ("self-signed", self.alone(), good, None),
                ("TLS 1.0", self.server, good, ssl.TLSVersion.TLSv1),
                ("TLS 1.1", self.server, good, ssl.TLSVersion.TLSv1_1),
                ("revoked", self.server,
                 good + self.ca.revocations(self.server[0]), None)):
            with self.subTest(name):
                hospital = self.walled(server=server, newest=newest)
                if newest:
                    self.speaks(hospital, newest)
                self.shut(self.trusting(hospital, ca), UNREACHED)
                self.assertEqual(hospital.seen, [])

    def speaks(self, hospital, version):
        """Who would take it gets through."""
        tls = ssl.create_default_context(cafile=self.ca.cert)
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", hospital.port)) as link, \
                tls.wrap_socket(link, server_hostname="127.0.0.1") as link:
            self.assertEqual(link.version().replace(".", "_"), version.name)

    def alone(self):
        folder = self.ca.folder
        cert, key = folder / "alone.crt", folder / "alone.key"
        openssl("req", "-x509", "-newkey", "ec", *P256, "-nodes", "-subj",
                "/CN=alone", "-addext", SERVER.strip(), "-days", "2",
                "-keyout", key, "-out", cert)
        return cert, key

    def test_who_is_not_revoked_is_let_pass(self):
        ca = Authority(self.enterContext(tempfile.TemporaryDirectory()),
                       "third")
        hospital = self.walled(server=ca.sign("kept", SERVER))
        self.opens(self.trusting(hospital, ca.pem() + ca.revocations(
            ca.sign("lost", SERVER)[0])))

    def test_who_has_none_or_one_that_does_not_open(self):
        hospital = self.walled(ca=self.ca)
        self.shut(self.trusting(hospital, self.ca.pem()), REFUSED)
        stranger = self.other.sign("stranger", CLIENT_USE)
        for pair, whose in (((self.ours[0], stranger[1]), None),
                            (self.ours, self.new())):   # sealed for another
            tenant = self.new()
            settings = self.certificate(whose or tenant, hospital, self.ca,
                                        pair)
            self.shut(self.put(tenant, hospital, **settings), UNOPENED)
        self.assertEqual(hospital.seen, [])

    def test_what_is_no_certificate_is_refused(self):
        tenant = self.new()
        self.put(tenant, self.walled())
        for more, said in (
                ({"certificate": self.ours[0].read_text()}, "go together"),
                ({"provider_ca": "x"}, "not PEM"),
                ({"provider_ca": self.ours[1].read_text()},
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

    @property
    def fhir(self):
        return f"{self.base}{self.path}/r4"

    def house(self, path, fits, name=None):
        """Below this path Authorization fits, and the certificate is of that
        name."""
        def look(x):
            shown = x.seen.headers.get("authorization", "")
            first = self.whose.setdefault(x.seen.connection, path)
            if not fits(shown) or name_of(x) != name or first != path:
                self.wrong.append((path, first, shown[:12], name_of(x)))
            return True
        self.on(f"{path}/", look)


class Mixing(Story):
    def password(self, tenant, word):
        """Settings of a tenant, and what its hospital then is shown."""
        pair = base64.b64encode(f"{word}:{word}".encode()).decode()
        return self.basic(tenant, self.hospital, word, word), \
            lambda shown: shown == f"Basic {pair}"

    def bearer(self, tenant, word):
        return self.header(tenant, self.hospital,
                           f"Authorization: Bearer {word}"), \
            lambda shown: shown == f"Bearer {word}"

    def token(self, tenant, word):
        self.hospital.secrets.add((word, word))
        return {**self.oauth(tenant, self.hospital, word),
                "token_client": word}, \
            lambda shown: self.hospital.owner.get(
                shown.removeprefix("Bearer ")) == word

    def nothing(self, tenant, word):
        return {}, lambda shown: not shown

    def test_tenants_of_one_host_never_mix(self):
        """Certificates, bearers, passwords and tokens, in turn."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        ca = Authority(folder, "shared")
        self.hospital = self.enterContext(
            Shared(ca.sign("host", SERVER), ca))
        plan = []
        for i, (kind, certified) in enumerate((
                (self.password, False), (self.password, False),
                (self.bearer, False), (self.bearer, True),
                (self.nothing, True), (self.nothing, True),
                (self.token, False), (self.token, True))):
            tenant, self.hospital.path = self.new(), f"/h{i}"
            settings, fits = kind(tenant, f"word-{i}")
            name = f"ours-{i}" if certified else None
            if certified:
                settings |= self.certificate(tenant, self.hospital, ca,
                                             ca.sign(name, CLIENT_USE))
            self.hospital.house(f"/h{i}", fits, name)
            self.put(tenant, self.hospital,
                     **{"provider_ca": ca.pem(), **settings})
            plan.append(unit(tenant, form(self.client, self.secret, tenant),
                             "GET", "/fhir/r4/Patient/p-101"))
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
