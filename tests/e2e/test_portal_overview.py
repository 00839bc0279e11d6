# test_portal_overview.py - what was asked, as the portal tells it
# SPDX-License-Identifier: Apache-2.0
#
# Whatever a page says is held against a count of the audit trail itself.

import collections
import concurrent.futures
import csv
import html
import io
import re
import unittest
import uuid

from tests.e2e import behind_lighttpd
from tests.e2e.portal import Person
from tests.e2e.test_portal import Story
from tests.rig import hour
from tests.rig.client import request

setUpModule = behind_lighttpd

# By status, and how long it took, as somebody would ask the trail.
COUNTED = """
select count(*), count(*) filter (where status between 400 and 499),
       count(*) filter (where status >= 500),
       percentile_disc(array[0.5, 0.95, 0.99]) within group (
         order by ceil(greatest(duration_us, 1) / 1000.0))
  from wardgate.audit
 where program = 'facade' and entry = 0 and client_id is not null
   and made_by is null and at >= date_trunc('hour', now(), 'UTC') and {}"""
ROLL_UP = "select wardgate.traffic_roll_up('0', '15 min')"


def two_digits(ms):
    step = 1
    while ms > 99 * step:
        step *= 10
    return -(-ms // step) * step


def plain(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def number(text):
    return int(re.sub(r"[^\d]", "", text.split("(")[0]))


class Case(hour.Case, Story):
    def setUp(self):
        self.psql = self.house.cluster.psql

    def tenant(self, name):
        tenant = str(uuid.uuid4())
        self.house.add_tenant(tenant, name,
                              self.env["WG_BASE"] + "/rehearsal/r4", "R4", "")
        self.addCleanup(self.psql, "delete from wardgate.traffic where"
                        f" tenant_id = '{tenant}';"
                        f"select wardgate.tenant_remove('{tenant}')")
        return tenant

    def tenants(self, n, name):
        """Some that nobody asks, all at once."""
        ids = [str(uuid.uuid4()) for _ in range(n)]
        self.psql("select wardgate.tenant_put(id, n || ' ' || i, null,"
                  " 'https://h.example/r4', 'R4', null, null, null, null,"
                  " null, null, null) from unnest(array['" + "','".join(ids) + "'])"
                  f" with ordinality as t (id, i), (values ('{name}')) as v (n)")
        self.addCleanup(self.psql, "select wardgate.tenant_remove(id) from"
                        " unnest(array['" + "','".join(ids) + "']) as id")
        return set(ids)

    def client(self, *tenants):
        client, secret = self.house.add_client("Overview")
        self.addCleanup(self.house.operator, "client", "disable", client)
        for tenant in tenants:
            self.house.operator("client", "grant", client, tenant)
        return client, secret

    def token(self, tenant, client, secret):
        answer = self.env.ask_token(tenant, client_id=client,
                                    client_secret=secret)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def ask(self, token, n, status, **search):
        for _ in range(n):
            self.assertEqual(self.env.search("Patient", "R4", token,
                                             **search).status, status)

    def own(self, who, client):
        """The app is kept by them."""
        self.psql("insert into wardgate.client_owner select"
                  f" '{client}', account_id from wardgate.account"
                  f" where login = '{who.login}'")

    def counted(self, where):
        """(calls, refused, failed, [p50, p95, p99]) of this hour's trail."""
        calls, refused, failed, took = self.psql(
            COUNTED.format(where)).strip().split("|")
        return (int(calls), int(refused), int(failed),
                [two_digits(int(float(ms)))
                 for ms in took.strip("{}").split(",") if ms != "NULL"])

    def tile(self, page, tenant):
        """What the overview tells of one: (state, words, figures)."""
        for card in page.text.split('<article class="card">')[1:]:
            if f"/tenants/{tenant}\"" in card:
                card = card.split("</article>")[0]
                figures = {plain(k): plain(v) for k, v in re.findall(
                    r"<dt>(.*?)</dt><dd>(.*?)</dd>", card, re.S)}
                return card, plain(card), figures
        self.fail(f"no tile of {tenant}")

    def found(self, who, name, more=""):
        return who.get(f"/?find={name}{more}")

    def table(self, page, head):
        """Rows of the tables with that first column."""
        rows = []
        for table in re.findall(r"<table.*?</table>", page.text, re.S):
            cells = [[plain(c) for c in re.findall(
                r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
                for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)]
            if cells[0][0] == head:
                rows.append(cells[1:])
        return rows


class Numbers(Case):
    def test_they_equal_the_trail_of_the_same_hour(self):
        name = "Numbers " + uuid.uuid4().hex[:8]
        tenant = self.tenant(name)
        client, secret = self.client(tenant)
        token = self.token(tenant, client, secret)
        self.ask(token, 5, 200, family="zz")
        self.ask(token, 2, 400, nonsense="x")
        self.psql("select wardgate.tenant_state_set("
                  f"'{tenant}', 'maintenance', 'Back at six', null, null)")
        self.house.heard()
        self.ask(token, 2, 503, family="zz")
        request("POST", self.env["WG_BASE"] + "/fhir/r4/Patient/_search",
                {"Authorization": "Bearer nonsense"}, "family=zz")
        who = self.person("operator", phone=True)
        self.own(who, client)
        wanted = self.counted(f"tenant_id = '{tenant}'")
        self.assertEqual(wanted[:3], (9, 2, 2))
        for step in ("as it comes", "summed up", "twice"):
            with self.subTest(step):
                self.told(who, name, tenant, client, wanted)
            self.psql(ROLL_UP)

    def told(self, who, name, tenant, client, wanted):
        calls, refused, failed, took = wanted
        ms = [f"{t:,} ms" for t in took]
        card, words, figures = self.tile(self.found(who, name.split()[1]), tenant)
        self.assertEqual(figures, {
            "Calls": str(calls), "Failed (5xx)": f"{failed} (22%)",
            "p50": ms[0], "p95": ms[1]})
        self.assertIn("in maintenance", words)
        self.assertIn("Back at six", words)
        self.assertRegex(words, r"Last good answer: \d{4}-")
        hours = re.findall(r"<tr><th scope=\"row\">.*?</tr>", card, re.S)
        self.assertEqual(len(hours), 24)
        self.assertEqual([plain(h).split()[-3:] for h in hours[-1:]],
                         [[str(calls), str(refused), str(failed)]])
        row = [str(calls), str(refused), f"{failed} (22%)", *ms]
        page = who.get(f"/tenants/{tenant}")
        self.assertEqual(self.table(page, "App"), [[["Overview", *row]]])
        self.saved(who, tenant, wanted)
        self.assertEqual(self.table(page, "Hour")[0][-1][1:],
                         [str(calls), str(refused), str(failed), *ms])
        page = who.get(f"/clients/{client}")
        self.assertEqual(self.table(page, "Hospital"),
                         [[[name, *row]], [[name, *row[:3]]]])
        self.assertEqual(self.table(page, "Hour")[0][-1][1:],
                         [str(calls), str(refused), str(failed), *ms])
        reasons = {r[0]: r[1:3] for r in self.table(page, "Reason code")[0]}
        self.assertEqual(sorted(reasons.values()),
                         [["records", "2"], ["records", "2"]], reasons)
        self.assertIn("Tokens 1; 1 of them since", page.words)

    def saved(self, who, tenant, wanted):
        """What an operator files after an outage."""
        calls, refused, failed, took = wanted
        self.assertIn(f'href="/admin/tenants/{tenant}/incident.csv"',
                      who.page.text)
        for hours in ("", "?hours=168", "?hours=x", "?hours=169"):
            page = who.get(f"/tenants/{tenant}/incident.csv{hours}")
            self.assertTrue(page.header["content-type"].startswith("text/csv"))
            self.assertIn(f"incident-{tenant}.csv",
                          page.header["content-disposition"])
            lines = list(csv.DictReader(io.StringIO(page.text, newline="")))
            self.assertEqual(
                [(r["calls"], r["refused"], r["failed"], r["p50_ms"],
                  r["p95_ms"]) for r in lines if r["what"] == "calls"],
                [tuple(map(str, (calls, refused, failed, *took[:2])))])
            self.assertEqual(
                [(r["detail"], r["calls"]) for r in lines
                 if r["what"] == "failed"], [("tenant_maintenance", str(failed))])
            acts = [r for r in lines if r["made_by"]]
            self.assertIn("maintenance", acts[-1]["detail"])
        who.get(f"/tenants/{tenant}")

    def test_everybody_s_numbers_are_for_nobody_else(self):
        name = "Private " + uuid.uuid4().hex[:8]
        tenant = self.tenant(name)
        client, secret = self.client(tenant)
        self.ask(self.token(tenant, client, secret), 3, 200, family="zz")
        owner, other = self.person(), Person(self.env)
        self.own(owner, client)
        login, _ = self.account("developer,auditor")
        other.sign_in(login)
        page = owner.get(f"/clients/{client}")
        self.assertEqual(self.table(page, "Hospital")[0][0][:2], [name, "3"])
        self.assertEqual(owner.get("/").path, "/clients")
        self.assertNotIn(name, owner.page.text)
        self.assertEqual(other.get(f"/clients/{client}").status, 404)
        self.assertEqual(owner.get(f"/tenants/{tenant}").status, 404)
        mine = self.app(other)
        page = other.get(f"/clients/{mine}")
        self.assertNotIn(name, page.text)
        self.assertIn("No calls.", page.words)


class Figures(Case):
    def scrape(self):
        answer = request("GET", self.env["WG_BASE"] + "/metrics")
        self.assertEqual(answer.status, 200, answer)
        return collections.Counter({
            (name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))): int(n)
            for name, labels, n in re.findall(
                r"^wardgate_(requests_total|portal_signins_total)"
                r"\{(.*)\} (\d+)$", answer.text, re.M)
            if 'program="admin"' in labels or "step=" in labels})

    @staticmethod
    def sum(figures, name, **labels):
        return sum(n for (of, has), n in figures.items()
                   if of == name and set(labels.items()) <= has)

    def test_each_request_and_each_sign_in_is_counted_once(self):
        login, key = self.account("operator", phone=True)
        before = self.scrape()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(
                lambda n: Person(self.env).ask("GET", "/signin" if n % 2
                                               else "/nowhere"), range(200)))
        self.assertEqual(sorted({p.status for p in pages}), [200, 404])
        who = Person(self.env)
        who.sign_in(login, "not the passphrase")      # 1 answer
        who.sign_in(login, key=key)                   # 2 redirects, 2 pages
        more = self.scrape()
        more.subtract(before)
        self.assertEqual(self.sum(more, "requests_total"), 205)
        for labels, n in (({"status": "2xx", "reason": "ok"}, 102),
                          ({"status": "3xx"}, 2),
                          ({"status": "4xx", "reason": "address_unknown"},
                           100),
                          ({"status": "4xx", "reason": "signin_refused"}, 1)):
            self.assertEqual(self.sum(more, "requests_total", program="admin",
                                      interaction="page", **labels), n, labels)
        self.assertEqual({(dict(labels)["step"], dict(labels)["result"]): n
                          for (name, labels), n in more.items()
                          if name == "portal_signins_total" and n},
                         {("passphrase", "signin_refused"): 1,
                          ("passphrase", "ok"): 1, ("code", "ok"): 1})


class States(Case):
    def traffic(self, tenant, ago):
        """A call so long before this hour began."""
        at = f"date_trunc('hour', now(), 'UTC') - interval '{ago}'"
        self.psql("insert into wardgate.traffic select date_trunc('hour',"
                  f" {at}, 'UTC'), '{uuid.uuid4()}', '{tenant}', 'facade',"
                  f" null, 'answered', 'ok', 7, {at}, '{{5}}', '{{7}}'")

    def state(self, who, tenant, name):
        return re.search(r'class="state[^"]*"><span aria-hidden="true">.'
                         r"</span> ([^<]+)<",
                         self.tile(self.found(who, name), tenant)[0])[1]

    def test_each_state_is_a_word_and_silence_is_one(self):
        name = uuid.uuid4().hex[:12]
        tenant = self.tenant(f"States {name}")
        who = self.person("operator", phone=True)
        self.assertEqual(self.state(who, tenant, name), "no calls yet")
        self.traffic(tenant, "5 hours")
        self.assertEqual(self.state(who, tenant, name), "in use")
        self.traffic(tenant, "7 days 90 min")
        self.traffic(tenant, "14 days 30 min")
        self.assertEqual(self.state(who, tenant, name), "silent")
        self.assertIn("Last call", self.tile(who.page, tenant)[1])
        page = self.found(who, name, "&state=silent")
        self.tile(page, tenant)
        self.assertIn("No hospital is like that.",
                      self.found(who, name, "&state=suspended").words)
        client, secret = self.client(tenant)
        self.ask(self.token(tenant, client, secret), 1, 200, family="zz")
        self.assertEqual(self.state(who, tenant, name), "in use")
        self.psql("select wardgate.tenant_state_set("
                  f"'{tenant}', 'suspended', '', null, null)")
        self.assertEqual(self.state(who, tenant, name), "suspended")

    def test_many_hospitals_are_on_several_pages(self):
        name = uuid.uuid4().hex[:12]
        ids = self.tenants(25, f"Many {name}")
        who = self.person("operator", phone=True)
        first = self.found(who, name)
        self.assertEqual(first.text.count("<article"), 24)
        self.assertIn("Page 1 of 2", first.words)
        self.assertNotIn("Previous page", first.words)
        link = html.unescape(re.search(r'href="/admin(/\?page=2[^"]*)"',
                                       first.text)[1])
        second = who.get(link)
        self.assertEqual(second.text.count("<article"), 1)
        self.assertIn("Page 2 of 2", second.words)
        self.assertNotIn("Next page", second.words)
        self.assertEqual({t for page in (first, second) for t in re.findall(
            r'<h3><a href="/admin/tenants/([^"]+)"', page.text)}, ids)
        for query in ("page=0", "page=99999999", "page=x", "state=nonsense",
                      "page=3&find=" + name, "find=%25", "find=%27"):
            with self.subTest(query):
                self.assertEqual(who.get("/?" + query).status, 200)
        self.assertEqual(who.get("/?find=" + "x" * 200).status, 400)


class Ends(Case):
    def test_a_banner_is_there_when_the_end_is_near(self):
        owner, other = self.person(), Person(self.env)
        login, _ = self.account("developer")
        other.sign_in(login)
        operator = self.person("operator", phone=True)
        client = self.app(owner, "Ending " + uuid.uuid4().hex[:8])
        key = re.match(r"wg1_([a-z2-7]{8})_", self.secret(
            owner, client, days="180", label="night"))[1]
        pages = ((owner, "/clients"), (owner, f"/clients/{client}"),
                 (operator, "/"), (operator, f"/clients/{client}"))

        def banner(who, path):
            hit = re.search(r'<section class="ends".*?</section>',
                            who.get(path).text, re.S)
            lines = re.findall(r"<li>.*?</li>", hit[0] if hit else "", re.S)
            return " ".join(plain(li) for li in lines if key in li)

        for days, words, act in (
                (31, "", ""), (29, "Ends in 30 days:", "There is time"),
                (13, "Ends in 14 days:", "Make another one soon."),
                (1, "Ends in 2 days:", "Replace it this week."),
                (0, "Ends within a day:", "Replace it now")):
            self.psql("update wardgate.client_secret set created_at = now() -"
                      " interval '170 days', not_before = now() - interval"
                      f" '170 days', not_after = now() + interval '{days} days"
                      f" 2 hours' where key_id = '{key}'")
            for who, path in pages:
                with self.subTest(f"{days} {path}"):
                    found = banner(who, path)
                    self.assertTrue(found.startswith(words), found)
                    self.assertIn(act, found)
                    self.assertEqual("night" in found, bool(words))
            self.assertEqual(banner(other, "/clients"), "")
        self.psql("update wardgate.client_secret set invalidated_at = now()"
                  f" where key_id = '{key}'")
        for who, path in pages:
            self.assertEqual(banner(who, path), "")


if __name__ == "__main__":
    unittest.main()
