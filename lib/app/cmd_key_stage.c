/* cmd_key_stage.c - wardgate key use, withdraw, rotate: a signing key's stages
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_key_stage.h"

#include <stdio.h>

#include "app/cmd_key.h"
#include "app/keyfile.h"
#include "base/clock.h"
#include "gate/token.h"

enum { KID, STAGE, MADE_AT }; /* columns of signing_key_list */

/* ---- looking ------------------------------------------------------------------ */

/* Can both halves be read on this host, and are they what their names say? */
static bool
is_here(const struct conf *conf, const char *kid, struct err *e)
{
	struct jws_key *private =
	    keys_file(conf->signing_key_dir, kid, true, e),
		       *public = private ? keys_file(conf->public_key_dir, kid,
					       false, e)
	                                 : NULL;
	bool here = private && public;

	jws_key_free(private);
	jws_key_free(public);
	return here;
}

/* The row of the key that was published first, does not sign yet, and whose
 * files are here; db_count(rows): there is none. */
static size_t
waiting(const struct conf *conf, struct arena *a, const struct db_rows *rows)
{
	size_t i;

	for (i = 0; i < db_count(rows); i++) {
		struct err e = { .kind = ERR_NONE };

		if (str_is(db_text(rows, i, STAGE), "published") &&
		    is_here(conf, str_text(a, db_text(rows, i, KID)), &e))
			break;
	}
	return i;
}

/* The kid that signs; absent: none does. */
static struct str
signing(const struct db_rows *rows)
{
	size_t i;

	for (i = 0; i < db_count(rows); i++)
		if (str_is(db_text(rows, i, STAGE), "use"))
			return db_text(rows, i, KID);
	return (struct str){ NULL, 0 };
}

/* ---- use ------------------------------------------------------------------------ */

/* A time as people write it. */
static const char *
when(struct arena *a, int64_t us)
{
	return clock_text(arena_get(a, CLOCK_TEXT_LEN), us);
}

/* known_s: for how long it must have been published. */
static bool
use(struct command *c, const struct conf *conf, const char *kid,
    int64_t known_s, struct err *e)
{
	const struct db_arg args[] = { db_arg_text(str_of(kid)),
		db_arg_int(known_s) };
	int64_t until = clock_now_us() + token_outlived_s(conf) * 1000000;
	const struct db_rows *rows;

	if (!is_here(conf, kid, e) ||
	    !(rows = command_ask(c, "signing_key_use", args, 2, e)))
		return false;
	say_text(c, "in_use", kid);
	say_str(c, "outcome", db_text(rows, 0, 0));
	if (db_null(rows, 0, 1)) {
		say_null(c, "retired");
		return true;
	}
	say_str(c, "retired", db_text(rows, 0, 1));
	say_time(c, "withdrawn_from", until);
	say_note(c,
	    "Tokens of the retired key count until they expire; "
	    "`wardgate keep` withdraws it after %s.",
	    when(command_arena(c), until));
	return true;
}

bool
key_use(struct command *c, struct err *e)
{
	bool now = command_flag(c, "--now");
	const char *kid = command_word(c, "KID");
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       use(c, conf, kid, now ? 0 : KEY_KNOWN_S, e);
}

/* ---- withdraw ------------------------------------------------------------------- */

/* Nobody else's business what lies where a key has no file. */
static bool
remove_files(
    struct command *c, const struct conf *conf, const char *kid, struct err *e)
{
	const char *name = arena_printf(command_arena(c), "%s.pem", kid);

	return keyfile_remove(conf->signing_key_dir, name, e) &&
	       keyfile_remove(conf->public_key_dir, name, e);
}

/* Who signs instead; NULL without a failure: the key does not sign. */
static bool
successor(struct command *c, const struct conf *conf, const char *kid,
    const char **next, struct err *e)
{
	const struct db_rows *rows =
	    command_ask(c, "signing_key_list", NULL, 0, e);
	size_t at;

	*next = NULL;
	if (!rows)
		return false;
	if (!str_is(signing(rows), kid))
		return true;
	at = waiting(conf, command_arena(c), rows);
	if (at < db_count(rows)) {
		*next = str_text(command_arena(c), db_text(rows, at, KID));
		return true;
	}
	say_note(c, "No key is published whose files are here; making one.");
	return key_publish(c, next, e);
}

static bool
withdraw(struct command *c, const struct conf *conf, const char *kid,
    const char *next, struct err *e)
{
	const struct db_arg args[] = { db_arg_text(str_of(kid)),
		next ? db_arg_text(str_of(next)) : db_arg_null() };
	const struct db_rows *rows =
	    command_ask(c, "signing_key_withdraw", args, 2, e);

	if (!rows)
		return false;
	say_text(c, "withdrawn", kid);
	say_cell(c, rows, 0, 0);
	say_cell(c, rows, 0, 1);
	say_note(c, "Tokens that it signed are refused within one second. "
		    "Remove its files from the other hosts too.");
	return remove_files(c, conf, kid, e);
}

bool
key_withdraw(struct command *c, struct err *e)
{
	const char *kid = command_word(c, "KID"), *next;
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       successor(c, conf, kid, &next, e) &&
	       withdraw(c, conf, kid, next, e);
}

/* ---- rotate --------------------------------------------------------------------- */

static void
say_next(struct command *c, int64_t at_us)
{
	say_time(c, "next_at", at_us);
	say_note(c,
	    "Copy the key's two files to every other host now. From %s on, run "
	    "`wardgate key rotate` again: then it signs.",
	    when(command_arena(c), at_us));
}

static bool
publish_next(struct command *c, bool first, struct err *e)
{
	say_text(c, "step", first ? "use" : "publish");
	if (!key_publish(c, NULL, e))
		return false;
	if (!first)
		say_next(c, clock_now_us() + (int64_t)KEY_KNOWN_S * 1000000);
	return true;
}

bool
key_rotate(struct command *c, struct err *e)
{
	const struct db_rows *rows;
	const struct conf *conf;
	const char *kid;
	int64_t known_at;
	size_t at;

	if (!command_end(c, e) || !(conf = command_conf(c, e)) ||
	    !(rows = command_ask(c, "signing_key_list", NULL, 0, e)))
		return false;
	at = waiting(conf, command_arena(c), rows);
	if (at == db_count(rows))
		return publish_next(c, !signing(rows).at, e);
	kid = str_text(command_arena(c), db_text(rows, at, KID));
	known_at = db_time(rows, at, MADE_AT) + (int64_t)KEY_KNOWN_S * 1000000;
	if (clock_now_us() < known_at) {
		say_text(c, "step", "wait");
		say_text(c, "kid", kid);
		say_next(c, known_at);
		return true;
	}
	say_text(c, "step", "use");
	return use(c, conf, kid, KEY_KNOWN_S, e);
}
