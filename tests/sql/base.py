# base.py - databases to test in
# SPDX-License-Identifier: Apache-2.0
#
# WG_TEST_DB is the libpq string of a superuser of a cluster that may be used
# up; without it a private cluster is started. Every test case class gets a
# database of its own, copied from one that was migrated. Sessions take a role
# by the option `role`, so pg_hba.conf has nothing to say about it.

import atexit
import json
import os
import subprocess
import unittest

from tests.rig import place
from tests.rig.cluster import Cluster

TOP = place.TOP
ROLES = ("wg_metadata wg_token wg_facade wg_admin wg_rehearsal wg_keeper "
         "wg_operator wg_auditor").split()
OWNER = "wg_owner"
SUPER = None
TEMPLATE = f"wgt_{os.getpid()}"

TENANT = "11111111-2222-3333-4444-555555555555"
TENANT2 = "99999999-8888-7777-6666-555555555555"
CLIENT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
URL = "https://fhir.hospital.example/r4"


class Refused(Exception):
    """psql failed; the text is its standard error."""


class Session:
    """A psql that stays: one start for many statements of one role."""

    END = "-- answered --"

    def __init__(self, dsn):
        self.psql = subprocess.Popen(
            [place.psql(), "-XqAt", "-d", dsn],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8"})

    def ask(self, text):
        """The answer of one statement; Refused with its state and message."""
        self.psql.stdin.write(
            f"{text.strip().rstrip(';')}\n;\n\\echo '{self.END}' :ERROR :SQLSTATE"
            " :LAST_ERROR_MESSAGE\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line.startswith(self.END):
                error, state, said = line[len(self.END):].split(" ", 3)[1:]
                if error == "true":
                    raise Refused(f"ERROR:  {state}: {said.strip()}")
                return "".join(lines).rstrip("\n")
            lines.append(line)
        raise Refused("psql ended")

    def close(self):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait()


class Server:
    """One cluster for all tests of this process."""

    made = 0
    server = None

    @classmethod
    def get(cls):
        if cls.server is None:
            cls.server = cls()
        return cls.server

    def __init__(self):
        self.conninfo = os.environ.get("WG_TEST_DB")
        self.databases = []
        if not self.conninfo:
            cluster = Cluster.fresh()
            atexit.register(cluster.remove)
            self.conninfo = cluster.dsn("postgres", "postgres")
        atexit.register(self.drop_all)
        self.run("postgres", None, "-c", f"""
            do $$ begin
              if to_regrole('{OWNER}') is null then
                create role {OWNER} login createrole;
              end if;
            end $$""")

    def dsn(self, database, role):
        options = f" options='-c role={role}'" if role else ""
        return f"{self.conninfo} dbname={database}{options}"

    def run(self, database, role, *args, text=None):
        done = subprocess.run(
            [place.psql(), "-XqAt",
             "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database, role), *args],
            text=True, input=text, capture_output=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"})
        if done.returncode:
            raise Refused(done.stderr.strip())
        return done.stdout.rstrip("\n")

    def create(self, template="template0"):
        Server.made += 1
        name = f"{TEMPLATE}_{Server.made}"
        self.run("postgres", None, "-c",
                 f"create database {name} owner {OWNER} template {template}")
        self.databases.append(name)
        return name

    def drop(self, name):
        if name in self.databases:
            self.databases.remove(name)
            self.run("postgres", None, "-c",
                     f"drop database if exists {name} with (force)")

    def drop_all(self):
        for name in list(self.databases):
            try:
                self.drop(name)
            except Refused:
                pass

    _migrated = None

    def migrated(self):
        """Name of a database with all migrations: a template."""
        if not self._migrated:
            self._migrated = self.create()
            self.migrate(self._migrated)
            self.run(self._migrated, OWNER, "-c", """
                update wardgate.policy set value = 'advised'
                 where name = 'production_probe'""")
        return self._migrated

    def migrate(self, name):
        for path in migrations():
            self.run(name, OWNER, "-1", "-f", str(path))
            number, sha = int(path.name[:4]), "00" * 32
            self.run(name, OWNER, "-c", f"""
                insert into wardgate.migration (number, name, sha256)
                values ({number}, '{path.name}', '\\x{sha}')""")


def migrations():
    return sorted((TOP / "sql/migrations").glob("*.sql"))


def schema_files():
    """In the order that builds the schema: tables, functions, grants."""
    schema = sorted((TOP / "sql/schema").glob("*.sql"))
    return [*[p for p in schema if p.name < "90"],
            *sorted((TOP / "sql/functions").glob("*.sql")),
            *[p for p in schema if p.name >= "90"]]


class DatabaseCase(unittest.TestCase):
    """A test case class with a migrated database of its own."""

    copied = True   # a copy lacks the rights on the database itself

    @classmethod
    def setUpClass(cls):
        cls.server = Server.get()
        if cls.copied:
            cls.name = cls.server.create(cls.server.migrated())
        else:
            cls.name = cls.server.create()
            cls.server.migrate(cls.name)
        cls.sessions = {}

    @classmethod
    def tearDownClass(cls):
        for session in cls.sessions.values():
            session.close()
        cls.server.drop(cls.name)

    # ---- asking ----

    def sql(self, text, role=OWNER):
        """One statement; its answer as psql prints it, unaligned."""
        if role not in self.sessions:
            self.sessions[role] = Session(self.server.dsn(self.name, role))
        return self.sessions[role].ask(text)

    def rows(self, text, role=OWNER):
        """One query; a list of dictionaries."""
        answer = self.sql(
            f"select coalesce(json_agg(q), '[]') from ({text}) as q", role)
        return json.loads(answer)

    def row(self, text, role=OWNER):
        found = self.rows(text, role)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def refused(self, text, role=OWNER, state=None):
        """The statement fails; returns state and message."""
        with self.assertRaises(Refused) as caught:
            self.sql(text, role)
        said = str(caught.exception)
        if state:
            self.assertIn(f"{state}: ", said)
        return said

    def script(self, name, /, role="wg_operator", **variables):
        """A script of sql/onboard; its rows as {object: (outcome, detail)}."""
        sets = [x for k, v in variables.items() for x in ("-v", f"{k}={v}")]
        text = self.server.run(self.name, role, *sets, "-f",
                               str(TOP / "sql/onboard" / f"{name}.sql"))
        rows = [line.split("|") for line in text.splitlines() if "|" in line]
        return {r[0]: (r[2], r[3]) for r in rows}

    def number(self):
        return int(self.sql("select n from wardgate.change"))

    # ---- things to work on ----

    def add_client(self, client=CLIENT, name="App"):
        self.sql(f"select * from wardgate.client_add('{client}', '{name}', '',"
                 " '')", "wg_operator")
        return client

    def add_tenant(self, tenant=TENANT, client=None, **more):
        values = {"name": "Hospital", "provider_url": URL,
                  "fhir_version": "R4", **more}
        if client:
            values["client"] = client
        return self.script("tenant", tenant=tenant, **values)

    def add_secret(self, key="abcdefgh", client=CLIENT, before="null",
                   after="null", most=5):
        return self.sql(
            self.secret_sql(key, client, before, after, most), "wg_operator")

    def secret_sql(self, key, client=CLIENT, before="null", after="null",
                   most=5):
        return f"""
            select wardgate.secret_add('{client}', '{key}', 'label',
              'wg1_{key}', '\\x{"ab" * 32}', 1, {before}, {after}, {most})"""
