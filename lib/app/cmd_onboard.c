/* cmd_onboard.c - wardgate tenant plan, tenant apply: from one reviewable file
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_onboard.h"

#include <stdlib.h>
#include <string.h>

#include "app/cmd_key_provider.h"
#include "app/onboard_file.h"
#include "app/verb.h"

#define CREDENTIAL "credential" /* may come from the environment, as in psql */
#define KEY_ALG    "key_alg"

enum { OUTCOME = 2, DETAIL = 3, COLUMNS = 4 }; /* of onboard_run */
enum { MARK, OBJECT, ID };                     /* of onboard_changes */

struct onboarding {
	struct onboard_file file;
	struct db_arg words[2]; /* script, values */
	struct guid tenant;
	struct db_arg was[2]; /* tenant, and what it was */
	struct key_provider_made key;
	const char *digest;
	const char *refusal; /* why nothing was done, which the trail has */
	bool stays;
};

/* ---- the file ------------------------------------------------------------------ */

static bool
read_it(
    struct command *c, struct onboarding *o, const char *path, struct err *e)
{
	struct arena *a = command_arena(c);
	struct str text;

	if (!verb_file(c, path, ONBOARD_BYTES_MAX, &text, e))
		return false;
	if (text.len == ONBOARD_BYTES_MAX)
		return err_set(e, ERR_MALFORMED, "%s is longer than %zu bytes.",
		    path, ONBOARD_BYTES_MAX);
	if (!onboard_file_read(&o->file, a, path, text, e))
		return false;
	if (!onboard_file_value(&o->file, "tenant").len)
		return err_set(e, ERR_MALFORMED,
		    "%s: The tenant is missing; fill in \\set tenant '...'.",
		    path);
	if (getenv("WG_CREDENTIAL"))
		onboard_file_add(&o->file, CREDENTIAL, getenv("WG_CREDENTIAL"));
	o->words[0] = db_arg_text(str_of(o->file.script));
	o->words[1] = db_arg_text(str_of(onboard_file_json(&o->file, a)));
	return true;
}

/* What the database refused, with the place in the file. */
static bool
placed(struct command *c, const struct onboarding *o, struct err *e)
{
	struct err told = *e;

	if (told.kind != ERR_MALFORMED && told.kind != ERR_CONFLICT &&
	    told.kind != ERR_MISSING)
		return false;
	err_clear(e);
	return err_set(e, told.kind, "%s: %s",
	    onboard_file_place(&o->file, command_arena(c), told.said),
	    told.said);
}

/* ---- within the transaction ---------------------------------------------------- */

static bool
look(struct command *c, struct onboarding *o, const char *plan, struct err *e)
{
	const struct db_rows *rows =
	    command_ask(c, "onboard_before", o->words, 2, e);
	struct str tenant = onboard_file_value(&o->file, "tenant");

	if (!rows)
		return placed(c, o, e);
	o->digest = str_text(command_arena(c), db_text(rows, 0, 0));
	o->was[0] = db_arg_text(tenant);
	o->was[1] = db_arg_text(db_text(rows, 0, 1));
	guid_read(&o->tenant, tenant);
	return !plan || !strcmp(plan, o->digest) ||
	       err_set(e, ERR_CONFLICT,
		   "%s, or what is there, is not what was planned. Plan it "
		   "again, and let that be read.",
		   o->file.path);
}

static bool
run(struct command *c, struct onboarding *o, struct err *e)
{
	const struct db_rows *rows =
	    command_ask(c, "onboard_run", o->words, 2, e);
	size_t r;

	if (!rows)
		return placed(c, o, e);
	for (r = 0; r < db_count(rows); r++)
		if (str_is(db_text(rows, r, OUTCOME), "refused"))
			o->refusal = str_text(
			    command_arena(c), db_text(rows, r, DETAIL));
	return true;
}

/* Of a plan it is taken back like everything else, and so has no name. */
static bool
make_key(struct command *c, struct onboarding *o, struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(&o->tenant),
		db_arg_text(onboard_file_value(&o->file, KEY_ALG)) };
	const struct db_rows *rows = command_ask(c, "key_wanted", args, 2, e);

	if (!rows || db_null(rows, 0, 0))
		return rows != NULL;
	return key_provider_make(c, &o->tenant,
	    str_text(command_arena(c), db_text(rows, 0, 0)), &o->key, e);
}

static void
say_change(struct command *c, const struct onboarding *o,
    const struct db_rows *rows, size_t r)
{
	bool unnamed =
	    !o->stays && o->key.kid && str_is(db_text(rows, r, ID), o->key.kid);
	size_t k;

	for (k = 0; k < rows->cols; k++)
		if (k == ID && unnamed)
			say_text(c, "id", "(made by apply)");
		else
			say_cell(c, rows, r, k);
	say_row(c);
}

static bool
say_changes(struct command *c, const struct onboarding *o, struct err *e)
{
	const struct db_rows *counts =
	    command_ask(c, "onboard_counts", o->was, 2, e);
	const struct db_rows *rows =
	    counts ? command_ask(c, "onboard_changes", o->was, 2, e) : NULL;
	size_t r;

	if (!rows)
		return false;
	for (r = 0; r < db_count(counts); r++) {
		struct str mark = db_text(counts, r, MARK);

		say_str(c,
		    str_is(mark, "+")   ? "adds"
		    : str_is(mark, "-") ? "removes"
					: "changes",
		    db_text(counts, r, 1));
	}
	if (!db_count(rows))
		say_text(c, "outcome", "no change");
	say_list(c, "diff");
	for (r = 0; r < db_count(rows); r++)
		say_change(c, o, rows, r);
	say_list_end(c);
	return true;
}

/* The hospital needs it once there is a key, or will be. */
static bool
say_url(struct command *c, const struct onboarding *o, struct err *e)
{
	const struct db_arg tenant = db_arg_guid(&o->tenant);
	const struct db_rows *keys =
	    command_ask(c, "provider_key_list", &tenant, 1, e);

	return keys &&
	       (!db_count(keys) || key_provider_say_url(c, &o->tenant, e));
}

static bool
go(struct command *c, struct onboarding *o, const char *plan, struct err *e)
{
	if (!look(c, o, plan, e) || !run(c, o, e))
		return false;
	say_guid(c, "tenant", &o->tenant);
	return o->refusal ||
	       (make_key(c, o, e) && say_changes(c, o, e) && say_url(c, o, e));
}

/* ---- the verbs ------------------------------------------------------------------- */

static bool
onboard(
    struct command *c, struct onboarding *o, const char *plan, struct err *e)
{
	const char *path = command_word(c, "FILE");

	if (!command_end(c, e) || !read_it(c, o, path, e) ||
	    !command_begin(c, e))
		return false;
	if (!go(c, o, plan, e) || !o->stays) {
		command_rollback(c);
		return e->kind == ERR_NONE;
	}
	return command_commit(c, e);
}

/* Its trace is kept, where this was no plan. */
static bool
say_refusal(const struct onboarding *o, struct err *e)
{
	return !o->refusal ||
	       err_set(e, ERR_CONFLICT, "%s: %s", o->file.path, o->refusal);
}

bool
tenant_plan(struct command *c, struct err *e)
{
	struct onboarding *o = arena_get(command_arena(c), sizeof *o);

	if (!onboard(c, o, NULL, e) || !say_refusal(o, e))
		return false;
	say_text(c, "plan", o->digest);
	say_note(c,
	    "Nothing was changed. `wardgate tenant apply --plan %s %s` does "
	    "this, and only this.",
	    o->digest, o->file.path);
	return true;
}

bool
tenant_apply(struct command *c, struct err *e)
{
	struct onboarding *o = arena_get(command_arena(c), sizeof *o);
	const char *plan = command_option(c, "--plan");

	o->stays = true;
	return onboard(c, o, plan, e) && say_refusal(o, e);
}
