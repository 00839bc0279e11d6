# test_schema.py - schema/ and the sum of migrations/ are the same
# SPDX-License-Identifier: Apache-2.0

import re
import subprocess
import unittest

from tests.rig import place
from tests.sql import base


def dump(database):
    """pg_dump of the definitions, without what differs by time or name."""
    server = base.Server.get()
    done = subprocess.run(
        [place.tool("pg_dump", "postgresql-client-15"), "--schema-only",
         "-d", server.dsn(database, None)],
        text=True, capture_output=True, check=True)
    return [line for line in done.stdout.splitlines()
            if line and not line.startswith(("--", "\\"))]


class Schema(base.DatabaseCase):

    def test_schema_and_migrations_give_the_same_catalog(self):
        built = self.server.create()
        for path in base.schema_files():
            self.server.run(built, base.OWNER, "-1", "-f", str(path))
        migrated, plain = dump(self.name), dump(built)
        self.assertGreater(len(plain), 1000)
        self.maxDiff = None
        self.assertEqual(migrated, plain)
        rows = {}
        for table in ("policy", "change", "roll_up"):
            for name in (self.name, built):
                rows[name, table] = self.server.run(
                    name, None, "-c", f"select count(*) from wardgate.{table}")
            self.assertEqual(rows[self.name, table], rows[built, table])
        self.server.drop(built)

    def test_migrations_are_numbered_from_one_without_gap(self):
        names = [p.name for p in base.migrations()]
        self.assertEqual([int(n[:4]) for n in names],
                         list(range(1, len(names) + 1)))
        for name in names:
            self.assertRegex(name, r"^\d{4}_[a-z0-9_]+\.sql$")

    def test_roles_that_are_there_are_left_alone(self):
        path = str(base.TOP / "sql/schema/00_roles.sql")
        self.server.run(self.name, base.OWNER, "-f", path)
        self.server.run(self.name, "wg_operator", "-f", path)

    def test_every_table_column_type_and_function_has_a_comment(self):
        bare = self.sql("""
            select c.relname
              from pg_class as c
             where c.relnamespace = 'wardgate'::regnamespace
               and c.relkind in ('r', 'p', 'v')
               and obj_description(c.oid, 'pg_class') is null
             union all
            select p.proname
              from pg_proc as p
             where p.pronamespace = 'wardgate'::regnamespace
               and obj_description(p.oid, 'pg_proc') is null""")
        self.assertEqual(bare, "")
        known = ("client_id tenant_id created_at name key_id number "
                 "provider_id").split()
        bare = self.sql("""
            select c.relname || '.' || a.attname
              from pg_class as c
              join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
             where c.relnamespace = 'wardgate'::regnamespace
               and c.relkind in ('r', 'p') and not c.relispartition
               and col_description(c.oid, a.attnum) is null
             order by 1""").split()
        self.assertEqual(
            [b for b in bare if b.split(".")[1] not in known], [])

    def test_lines_say_lower_case_keywords(self):
        shout = re.compile(
            r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|WHERE|FROM)\b")
        for path in (base.TOP / "sql").rglob("*.sql"):
            for number, line in enumerate(
                    path.read_text().splitlines(), 1):
                code = re.sub(r"'[^']*'", "", line.split("--")[0])
                self.assertIsNone(shout.search(code), f"{path}:{number}")


class Vocabulary(base.DatabaseCase):

    ROLE = {"metadata": "wg_metadata", "token": "wg_token",
            "facade": "wg_facade", "probe": "wg_facade", "admin": "wg_admin",
            "keeper": "wg_keeper", "wardgate": "wg_operator",
            "migrate": "wg_owner",
            "migrated": "wg_owner", "rehearsal": "wg_rehearsal"}

    def test_every_vocabulary_can_be_prepared_by_its_role(self):
        paths = sorted((base.TOP / "sql/prepare").glob("*.sql"))
        self.assertEqual({p.stem for p in paths}, set(self.ROLE))
        for path in paths:
            with self.subTest(path.name):
                self.server.run(self.name, self.ROLE[path.stem], "-f",
                                str(path))

    def test_statements_answer_with_columns_that_the_door_reads(self):
        readable = {"smallint", "integer", "bigint", "boolean", "bytea",
                    "uuid", "text", "text[]", "timestamp with time zone",
                    "void", "name"}
        takes = {"bigint", "boolean", "bytea", "uuid", "text",
                 "timestamp with time zone", "wardgate.audit_row[]"}
        for path in sorted((base.TOP / "sql/prepare").glob("*.sql")):
            said = self.server.run(
                self.name, None, text=path.read_text() + """
                select distinct unnest(parameter_types)::text
                  from pg_prepared_statements;""")
            self.assertLessEqual(set(said.splitlines()), takes, path.name)
            for view, name in self.views(path):
                types = self.sql(f"""
                    select string_agg(distinct format_type(a.atttypid, null),
                             '|')
                      from pg_attribute as a
                     where a.attrelid = '{view}'::regclass
                       and a.attnum > 0""")
                self.assertLessEqual(set(types.split("|")), readable,
                                     f"{path.name}: {name}")

    def views(self, path):
        """Each query of a vocabulary as a view, parameters as typed nulls."""
        for name, types, query in re.findall(
                r"prepare (\w+)\s*(\([^)]*\))? as\s+(select[^;]*);",
                path.read_text()):
            types = [t.strip() for t in (types or "()")[1:-1].split(",")]
            query = re.sub(
                r"\$(\d+)", lambda m: f"null::{types[int(m[1]) - 1]}", query)
            view = f"public.v_{path.stem}_{name}"
            try:
                self.server.run(self.name, None, "-c",
                                f"create view {view} as {query}")
            except base.Refused as why:
                self.assertIn("pseudo-type void", str(why), name)
                continue                # answers with nothing
            yield view, name


if __name__ == "__main__":
    unittest.main()
