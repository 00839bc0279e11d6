# test_cgi.py - each program started by hand as plain CGI, for one request
# SPDX-License-Identifier: Apache-2.0
#
# The diagnostic mode of RFC 3875: no socket, variables in the environment, the
# body on standard input, the answer on standard output.

import json
import os
import subprocess
import unittest
from urllib.parse import urlencode

from tests.e2e import once
from tests.e2e.hostile import Hostile, request, rows
from tests.rig import place
from tests.rig.client import FORM, Answer
from tests.rig.house import House

WAIT_S = 30


@once
class Cgi(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.bin = place.build_dir() / "bin"
        if (cls.house.home / "bin").exists():
            cls.bin = cls.house.home / "bin"

    def start(self, name, variables, user=None, conf=None, stdin=None):
        """The program as a process; user: not the run user but this one."""
        env = {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
               "WARDGATE_CONF": str(conf or self.house.conf),
               "REMOTE_ADDR": "192.0.2.1", **variables}
        return subprocess.Popen(
            [str(self.bin / name)], env=env, cwd=self.house.home,
            stdin=stdin or subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **(user if user is not None else place.drop()))

    def run_cgi(self, name, variables, body=b"", **more):
        """(answer or None, exit status, log)"""
        with self.start(name, variables, **more) as process:
            out, log = process.communicate(body, WAIT_S)
        return self.read(out), process.returncode, log.decode()

    @staticmethod
    def read(out):
        head, found, body = out.partition(b"\r\n\r\n")
        if not found:
            return None
        pairs = [tuple(p.strip() for p in line.split(":", 1))
                 for line in head.decode().split("\r\n")]
        return Answer(int(dict(pairs)["Status"].split()[0]), pairs, body)

    def form(self, **more):
        return urlencode({
            "grant_type": "client_credentials",
            "client_id": self.env["WG_CLIENT_ID"],
            "client_secret": self.env["WG_CLIENT_SECRET"],
            "scope": self.env["WG_TENANT_R4"], **more}).encode()

    def post(self, body, target="/oauth2/token"):
        return {"REQUEST_METHOD": "POST", "REQUEST_URI": target,
                "CONTENT_TYPE": FORM, "CONTENT_LENGTH": str(len(body))}

    def get(self, target, **more):
        return {"REQUEST_METHOD": "GET", "REQUEST_URI": target, **more}

    def somebody(self):
        """A patient of the R4 ward."""
        ward = request("GET", self.env["WG_BASE"]
                       + "/rehearsal/r4/Patient?_count=1")
        return ward.json["entry"][0]["resource"]

    # ---- one request, answered like any other ----

    def test_token_gives_a_token_and_keeps_its_row(self):
        body = self.form()
        answer, status, log = self.run_cgi("token", self.post(body), body)
        self.assertEqual((answer.status, status), (200, 0), log)
        self.assertTrue(answer.json["access_token"])
        self.assertEqual(self.audited(answer), ("ok", 200))

    def test_token_refuses_as_it_does_elsewhere(self):
        body = self.form(scope="x")
        answer, status, _ = self.run_cgi("token", self.post(body), body)
        self.safe(answer, 400, "invalid_scope", "scope_malformed")
        self.assertEqual(status, 0)

    def test_facade_reads_a_record_and_keeps_its_row(self):
        token = self.env.token("R4")
        found = self.somebody()["id"]
        answer, status, log = self.run_cgi("facade", self.get(
            f"/fhir/r4/Patient/{found}",
            HTTP_AUTHORIZATION=f"Bearer {token}"))
        self.assertEqual((answer.status, status), (200, 0), log)
        self.assertEqual(answer.json["id"], found)
        self.assertEqual(self.audited(answer), ("ok", 200))

    def test_facade_searches_with_a_form(self):
        body = b"_id=" + self.somebody()["id"].encode()
        answer, status, log = self.run_cgi("facade", {
            **self.post(body, "/fhir/r4/Patient/_search"),
            "HTTP_AUTHORIZATION": f"Bearer {self.env.token('R4')}"}, body)
        self.assertEqual((answer.status, status), (200, 0), log)
        self.assertEqual(len(answer.json["entry"]), 1)

    def test_facade_runs_a_batch_and_keeps_all_its_rows(self):
        found = self.somebody()["id"]
        body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": url}} for url in
            (f"Patient/{found}", "Patient/nobody", f"Patient?_id={found}")]
        }).encode()
        answer, status, log = self.run_cgi("facade", {
            **self.post(body, "/fhir/r4"),
            "CONTENT_TYPE": "application/fhir+json",
            "HTTP_AUTHORIZATION": f"Bearer {self.env.token('R4')}"}, body)
        self.assertEqual((answer.status, status), (200, 0), log)
        self.assertEqual([e["response"]["status"]
                          for e in answer.json["entry"]],
                         ["200 OK", "404 Not Found", "200 OK"])
        self.assertEqual(self.audited(answer), ("ok", 200))
        kept = rows(self.env, "select entry, status from wardgate.audit where "
                    f"trace_id = '{answer.header['x-trace-id']}' "
                    "and at > now() - interval '1 hour' order by entry")
        self.assertEqual(kept, [["0", "200"], ["1", "200"], ["2", "404"],
                                ["3", "200"]])

    def test_facade_without_a_token_is_refused_and_kept(self):
        answer, status, _ = self.run_cgi(
            "facade", self.get("/fhir/r4/Patient/1"))
        self.safe(answer, 401, "token_absent", "token_absent")
        self.assertEqual(status, 0)

    def test_metadata_and_rehearsal_answer_too(self):
        for name, target in (("metadata", "/fhir/r4/metadata"),
                             ("metadata", "/readyz"),
                             ("rehearsal", "/rehearsal/r4/metadata")):
            answer, status, log = self.run_cgi(name, self.get(target))
            self.assertEqual((answer.status, status), (200, 0), log)
            self.assertTrue(answer.json)

    def test_head_has_no_body(self):
        answer, _, _ = self.run_cgi("metadata", {
            **self.get("/fhir/r4/metadata"), "REQUEST_METHOD": "HEAD"})
        self.assertEqual((answer.status, answer.body), (200, b""))

    # ---- the body on standard input ----

    def test_a_body_is_as_long_as_it_says(self):
        body = self.form()
        for length in (len(body) + 1, len(body) + 100000, "x", "-1"):
            answer, _, log = self.run_cgi(
                "token", {**self.post(body), "CONTENT_LENGTH": str(length)},
                body)
            self.assertIn(answer.status, (400, 413), (length, log))

    def test_without_a_length_there_is_no_body_and_no_waiting_for_one(self):
        variables = self.post(b"")
        del variables["CONTENT_LENGTH"]
        ours, theirs = os.pipe()      # never closed by the other side
        try:
            with self.start("token", variables, stdin=ours) as process:
                out, _ = process.communicate(timeout=WAIT_S)
        finally:
            os.close(ours)
            os.close(theirs)
        self.safe(self.read(out), 400, "invalid_request", "request_malformed")

    # ---- what it takes ----

    def test_one_request_takes_one_connection(self):
        """The role may have no more than it has and this one."""
        body = self.form()
        self.leave_one("wg_token")
        answer, _, log = self.run_cgi("token", self.post(body), body)
        self.assertEqual(answer.status, 200, log)
        token = self.env.token("R4")
        self.leave_one("wg_facade")
        answer, _, log = self.run_cgi("facade", self.get(
            f"/fhir/r4/Patient/{self.somebody()['id']}",
            HTTP_AUTHORIZATION=f"Bearer {token}"))
        self.assertEqual(answer.status, 200, log)

    def leave_one(self, role):
        has = rows(self.env, "select count(*) from pg_stat_activity "
                   f"where usename = '{role}'")[0][0]
        self.addCleanup(rows, self.env,
                        f"alter role {role} connection limit -1")
        rows(self.env, f"alter role {role} connection limit {int(has) + 1}")

    def test_token_runs_only_as_the_owner_of_its_keys(self):
        if os.getuid() != 0:
            self.skipTest("needs root to be somebody else")
        body = self.form()
        for who in ({}, {"user": 65534, "group": 65534, "extra_groups": []}):
            answer, status, log = self.run_cgi("token", self.post(body), body,
                                               user=who)
            self.assertEqual(status, 1)
            self.assertIn("start_failed", log)
            if answer:
                self.assertEqual(answer.status, 500, answer)
                self.assertEqual(answer.json["error"], "server_error")
                self.assertNotIn(str(self.house.home), answer.text)

    def test_a_program_that_cannot_start_says_so_in_its_own_shape(self):
        conf = place.write(self.house.home / "away.conf",
                           self.house.conf.read_text().replace(
                               f"host={self.house.home}/db",
                               "host=/nonexistent"))
        self.addCleanup(conf.unlink)
        body = self.form()
        answer, status, _ = self.run_cgi("token", self.post(body), body,
                                         conf=conf)
        self.assertEqual((answer.status, status), (503, 1))
        self.assertEqual(answer.json["error"], "temporarily_unavailable")
        self.assertIn("retry-after", answer.header)
        answer, _, _ = self.run_cgi(
            "facade", self.get("/fhir/r4/Patient/1"), conf=conf)
        self.assertEqual(answer.status, 503)
        self.assertEqual(answer.json["resourceType"], "OperationOutcome")

    def test_neither_socket_nor_cgi_is_a_wrong_call(self):
        for name in ("token", "facade", "metadata", "rehearsal"):
            done = subprocess.run(
                [str(self.bin / name)], env={"WARDGATE_CONF": "/nonexistent"},
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=WAIT_S)
            self.assertEqual(done.returncode, 2)
            self.assertIn("usage:", done.stderr)


if __name__ == "__main__":
    unittest.main()
