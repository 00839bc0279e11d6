/* cmd_migrate.c - wardgate migrate: bring the schema to what the programs need
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_migrate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext/crypt.h"
#include "ext/prepare.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define NUMBERS_MAX    9999
#define NAME_FORM      "NNNN_name.sql"

static const char lock[] =
    "select pg_advisory_lock(hashtextextended('wardgate.migrate', 0))";

/* One number: the file that is here, and what was written down. */
struct migration {
	const char *name; /* of the file; NULL: not here */
	const char *text;
	unsigned char sha256[CRYPT_SHA256_BYTES];
	bool applied;
	const char *applied_name;
	struct str applied_sha256;
	int64_t applied_at; /* us since 1970 UTC */
};

struct migrations {
	struct arena *a;
	const char *dir;
	struct migration *at; /* at[0] is number 1 */
	size_t n;
};

/* ---- files ------------------------------------------------------------------- */

static bool
form_fits(struct str name)
{
	size_t i;

	if (name.len < 10 || name.len > 100 || name.at[4] != '_' ||
	    !str_is((struct str){ name.at + name.len - 4, 4 }, ".sql"))
		return false;
	for (i = 0; i < name.len - 4; i++)
		if (i != 4 && !(name.at[i] >= '0' && name.at[i] <= '9') &&
		    !(i > 4 && ((name.at[i] >= 'a' && name.at[i] <= 'z') ||
				   name.at[i] == '_')))
			return false;
	return true;
}

static bool
slurp(struct migrations *m, struct migration *to, struct err *e)
{
	const char *path = arena_printf(m->a, "%s/%s", m->dir, to->name);
	FILE *f = fopen(path, "re");
	char *text = arena_raw(m->a, FILE_BYTES_MAX + 1);
	size_t n;

	if (!f)
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", path,
		    strerror(errno));
	n = fread(text, 1, FILE_BYTES_MAX, f);
	fclose(f);
	text[n] = '\0';
	if (n == FILE_BYTES_MAX || strlen(text) != n)
		return err_set(e, ERR_CONF, "%s: too large, or no text.", path);
	crypt_sha256(to->sha256, text, n);
	to->text = text;
	return true;
}

static struct migration *
number(struct migrations *m, size_t no)
{
	if (no > m->n)
		m->n = no;
	return &m->at[no - 1];
}

static bool
take_file(struct migrations *m, const char *name, struct err *e)
{
	struct str s = str_of(name);
	struct migration *to;
	uint64_t no = 0;

	if (s.len < 4 || !str_is((struct str){ s.at + s.len - 4, 4 }, ".sql"))
		return true;
	if (!form_fits(s) || !str_number((struct str){ s.at, 4 }, 4, &no) ||
	    no == 0)
		return err_set(e, ERR_CONF,
		    "%s/%s: is not named " NAME_FORM ".", m->dir, name);
	to = number(m, no);
	if (to->name)
		return err_set(e, ERR_CONF, "%s: two files have the number %s.",
		    m->dir, arena_printf(m->a, "%04d", (int)no));
	to->name = arena_dup(m->a, name, s.len);
	return slurp(m, to, e);
}

static bool
read_dir(struct migrations *m, struct err *e)
{
	DIR *d = opendir(m->dir);
	struct dirent *entry;
	bool ok = true;
	size_t i;

	if (!d)
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", m->dir,
		    strerror(errno));
	while (ok && (entry = readdir(d)))
		ok = take_file(m, entry->d_name, e);
	closedir(d);
	for (i = 0; ok && i < m->n; i++)
		if (!m->at[i].name)
			ok = err_set(e, ERR_CONF,
			    "%s: number %04zu is not here, but later ones are.",
			    m->dir, i + 1);
	if (ok && !m->n)
		ok =
		    err_set(e, ERR_CONF, "%s: holds no " NAME_FORM ".", m->dir);
	return ok;
}

/* ---- what is applied --------------------------------------------------------- */

/* false with e clear: the table is not there yet. */
static bool
table_there(struct db_conn *c, struct arena *a, struct err *e)
{
	const struct db_rows *r =
	    db_ask_on(c, a, "migration_table", NULL, 0, e);

	return r && db_bool(r, 0, 0) && db_run_script(c, prepare_migrated, e);
}

static bool
read_applied(struct migrations *m, struct db_conn *c, struct err *e)
{
	const struct db_rows *r;
	size_t i;

	if (!table_there(c, m->a, e))
		return e->kind == ERR_NONE;
	if (!(r = db_ask_on(c, m->a, "migration_list", NULL, 0, e)))
		return false;
	for (i = 0; i < db_count(r); i++) {
		int64_t no = db_int(r, i, 0);
		struct migration *to;

		if (no < 1 || no > NUMBERS_MAX)
			return err_why(
			    e, ERR_BROKEN, "migration %lld", (long long)no);
		to = number(m, (size_t)no);
		to->applied = true;
		to->applied_name = str_text(m->a, db_text(r, i, 1));
		to->applied_sha256 = db_bytes(r, i, 2);
		to->applied_at = db_time(r, i, 3);
	}
	return true;
}

static const char *
state(const struct migration *m)
{
	struct str now = { (const char *)m->sha256, sizeof m->sha256 };

	if (!m->applied)
		return m->name ? "pending" : "missing";
	if (!m->name)
		return "missing";
	return str_eq(now, m->applied_sha256) ? "applied" : "altered";
}

static bool
all_sound(const struct migrations *m, struct err *e)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		const char *s = state(&m->at[i]);
		const char *name =
		    m->at[i].name ? m->at[i].name : m->at[i].applied_name;

		if (!strcmp(s, "altered"))
			return err_set(e, ERR_CONFLICT,
			    "%s was altered after it was applied: restore the "
			    "file; changes belong in a new one.",
			    name);
		if (!strcmp(s, "missing"))
			return err_set(e, ERR_CONFLICT,
			    "%s is applied but not in %s: these programs are "
			    "older than the database.",
			    name ? name : "A migration", m->dir);
	}
	return true;
}

/* ---- the verbs --------------------------------------------------------------- */

static struct migrations *
open_dir(struct command *c, struct err *e)
{
	struct migrations *m = arena_get(command_arena(c), sizeof *m);
	const char *dir = command_option(c, "--dir");

	m->a = command_arena(c);
	m->dir = dir ? dir : WG_SHARE "/sql/migrations";
	m->at = arena_get(m->a, NUMBERS_MAX * sizeof *m->at);
	return command_end(c, e) && read_dir(m, e) ? m : NULL;
}

static void
say_one(struct command *c, size_t no, const struct migration *m)
{
	say_int(c, "number", (int64_t)no);
	say_text(c, "name", m->name ? m->name : m->applied_name);
	say_text(c, "state", state(m));
	if (m->applied)
		say_time(c, "applied_at", m->applied_at);
	else
		say_null(c, "applied_at");
	say_row(c);
}

static void
say_all(struct command *c, const struct migrations *m)
{
	size_t i;

	say_list(c, "migrations");
	for (i = 0; i < m->n; i++)
		say_one(c, i + 1, &m->at[i]);
	say_list_end(c);
}

typedef bool work(
    struct command *, struct migrations *, struct db_conn *, struct err *);

/* Reads both sides on one connection and hands them to w. */
static bool
with_both(struct command *c, work *w, bool locked, struct err *e)
{
	struct migrations *m = open_dir(c, e);
	struct db *db = m ? command_db(c, e) : NULL;
	struct db_conn *conn = db ? db_take(db, e) : NULL;
	bool ok = conn && (!locked || db_run_script(conn, lock, e)) &&
	          read_applied(m, conn, e) && w(c, m, conn, e);

	db_give(conn);
	return ok;
}

static bool
status(struct command *c, struct migrations *m, struct db_conn *conn,
    struct err *e)
{
	(void)conn;
	(void)e;
	say_all(c, m);
	return true;
}

bool
migrate_status(struct command *c, struct err *e)
{
	return with_both(c, status, false, e);
}

static bool
verify(struct command *c, struct migrations *m, struct db_conn *conn,
    struct err *e)
{
	size_t i;

	(void)conn;
	say_all(c, m);
	if (!all_sound(m, e))
		return false;
	for (i = 0; i < m->n; i++)
		if (!m->at[i].applied)
			return err_set(e, ERR_CONFLICT,
			    "%s is not applied: run `wardgate migrate apply`.",
			    m->at[i].name);
	return true;
}

bool
migrate_verify(struct command *c, struct err *e)
{
	return with_both(c, verify, false, e);
}

/* The file and its line in the table stand or fall together. */
static bool
apply_in_one(
    struct migrations *m, struct db_conn *conn, size_t i, struct err *e)
{
	const struct migration *one = &m->at[i];
	struct db_arg args[] = { db_arg_int((int64_t)i + 1),
		db_arg_text(str_of(one->name)),
		db_arg_bytes((struct str){
		    (const char *)one->sha256, sizeof one->sha256 }) };

	return db_begin(conn, e) && db_run_script(conn, one->text, e) &&
	       (i > 0 || db_run_script(conn, prepare_migrated, e)) &&
	       db_ask_on(conn, m->a, "migration_add", args, COUNT(args), e) &&
	       db_commit(conn, e);
}

static bool
apply(struct command *c, struct migrations *m, struct db_conn *conn,
    struct err *e)
{
	struct err why = { 0 };
	size_t i;

	if (!all_sound(m, e))
		return false;
	say_list(c, "applied");
	for (i = 0; i < m->n; i++) {
		if (m->at[i].applied)
			continue;
		if (!apply_in_one(m, conn, i, &why)) {
			db_rollback(conn);
			say_list_end(c);
			return err_set(e, why.kind,
			    "%s was not applied, nothing of it is left: %s",
			    m->at[i].name, *why.said ? why.said : why.why);
		}
		say_int(c, "number", (int64_t)i + 1);
		say_text(c, "name", m->at[i].name);
		say_row(c);
	}
	say_list_end(c);
	say_int(c, "schema", (int64_t)m->n);
	return true;
}

bool
migrate_apply(struct command *c, struct err *e)
{
	return with_both(c, apply, true, e);
}
