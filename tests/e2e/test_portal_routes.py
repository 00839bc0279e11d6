# test_portal_routes.py - every address of the portal, asked by everybody
# SPDX-License-Identifier: Apache-2.0
#
# What each must be told stands here a second time, so that a slip in
# lib/portal/portal_routes.c, or in what a page asks the database, is a failure.
# An address that this table does not know is one too: give it a row.

import base64
import hashlib
import re
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.portal import Person
from tests.rig import place, session
from tests.rig.client import Env
from tests.rig.house import House

setUpModule = behind_lighttpd

ROUTE = re.compile(r'\{ "(GET|POST)",\s+"([^"]+)",\s+NEED_')

# Who asks: login, roles, stage, gave the passphrase just now.
EVERY = "developer,operator,auditor,admin"
ASKERS = (("code", EVERY, "code", True),    # passphrase right, no code yet
          ("enrol", EVERY, "enrol", True),  # no phone yet
          ("stale", "developer", "full", False),    # another owner of the app
          ("owner", "developer", "full", True),
          ("other", "developer", "full", True),
          ("operator", "operator", "full", True),
          ("auditor", "auditor", "full", True),
          ("admin", "admin", "full", True))

# y: served, by a page, a form that is wanted otherwise (400, 409), or the way to
# the next page. S, C, P, A: led to sign in, to give a code, to set up a phone, to
# give the passphrase again. 4: 404. 3: there is nothing to give. 1: what was
# typed is wrong. F: a form that is none.
WAY = {"S": "/signin", "C": "/code", "P": "/phone", "A": "/again"}

# In the order: nobody, then those who ask.
ANYBODY = "yyyyyyyyy"
NO_LINK = "444444444"
SIGNED = "SCPyyyyyy"
TYPED = "SCP111111"
APPS = "SCPyyyy44"
APP = "SCPyy4y44"
APP_PROOF = "SCPAy4y44"
HOSPITALS = "SCP444y44"
HOSPITAL_PROOF = "SCPA44y44"
WARDS = "SCP444y4y"
AUDIT = "SCP4444y4"
AUDIT_PROOF = "SCPA444y4"
PEOPLE = "SCP44444y"
PEOPLE_PROOF = "SCPA4444y"

EXPECTED = {
    "GET /": SIGNED,
    "GET /signin": ANYBODY,
    "POST /signin": "111111111",
    "GET /code": "Sy3333333",
    "POST /code": "S13333333",
    "GET /phone": "SCyAyyyyy",
    "POST /phone": "SCFAFFFFF",
    "GET /again": SIGNED,
    "POST /again": TYPED,
    "POST /signout": "SSSSSSSSS",
    "POST /stay": "SCP333333",
    "GET /invitation/*": NO_LINK,
    "POST /invitation/*": NO_LINK,
    "GET /account": SIGNED,
    "POST /account/passphrase": TYPED,
    "POST /account/language": SIGNED,
    "POST /account/sessions/*/end": SIGNED,
    "GET /clients": APPS,
    "GET /clients/new": APPS,
    "POST /clients/new": APPS,
    "GET /clients/*": APP,
    "GET /clients/*/edit": APP,
    "POST /clients/*/edit": APP,
    "POST /clients/*/disable": APP_PROOF,
    "POST /clients/*/enable": APP_PROOF,
    "GET /clients/*/keys": APP_PROOF,
    "POST /clients/*/keys": APP_PROOF,
    "POST /clients/*/keys/none": APP_PROOF,
    "GET /clients/*/secrets/new": APP_PROOF,
    "POST /clients/*/secrets/new": APP_PROOF,
    "GET /clients/*/secrets/*/end": APP_PROOF,
    "POST /clients/*/secrets/*/end": APP_PROOF,
    "POST /clients/*/secrets/*/breach": APP_PROOF,
    "GET /clients/*/secrets/*/tokens": APP,
    "GET /clients/*/secrets/*/tokens.csv": APP,
    "GET /clients/*/requests/new": APP,
    "POST /clients/*/requests/new": APP,
    "GET /tenants": HOSPITALS,
    "GET /tenants/new": HOSPITAL_PROOF,
    "POST /tenants/new": HOSPITAL_PROOF,
    "GET /tenants/*": HOSPITALS,
    "GET /tenants/*/history": HOSPITALS,
    "GET /tenants/*/incident.csv": HOSPITALS,
    "GET /tenants/*/probe": HOSPITALS,
    "GET /tenants/*/edit": HOSPITAL_PROOF,
    "POST /tenants/*/edit": HOSPITAL_PROOF,
    "GET /tenants/*/suspend": HOSPITAL_PROOF,
    "POST /tenants/*/suspend": HOSPITAL_PROOF,
    "GET /tenants/*/resume": HOSPITAL_PROOF,
    "POST /tenants/*/resume": HOSPITAL_PROOF,
    "GET /tenants/*/maintenance": HOSPITAL_PROOF,
    "POST /tenants/*/maintenance": HOSPITAL_PROOF,
    "GET /tenants/*/grants/new": HOSPITAL_PROOF,
    "POST /tenants/*/grants/new": HOSPITAL_PROOF,
    "GET /tenants/*/grants/*/end": HOSPITAL_PROOF,
    "POST /tenants/*/grants/*/end": HOSPITAL_PROOF,
    "GET /tenants/*/credential": HOSPITAL_PROOF,
    "POST /tenants/*/credential": HOSPITAL_PROOF,
    "GET /tenants/*/certificate": HOSPITAL_PROOF,
    "POST /tenants/*/certificate": HOSPITAL_PROOF,
    "POST /tenants/*/certificate/none": HOSPITAL_PROOF,
    "POST /tenants/*/certificate/ca": HOSPITAL_PROOF,
    "POST /tenants/*/certificate/no-ca": HOSPITAL_PROOF,
    "GET /tenants/*/keys": HOSPITALS,
    "POST /tenants/*/keys": HOSPITAL_PROOF,
    "POST /tenants/*/keys/*/use": HOSPITAL_PROOF,
    "POST /tenants/*/keys/*/remove": HOSPITAL_PROOF,
    "GET /proposals": HOSPITALS,
    "GET /proposals/*": HOSPITAL_PROOF,
    "POST /proposals/*/approve": HOSPITAL_PROOF,
    "POST /proposals/*/decline": HOSPITAL_PROOF,
    "GET /requests": HOSPITALS,
    "GET /requests/*": HOSPITAL_PROOF,
    "POST /requests/*/approve": HOSPITAL_PROOF,
    "POST /requests/*/decline": HOSPITAL_PROOF,
    "GET /keys": HOSPITALS,
    "GET /health": HOSPITALS,
    "GET /wards": WARDS,
    "GET /wards/*": WARDS,
    "GET /wards/*/new": WARDS,
    "POST /wards/*/new": WARDS,
    "GET /wards/*/patients/*": WARDS,
    "GET /wards/*/patients/*/add/*": WARDS,
    "POST /wards/*/patients/*/add/*": WARDS,
    "GET /wards/*/patients/*/records/*/*": WARDS,
    "POST /wards/*/patients/*/records/*/*": WARDS,
    "GET /wards/*/patients/*/records/*/*/remove": WARDS,
    "POST /wards/*/patients/*/records/*/*/remove": WARDS,
    "GET /audit": AUDIT,
    "GET /audit/patient": AUDIT_PROOF,
    "POST /audit/patient": AUDIT_PROOF,
    "POST /audit/patient/csv": AUDIT_PROOF,
    "POST /audit/patient/fhir": AUDIT_PROOF,
    "GET /audit/denied": AUDIT,
    "POST /audit/denied/csv": AUDIT_PROOF,
    "GET /audit/acts": AUDIT,
    "POST /audit/acts/csv": AUDIT_PROOF,
    "GET /why": SIGNED,
    "GET /help": SIGNED,
    "GET /accounts": PEOPLE,
    "POST /accounts/invite": PEOPLE_PROOF,
    "POST /accounts/*/disable": PEOPLE_PROOF,
    "POST /accounts/*/enable": PEOPLE_PROOF,
    "POST /accounts/*/roles": PEOPLE_PROOF,
    "POST /accounts/*/link": PEOPLE_PROOF,
    "POST /accounts/*/no-phone": PEOPLE_PROOF,
}


def guid(n):
    return f"0b5e55ed-0000-4000-8000-{n:012d}"


# What stands for * after each of these.
CLIENT, TENANT, REQUEST, VICTIM, SESSION, PROPOSAL = (
    guid(n) for n in range(90, 96))
KEY, SIGNER = "routekey", "route" * 8 + "key"
PARTS = {"clients": CLIENT, "secrets": KEY, "tenants": TENANT, "keys": SIGNER,
         "grants": CLIENT, "requests": REQUEST, "accounts": VICTIM, "proposals": PROPOSAL,
         "sessions": SESSION, "invitation": "A" * 43,
         "wards": "r4", "patients": "p-101", "add": "heart",
         "records": "Condition/c-101-1"}

# Everything that somebody could have changed.
DIGEST = "select md5(string_agg(t::text, '' order by t::text)) from (" + \
    " union all ".join(
        f"select x::text as t from wardgate.{name} as x {where}"
        for name, where in (
            ("client", ""), ("client_secret", ""), ("client_owner", ""),
            ("client_jwks", ""), ("client_grant", ""), ("grant_request", ""),
            ("tenant", ""), ("provider", ""), ("proposal", ""),
            ("provider_credential", ""), ("provider_key", ""),
            ("provider_tls", ""), ("account", ""),
            ("invitation", ""), ("portal_session", ""))) + \
    " union all select body from rehearsal.resource) as t"


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        house = House(cls.env["WG_HOME"])
        cls.addClassCleanup(cls.clean)
        house.add_tenant(TENANT, "Routes", cls.psql(
            "select base_url from wardgate.provider limit 1"), "STU3", "")
        cls.people = [Person(cls.env)]
        for n, (login, *_) in enumerate(ASKERS):
            who = Person(cls.env)
            raw = hashlib.sha256(login.encode()).digest()
            who.cookie = base64.urlsafe_b64encode(raw).decode().rstrip("=")
            who.hash = hashlib.sha256(raw).hexdigest()
            who.kept, who.id, who.login = who.cookie, guid(n), login
            cls.people.append(who)
        cls.reset()
        for who in cls.people[1:]:
            who.proof = who.get({"code": "/code", "enrol": "/phone"}.get(
                who.login, "/account")).proof
            assert who.proof, who.login

    @classmethod
    def psql(cls, text):
        """Its one value, if it has one; in one psql for all of them."""
        found = session.of(cls.env["WG_DB"]).rows(
            text if text.startswith("select") else f"begin; {text}; commit")
        return found[-1][0] if found else None

    @classmethod
    def clean(cls):
        cls.forget()
        cls.psql("delete from wardgate.signin_failure;"
                 f"delete from wardgate.client where client_id = '{CLIENT}';"
                 f"select wardgate.tenant_remove('{TENANT}')")

    @classmethod
    def forget(cls):
        cls.psql(
            "delete from wardgate.grant_request;"
            f"delete from wardgate.proposal where tenant_id = '{TENANT}';"
            f"delete from wardgate.provider_key where tenant_id = '{TENANT}';"
            f"delete from wardgate.client_grant where client_id = '{CLIENT}';"
            f"delete from wardgate.client_secret where client_id = '{CLIENT}';"
            "delete from wardgate.account where login like 'route.%'")

    @classmethod
    def reset(cls):
        """Everybody and everything as at first, whatever was done."""
        cls.forget()
        people = [(who.id, who.login, who.hash, *asker[1:])
                  for who, asker in zip(cls.people[1:], ASKERS)]
        people.append((VICTIM, "victim", "00" * 32, "developer", "full", True))
        text = (f"insert into wardgate.client values ('{CLIENT}', 'Routes')"
                " on conflict (client_id) do update set name = 'Routes',"
                " disabled_at = null;")
        for id, login, hash, roles, stage, proved in people:
            totp = "'x'" if stage == "code" else "null"
            session = SESSION if login == "victim" else id
            text += (
                "insert into wardgate.account (account_id, login, roles,"
                f" passphrase, totp) select '{id}', 'route.{login}',"
                f" '{{{roles}}}', passphrase, {totp} from wardgate.account"
                " where login not like 'route.%' limit 1;"
                "insert into wardgate.portal_session (hash, session_id,"
                " account_id, stage, proved_at) values ("
                f"'\\x{hash}', '{session}', '{id}', '{stage}', now()"
                + ("" if proved else " - interval '1 hour'") + ");")
            if login in ("owner", "stale"):
                text += ("insert into wardgate.client_owner values"
                         f" ('{CLIENT}', '{id}');")
        cls.psql(text + f"""
            insert into wardgate.client_secret (key_id, client_id, hint, hash,
              pepper_version) values ('{KEY}', '{CLIENT}', 'wg1_',
              decode(repeat('00', 32), 'hex'), 1);
            insert into wardgate.client_grant (client_id, tenant_id)
              values ('{CLIENT}', '{TENANT}');
            insert into wardgate.provider_key (kid, tenant_id, alg, jwk, box)
              select '{SIGNER}', '{TENANT}', 'ES384', '{{}}',
                     'wgbox1.' || kid || '.' || repeat('A', 64)
                from wardgate.sealing_key where stage = 'use';
            insert into wardgate.grant_request (request_id, client_id,
              tenant_id, account_id, why) values ('{REQUEST}', '{CLIENT}',
              '{TENANT}', '{guid(3)}', 'care');
            insert into wardgate.proposal (proposal_id, tenant_id, kind, what,
              summary, made_by) values ('{PROPOSAL}', '{TENANT}',
              'hospital', '{{}}', '', '{guid(3)}');
            delete from wardgate.signin_failure""")
        for who in cls.people[1:]:
            who.cookie = who.kept

    def ask(self, who, method, path):
        if method == "GET":
            return who.ask("GET", path)
        return who.send(path, {"proof": who.proof} if who.cookie else {})

    def told(self, page):
        """The letter of an answer."""
        where = page.header.get("location", "").removeprefix(
            self.env["WG_BASE"] + "/admin")
        if page.status == 303:
            return {way: c for c, way in WAY.items()}.get(
                where.split("?")[0], "3" if where == "/" else "y")
        return {200: "y", 400: "y", 409: "y", 401: "1", 403: "F",
                404: "4"}.get(page.status, str(page.status))

    def test_the_table_knows_every_address(self):
        text = (place.TOP / "lib/portal/portal_routes.c").read_text()
        found = [f"{m} {p}" for m, p in ROUTE.findall(text)]
        self.assertEqual(len(found), text.count("NEED_"))
        self.assertEqual(sorted(found), sorted(EXPECTED))

    def test_everybody_is_told_what_is_theirs_and_nothing_else_changes(self):
        for route, wanted in EXPECTED.items():
            method, path = route.split()
            path = re.sub(r"/(\w+)(/\*)+", lambda m: f"/{m[1]}/{PARTS[m[1]]}",
                          path)
            self.reset()
            before = self.psql(DIGEST)
            late = []
            for who, letter in zip(self.people, wanted):
                if letter in "y1" or route == "POST /signout":
                    late.append((who, letter))
                    continue
                self.check(route, who, path, letter)
            self.assertEqual(self.psql(DIGEST), before, route)
            for who, letter in late:
                if method == "POST":
                    self.reset()
                self.check(route, who, path, letter)
            if "/sessions/" in route:
                self.assertEqual(self.psql(
                    "select count(*) from wardgate.portal_session where"
                    f" session_id = '{SESSION}'"), "1", "of somebody else")

    def check(self, route, who, path, letter):
        name = getattr(who, "login", "nobody")
        with self.subTest(f"{route} by {name}"):
            page = self.ask(who, route.split()[0], path)
            self.assertEqual(self.told(page), letter, page)
            self.assertEqual(page.header.get("cache-control"), "no-store")

    def test_other_spellings_of_an_address_are_none(self):
        self.reset()
        admin = self.people[-1]
        for path in ("/Accounts", "/accounts/..", "/accounts//",
                     "/accounts;x", "/accounts%00", "//accounts",
                     "/accounts/.", "/%2e/accounts%2f", "/clients/../tenants",
                     "/accounts.html"):
            for who in (self.people[4], admin):
                with self.subTest(f"{path} by {who.login}"):
                    page = who.ask("GET", path)
                    self.assertIn(page.status, (303, 400, 404), page)
                    self.assertNotIn("route.victim", page.text)
        for method, status in (("HEAD", 200), ("PUT", 405), ("DELETE", 405)):
            page = admin.ask(method, "/accounts")
            self.assertEqual((page.status, page.text if method == "HEAD"
                              else ""), (status, ""))


if __name__ == "__main__":
    unittest.main()
