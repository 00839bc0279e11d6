# test_portal_certificate.py - certificates and CAs of hospitals, pasted on a page
# SPDX-License-Identifier: Apache-2.0

import re
import ssl
import tempfile
import unittest

from tests.e2e import behind_lighttpd, jwt
from tests.e2e.guarded import CLIENT, Smart
from tests.e2e.test_portal_credential import Case
from tests.e2e.test_upauth_tls import CLIENT_USE, SERVER, Authority

setUpModule = behind_lighttpd


class Walled(Smart):
    """Wants a certificate of that CA and a token that was signed for."""

    def __init__(self, server, ca):
        super().__init__(tls=server)
        self.tls.load_verify_locations(ca.cert)
        self.tls.verify_mode = ssl.CERT_REQUIRED


class Certificates(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.ca, cls.other = Authority(folder, "own"), Authority(folder, "other")
        cls.server = cls.ca.sign("server", SERVER)
        cls.ours, cls.our_key = cls.ca.sign("ours", CLIENT_USE)

    def setUp(self):
        super().setUp()
        self.own = f"/tenants/{self.tenant}/certificate"
        self.double = self.enterContext(Walled(self.server, self.ca))

    def paste(self, who, cert=None, key=None):
        return who.post(self.own, certificate=(cert or self.ours).read_text(),
                        pass_key=(key or self.our_key).read_text())

    def believe(self, who, pem):
        return who.post(f"{self.own}/ca", provider_ca=pem)

    def secrets_of(self, key):
        """Lines that nobody may see again."""
        return [l for l in key.read_text().splitlines() if "-----" not in l]

    def test_a_hospital_set_up_on_pages_alone_is_read(self):
        """SMART Backend Services, and a certificate, and a CA of its own."""
        who = self.operator()
        who.get("/tenants/new")
        page = who.post("/tenants/new", tenant=self.tenant, name="Walled Wing",
                        provider_url=f"{self.double.base}/r4",
                        fhir_version="R4", search_post="off")
        self.assertIn("The hospital is added.", page.words)
        client, secret = self.house.add_client("Certified")
        self.addCleanup(self.house.operator, "client", "disable", client)
        who.get(f"/tenants/{self.tenant}/grants/new")
        who.post(f"/tenants/{self.tenant}/grants/new", client=client)
        who.get(f"/tenants/{self.tenant}/keys")
        page = who.post(f"/tenants/{self.tenant}/keys", alg="ES384")
        self.double.jwks_url = re.search(r'id="jwks_url">([^<]+)<',
                                         page.text)[1]
        self.set(who, auth="smart", token_client=CLIENT)
        page = who.get(self.own)
        self.assertIn("The public CAs of this system are believed.",
                      page.words)
        self.assertEqual(self.believe(who, self.ca.pem()).path,
                         f"{self.own}?done=saved")
        page = self.paste(who)
        self.assertEqual(page.path, f"{self.own}?done=saved", page)
        print_ = jwt.openssl("x509", "-in", self.ours, "-noout",
                             "-fingerprint", "-sha256").decode()
        for text in ("CN=ours", "CN=own", print_.strip().split("=")[1]):
            self.assertIn(text, page.words)
        self.assertRegex(page.words, r"In force until \d{4}-\d\d-\d\d")
        token = self.env.ask_token(self.tenant, client_id=client,
                                   client_secret=secret).json["access_token"]
        self.assertEqual(self.read(token), 200)
        self.assertTrue(self.double.kids)
        for line in self.secrets_of(self.our_key):
            for text in (page.text, who.get(self.own).text,
                         self.everything()):
                self.assertNotIn(line, text)
        page = who.get(f"/tenants/{self.tenant}/history")
        self.assertIn(f"wg_admin ({who.login}) add-tls", page.words)

        for host, lost in (("https://new.example", True),
                           (self.double.base, False)):
            self.house.cluster.psql(
                f"update wardgate.provider set base_url = '{host}/r4'"
                f" where tenant_id = '{self.tenant}'")
            self.assertEqual("was given for another server"
                             in who.get(self.own).words, lost)
        page = who.post(f"{self.own}/none")
        self.assertIn("There is none yet.", page.words)
        self.assertIn("CN=own", page.words)
        # its alert may be lost with the connection
        self.assertIn(self.read(token), (502, 504))
        page = who.post(f"{self.own}/no-ca")
        self.assertNotIn("CN=own", page.words)

    def test_what_does_not_fit_is_refused_in_words_and_not_kept(self):
        self.hospital(url=f"{self.double.base}/r4")
        who = self.operator()
        who.get(self.own)
        stranger, key = self.other.sign("stranger", CLIENT_USE)
        late, late_key = self.ca.sign("late", CLIENT_USE, "-1")
        for cert, its, words in (
                (self.ours, key, "not that of the certificate"),
                (late, late_key, 'Certificate 1, "CN=late", ended on 20'),
                (self.our_key, self.our_key, "into its own field"),
                (self.ours, self.ours, "cannot be read")):
            page = self.paste(who, cert, its)
            self.assertEqual(page.status, 400, words)
            self.assertIn(words, page.words)
            for line in self.secrets_of(its) + self.secrets_of(self.our_key):
                self.assertNotIn(line, page.text)
        for pem, words in (
                (self.ours.read_text(), "is neither a CA's nor signed by"),
                (self.ca.pem() + self.other.revocations(), "by none of these"),
                ("x", "from 1 to 32"),
                (self.our_key.read_text(), "into its own field")):
            page = self.believe(who, pem)
            self.assertEqual(page.status, 400, words)
            self.assertIn(words, page.words)
        self.assertEqual(self.believe(
            who, self.ca.pem() + self.ca.revocations()).status, 200)
        who.get("/account")
        who.post("/account/language", lang="it")
        who.get(self.own)
        self.assertIn("Il certificato 1, \"CN=late\", è scaduto il 20",
                      self.paste(who, late, late_key).words)
        self.assertEqual(self.house.cluster.psql(
            "select count(*) from wardgate.provider_tls where chain <> ''"
            f" and tenant_id = '{self.tenant}'").strip(), "0")

    def test_a_second_operator_sees_what_it_says(self):
        def policy(value):
            self.house.cluster.psql("select wardgate.policy_set("
                                    f"'second_approver', '{value}')")
        self.hospital(url=f"{self.double.base}/r4")
        self.addCleanup(policy, "off")
        policy("on")
        ann, ben = self.operator(), self.operator()
        ann.get(self.own)
        page = self.paste(ann)
        self.assertIn("Nothing is changed yet", page.words)
        place = page.path.split("?")[0]
        self.assertIn("There is none yet.", ann.get(self.own).words)
        page = ben.get(place)
        print_ = re.search(r"Fingerprint \(SHA-256\) (\S+)", page.words)[1]
        self.assertIn("CN=ours", page.words)
        self.assertIn(f"certificate – {print_}", page.words)
        for text in (page.text, self.everything()):
            self.assertNotIn(self.secrets_of(self.our_key)[0], text)
        page = ben.post(f"{place}/approve")
        self.assertIn("the change is made", page.words)
        self.assertIn(print_, ben.get(self.own).words)
        self.assertNotIn("wgbox1", self.house.cluster.psql(
            "select p::text from wardgate.proposal as p where tenant_id ="
            f" '{self.tenant}'"))


del Case    # only what is made of it runs here

if __name__ == "__main__":
    unittest.main()
