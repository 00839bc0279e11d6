# test_onboard.py - onboarding scripts: twice is once, bad values are refused
# SPDX-License-Identifier: Apache-2.0

import unittest

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2, URL

HOSTILE = ("'; drop table wardgate.tenant; --", "\\'; select 1; --",
           "$$; select 1; $$", ":'name'", "'||(select 1)||'", "\\! id",
           "`id`", "%s%n", "{}", "\u202egnp", "a\x00b"[:1])


class Onboard(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client"):
            self.sql(f"delete from wardgate.{table}")
        self.sql("update wardgate.policy set value = 'refuse'"
                 " where name = 'provider_http'")
        self.add_client()

    known = None    # the state, while nothing that succeeded has changed it

    def sql(self, text, role=base.OWNER):
        self.known = None
        return super().sql(text, role)

    def script(self, name, /, role="wg_operator", **variables):
        found = super().script(name, role, **variables)
        self.known = None
        return found

    def state(self):
        """Everything onboarding touches, to compare."""
        return super().sql("""
            select jsonb_build_object(
                'n', (select n from wardgate.change),
                'tenant', (select jsonb_agg(t order by tenant_id)
                             from wardgate.tenant as t),
                'provider', (select jsonb_agg(p order by tenant_id)
                               from wardgate.provider as p),
                'grant', (select jsonb_agg(g order by client_id, tenant_id)
                            from wardgate.client_grant as g))""")

    def no(self, words, script="tenant", role="wg_operator", **variables):
        """The script is refused with these words, and changes nothing."""
        before = self.known = self.known or self.state()
        with self.assertRaises(base.Refused) as caught:
            self.script(script, role, **variables)
        said = str(caught.exception)
        self.assertIn(words, said)
        self.assertNotIn("CONTEXT", said)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertEqual(self.state(), before)
        return said

    # ---- twice is once ----

    def test_environment_is_production_unless_it_is_said(self):
        def now():
            return self.sql("select environment from wardgate.tenant")
        self.add_tenant()
        self.assertEqual(now(), "production")
        found = self.add_tenant(environment="Test")
        self.assertEqual((now(), found["tenant"]),
                         ("test", ("changed", "environment")))
        self.add_tenant(name="Other")
        self.assertEqual(now(), "test", "what is left out stays")
        self.no("none of: test, production", "tenant", tenant=TENANT,
                environment="staging")
        self.assertEqual(now(), "test")

    def test_the_second_time_is_no_change(self):
        first = self.add_tenant(client=CLIENT)
        self.assertEqual({k: v[0] for k, v in first.items()}, {
            "tenant": "created", "provider": "created", "grant": "created",
            "summary": "done"})
        before = self.state()
        again = self.add_tenant(client=CLIENT)
        self.assertEqual({k: v[0] for k, v in again.items()}, {
            "tenant": "unchanged", "provider": "unchanged",
            "grant": "unchanged", "summary": "no change"})
        self.assertEqual(self.state(), before)

    def test_other_spellings_of_the_same_are_no_change(self):
        self.add_tenant(client=CLIENT)
        before = self.state()
        again = self.add_tenant(
            TENANT.upper(), client=CLIENT.upper(), name=" Hospital ",
            provider_url="HTTPS://FHIR.Hospital.Example:443/r4//",
            fhir_version="r4")
        self.assertEqual(again["summary"][0], "no change")
        self.assertEqual(self.state(), before)

    def test_what_is_left_out_stays(self):
        self.add_tenant(client=CLIENT, mrn_system="urn:oid:1.2.3",
                        mode="links", search_post="off", http2="on",
                        connect_ms="500", total_ms="9000", slug="mary")
        before = self.state()
        self.assertEqual(self.script("tenant", tenant=TENANT)["summary"][0],
                         "no change")
        self.assertEqual(self.state(), before)
        found = self.row("""select mode, search_post, http2, connect_ms,
            total_ms from wardgate.provider""")
        self.assertEqual(found, {"mode": "links", "search_post": False,
                                 "http2": True, "connect_ms": 500,
                                 "total_ms": 9000})

    def test_types_and_purpose_are_those_of_the_grant(self):
        self.add_tenant(client=CLIENT)
        grant = "select types, purpose from wardgate.client_grant"
        self.assertEqual(self.row(grant), {"types": [], "purpose": ""})
        for typed, kept in (("Patient", ["Patient"]), ("all", []),
                            ("coverage, Patient",
                             ["Patient", "Coverage"]),
                            ("MedicationOrder MedicationRequest",
                             ["MedicationRequest"])):
            with self.subTest(typed):
                found = self.script("tenant", tenant=TENANT, client=CLIENT,
                                    types=typed, purpose="Billing")
                self.assertEqual(found["grant"][0], "changed")
                self.assertEqual(self.row(grant),
                                 {"types": kept, "purpose": "Billing"})
                found = self.script("tenant", tenant=TENANT, client=CLIENT)
                self.assertEqual(found["summary"][0], "no change")
        for more, words in (({"types": "Practitioner", "client": CLIENT},
                             'type "Practitioner" is none of'),
                            ({"types": "*", "client": CLIENT}, "is none of"),
                            ({"types": "Patient"}, "name the client"),
                            ({"purpose": "Billing"}, "name the client"),
                            ({"purpose": "x" * 1001, "client": CLIENT},
                             "1001 characters")):
            with self.subTest(**more), \
                    self.assertRaisesRegex(base.Refused, words):
                self.script("tenant", tenant=TENANT, **more)

    def test_what_a_provider_can_is_kept_and_told(self):
        self.add_tenant()
        route = ("select can_contains, can_sort, can_total, can_batch,"
                 " coverage_person, write_extensions"
                 " from wardgate.provider")
        usual = {**{f"can_{w}": "auto" for w in
                    ("contains", "sort", "total", "batch")},
                 "coverage_person": "auto", "write_extensions": True}
        self.assertEqual(self.row(route), usual)
        for name, typed, kept in (
                ("can_contains", "off", "off"), ("can_contains", "ON", "on"),
                ("can_sort", " off ", "off"), ("can_total", "off", "off"),
                ("can_batch", "on", "on"), ("can_batch", "auto", "auto"),
                *(("coverage_person", w, w) for w in (
                    "patient", "beneficiary", "subscriber", "policy-holder",
                    "compartment", "none", "auto")),
                ("write_extensions", "off", False),
                ("write_extensions", "yes", True)):
            with self.subTest(name, typed=typed):
                revision = int(self.sql(
                    "select revision from wardgate.provider"))
                found = self.script("tenant", tenant=TENANT, **{name: typed})
                usual[name] = kept
                self.assertEqual(found["provider"],
                                 ("changed", f"R4 {URL} ({name})"))
                self.assertEqual(self.row(route), usual)
                self.assertGreater(int(self.sql(
                    "select revision from wardgate.provider")), revision)
                again = self.script("tenant", tenant=TENANT, **{name: typed})
                self.assertEqual(again["summary"][0], "no change")
        self.assertEqual(self.script("tenant", tenant=TENANT)["summary"][0],
                         "no change")

    def test_a_change_names_what_changed(self):
        self.add_tenant(client=CLIENT)
        found = self.script("tenant", tenant=TENANT, name="New name",
                            fhir_version="STU3")
        self.assertEqual(found["tenant"], ("changed", "name"))
        self.assertEqual(found["provider"],
                         ("changed", f"STU3 {URL} (fhir_version)"))

    def test_every_script_twice(self):
        self.add_tenant(client=CLIENT)
        for script, more in (
                ("suspend", {}), ("resume", {}),
                ("maintenance", {"notice": "Back at six.",
                                 "until": "2099-01-01 06:00+01"}),
                ("resume", {}), ("remove", {"links": "end"})):
            with self.subTest(script):
                first = self.script(script, tenant=TENANT, **more)
                self.assertEqual(first["summary"][0], "done")
                before = self.state()
                again = self.script(script, tenant=TENANT, **more)
                self.assertEqual(again["summary"][0], "no change")
                self.assertEqual(self.state(), before)

    # ---- dry runs ----

    def test_dry_runs_show_everything_and_change_nothing(self):
        self.add_tenant(client=CLIENT)
        before = self.state()
        for script, more in (
                ("tenant", {"tenant": TENANT2, "name": "B",
                            "provider_url": URL, "fhir_version": "R4",
                            "client": CLIENT}),
                ("tenant", {"tenant": TENANT, "name": "C"}),
                ("tenant", {"tenant": TENANT, "can_sort": "off",
                            "coverage_person": "none",
                            "write_extensions": "off"}),
                ("suspend", {"tenant": TENANT}),
                ("maintenance", {"tenant": TENANT, "notice": "x"}),
                ("remove", {"tenant": TENANT, "links": "end"})):
            for dry in ("1", "on", "yes", "true"):
                with self.subTest(script, dry=dry):
                    found = self.script(script, dry_run=dry, **more)
                    self.assertEqual(found["summary"][0], "done")
                    self.assertEqual(self.state(), before)
        said = self.server.run(
            self.name, "wg_operator", "-v", f"tenant={TENANT}", "-v",
            "links=end", "-v", "dry_run=1", "-f",
            str(base.TOP / "sql/onboard/remove.sql"))
        self.assertIn("Dry run: nothing was changed.", said)

    def test_an_unclear_dry_run_is_refused(self):
        self.add_tenant()
        self.no("neither on nor off", "remove", tenant=TENANT,
                dry_run="maybe")

    # ---- what is missing, what is wrong ----

    def test_missing_variables_give_the_usage(self):
        for script in ("tenant", "suspend", "resume", "remove",
                       "maintenance"):
            with self.subTest(script):
                said = self.no("tenant is missing; usage: psql", script)
                self.assertIn(f"-f {script}.sql", said)
        self.no("second_approver or production_probe is missing; usage", "policy",
                base.OWNER)

    def test_a_new_tenant_needs_name_provider_and_version(self):
        self.no("needs a name", tenant=TENANT, provider_url=URL,
                fhir_version="R4")
        self.no("provider_url and fhir_version must be given",
                tenant=TENANT, name="A", fhir_version="R4")
        self.no("provider_url and fhir_version must be given",
                tenant=TENANT, name="A", provider_url=URL)
        self.assertEqual(self.sql("select count(*) from wardgate.tenant"),
                         "0")

    def test_only_guids_of_somebody(self):
        for guid in ("", "x", TENANT[:-1], TENANT + "0", f"{{{TENANT}}}",
                     TENANT.replace("-", ""), f" {TENANT}", f"{TENANT}\n",
                     TENANT.replace("1", "g"), "урна",
                     "11111111222233334444555555555555----", *HOSTILE):
            for script in ("tenant", "suspend", "remove"):
                with self.subTest(script, guid=guid):
                    self.no("is not a GUID; write it as", script,
                            tenant=guid, name="A", provider_url=URL,
                            fhir_version="R4", notice="x")
        for guid in ("0" * 8, "f" * 8, "F" * 8):
            whole = "-".join((guid, guid[:4], guid[:4], guid[:4],
                              guid + guid[:4]))
            self.no("stands for nobody", tenant=whole)

    def test_only_the_three_versions(self):
        for version in ("R5", "3", "STU4", "DSTU", "4.0.1", "R4 ; --",
                        *HOSTILE):
            with self.subTest(version):
                self.no("it is DSTU2, STU3 or R4", tenant=TENANT, name="A",
                        provider_url=URL, fhir_version=version)

    def test_only_urls_that_can_be_a_provider(self):
        for url, words in (
                ("http://fhir.example/r4", "must begin with https://"),
                ("ftp://fhir.example/r4", "must begin with https://"),
                ("file:///etc/passwd", "must begin with https://"),
                ("gopher://h/", "must begin with https://"),
                ("scp://h/", "must begin with https://"),
                ("ldap://h/", "must begin with https://"),
                ("rtmp://h/", "must begin with https://"),
                ("https://0/", "is a number"),
                ("//fhir.example/r4", "must begin with https://"),
                ("fhir.example/r4", "must begin with https://"),
                ("javascript:alert(1)", "must begin with https://"),
                ("https://", "has no host"),
                ("https:///r4", "has no host"),
                ("https://:443/r4", "has no host"),
                ("https://-a.example/", "has no host"),
                ("https://a..b/", "has no host"),
                ("https://h.example/r4?x=1", "must not have a query"),
                ("https://h.example/r4?", "must not have a query"),
                ("https://h.example/r4#top", "must not have a fragment"),
                ("https://user@h.example/r4", "user name or password"),
                ("https://user:pw@h.example/r4", "user name or password"),
                ("https://evil.test\\@127.0.0.1/", "cannot have"),
                ("https://h.example/a b", "cannot have"),
                ("https://h.example/\u00e9", "cannot have"),
                ("https://h\u0435.example/", "cannot have"),
                ("https://h.example/a\r\nX: y", "cannot have"),
                ("https://h.example/a'b\"c", "cannot have"),
                ("https://h.example/a//b", "dotted segments"),
                ("https://h.example/a/../b", "dotted segments"),
                ("https://h.example/./b", "dotted segments"),
                ("https://h.example/a/..", "dotted segments"),
                ("https://h.example/%2e%2e/b", "percent signs"),
                ("https://h.example/a%2Fb", "percent signs"),
                ("https://h.example/a%00", "percent signs"),
                ("https://h.example/a%", "percent signs"),
                # well formed, and yet the facade would not call it
                ("https://h.example/a%20b", "percent signs"),
                ("https://h.example/a[1]/r4", "brackets"),
                ("https://h.example:0/", "has a port"),
                ("https://h.example:65536/", "has a port"),
                ("https://h.example:http/", "has a port"),
                ("https://h.example:/", "has a port"),
                ("https://127.0.0.1/r4", "this machine itself"),
                ("https://localhost/r4", "this machine itself"),
                ("https://LOCALHOST:8443/r4", "this machine itself"),
                ("https://[::1]/r4", "this machine itself"),
                ("https://127.1/", "is a number"),
                ("https://2130706433/", "is a number"),
                ("https://0x7f000001/", "is a number"),
                ("https://0177.0.0.1/", "is a number"),
                ("https://0x7f.1/", "is a number"),
                ("https://1.2.3.4.5/", "is a number"),
                ("https://256.1.1.1/", "not an IPv4 address"),
                ("https://10.1.2.3/", "in a private network"),
                ("https://100.64.0.1/", "in a private network"),
                ("https://172.31.255.255/", "in a private network"),
                ("https://192.168.1.1:8443/r4", "in a private network"),
                ("https://[fd12:3456::1]/", "in a private network"),
                ("https://100.100.100.200/", "no provider can have"),
                ("https://[fd00:ec2::254]/", "no provider can have"),
                ("https://[::7f00:1]/", "no provider can have"),
                ("https://[2002:a9fe:a9fe::1]/", "no provider can have"),
                ("https://[2001::1]/", "no provider can have"),
                ("https://[64:ff9b::a9fe:a9fe]/", "no provider can have"),
                ("https://[ff02::1]/", "no provider can have"),
                ("https://0.0.0.0/", "no provider can have"),
                ("https://169.254.169.254/", "no provider can have"),
                ("https://224.0.0.1/", "no provider can have"),
                ("https://255.255.255.255/", "no provider can have"),
                ("https://[::]/", "no provider can have"),
                ("https://[fe80::1]/", "no provider can have"),
                ("https://[::ffff:a9fe:a9fe]/", "no provider can have"),
                ("https://[::ffff:169.254.169.254]/",
                 "digits and colons only"),
                ("https://[fe80::1%25eth0]/", "not an IPv6 address"),
                ("https://[zz]/", "not an IPv6 address"),
                ("https://h.example/" + "a" * 500, "longer than 500"),
                *((h, "The provider URL") for h in HOSTILE)):
            with self.subTest(url):
                self.no(words, tenant=TENANT, name="A", provider_url=url,
                        fhir_version="R4")

    def test_private_networks_are_listed_or_refused(self):
        inside = "https://10.1.2.3/r4"
        self.no("in a private network", tenant=TENANT, name="A",
                provider_url=inside, fhir_version="R4")
        self.no("in a private network", tenant=TENANT, name="A",
                provider_url=inside, fhir_version="R4",
                networks="10.1.3.0/24")
        self.add_tenant(provider_url=inside,
                        networks=" fd12::/16, 10.1.2.0/24,10.1.2.0/24")
        self.assertEqual(self.row("select networks::text as n "
                                  "from wardgate.provider")["n"],
                         "{10.1.2.0/24,fd12::/16}")
        self.assertEqual(self.add_tenant(provider_url=inside)["summary"][0],
                         "no change")
        self.no("in a private network", tenant=TENANT, networks="none")
        for wrong, words in (
                ("8.8.8.0/24", "is not private"), ("::/0", "is not private"),
                ("10.0.0.0/7", "is not private"),
                ("169.254.0.0/16", "is not private"),
                ("127.0.0.0/8", "is not private"),
                ("::ffff:0:0/96", "is not private"),
                ("10.1.2.3", "cannot be read"),
                ("10.1.2.3/24", "cannot be read"),
                ("10.0.0.0/33", "cannot be read"),
                ("ours", "cannot be read"), ("10.0.0.0/8;", "cannot be read"),
                (",".join(f"10.{i}.0.0/16" for i in range(17)), "16 at most")):
            with self.subTest(wrong):
                self.no(words, tenant=TENANT, networks=wrong)
        self.add_tenant(provider_url="https://h.example/r4", networks="none")
        self.assertEqual(self.row("select networks::text as n "
                                  "from wardgate.provider")["n"], "{}")

    def test_no_way_of_writing_opens_more(self):
        self.add_tenant()
        for change in ("networks = '{0.0.0.0/0}'", "networks = '{127.0.0.0/8}'",
                       "base_url = 'https://10.1.2.3/r4'",
                       "networks = '{null}'"):
            with self.subTest(change), self.assertRaises(base.Refused):
                self.sql(f"update wardgate.provider set {change}")

    def test_good_urls_are_stored_in_one_spelling(self):
        for url, stored in (
                ("https://h.example", "https://h.example"),
                ("https://h.example/", "https://h.example"),
                ("https://H.Example:443/R4/", "https://h.example/R4"),
                ("https://h.example:8443/fhir/R4",
                 "https://h.example:8443/fhir/R4"),
                ("https://8.1.2.3/r4", "https://8.1.2.3/r4"),
                ("https://[2A00:DB8::1]:444/r4",
                 "https://[2a00:db8::1]:444/r4"),
                ("https://h.example/a-b/~c", "https://h.example/a-b/~c"),
                ("https://h_1.example/x;y=1,2", "https://h_1.example/x;y=1,2")
        ):
            with self.subTest(url):
                found = self.add_tenant(provider_url=url)
                self.assertEqual(found["provider"][1].split()[1], stored)
                self.assertEqual(
                    self.sql("select base_url from wardgate.provider"),
                    stored)

    def test_rows_by_hand_keep_the_rules_too(self):
        self.add_tenant()
        for url in ("http://h.example", "https://h.example/",
                    "https://u@h.example", "HTTPS://h.example", "x"):
            with self.subTest(url):
                self.refused("update wardgate.provider set base_url = "
                             f"'{url}'")
        self.refused("update wardgate.provider set fhir_version = 'R5'")
        for name in ("can_contains", "can_sort", "can_total", "can_batch",
                     "coverage_person"):
            for value in ("''", "'ON'", "null"):
                self.refused("update wardgate.provider"
                             f" set {name} = {value}")
        self.refused("insert into wardgate.tenant (tenant_id, slug, name)"
                     " values ('00000000-0000-0000-0000-000000000000', 's',"
                     " 'n')", state="23514")

    def test_loopback_is_for_demonstrations(self):
        plain = "http://127.0.0.1:8080/rehearsal/r4"
        self.no("this machine itself",
                tenant=TENANT, name="A", provider_url=plain,
                fhir_version="R4")
        self.script("policy", base.OWNER, provider_http="loopback")
        for url in (plain, "http://localhost/r4", "http://[::1]:81/r4",
                    "https://localhost/r4", "http://127.9.9.9/"):
            with self.subTest(url):
                self.add_tenant(provider_url=url)
        self.no("must begin with https://", tenant=TENANT,
                provider_url="http://h.example/r4")
        self.no("must begin with https://", tenant=TENANT,
                provider_url="http://10.0.0.1/r4")
        self.no("URLs that this forbids (1 of them)", "policy", base.OWNER,
                provider_http="refuse")
        self.script("remove", tenant=TENANT)
        self.script("policy", base.OWNER, provider_http="refuse")

    def test_clients_must_exist(self):
        self.no("There is no client", tenant=TENANT, name="A",
                provider_url=URL, fhir_version="R4", client=TENANT2)
        for client in HOSTILE:
            self.no("is not a GUID", tenant=TENANT, name="A",
                    provider_url=URL, fhir_version="R4", client=client)

    def test_tenants_must_exist(self):
        for script in ("suspend", "resume", "maintenance"):
            self.no("There is no tenant", script, tenant=TENANT2, notice="x")
        found = self.script("remove", tenant=TENANT2)
        self.assertEqual(found["tenant"],
                         ("unchanged", "there is no such tenant"))

    def test_texts_are_kept_as_they_are_or_refused(self):
        for text in HOSTILE[:-2]:
            with self.subTest(text):
                self.add_tenant(name=text, slug="x")
                self.assertEqual(
                    self.sql("select name from wardgate.tenant"), text)
                self.script("maintenance", tenant=TENANT, notice=text)
                self.assertEqual(
                    self.sql("select notice from wardgate.tenant"), text)
        for text in ("a\nb", "a\x1b[2Jb", "a\u202eb", "a\x9bb"):
            with self.subTest(text):
                self.no("control characters", tenant=TENANT, name=text)
                self.no("control characters", "maintenance", tenant=TENANT,
                        notice=text)
        self.no("201 characters long", tenant=TENANT, name="x" * 201)

    def test_other_values_have_bounds(self):
        self.add_tenant()
        for name, value, words in (
                ("mode", "fast", "neither translate nor links"),
                ("search_post", "maybe", "neither on nor off"),
                ("can_contains", "yes", "is none of: auto, on, off"),
                ("can_sort", "1", "is none of: auto, on, off"),
                ("can_total", "'; --", "is none of: auto, on, off"),
                ("can_batch", "auto,on", "is none of: auto, on, off"),
                ("coverage_person", "payor", "is none of: auto, patient"),
                ("write_extensions", "auto", "neither on nor off"),
                ("connect_ms", "49", "not a number from 50 to 60000"),
                ("connect_ms", "1e3", "not a number from 50 to 60000"),
                ("total_ms", "-1", "not a number from 100"),
                ("total_ms", "99999999999", "not a number from 100"),
                ("slug", "Upper", "must be up to 40 of"),
                ("slug", "-a", "must be up to 40 of"),
                ("slug", "a" * 41, "must be up to 40 of")):
            with self.subTest(name, value=value):
                self.no(words, tenant=TENANT, **{name: value})

    def test_slugs_are_made_and_kept_apart(self):
        self.add_tenant(name="St. Mary's (North)")
        self.add_tenant(TENANT2, name="St Mary's North")
        self.assertEqual(
            self.sql("select slug from wardgate.tenant order by slug")
            .split(), ["st-mary-s-north", f"st-mary-s-north-{TENANT2[:8]}"])
        self.no("is that of another tenant", tenant=TENANT2,
                slug="st-mary-s-north")
        self.add_tenant("22222222-2222-3333-4444-555555555555",
                        name="\u75c5\u9662")
        self.assertEqual(self.sql("select count(*) from wardgate.tenant"
                                  " where slug = 'tenant'"), "1")

    def test_maintenance_needs_a_notice_and_an_end_to_come(self):
        self.add_tenant()
        self.no("needs a notice", "maintenance", tenant=TENANT)
        for until, words in (("yesterday", "not in the future"),
                             ("2001-01-01", "not in the future"),
                             ("infinity", "not in the future"),
                             ("-1 hour", "cannot be read"),
                             ("soon", "cannot be read"),
                             ("+soon", "cannot be read"),
                             ("'; --", "cannot be read")):
            with self.subTest(until):
                self.no(words, "maintenance", tenant=TENANT, notice="x",
                        until=until)

    def test_removing_says_what_went_and_keeps_the_trail(self):
        self.add_tenant(client=CLIENT)
        self.sql(f"""
            insert into wardgate.audit (at, trace_id, program, status,
                   tenant_id)
            values (now(), gen_random_uuid(), 'facade', 200, '{TENANT}')""")
        self.sql("select wardgate.sealing_key_add(repeat('k', 43),"
                 " decode(repeat('07', 32), 'hex'))", "wg_operator")
        box = f"wgbox1.{'k' * 43}.{'A' * 80}"
        self.script("tenant", tenant=TENANT, auth="header", credential=box)
        self.sql(f"select wardgate.provider_key_add('{TENANT}',"
                 f" repeat('p', 43), 'ES384', '{{}}', '{box}')",
                 "wg_operator")
        self.sql("insert into wardgate.traffic select now(), client_id,"
                 f" '{TENANT}', 'facade', null, 'answered', 'ok', 1,"
                 " '2026-03-01 10:00Z', '{1}', '{1}' from wardgate.client")
        self.no("(1), last served at 2026-03-01 10:00 UTC. Tell their owners",
                "remove", tenant=TENANT)
        self.no("is none of: end", "remove", tenant=TENANT, links="on")
        found = self.script("remove", tenant=TENANT, links="end")
        self.assertEqual(
            {k: v[0] for k, v in found.items()},
            {"grant": "removed", "key pair": "removed",
             "credential": "removed", "provider": "removed",
             "tenant": "removed", "summary": "done"})
        self.assertEqual(found["tenant"][1],
                         "its tokens are revoked; audit and traffic are kept")
        for kept in ("audit where program = 'facade'", "traffic",
                     f"revocation where key = '{TENANT}'"):
            self.assertEqual(self.sql(
                f"select count(*) from wardgate.{kept}"), "1", kept)
        for gone in ("sealed_box", "provider_key", "client_grant"):
            self.assertEqual(self.sql(
                f"select count(*) from wardgate.{gone}"), "0", gone)

    def test_what_waits_for_a_removed_tenant_is_answered(self):
        self.add_tenant()
        self.sql("insert into wardgate.proposal (tenant_id, kind, what,"
                 f" summary) values ('{TENANT}', 'credential',"
                 """ '{"credential": "a box"}', '')""")
        self.sql("insert into wardgate.grant_request (client_id, tenant_id,"
                 f" why) values ('{CLIENT}', '{TENANT}', 'care')")
        self.script("remove", tenant=TENANT)
        self.assertEqual(self.row(
            "select p.state, p.what, r.state as asked, r.answer"
            " from wardgate.proposal as p, wardgate.grant_request as r"),
            {"state": "expired", "what": {}, "asked": "declined",
             "answer": "The hospital was removed."})

    def test_suspension_survives_a_change_of_the_tenant(self):
        self.add_tenant(client=CLIENT)
        self.script("suspend", tenant=TENANT)
        self.add_tenant(name="New name")
        self.assertEqual(self.sql("select state from wardgate.tenant"),
                         "suspended")

    def test_programs_cannot_onboard(self):
        for role in ("wg_facade", "wg_token", "wg_keeper", "wg_auditor"):
            with self.subTest(role):
                self.no("permission denied", "suspend", role, tenant=TENANT)


if __name__ == "__main__":
    unittest.main()
