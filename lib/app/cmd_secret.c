/* cmd_secret.c - wardgate client secret: made, listed, invalidated
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_secret.h"

#include "app/verb.h"
#include "base/clock.h"
#include "ext/crypt.h"
#include "gate/secret.h"

#define DAY_US (INT64_C(86400) * 1000000)

enum { CLIENT, KEY_ID, LABEL, HINT, HASH, PEPPER, START, END, MOST, ARGS };

static bool
take_span(struct command *c, const struct conf *conf, struct db_arg args[ARGS],
    struct err *e)
{
	bool endless = command_flag(c, "--no-expiry");
	int64_t days, start;

	if (!command_number(
		c, "--days", 1, conf->secret_life_max_days, -1, &days, e) ||
	    !verb_time(c, "--start", &args[START], e))
		return false;
	args[END] = db_arg_null();
	if (endless)
		return days < 0 ||
		       command_misused(
			   c, e, "--days and --no-expiry exclude each other.");
	start =
	    args[START].type == DB_NULL ? clock_now_us() : args[START].number;
	if (days < 0)
		days = conf->secret_life_days;
	args[END] = db_arg_time(start + days * DAY_US);
	return true;
}

static void
say_new_secret(struct command *c, const struct db_arg args[ARGS],
    const char *text, const struct secret *s)
{
	say_guid(c, "client_id", &args[CLIENT].guid);
	say_text(c, "key_id", s->key_id);
	if (args[START].type == DB_TIME)
		say_time(c, "not_before", args[START].number);
	if (args[END].type == DB_TIME)
		say_time(c, "not_after", args[END].number);
	else
		say_null(c, "not_after");
	if (command_json(c)) /* RFC 7591 3.2.1: in seconds; 0: it does not */
		say_int(c, "client_secret_expires_at",
		    args[END].type == DB_TIME ? args[END].number / 1000000 : 0);
	say_secret(c, "client_secret", text);
	say_note(c,
	    "Keep the secret now: it is shown this once. Here only a keyed "
	    "hash of it is kept.");
}

/* Stored first, shown afterwards: nobody sees a secret that does not work. */
static bool
make_and_store(struct command *c, const struct secret_peppers *p,
    struct db_arg args[ARGS], struct err *e)
{
	char text[SECRET_LEN + 1];
	struct secret s;
	bool stored;

	secret_make(p, text, &s);
	args[KEY_ID] = db_arg_text(str_of(s.key_id));
	args[HINT] = db_arg_text((struct str){ text, SECRET_HINT_LEN });
	args[HASH] =
	    db_arg_bytes((struct str){ (const char *)s.hash, sizeof s.hash });
	args[PEPPER] = db_arg_int(s.pepper);
	stored = command_ask(c, "secret_add", args, ARGS, e) != NULL;
	if (stored)
		say_new_secret(c, args, text, &s);
	crypt_wipe(text, sizeof text);
	return stored;
}

bool
client_secret_add(struct command *c, struct err *e)
{
	const struct conf *conf = command_conf(c, e);
	struct secret_peppers *p;
	struct db_arg args[ARGS];
	bool done;

	if (!conf || !take_span(c, conf, args, e))
		return false;
	args[LABEL] = verb_text(c, "--label");
	args[MOST] = db_arg_int(conf->secrets_per_client);
	if (!verb_guid(c, "CLIENT", &args[CLIENT], e) || !command_end(c, e) ||
	    !(p = secret_peppers_open(conf->pepper_dir, e)))
		return false;
	done = make_and_store(c, p, args, e);
	secret_peppers_free(p);
	return done;
}

static void
say_time_or_null(struct command *c, const char *name,
    const struct db_rows *rows, size_t r, size_t col)
{
	if (db_null(rows, r, col))
		say_null(c, name);
	else
		say_time(c, name, db_time(rows, r, col));
}

static void
say_secrets(struct command *c, const struct db_rows *rows)
{
	size_t i;

	say_list(c, "secrets");
	for (i = 0; i < db_count(rows); i++) {
		say_str(c, "key_id", db_text(rows, i, 0));
		say_str(c, "state", db_text(rows, i, 3));
		say_time_or_null(c, "not_after", rows, i, 5);
		say_time_or_null(c, "last_used", rows, i, 8);
		say_cell(c, rows, i, 9);  /* last_tenant */
		say_cell(c, rows, i, 10); /* last_network */
		say_int(c, "uses", db_int(rows, i, 11));
		say_cell(c, rows, i, 14); /* outcome */
		say_int(c, "refused", db_int(rows, i, 15));
		say_str(c, "label", db_text(rows, i, 1));
		say_row(c);
	}
	say_list_end(c);
}

bool
client_secret_list(struct command *c, struct err *e)
{
	const struct db_rows *rows;
	struct db_arg client;

	if (!verb_guid(c, "CLIENT", &client, e) || !command_end(c, e) ||
	    !(rows = command_ask(c, "secret_list", &client, 1, e)))
		return false;
	if (command_json(c))
		say_rows(c, "secrets", rows);
	else
		say_secrets(c, rows);
	return true;
}

bool
client_secret_invalidate(struct command *c, struct err *e)
{
	struct db_arg args[2];
	const char *key_id;

	if (!verb_guid(c, "CLIENT", &args[0], e))
		return false;
	key_id = command_word(c, "KEYID");
	if (!command_end(c, e))
		return false;
	if (!secret_key_id_fits(str_of(key_id)))
		return command_misused(c, e,
		    "KEYID is the 8 characters after wg1_, as `wardgate client "
		    "secret list` shows them.");
	args[1] = db_arg_text(str_of(key_id));
	return verb_outcome(c, "secret_invalidate", args, 2, e);
}
