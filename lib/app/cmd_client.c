/* cmd_client.c - wardgate client: apps, and the hospitals they may ask for
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_client.h"

#include <string.h>

#include "app/verb.h"

#define WORDS      " ,"
#define GRANTS_MAX 1000 /* tenants in one command */

/* ---- apps ---------------------------------------------------------------------- */

struct adding {
	struct db_arg client[4]; /* id, name, purpose, contact */
	struct guid tenants[GRANTS_MAX];
	size_t n;
};

static bool
take_tenants(struct command *c, struct adding *to, struct err *e)
{
	struct str rest = str_of(command_option(c, "--tenant")), word;
	char *text;

	while (rest.at && (rest = str_trim(rest, WORDS)).len) {
		word = (struct str){ rest.at, strcspn(rest.at, WORDS) };
		rest.at += word.len;
		rest.len -= word.len;
		if (to->n == GRANTS_MAX)
			return command_misused(c, e,
			    "--tenant takes at most %d tenants.", GRANTS_MAX);
		text = str_text(command_arena(c), word);
		if (!command_guid(
			c, "--tenant", text, &to->tenants[to->n++], e))
			return false;
	}
	return true;
}

static bool
take_adding(struct command *c, struct adding *to, struct err *e)
{
	const char *id = command_option(c, "--id");
	struct guid g;

	to->client[0] = db_arg_null();
	if (id && !command_guid(c, "--id", id, &g, e))
		return false;
	if (id)
		to->client[0] = db_arg_guid(&g);
	to->client[2] = verb_text(c, "--purpose");
	to->client[3] = verb_text(c, "--contact");
	if (!take_tenants(c, to, e))
		return false;
	to->client[1] = db_arg_text(str_of(command_word(c, "NAME")));
	return command_end(c, e);
}

/* App and grants come into being together. The row says client_id, outcome. */
static const struct db_rows *
add_with_grants(struct command *c, const struct adding *adding, struct err *e)
{
	const struct db_rows *rows;
	struct guid client;
	size_t i;

	if (!command_begin(c, e) ||
	    !(rows = command_ask(c, "client_add", adding->client, 4, e)))
		return NULL;
	client = db_guid(rows, 0, 0);
	for (i = 0; i < adding->n; i++) {
		const struct db_arg args[] = { db_arg_guid(&client),
			db_arg_guid(&adding->tenants[i]), db_arg_null(),
			db_arg_null(), db_arg_null() };

		if (!command_ask(c, "grant_give", args, 5, e))
			return NULL;
	}
	return command_commit(c, e) ? rows : NULL;
}

static void
say_added(
    struct command *c, const struct adding *adding, const struct db_rows *rows)
{
	struct guid client = db_guid(rows, 0, 0);
	size_t i;

	say_guid(c, "client_id", &client);
	say_str(c, "outcome", db_text(rows, 0, 1));
	if (!adding->n)
		return;
	say_list(c, "tenants");
	for (i = 0; i < adding->n; i++) {
		say_guid(c, "tenant_id", &adding->tenants[i]);
		say_row(c);
	}
	say_list_end(c);
}

bool
client_add(struct command *c, struct err *e)
{
	struct adding *adding = arena_get(command_arena(c), sizeof *adding);
	const struct db_rows *rows;

	if (!take_adding(c, adding, e))
		return false;
	rows = add_with_grants(c, adding, e);
	if (rows)
		say_added(c, adding, rows);
	else
		command_rollback(c);
	return rows != NULL;
}

/* What fits on a terminal; --json has every column. */
static void
say_clients(struct command *c, const struct db_rows *rows)
{
	struct guid g;
	size_t i;

	say_list(c, "clients");
	for (i = 0; i < db_count(rows); i++) {
		g = db_guid(rows, i, 0);
		say_guid(c, "client_id", &g);
		say_text(c, "state", db_null(rows, i, 5) ? "live" : "disabled");
		say_int(c, "secrets", db_int(rows, i, 6));
		say_int(c, "grants", db_int(rows, i, 7));
		say_str(c, "name", db_text(rows, i, 1));
		say_row(c);
	}
	say_list_end(c);
}

bool
client_list(struct command *c, struct err *e)
{
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "client_list", NULL, 0, e)))
		return false;
	if (command_json(c))
		say_rows(c, "clients", rows);
	else
		say_clients(c, rows);
	return true;
}

static bool
set_able(struct command *c, bool able, struct err *e)
{
	struct db_arg args[2];

	args[1] = db_arg_bool(able);
	return verb_guid(c, "CLIENT", &args[0], e) && command_end(c, e) &&
	       verb_outcome(c, "client_able", args, 2, e);
}

bool
client_disable(struct command *c, struct err *e)
{
	return set_able(c, false, e);
}

bool
client_enable(struct command *c, struct err *e)
{
	return set_able(c, true, e);
}

/* ---- grants -------------------------------------------------------------------- */

bool
client_grant(struct command *c, struct err *e)
{
	struct db_arg args[5];

	args[3] = db_arg_text(str_of(command_option(c, "--types")));
	args[4] = db_arg_text(str_of(command_option(c, "--purpose")));
	return verb_time(c, "--until", &args[2], e) &&
	       verb_guid(c, "CLIENT", &args[0], e) &&
	       verb_guid(c, "TENANT", &args[1], e) && command_end(c, e) &&
	       verb_outcome(c, "grant_give", args, 5, e);
}

bool
client_ungrant(struct command *c, struct err *e)
{
	struct db_arg args[2];

	return verb_guid(c, "CLIENT", &args[0], e) &&
	       verb_guid(c, "TENANT", &args[1], e) && command_end(c, e) &&
	       verb_outcome(c, "grant_end", args, 2, e);
}

bool
client_grants(struct command *c, struct err *e)
{
	const char *tenant = command_option(c, "--tenant");
	const char *client = command_word(c, NULL);
	struct db_arg args[2] = { db_arg_null(), db_arg_null() };
	const struct db_rows *rows;
	struct guid g;

	if (client && !command_guid(c, "CLIENT", client, &g, e))
		return false;
	if (client)
		args[0] = db_arg_guid(&g);
	if (tenant && !command_guid(c, "--tenant", tenant, &g, e))
		return false;
	if (tenant)
		args[1] = db_arg_guid(&g);
	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "grant_list", args, 2, e)))
		return false;
	say_rows(c, "grants", rows);
	return true;
}
