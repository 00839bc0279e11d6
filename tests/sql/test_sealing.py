# test_sealing.py - sealing keys go from stage to stage; boxes need one of them
# SPDX-License-Identifier: Apache-2.0
#
# SQL sees boxes from outside only: here they are of the right form, and empty.

import os
import subprocess
import unittest

from tests.rig import place
from tests.sql import base
from tests.sql.base import TENANT, TENANT2, Refused

KEYS = ["k" * 42 + c for c in "012"]


def box(kid, filling="A"):
    return f"wgbox1.{kid}.{filling * 80}"


class Sealing(base.DatabaseCase):

    def setUp(self):
        self.sql("delete from wardgate.provider_credential")
        self.sql("delete from wardgate.provider")
        self.sql("delete from wardgate.tenant")
        self.sql("delete from wardgate.sealing_key")
        for tenant in (TENANT, TENANT2):
            self.sql(f"select wardgate.tenant_put('{tenant}', 'T', '', "
                     f"'{base.URL}', 'R4', '', '', '', '', '', '', '')")

    def no(self, words, text, role="wg_operator"):
        with self.assertRaisesRegex(Refused, words) as why:
            self.sql(text, role)
        return str(why.exception)

    def add(self, kid):
        return self.sql(f"select wardgate.sealing_key_add('{kid}', "
                        f"decode(repeat('07', 32), 'hex'))", "wg_operator")

    def use(self, kid):
        return self.sql(f"select * from wardgate.sealing_key_use('{kid}')",
                        "wg_operator")

    def remove(self, kid):
        return self.sql(f"select wardgate.sealing_key_remove('{kid}')",
                        "wg_operator")

    def put(self, tenant, auth, credential):
        """The outcome of the credential."""
        return [r["outcome"] for r in self.rows(
            "select * from wardgate.credential_put("
            f"'{tenant}', '{auth}', '{credential}')", "wg_operator")
            if r["object"] == "credential"][0]

    def number(self):
        return int(self.sql("select n from wardgate.change"))

    def revision(self, tenant=TENANT):
        return int(self.sql("select revision from wardgate.provider "
                            f"where tenant_id = '{tenant}'"))

    def stages(self):
        return {r["kid"]: (r["stage"], r["boxes"]) for r in self.rows(
            "select * from wardgate.sealing_key_list()", "wg_operator")}

    def acts(self):
        """What the trail says about credentials, oldest first."""
        return [(r["interaction"], r["detail"]) for r in self.rows(
            "select interaction, detail from wardgate.audit where "
            "interaction like '%-credential' order by at")]

    def test_a_key_goes_from_stage_to_stage(self):
        self.assertEqual([self.add(k) for k in KEYS],
                         ["use", "published", "published"])
        self.assertEqual(self.sql(
            "select kid from wardgate.sealing_key_in_use()", "wg_admin"),
            KEYS[0])
        self.no("registered already", "select wardgate.sealing_key_add("
                f"'{KEYS[0]}', decode(repeat('08', 32), 'hex'))")
        self.no("32 bytes", "select wardgate.sealing_key_add("
                f"'{'x' * 43}', '\\x00')")
        self.no("43 characters", "select wardgate.sealing_key_add("
                "'short', decode(repeat('08', 32), 'hex'))")
        self.assertEqual(self.use(KEYS[1]), f"changed|{KEYS[0]}")
        self.assertEqual(self.use(KEYS[1]), "unchanged|")
        self.no("in use", f"select wardgate.sealing_key_remove('{KEYS[1]}')")
        self.assertEqual(self.remove(KEYS[0]), "removed")
        self.assertEqual(self.remove(KEYS[0]), "unchanged")
        self.no("closes no box again",
                f"select * from wardgate.sealing_key_use('{KEYS[0]}')")
        self.no("no sealing key",
                f"select * from wardgate.sealing_key_use('{'y' * 43}')")
        self.assertEqual(self.stages(), {
            KEYS[0]: ("withdrawn", 0), KEYS[1]: ("use", 0),
            KEYS[2]: ("published", 0)})

    def test_a_new_box_raises_the_revision_and_the_same_one_does_not(self):
        self.add(KEYS[0])
        before = len(self.acts())
        for auth, credential, outcome in (
                ("basic", box(KEYS[0]), "created"),
                ("basic", f"  {box(KEYS[0])}\n", "unchanged"),
                ("header", box(KEYS[0]), "changed"),
                ("header", box(KEYS[0], "B"), "changed"),
                ("none", "", "removed"), ("none", "", "unchanged")):
            number, revision = self.number(), self.revision()
            self.assertEqual(self.put(TENANT, auth, credential), outcome)
            raised = outcome != "unchanged"
            self.assertEqual(self.number() > number, raised, outcome)
            self.assertEqual(self.revision() > revision, raised, outcome)
        acts = self.acts()[before:]
        self.assertEqual([a for a, _ in acts],
                         ["add-credential"] + ["change-credential"] * 2
                         + ["remove-credential"])
        self.assertEqual(acts[1][1], "kind basic -> header")
        self.assertEqual(acts[2][1], "box")
        self.assertNotIn("wgbox1", str(acts))

    def test_what_is_no_box_is_refused_and_not_repeated(self):
        self.add(KEYS[0])
        long = "wgbox1." + KEYS[0] + "." + "A" * 5600
        for auth, credential, words in (
                ("basic", "hidden:password", "not a sealed box"),
                ("basic", box(KEYS[0])[:-30], "not a sealed box"),
                ("basic", box(KEYS[0]) + "=", "not a sealed box"),
                ("basic", long, "not a sealed box"),
                ("basic", box(KEYS[1]), "a key that is not there"),
                ("basic", "", "together with"), ("", box(KEYS[0]), "together"),
                ("none", box(KEYS[0]), "together with"),
                ("oauth", box(KEYS[0]), "needs token_url"),
                ("oath", box(KEYS[0]), "none of: none, basic, header")):
            with self.subTest(auth=auth, credential=credential[:20]):
                said = self.no(words, "select * from wardgate.credential_put("
                               f"'{TENANT}', '{auth}', '{credential}')")
                self.assertNotIn("hidden", said)
        self.no("no provider", "select * from wardgate.credential_put("
                f"'{'1' * 8}-1111-1111-1111-{'1' * 12}', 'basic', "
                f"'{box(KEYS[0])}')")

    def put_oauth(self, *more):
        """credential_put with token_url and so on; the words of its row."""
        values = ", ".join(f"'{v}'" for v in more)
        return self.rows(
            "select outcome, detail from wardgate.credential_put("
            f"'{TENANT}', 'oauth', '{box(KEYS[0])}', {values})",
            "wg_operator")[0]

    def test_how_tokens_are_had_stands_beside_the_box(self):
        self.add(KEYS[0])
        url = "https://Login.Example/t/token/?p=a%2Fb"
        done = self.put_oauth(url, "gateway")
        self.assertEqual(done["outcome"], "created")
        self.assertIn("by way of https://login.example/t/token/?p=a%2Fb",
                      done["detail"])
        revision = self.revision()
        self.assertEqual(self.put_oauth(url, "gateway")["outcome"],
                         "unchanged")
        self.assertEqual(self.revision(), revision)
        for more in (("other",), ("other", "basic"),
                     ("other", "basic", "system/*.read"),
                     ("other", "basic", "", "https://r.example"),
                     ("other", "basic", "", "", "them")):
            self.assertEqual(self.put_oauth(url, *more)["outcome"], "changed")
            self.assertGreater(self.revision(), revision)
            revision = self.revision()
        row, = self.rows(
            "select auth, token_url, token_client, token_auth, token_scope,"
            " token_resource, token_audience from wardgate.route_for_facade("
            f"'{TENANT}', '{TENANT}')", "wg_facade")
        self.assertEqual(list(row.values()), [
            "oauth", "https://login.example/t/token/?p=a%2Fb", "other",
            "basic", "", "", "them"])
        self.assertEqual(self.put(TENANT, "basic", box(KEYS[0])), "changed")
        self.assertEqual(self.sql(
            "select token_url from wardgate.provider_credential"), "")

    def test_what_is_no_token_endpoint_is_refused(self):
        self.add(KEYS[0])
        ask = ("select * from wardgate.credential_put("
               f"'{TENANT}', '{{}}', '{box(KEYS[0])}', '{{}}', '{{}}', '{{}}')")
        for url, words in (
                ("http://login.example/token", "https"),
                ("https://u:p@login.example/", "user name"),
                ("https://login.example/token#x", "fragment"),
                ("https://login.example/a//b", "segments"),
                ("https://login.example/?a=\"", "characters"),
                ("https://login.example/?" + "a" * 500, "longer")):
            with self.subTest(url):
                self.no(words, ask.format("oauth", url, "c", ""))
        good = "https://login.example/token"
        self.no("needs token_url", ask.format("oauth", "", "c", ""))
        self.no("needs token_url", ask.format("oauth", good, "", ""))
        self.no("none of: body, basic", ask.format("oauth", good, "c", "x"))
        self.no("go with auth=oauth", ask.format("basic", good, "", ""))
        self.no("go with auth=oauth", ask.format("header", "", "c", ""))

    def provider_key(self, what, *more, tenant=TENANT):
        values = ", ".join(f"'{v}'" for v in (tenant, *more))
        return self.sql(f"select * from wardgate.provider_key_{what}"
                        f"({values})", "wg_operator")

    def published(self, tenant=TENANT):
        return self.sql(f"select wardgate.provider_jwks('{tenant}')",
                        "wg_metadata")

    def test_keys_of_a_provider_go_from_stage_to_stage(self):
        self.add(KEYS[0])
        own = ["p" * 42 + c for c in "012345"]
        add = [(k, "ES384", f'{{"kid":"{k[-1]}"}}', box(KEYS[0], k[-1]))
               for k in own]
        self.assertEqual(self.published(), '{"keys":[]}')
        revision = self.revision()
        self.assertEqual(self.provider_key("add", *add[0]), "use")
        self.assertGreater(self.revision(), revision)
        revision = self.revision()
        self.assertEqual(self.provider_key("add", *add[1]), "published")
        self.assertEqual(self.revision(), revision)     # the same one signs
        self.assertEqual(self.published(), '{"keys":[{"kid":"0"},{"kid":"1"}]}')
        self.assertEqual(self.published(TENANT2), '{"keys":[]}')
        self.assertEqual(self.stages()[KEYS[0]], ("use", 2))
        use = "select * from wardgate.provider_key_use('{}', '{}', '{}')"
        self.no("may not be known", use.format(TENANT, own[1], "1 hour"))
        self.no("has no key", use.format(TENANT2, own[1], "0"))
        self.assertEqual(self.provider_key("use", own[1], "0"),
                         f"changed|{own[0]}")
        self.assertGreater(self.revision(), revision)
        self.assertEqual(self.provider_key("use", own[1], "0"), "unchanged|")
        self.no("is in use", "select wardgate.provider_key_remove("
                f"'{TENANT}', '{own[1]}')")
        self.assertEqual(self.provider_key("remove", own[0]), "removed")
        self.assertEqual(self.published(), '{"keys":[{"kid":"1"}]}')
        for more in add[2:5]:
            self.provider_key("add", *more)
        self.no("has four keys", "select wardgate.provider_key_add("
                f"'{TENANT}', '{own[5]}', 'ES384', '{{}}', "
                f"'{box(KEYS[0], '5')}')")
        self.no("no provider", "select wardgate.provider_key_add("
                f"'{'1' * 8}-1111-1111-1111-{'1' * 12}', '{own[5]}', 'ES384',"
                f" '{{}}', '{box(KEYS[0], '5')}')")
        acts = self.sql("select string_agg(detail, ' ') from wardgate.audit"
                        " where interaction like '%provider-key'")
        self.assertNotIn("wgbox1", acts)

    def test_who_signs_has_its_key_in_the_route(self):
        self.add(KEYS[0])
        route = ("select auth, credential, token_kid, token_alg, token_url"
                 f" from wardgate.route_for_facade('{TENANT}', '{TENANT}')")
        self.no("needs token_client", "select * from wardgate.credential_put("
                f"'{TENANT}', 'smart', '')")
        self.no("without one", "select * from wardgate.credential_put("
                f"'{TENANT}', 'smart', '{box(KEYS[0])}', '', 'us')")
        self.no("no token_auth", "select * from wardgate.credential_put("
                f"'{TENANT}', 'smart', '', '', 'us', 'basic')")
        self.sql("select * from wardgate.credential_put("
                 f"'{TENANT}', 'smart', '', '', 'us')", "wg_operator")
        self.assertEqual(self.sql(route, "wg_facade"), "smart||||")
        self.provider_key("add", "p" * 43, "RS384", "{}", box(KEYS[0], "p"))
        self.assertEqual(self.sql(route, "wg_facade"), "smart|"
                         + box(KEYS[0], "p") + f"|{'p' * 43}|RS384|")
        self.put(TENANT, "basic", box(KEYS[0]))
        self.assertEqual(self.sql(route, "wg_facade"),
                         f"basic|{box(KEYS[0])}|||")

    def test_a_certificate_and_a_CA_stand_beside_the_credential(self):
        self.add(KEYS[0])
        pem = ("-----BEGIN CERTIFICATE-----\nMIIB\n"
               "-----END CERTIFICATE-----\n")
        crl = pem.replace("CERTIFICATE", "X509 CRL")
        key = pem.replace("CERTIFICATE", "PRIVATE KEY")

        def put(certificate="", its_key="", ca=""):
            return self.rows(
                "select outcome from wardgate.tls_put("
                f"'{TENANT}', '{certificate}', '{its_key}', '{ca}')",
                "wg_operator")[0]["outcome"]
        for args, outcome in (
                ((pem, box(KEYS[0])), "created"),
                ((pem, box(KEYS[0])), "unchanged"),
                (("", "", pem + crl), "changed"),
                ((pem + pem, box(KEYS[0], "B")), "changed"),
                (("none",), "changed"), (("", "", "none"), "removed"),
                (("none", "", "none"), "unchanged")):
            revision = self.revision()
            self.assertEqual(put(*args), outcome, args)
            self.assertEqual(self.revision() > revision,
                             outcome != "unchanged")
        put(pem, box(KEYS[0]), crl)
        self.assertEqual(self.stages()[KEYS[0]], ("use", 1))
        row, = self.rows(
            "select auth, credential, tls_chain, tls_box, tls_ca from "
            f"wardgate.route_for_facade('{TENANT}', '{TENANT}')", "wg_facade")
        self.assertEqual(list(row.values()),
                         ["none", None, pem, box(KEYS[0]), crl])
        for args, words in (
                ((pem,), "go together"), (("", box(KEYS[0])), "go together"),
                (("none", box(KEYS[0])), "go together"),
                ((key, box(KEYS[0])), "holds a private key"),
                (("", "", key), "holds a private key"),
                ((crl, box(KEYS[0])), "not PEM"), (("", "", "x"), "not PEM"),
                (("", "", pem + "x"), "not PEM"),
                (("", "", pem * 1200), "too long")):
            with self.subTest(words), self.assertRaisesRegex(Refused, words):
                put(*args)

    def test_all_boxes_of_a_tenant_are_sealed_anew_together(self):
        self.add(KEYS[0])
        self.add(KEYS[1])
        self.put(TENANT, "basic", box(KEYS[0]))
        for c in "01":
            self.provider_key("add", "p" * 42 + c, "ES384", "{}",
                              box(KEYS[0], c))
        self.put(TENANT2, "basic", box(KEYS[0], "B"))
        self.use(KEYS[1])
        self.no("4 credentials are sealed",
                f"select wardgate.sealing_key_remove('{KEYS[0]}')")
        rows = self.rows("select * from wardgate.credential_outdated(null, 1)",
                         "wg_operator")
        self.assertEqual(sorted(r["kind"] for r in rows),
                         ["basic", "smart", "smart"])
        rows += self.rows("select * from wardgate.credential_outdated("
                          f"'{TENANT}', 1)", "wg_operator")
        for i, row in enumerate(rows):
            self.assertEqual(self.sql(
                f"select wardgate.credential_reseal('{row['tenant_id']}', "
                f"'{row['box']}', '{box(KEYS[1], 'xyzw'[i])}')",
                "wg_operator"), "t")
        self.assertEqual(self.remove(KEYS[0]), "removed")

    def test_a_key_stays_while_a_box_needs_it(self):
        self.add(KEYS[0])
        self.add(KEYS[1])
        self.put(TENANT, "basic", box(KEYS[0]))
        self.put(TENANT2, "header", box(KEYS[0], "B"))
        self.use(KEYS[1])
        self.put(TENANT2, "header", box(KEYS[0], "C"))  # still taken
        self.no("2 credentials are sealed",
                f"select wardgate.sealing_key_remove('{KEYS[0]}')")
        outdated = self.rows("select * from wardgate.credential_outdated("
                             "null, 1)", "wg_operator")
        self.assertEqual([r["tenant_id"] for r in outdated], [TENANT])
        outdated += self.rows("select * from wardgate.credential_outdated("
                              f"'{TENANT}', 9)", "wg_operator")
        number, revision = self.number(), self.revision()
        before = len(self.acts())
        for row in outdated:
            ask = ("select wardgate.credential_reseal("
                   f"'{row['tenant_id']}', '{row['box']}', "
                   f"'{box(KEYS[1], 'D')}')")
            self.assertEqual(self.sql(ask, "wg_operator"), "t")
            self.assertEqual(self.sql(ask, "wg_operator"), "f")
        self.assertEqual((self.number(), self.revision()), (number, revision))
        self.assertEqual(self.acts()[before:], [(
            "change-credential", f"box; kid {KEYS[0]} -> {KEYS[1]}")] * 2)
        self.assertEqual(self.stages(), {KEYS[0]: ("retired", 0),
                                         KEYS[1]: ("use", 2)})
        self.assertEqual(self.remove(KEYS[0]), "removed")
        self.no("a key that is not there",
                "select * from wardgate.credential_put("
                f"'{TENANT}', 'basic', '{box(KEYS[0])}')")

    def test_a_box_that_is_being_stored_holds_its_key(self):
        """Removed and stored at once: one of the two is refused."""
        self.add(KEYS[0])
        self.add(KEYS[1])
        self.use(KEYS[1])
        dsn = self.server.dsn(self.name, "wg_operator")
        psql = [place.psql(), "-XqAt", "-d", dsn]
        put = subprocess.Popen(
            psql, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        put.stdin.write("begin; select outcome from wardgate.credential_put("
                        f"'{TENANT}', 'basic', '{box(KEYS[0])}') limit 1;\n")
        put.stdin.flush()
        self.assertEqual(put.stdout.readline().strip(), "created")
        remove = subprocess.Popen(
            [*psql, "-c", f"select wardgate.sealing_key_remove('{KEYS[0]}')"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with self.assertRaises(subprocess.TimeoutExpired):
            remove.wait(0.5)
        put.communicate("commit;\n")
        self.assertIn("1 credential is sealed", remove.communicate()[1])

    def test_a_tenant_takes_its_credential_along(self):
        self.add(KEYS[0])
        self.put(TENANT, "basic", box(KEYS[0]))
        self.sql(f"select * from wardgate.tenant_remove('{TENANT}')",
                 "wg_operator")
        self.assertEqual(self.stages()[KEYS[0]], ("use", 0))

    def test_the_script_takes_it_from_a_variable_or_the_environment(self):
        self.add(KEYS[0])
        script = str(base.TOP / "sql/onboard/tenant.sql")

        def run(*variables, env=None):
            done = subprocess.run(
                [place.psql(), "-X", "-d",
                 self.server.dsn(self.name, "wg_operator"),
                 "-v", f"tenant={TENANT}",
                 *(a for v in variables for a in ("-v", v)), "-f", script],
                text=True, capture_output=True,
                env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
            return done.returncode, done.stdout + done.stderr

        self.assertEqual(run()[1].count("credential"), 0)
        status, said = run("auth=basic", f"credential={box(KEYS[0])}",
                           "dry_run=1")
        self.assertIn("created", said)
        self.assertEqual(self.stages()[KEYS[0]], ("use", 0))
        status, said = run("auth=basic",
                           env={"WG_CREDENTIAL": box(KEYS[0])})
        self.assertEqual(status, 0, said)
        self.assertIn(f"basic for {base.URL[:-3]}", said)
        self.assertEqual(self.stages()[KEYS[0]], ("use", 1))
        status, said = run("auth=basic", "credential=user:hidden",
                           "name=Renamed")
        self.assertNotEqual(status, 0)
        self.assertNotIn("hidden", said)
        self.assertEqual(self.sql("select name from wardgate.tenant where "
                                  f"tenant_id = '{TENANT}'"), "T")
        self.assertEqual(run("auth=none")[0], 0)
        self.assertEqual(self.stages()[KEYS[0]], ("use", 0))

    def test_the_doctor_names_what_cannot_be_used(self):
        def found():
            return [(r["state"], r["finding"]) for r in self.rows(
                "select * from wardgate.doctor()", "wg_operator")
                if r["subject"] == "credentials"]

        self.add(KEYS[0])
        self.put(TENANT, "basic", box(KEYS[0]))
        self.assertEqual([s for s, _ in found()], ["ok"])
        self.sql(f"select wardgate.tenant_put('{TENANT}', '', '', "
                 "'https://else.example/r4', '', '', '', '', '', '', '', '')")
        (state, words), = found()
        self.assertEqual(state, "fault")
        self.assertIn("https://else.example now", words)
        self.put(TENANT, "basic", box(KEYS[0], "B"))
        self.assertEqual([s for s, _ in found()], ["ok"])
        self.add(KEYS[1])
        self.use(KEYS[1])
        (state, words), = found()
        self.assertEqual(state, "warning")
        self.assertIn(KEYS[0], words)

    def test_a_certificate_is_for_the_server_that_it_was_given_for(self):
        def moved(host):
            self.sql("update wardgate.provider set base_url = "
                     f"'https://{host}/r4' where tenant_id = '{TENANT}'")
            return [r["finding"] for r in self.rows(
                "select * from wardgate.doctor()", "wg_operator")
                if r["subject"] == "credentials" and r["state"] == "fault"]

        def put(certificate, key, ca):
            self.sql("select wardgate.tls_put(%s)" % ", ".join(
                f"'{x}'" for x in (TENANT, certificate, key, ca)))

        self.add(KEYS[0])
        pem = ("-----BEGIN CERTIFICATE-----\nMIIB\n"
               "-----END CERTIFICATE-----\n")
        put(pem, box(KEYS[0]), pem)
        (words,) = moved("else.example")
        self.assertIn("https://else.example now", words)
        put("", "", "none")
        self.assertEqual(len(moved("else.example")), 1)
        put(pem, box(KEYS[0], "B"), "")
        self.assertEqual(moved("else.example"), [])
        put("none", "", pem)
        self.assertEqual(moved("third.example"), [])


if __name__ == "__main__":
    unittest.main()
