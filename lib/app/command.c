/* command.c - the frame of a command: verbs, options, answers
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/command_inner.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ext/crypt.h"
#include "ext/prepare.h"
#include "web/fail.h"

#define CONF_DEFAULT "/etc/wardgate/wardgate.conf"
#define OWNER_ROLE   "wg_owner"
#define WAIT_MS      5000 /* without settings */

enum exit_code { DONE, FAILED, MISUSED, REFUSED };

/* ---- what the verb works with ------------------------------------------------- */

bool
command_json(const struct command *c)
{
	return c->json;
}

struct arena *
command_arena(struct command *c)
{
	return c->a;
}

const struct conf *
command_conf(struct command *c, struct err *e)
{
	if (!c->conf)
		c->conf = conf_read(c->a, c->conf_path, e);
	return c->conf;
}

static const struct {
	const char *role;
	const char *prepare;
} rights[] = {
	[AS_OPERATOR] = { "wg_operator", prepare_wardgate },
	[AS_AUDITOR] = { "wg_auditor", prepare_wardgate },
	[AS_KEEPER] = { "wg_keeper", prepare_keeper },
	[AS_PROBE] = { "wg_facade", prepare_probe },
	[AS_OWNER] = { OWNER_ROLE, prepare_migrate },
	[AS_REHEARSAL] = { "wg_rehearsal", prepare_rehearsal },
};

/* What the trail says beside the role, which people share: a word of this host,
 * that a user of the database could have chosen otherwise. */
static const char *
who(struct command *c)
{
	const char *sudo = getuid() ? NULL : getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo)
		return arena_printf(c->a, "wardgate by %s", sudo);
	return user ? arena_printf(c->a, "wardgate by %s", user->pw_name)
	            : "wardgate";
}

struct db *
command_db(struct command *c, struct err *e)
{
	enum command_as as = c->verb->as;
	struct db_opts o = { .conninfo = c->database,
		.application_name =
		    as == AS_KEEPER ? "wardgate keep/" WG_VERSION : who(c),
		.prepare_sql = rights[as].prepare,
		.connections = 1,
		.wait_ms = WAIT_MS };

	if (c->db)
		return c->db;
	if (!c->database) {
		if (!command_conf(c, e))
			return NULL;
		o.conninfo = c->conf->database;
		o.role = rights[as].role;
		o.plain = as != AS_OWNER;
		o.passfile = c->conf->database_passfile;
		o.wait_ms = c->conf->database_wait_ms;
	}
	if (as == AS_OWNER || as == AS_REHEARSAL)
		o.wait_ms = 0;
	return c->db = db_open(&o, e);
}

const struct db_rows *
command_ask(struct command *c, const char *statement, const struct db_arg *args,
    size_t n, struct err *e)
{
	struct db *db = command_db(c, e);

	if (c->conn)
		return db_ask_on(c->conn, c->a, statement, args, n, e);
	return db ? db_ask(db, c->a, statement, args, n, e) : NULL;
}

static void
end_transaction(struct command *c)
{
	db_give(c->conn);
	c->conn = NULL;
}

bool
command_begin(struct command *c, struct err *e)
{
	struct db *db = command_db(c, e);

	if (!db || !(c->conn = db_take(db, e)))
		return false;
	if (db_begin(c->conn, e))
		return true;
	end_transaction(c);
	return false;
}

bool
command_commit(struct command *c, struct err *e)
{
	bool done = db_commit(c->conn, e);

	end_transaction(c);
	return done;
}

void
command_rollback(struct command *c)
{
	if (!c->conn)
		return;
	db_rollback(c->conn);
	end_transaction(c);
}

/* ---- the answer -------------------------------------------------------------- */

struct say *
command_say(struct command *c)
{
	return c->say;
}

void
say_note(struct command *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- main -------------------------------------------------------------------- */

static void
usage_line(FILE *to, const struct command_verb *v)
{
	fprintf(to, "  %s %s%s%s\n      %s\n", program_invocation_short_name,
	    v->words, *v->takes ? " " : "", v->takes, v->does);
}

static void
usage(FILE *to, const struct command_verb *verbs, size_t n)
{
	size_t i;

	fprintf(to,
	    "usage: %s [-c FILE] [--database STRING] [--json] VERB ...\n\n"
	    "  -c FILE            settings (default: "
	    "$WARDGATE_CONF, " CONF_DEFAULT ")\n"
	    "  --database STRING  libpq string; its user instead of the "
	    "verb's role\n"
	    "  --json             answer in JSON\n"
	    "  --help, --version\n\nverbs:\n",
	    program_invocation_short_name);
	for (i = 0; i < n; i++)
		usage_line(to, &verbs[i]);
}

/* How many words of the command line the verb's name takes; 0: another one. */
static size_t
matches(const char *words, const struct command *c)
{
	struct str rest = str_of(words);
	size_t i = 0;

	while (rest.at) {
		struct str word = str_cut(rest, ' ', &rest);

		if (i == c->n || !str_is(word, c->words[i++]))
			return 0;
	}
	return i;
}

static const struct command_verb *
verb_of(const struct command_verb *verbs, size_t n, struct command *c)
{
	size_t i, best = 0;
	const struct command_verb *v = NULL;

	for (i = 0; i < n; i++) {
		size_t len = matches(verbs[i].words, c);

		if (len > best) {
			best = len;
			v = &verbs[i];
		}
	}
	command_take_out(c, 0, best);
	return v;
}

/* The sentence for people: ours if the failure has one, then the log's. */
static const char *
words_of(struct command *c, const struct err *e)
{
	if (*e->said)
		return e->said;
	return *e->why ? e->why : arena_printf(c->a, "%s", fail_said(e));
}

static void
tell_failure(struct command *c, const struct err *e)
{
	struct buf b = buf_new(c->a, 4096);
	const char *words = words_of(c, e);

	if (!c->json) {
		fprintf(
		    stderr, "%s: %s\n", program_invocation_short_name, words);
		return;
	}
	buf_str(&b, "{\"error\":");
	buf_json(&b, fail_reason(e->kind), strlen(fail_reason(e->kind)));
	buf_str(&b, ",\"error_description\":");
	buf_json(&b, words, strlen(words));
	buf_str(&b, "}");
	fprintf(stderr, "%s\n", buf_text(&b));
}

static int
exit_code(const struct command *c, const struct err *e)
{
	if (c->misused)
		return MISUSED;
	switch (e->kind) {
	case ERR_NONE:
		return DONE;
	case ERR_CONFLICT:
	case ERR_MISSING:
	case ERR_MALFORMED:
		return REFUSED;
	default:
		return FAILED;
	}
}

static int
run(struct command *c)
{
	struct err e = { 0 };
	bool ok = c->verb->run(c, &e);

	if (ok && !say_flush(c))
		ok =
		    err_set(&e, ERR_BROKEN, "The answer could not be written.");
	if (!ok) {
		if (e.kind == ERR_NONE)
			err_why(&e, ERR_BROKEN, "%s failed without a word",
			    c->verb->words);
		/* What was done before the failure is worth knowing. */
		say_flush(c);
		tell_failure(c, &e);
		if (c->misused && !c->json)
			usage_line(stderr, c->verb);
	}
	db_close(c->db);
	return ok ? DONE : exit_code(c, &e);
}

/* Options of the command itself may stand before the verb, or after it. */
static void
take_common(struct command *c)
{
	const char *path;

	c->json = command_flag(c, "--json");
	c->database = command_option(c, "--database");
	path = command_option(c, "-c");
	if (!path)
		path = getenv("WARDGATE_CONF");
	c->conf_path = path && *path ? path : CONF_DEFAULT;
}

static int
no_verb(struct command *c, const struct command_verb *verbs, size_t n)
{
	struct err e = { 0 };

	err_set(&e, ERR_MALFORMED, "There is no such verb; see --help.");
	if (c->json)
		tell_failure(c, &e);
	else
		usage(stderr, verbs, n);
	return MISUSED;
}

static int
answer(struct command *c, const struct command_verb *verbs, size_t n)
{
	if (command_flag(c, "--version")) {
		puts("wardgate " WG_VERSION);
		return DONE;
	}
	if (command_flag(c, "--help")) {
		usage(stdout, verbs, n);
		return DONE;
	}
	take_common(c);
	if (!(c->verb = verb_of(verbs, n, c)))
		return no_verb(c, verbs, n);
	c->say = say_open(c->a, c->json);
	return run(c);
}

int
command_main(const struct command_verb *verbs, size_t n, int argc, char **argv)
{
	struct arena *a = arena_new();
	struct command c = { .a = a };
	struct err e = { 0 };
	int code = FAILED, i;

	log_open("wardgate", LOG_WARN);
	c.words = arena_get(a, (size_t)(argc > 0 ? argc : 1) * sizeof *c.words);
	for (i = 1; i < argc; i++)
		c.words[c.n++] = argv[i];
	if (!crypt_start(&e))
		tell_failure(&c, &e);
	else
		code = answer(&c, verbs, n);
	arena_free(a);
	return code;
}
