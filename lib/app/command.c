/* command.c - the frame of a command: verbs, options, answers
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/command.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command_say.h"
#include "base/log.h"
#include "ext/crypt.h"
#include "ext/prepare.h"
#include "web/fail.h"

#define CONF_DEFAULT "/etc/wardgate/wardgate.conf"
#define OWNER_ROLE   "wg_owner"
#define WAIT_MS      5000 /* without settings */

enum exit_code { DONE, FAILED, MISUSED, REFUSED };

struct command {
	struct arena *a;
	const struct command_verb *verb;
	const char **words; /* what is left of the command line */
	size_t n;
	const char *missing; /* first word that was wanted and not there */
	const char *broken;  /* first option without value, or given twice */
	bool json, misused;
	const char *conf_path, *database;
	const struct conf *conf;
	struct db *db;
	struct say *say;
};

/* ---- what the caller typed --------------------------------------------------- */

/* Index of the first word that is the option `name`, with or without =VALUE;
 * c->n when there is none. Options end at `--`. */
static size_t
find(const struct command *c, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < c->n && strcmp(c->words[i], "--"); i++)
		if (!strncmp(c->words[i], name, len) &&
		    (!c->words[i][len] ||
			(c->words[i][len] == '=' && name[1] == '-')))
			return i;
	return c->n;
}

static void
take_out(struct command *c, size_t at, size_t count)
{
	c->n -= count;
	memmove(c->words + at, c->words + at + count,
	    (c->n - at) * sizeof *c->words);
}

bool
command_flag(struct command *c, const char *name)
{
	size_t at = find(c, name);

	if (at == c->n)
		return false;
	if (c->words[at][strlen(name)] && !c->broken)
		c->broken = name;
	take_out(c, at, 1);
	if (find(c, name) != c->n && !c->broken)
		c->broken = name;
	return true;
}

const char *
command_option(struct command *c, const char *name)
{
	size_t at = find(c, name);
	const char *value = NULL;

	if (at == c->n)
		return NULL;
	if (c->words[at][strlen(name)] == '=') {
		value = c->words[at] + strlen(name) + 1;
		take_out(c, at, 1);
	} else if (at + 1 < c->n) {
		value = c->words[at + 1];
		take_out(c, at, 2);
	} else {
		take_out(c, at, 1);
	}
	if ((!value || find(c, name) != c->n) && !c->broken)
		c->broken = name;
	return value;
}

bool
command_number(struct command *c, const char *name, int64_t least, int64_t most,
    int64_t initial, int64_t *n, struct err *e)
{
	const char *text = command_option(c, name);
	uint64_t u = 0;

	*n = initial;
	if (!text)
		return true;
	if (!str_number(str_of(text), 18, &u) || (int64_t)u < least ||
	    (int64_t)u > most)
		return command_misused(c, e,
		    "%s takes a number from %lld to %lld.", name,
		    (long long)least, (long long)most);
	*n = (int64_t)u;
	return true;
}

const char *
command_word(struct command *c, const char *what)
{
	const char *word;
	size_t at = 0;

	/* What looks like an option is one that nobody took. */
	while (at < c->n && c->words[at][0] == '-' && c->words[at][1] &&
	       strcmp(c->words[at], "--"))
		at++;
	if (at < c->n && !strcmp(c->words[at], "--")) {
		if (at + 1 < c->n) {
			word = c->words[at + 1];
			take_out(c, at + 1, 1);
			return word;
		}
		at = c->n;
	}
	if (at == c->n) {
		if (what && !c->missing)
			c->missing = what;
		return NULL;
	}
	word = c->words[at];
	take_out(c, at, 1);
	return word;
}

bool
command_guid(struct command *c, const char *what, const char *text,
    struct guid *g, struct err *e)
{
	if (text && guid_read(g, str_of(text)) && guid_usable(g))
		return true;
	return command_misused(
	    c, e, "%s must be a GUID: 8-4-4-4-12 hexadecimal digits.", what);
}

bool
command_misused(struct command *c, struct err *e, const char *said, ...)
{
	char text[sizeof e->said];
	va_list ap;

	va_start(ap, said);
	vsnprintf(text, sizeof text, said, ap);
	va_end(ap);
	if (e->kind == ERR_NONE)
		c->misused = true;
	return err_set(e, ERR_MALFORMED, "%s", text);
}

bool
command_end(struct command *c, struct err *e)
{
	if (c->broken)
		return command_misused(c, e,
		    "%s is given twice, or its value is wrong.", c->broken);
	if (c->n && !strcmp(c->words[0], "--"))
		take_out(c, 0, 1);
	if (c->missing)
		return command_misused(c, e, "%s is missing.", c->missing);
	if (c->n)
		return command_misused(
		    c, e, "\"%.80s\" is not understood.", c->words[0]);
	return true;
}

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

	return db ? db_ask(db, c->a, statement, args, n, e) : NULL;
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
	take_out(c, 0, best);
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
