/* command.h - the frame of a command: verbs, options, answers
 * SPDX-License-Identifier: Apache-2.0
 *
 * A verb is one function. It takes its options and words from the frame, asks
 * the database in the role that the table gives it, and says its answer as
 * named values; the frame prints them as text or, with --json, as one JSON
 * object. A verb never prints by itself, but for `follow` lines (say_flush).
 *
 * Exit codes: 0 done, also when nothing had to change; 1 failed; 2 wrong
 * usage; 3 refused: what was asked for is not allowed, not there, or there
 * already. One process, one verb, one thread. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "app/command_say.h" /* say_text() and its sisters */
#include "base/arena.h"
#include "base/conf.h"
#include "base/enc.h"
#include "base/err.h"
#include "ext/db.h"

/* Whose rights a verb needs. With --database the string's own user is used
 * instead; without it the role named here, over the settings' database. */
enum command_as {
	AS_NOBODY,   /* does not ask the database */
	AS_OPERATOR, /* wg_operator, sql/prepare/wardgate.sql */
	AS_AUDITOR,  /* wg_auditor, sql/prepare/wardgate.sql */
	AS_KEEPER,   /* wg_keeper, sql/prepare/keeper.sql */
	AS_PROBE,    /* wg_facade, sql/prepare/probe.sql */
	AS_OWNER, /* wg_owner, sql/prepare/migrate.sql; waits without limit */
	AS_REHEARSAL /* wg_rehearsal, rehearsal.sql; waits without limit */
};

struct command;

struct command_verb {
	const char *words; /* "client secret add" */
	bool (*run)(struct command *, struct err *);
	enum command_as as;
	const char *takes; /* "[--label TEXT] CLIENT", for the usage */
	const char *does;  /* one line */
};

/* command_main - main of the program: finds the verb, runs it, prints what it
 * said or why it failed. Returns the exit code. */
int command_main(
    const struct command_verb *verbs, size_t n, int argc, char **argv);

/* ---- what the caller typed --------------------------------------------------- */

/* Options may stand anywhere after the verb, as --name VALUE or --name=VALUE;
 * `--` ends them. Take options first, then words, then command_end. */

/* command_flag - was --name given? Taken: a second call says no. */
bool command_flag(struct command *c, const char *name);

/* command_option - value of --name, NULL when it was not given. Given twice or
 * without value: the verb will fail at command_end. */
const char *command_option(struct command *c, const char *name);

/* command_number - value of --name as a number; `initial` when not given.
 * false: a usage failure in e. */
bool command_number(struct command *c, const char *name, int64_t least,
    int64_t most, int64_t initial, int64_t *n, struct err *e);

/* command_word - the next word, NULL when there is none. what names it in the
 * failure that command_end then reports, NULL: it may be left out. */
const char *command_word(struct command *c, const char *what);

/* command_guid - text as a GUID; false: a usage failure that names what. */
bool command_guid(struct command *c, const char *what, const char *text,
    struct guid *g, struct err *e);

/* command_end - is everything taken and nothing missing? false: a usage
 * failure in e (exit code 2). Call it before doing anything. */
bool command_end(struct command *c, struct err *e);

/* command_misused - a usage failure with a sentence. Returns false. */
bool command_misused(struct command *c, struct err *e, const char *said, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- what the verb works with ------------------------------------------------- */

/* command_json - will the answer be JSON? For verbs whose table would be too
 * wide for people. */
bool command_json(const struct command *c);

/* command_arena - lives as long as the command. */
struct arena *command_arena(struct command *c);

/* command_conf - the settings, read at the first call. NULL: ERR_CONF. */
const struct conf *command_conf(struct command *c, struct err *e);

/* command_db - the database in the verb's role, opened at the first call (and
 * connected by the first ask). NULL: ERR_CONF. */
struct db *command_db(struct command *c, struct err *e);

/* command_begin - from here on command_ask is within one transaction, until
 * command_commit or command_rollback; the latter is fine after any failure. */
bool command_begin(struct command *c, struct err *e);
bool command_commit(struct command *c, struct err *e);
void command_rollback(struct command *c);

/* command_ask - db_ask on it, rows borrowed from command_arena. */
const struct db_rows *command_ask(struct command *c, const char *statement,
    const struct db_arg *args, size_t n, struct err *e);

#endif
