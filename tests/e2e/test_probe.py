# test_probe.py - a probe says what is wrong with a hospital's server, in words
# SPDX-License-Identifier: Apache-2.0
#
# Servers with one defect each, of the rehearsal provider and of the double, are
# probed by nobody who knows it: DEFECTS says which call must tell, with which
# word, and what of the sentences a person must be able to read. Then what
# becomes of a report: it is kept, compared, and believed by the facade.

import json
import re
import ssl
import subprocess
import tempfile
import time
import unittest
from email.utils import formatdate

from tests.e2e import behind_lighttpd
from tests.e2e.walled import Walled
from tests.rig import place
from tests.rig.authority import CLIENT_USE, MISNAMED, OVER, SERVER, Authority
from tests.rig.client import Env, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import JSON_TYPE, Provider, certificate

setUpModule = behind_lighttpd

TENANT = "00009b0b-0000-4000-8000-000000000001"
SLUG = "probed"
PATIENT = "p-101"
DONE, REFUSED = 0, 3
PATIENCE_S = 60     # figures are ten seconds old at most

# Of the rehearsal provider: what is in its way, the verdict, and what must be
# told: call, word, part of what is found, part of what is lost.
WARDS = (
    ("limited", "usable", (
        ("patient-contains", "emulated", "refused it (400)",
         "by its beginning only"),
        ("patient-post", "emulated", "refused it (405)", "logs"),
        ("total", "emulated", "does not say how many", "counts pages"),
        ("batch", "emulated", "refused it (405)", "each by itself"),
        ("paging", "emulated", "name another host, http://fhir-node-3",
         "own address"))),
    ("nocoverage", "gaps", (
        ("coverage", "missing", "Coverage: the server refused it (404)",
         "Clinicians will see an empty insurance box."),)),
    ("noperson", "usable", (
        ("coverage", "emulated", "within the patient's records alone",
         "takes longer"),)),
    ("nosort", "usable", (
        ("sort", "emulated", "passes over the order", "Nothing is lost"),)),
    ("html", "unusable", (
        ("statement", "fault", "no JSON: a sign-in page, or a proxy", ""),
        ("patient-read", "missing", "no JSON", "will see nobody"))),
    ("redirect", "unusable", (
        ("patient-read", "missing", "sends us elsewhere (302)",
         "will see nobody"),)),
    ("basic", "unusable", (
        ("auth", "fault", "wants a credential (401), and none is set",
         "wardgate seal"),)),
    ("version", "unusable", (
        ("version", "fault", "", "read wrongly"),)),
    ("503", "unusable", (
        ("patient-read", "missing", "failed itself (503)", ""),)),
    ("cut", "unusable", (
        ("patient-read", "missing", "cannot be read", ""),)),
)

RECORDS = [
    {"resourceType": "Patient", "id": PATIENT, "name": [
        {"family": "Rossini", "given": ["Anna"]}],
     "identifier": [{"value": "4711"}]},
    *({"resourceType": kind, "id": f"{kind.lower()}-1", "status": "final",
       "subject": {"reference": f"Patient/{PATIENT}"},
       "patient": {"reference": f"Patient/{PATIENT}"}}
      for kind in ("Observation", "Condition", "Encounter",
                   "AllergyIntolerance", "MedicationRequest")),
    {"resourceType": "Coverage", "id": "coverage-1", "status": "active",
     "beneficiary": {"reference": f"Patient/{PATIENT}"}},
]
OTHER = [
    {"resourceType": "Patient", "id": "p-2", "name": [
        {"family": "Zen", "given": ["Bo"]}],
     "identifier": [{"value": "4712"}]},
    {"resourceType": "Observation", "id": "other-1", "status": "final",
     "subject": {"reference": "Patient/p-2"}},
]


def behind(seconds):
    """A server whose clock is so far behind."""
    def dated(x):
        answer = x.answer
        late = formatdate(time.time() - seconds, usegmt=True)
        x.answer = lambda body, status=200, kind=JSON_TYPE, more=(): answer(
            body, status, kind, [*more, ("Date", late)])
        return True
    return dated


def everybodys(x):
    """A server that passes over whose records are asked for."""
    x.seen.query = ""
    return True


SLOW = re.compile(r"took ([5-9]|\d\d)\.")

# Of the double: path, what it does there, verdict, what must be told.
DOUBLES = (
    ("/", behind(3600), "gaps", (
        ("clock", "fault", re.compile(r"\b36\d\d seconds behind"), "tokens"),
    )),
    ("/Observation", everybodys, "usable", (
        ("observation", "emulated", "of other patients too",
         "withholds these"),)),
    ("/Condition", "status-403", "gaps", (
        ("condition", "missing", "does not let us read Condition (403)",
         "will see no conditions"),)),
    ("/Patient/", "status-403", "unusable", (
        ("auth", "fault", "does not let us read patients (403)",
         "Ask the hospital"),)),
    ("/metadata", "status-404", "gaps", (
        ("statement", "fault", "refused it (404)", "tries out"),
        ("version", "ok", "Its records are of R4", ""))),
    ("/AllergyIntolerance", "junk", "gaps", (
        ("allergy", "fault", "JSON that is broken",
         "does not mean that there are none"),)),
)


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Probed")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)
        cls.ward("r4")

    @classmethod
    def ward(cls, where, version="R4"):
        cls.at(f"{cls.env['WG_BASE']}/rehearsal/{where}", version)

    @classmethod
    def at(cls, url, version="R4"):
        put_tenant(cls.house, TENANT, name="Probed", slug=SLUG,
                   fhir_version=version, client=cls.client, provider_url=url)

    def run_it(self, *words, code=DONE):
        done = subprocess.run(
            [*self.house.program("wardgate"), *words], text=True,
            cwd=self.house.home, stdin=subprocess.DEVNULL,
            capture_output=True, env=self.house.cluster.environment(),
            **place.drop())
        self.assertEqual(done.returncode, code, done)
        return done

    def probe(self, *words, code=DONE):
        return json.loads(self.run_it(
            "probe", SLUG, "--json", *words, code=code).stdout)

    def told(self, report, verdict, wanted):
        self.assertEqual(report["verdict"], verdict, report)
        found = {f["call"]: f for f in report["findings"]}
        for call, word, what, loss in wanted:
            one = found[call]
            self.assertEqual(one["word"], word, one)
            if isinstance(what, re.Pattern):
                self.assertRegex(one["found"], what)
            else:
                self.assertIn(what, one["found"])
            self.assertIn(loss, one["loss"] or "")

    def no_value_in(self, report):
        text = json.dumps(report)
        for value in (PATIENT, "Rossini", "4711"):
            self.assertNotIn(value, text)


class Defects(Story):
    def test_what_a_ward_cannot_is_told_in_words(self):
        for fault, verdict, wanted in WARDS:
            with self.subTest(fault):
                self.ward(f"r4/~{fault}")
                report = self.probe(
                    "--patient", PATIENT,
                    code=REFUSED if verdict == "unusable" else DONE)
                self.told(report, verdict, wanted)

    def test_what_a_double_does_wrong_is_told_in_words(self):
        for path, fault, verdict, wanted in DOUBLES:
            with self.subTest(str(wanted[0])), Provider() as double:
                double.put(*RECORDS, *OTHER)
                double.on(path, fault)
                self.at(double.base)
                report = self.probe(
                    "--patient", PATIENT,
                    code=REFUSED if verdict == "unusable" else DONE)
                self.told(report, verdict, wanted)
                self.no_value_in(report)

    def test_slow_servers_are_told(self):
        with Provider() as double:
            double.put(*RECORDS)
            double.on("/Coverage", "delay-5100")
            self.at(double.base)
            self.told(self.probe("--patient", PATIENT), "gaps", (
                ("speed", "fault", SLOW, "Clinicians wait that long"),))

    def test_who_hangs_is_waited_for_until_the_probe_is_over(self):
        with Provider() as double:
            double.put(*RECORDS)
            double.on("/Patient/", "hang")
            self.at(double.base)
            put_tenant(self.house, TENANT, total_ms=120000)
            self.addCleanup(put_tenant, self.house, TENANT, total_ms=20000)
            report = self.probe("--patient", PATIENT, "--within", "5",
                                code=REFUSED)
            self.assertLess(report["took_ms"], 100_000)
            self.told(report, "unusable", (
                ("patient-read", "missing", "did not answer in time", ""),
                ("allergy", "unseen", "was not asked", "Nobody knows")))

    def test_a_certificate_that_nobody_vouches_for(self):
        with tempfile.TemporaryDirectory() as folder, \
                Provider(tls=certificate(folder)) as double:
            double.put(*RECORDS)
            self.at(double.base)
            self.told(self.probe("--patient", PATIENT, code=REFUSED),
                      "unusable", (
                ("certificate", "fault", "signed by nobody whom this host "
                 "trusts", "Ask the hospital"),))
            self.assertEqual(double.seen, [])

    def certified(self, ca, name, days="2"):
        cert, key = ca.sign(name, CLIENT_USE, days)
        return {"certificate": cert.read_text(),
                "certificate_key": self.sealed("--certificate-key",
                                               typed=key.read_text())}

    def sealed(self, *words, typed):
        return json.loads(self.house.operator(
            "seal", *words, TENANT, "--json", typed=typed))["credential"]

    def told_of_tls(self, double, settings, call, what, act):
        """At a hospital whose CA is one of our settings."""
        with double:
            self.at(double.base.replace("http://", "https://"))
            put_tenant(self.house, TENANT, **{
                "certificate": "none",
                **(settings() if callable(settings) else settings)})
            self.told(self.probe("--patient", PATIENT, code=REFUSED),
                      "unusable", ((call, "fault", what, act),))
            self.assertEqual(double.seen, [])

    def test_what_is_wrong_with_TLS_is_told_in_words(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        ca, other = Authority(folder, "own"), Authority(folder, "other")
        server = ca.sign("server", SERVER)
        good = {"provider_ca": ca.pem()}
        ended = {"provider_ca": ca.pem() + ca.revocations(until=OVER)}
        revoked = {"provider_ca": ca.pem() + ca.revocations(server[0])}
        self.addCleanup(put_tenant, self.house, TENANT, provider_ca="none",
                        certificate="none")
        theirs, ours = "certificate", "auth"
        for double, settings, call, what, act in (
                (Walled(ca.sign("late", SERVER, "-1")), good, theirs,
                 "has expired", "renew it"),
                (Walled(ca.sign("misnamed", MISNAMED)), good, theirs,
                 "for another name", "which name"),
                (Walled(server), revoked, theirs, "was revoked", "valid one"),
                (Walled(server), ended, theirs, "list of revoked",
                 "newer one"),
                (Walled(server, newest=ssl.TLSVersion.TLSv1_1), good, "reach",
                 "no version of TLS that is still safe", "TLS 1.2 or 1.3"),
                (Provider(), good, "reach", "speaks no TLS", "port"),
                (Walled(server, ca), good, ours,
                 "wants a certificate, and none is set",
                 "--certificate-key"),
                (Walled(server, ca), lambda: {
                    **good, **self.certified(ca, "ours late", "-1")}, ours,
                 "refuses our certificate: it has expired", "another one"),
                (Walled(server, ca), lambda: {
                    **good, **self.certified(other, "stranger")}, ours,
                 "does not know who signed it", "another one")):
            with self.subTest(what):
                self.told_of_tls(double, settings, call, what, act)

    def test_a_credential_that_does_not_open(self):
        """Here: sealed for another server. What there is without is seen."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        ca = Authority(folder, "own")
        server = ca.sign("server", SERVER)
        self.addCleanup(put_tenant, self.house, TENANT, auth="none",
                        provider_ca="none", certificate="none")
        url = "https://login.example/token"
        for double, given in (
                (Provider(), lambda: {
                    "auth": "oauth", "token_url": url, "token_client": "we",
                    "credential": self.sealed("--oauth", "--token-url",
                                              url, typed="word\n")}),
                (Walled(server, ca), lambda: {
                    **self.certified(ca, "ours"), "auth": "none",
                    "provider_ca": ca.pem()})):
            with self.subTest(double.base), double:
                double.put(*RECORDS)
                self.at("https://fhir.example/r4")
                settings = given()
                self.at(double.base)
                put_tenant(self.house, TENANT, **settings)
                self.told(self.probe("--patient", PATIENT, code=REFUSED),
                          "unusable", (("reach", "ok", "", ""), (
                              "auth", "fault", "cannot be opened",
                              "seal it again")))

    def test_a_token_that_is_not_to_be_had(self):
        with Provider() as double:
            double.put(*RECORDS)
            double.on("/token", "status-401")
            self.at(double.base)
            url = f"{double.base}/token"
            box = self.sealed("--oauth", "--token-url", url,
                              typed="not the secret\n")
            put_tenant(self.house, TENANT, auth="oauth", credential=box,
                       token_url=url, token_client="gateway")
            self.addCleanup(put_tenant, self.house, TENANT, auth="none")
            self.told(self.probe("--patient", PATIENT, code=REFUSED),
                      "unusable", (("auth", "fault",
                                    "There is no token to be had",
                                    "Check the account, its secret"),))
            self.assertEqual({s.path for s in double.seen}, {"/token"})

    def test_nobody_listens(self):
        self.at(f"http://127.0.0.1:{place.free_port()}")
        self.told(self.probe("--patient", PATIENT, code=REFUSED),
                  "unusable", (("reach", "fault", "could not be reached",
                                "firewall"),))


class Reports(Story):
    def test_every_version_is_usable(self):
        for version in ("DSTU2", "STU3", "R4"):
            with self.subTest(version):
                self.ward(version.lower(), version)
                report = self.probe("--patient", PATIENT)
                self.told(report, "usable", (
                    ("version", "ok", version, ""),
                    *((call, "native", "", "") for call in (
                        "patient-read", "patient-family", "patient-contains",
                        "patient-given", "patient-identifier",
                        "patient-post", "observation", "condition",
                        "encounter", "allergy", "medication", "coverage",
                        "location", "sort", "total", "batch", "paging"))))

    def test_without_a_test_patient_no_record_is_read(self):
        with Provider() as double:
            double.put(*RECORDS, *OTHER)
            self.at(double.base)
            report = self.probe("--no-patient")
            self.told(report, "gaps", (
                ("patient-read", "unseen", "no test patient", "--patient"),))
            self.assertFalse(report["with_patient"])
            for seen in double.seen:
                self.assertNotIn(PATIENT, seen.line())

    def test_the_test_patient_is_remembered_and_the_trail_hears_of_it(self):
        self.ward("r4")
        self.assertTrue(self.probe("--patient", PATIENT)["with_patient"])
        self.assertTrue(self.probe()["with_patient"])
        self.told(self.probe("--patient", "p-nobody", code=REFUSED),
                  "unusable", (("patient-read", "fault",
                                "does not know the test patient",
                                "--patient"),))
        self.assertFalse(self.probe("--no-patient")["with_patient"])
        acts = self.house.cluster.psql(
            "select string_agg(detail, '|' order by at) from wardgate.audit"
            f" where tenant_id = '{TENANT}' and interaction = 'probe'"
            " and at > now() - interval '10 min'").strip().split("|")
        self.assertEqual(acts[-4:], [
            f"test patient {PATIENT}", f"test patient {PATIENT}",
            "test patient p-nobody", "no test patient"])

    def test_drift_is_named_and_kept(self):
        self.ward("r4")
        self.probe("--patient", PATIENT)
        self.assertEqual(self.probe()["drift"], [])
        self.ward("r4/~nocoverage")
        drift = self.probe()["drift"]
        self.assertEqual([(d["call"], d["was"], d["became"]) for d in drift],
                         [("coverage", "native", "missing")])
        kept = json.loads(self.run_it("probe", "last", SLUG, "--json").stdout)
        self.assertEqual((kept["verdict"], kept["changed"]), ("gaps", 1))
        was = {f["call"]: f["was"] for f in kept["findings"] if f["was"]}
        self.assertEqual(was, {"coverage": "native"})
        self.ward("r4")
        outdated = json.loads(
            self.run_it("probe", "last", "--json").stdout)["probes"]
        self.assertTrue([p for p in outdated if p["slug"] == SLUG][0]
                        ["outdated"])

    def test_the_facade_believes_what_a_probe_saw(self):
        """It never tries what the probe saw refused."""
        with Provider() as double:
            double.put(*RECORDS)
            double.on("/Patient/_search", "status-405")
            self.at(double.base)
            self.probe("--patient", PATIENT)
            House.heard()
            before = len(double.seen)
            token = self.env.ask_token(
                TENANT, client_id=self.client,
                client_secret=self.secret).json["access_token"]
            got = self.env.fhir("GET", "Patient?identifier=4711", token, "R4")
            self.assertEqual(got.status, 200, got)
            asked = [s.path for s in double.seen[before:]]
            self.assertIn("/Patient", asked)
            self.assertNotIn("/Patient/_search", asked)

    def test_figures_tell_of_it(self):
        self.ward("r4")
        began = int(time.time())
        self.probe("--patient", PATIENT)
        self.assertEqual(self.figure("usable", began), 1)
        good = self.figure("success_timestamp_seconds", began)
        self.ward("r4/~503")
        again = int(time.time()) + 1
        while time.time() < again:
            time.sleep(0.1)
        self.probe(code=REFUSED)
        self.assertEqual(self.figure("usable", again), 0)
        self.assertEqual(self.figure("success_timestamp_seconds", again),
                         good)
        self.assertGreater(self.figure("changes", again), 0)

    def figure(self, name, since):
        """Of our tenant, in figures of a probe that is not older."""
        until = time.monotonic() + PATIENCE_S
        while True:
            found = dict(re.findall(
                rf'^wardgate_probe_(\w+){{tenant="{SLUG}"}} (\d+)$',
                request("GET", self.env["WG_BASE"] + "/metrics").text, re.M))
            if int(found.get("timestamp_seconds", 0)) >= since:
                return int(found[name])
            self.assertLess(time.monotonic(), until, found)
            time.sleep(0.2)

    def test_into_production_with_a_probe_or_with_a_reason(self):
        """The rule is lifted in this house, but for the while of this."""
        policy = place.TOP / "sql/onboard/policy.sql"
        psql = self.house.cluster.psql_file
        self.ward("r4")
        put_tenant(self.house, TENANT, environment="test")
        self.addCleanup(put_tenant, self.house, TENANT,
                        environment="production")
        psql(policy, production_probe="required")
        self.addCleanup(psql, policy, production_probe="advised")
        go = ("tenant", "environment", TENANT)
        self.probe("--no-patient")
        said = self.run_it(*go, "production", code=REFUSED).stderr
        self.assertIn("had no test patient", said)
        self.probe("--patient", PATIENT)
        self.run_it(*go, "production")
        self.run_it(*go, "test")
        self.ward("r4/~503")
        self.probe(code=REFUSED)
        said = self.run_it(*go, "production", code=REFUSED).stderr
        self.assertIn("Not usable", said)
        self.run_it(*go, "production", "--override", "They mend it tonight.")
        tail = self.run_it("audit", "tail", "--tenant", TENANT, "-n", "50",
                           "--json").stdout
        acts = [(r["interaction"], r["detail"])
                for r in json.loads(tail)["rows"]]
        self.assertIn("refuse-production", [name for name, _ in acts])
        self.assertTrue([d for name, d in acts if name == "add-override"
                         and "They mend it tonight." in d])

    def test_all_at_once_and_what_is_wrongly_asked(self):
        self.ward("r4")
        self.probe("--patient", PATIENT)
        all_of_them = json.loads(self.run_it(
            "probe", "--all", "--within", "5", "--json").stdout)["probes"]
        mine = [p for p in all_of_them if p["tenant"] == SLUG]
        self.assertEqual([p["verdict"] for p in mine], ["usable"])
        self.run_it("probe", "--all", "--patient", "x", code=2)
        self.run_it("probe", code=2)
        self.run_it("probe", "nowhere-at-all", code=REFUSED)
        self.run_it("probe", SLUG, "--patient", "no/id", code=REFUSED)
        self.assertIn("Newest first", self.run_it("probe", SLUG).stdout)


if __name__ == "__main__":
    unittest.main()
