/* cmd_key_seal.c - wardgate key: the keys that credentials are sealed to
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_key_seal.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd_seal.h"
#include "app/keyfile.h"
#include "gate/credential.h"

#define AT_ONCE 50 /* boxes asked for */

enum { KID, STAGE, MADE_AT, USED_AT, RETIRED_AT, WITHDRAWN_AT, BOXES };

/* ---- looking -------------------------------------------------------------------- */

static const char *
file_of(struct command *c, const char *kid)
{
	return arena_printf(command_arena(c), "%s.key", kid);
}

static bool
is_good(const char *dir, const char *kid, struct err *e)
{
	unsigned char private[CRYPT_X25519_BYTES];
	bool good = credential_key(dir, kid, private, e);

	crypt_wipe(private, sizeof private);
	return good;
}

static const char *
fitness(struct command *c, const char *dir, const char *kid)
{
	struct err e = { .kind = ERR_NONE };

	if (access(
		arena_printf(command_arena(c), "%s/%s", dir, file_of(c, kid)),
		F_OK))
		return "none";
	return is_good(dir, kid, &e) ? "good" : "bad";
}

static const char *
kid_at(struct command *c, const struct db_rows *rows, size_t i)
{
	return str_text(command_arena(c), db_text(rows, i, KID));
}

/* The first row of that stage, with a file here if `here`; db_count(rows):
 * there is none. */
static size_t
first_of(struct command *c, const struct conf *conf, const struct db_rows *rows,
    const char *stage, bool here)
{
	size_t i;

	for (i = 0; i < db_count(rows); i++) {
		struct err e = { .kind = ERR_NONE };

		if (str_is(db_text(rows, i, STAGE), stage) &&
		    (!here ||
			is_good(conf->sealing_key_dir, kid_at(c, rows, i), &e)))
			break;
	}
	return i;
}

bool
key_seal_list(struct command *c, const struct conf *conf, struct err *e)
{
	const struct db_rows *rows =
	    command_ask(c, "sealing_key_list", NULL, 0, e);
	size_t i;

	if (!rows)
		return false;
	say_list(c, "sealing_keys");
	for (i = 0; i < db_count(rows); i++) {
		say_cell(c, rows, i, KID);
		say_cell(c, rows, i, STAGE);
		say_cell(c, rows, i, BOXES);
		say_text(c, "file",
		    fitness(c, conf->sealing_key_dir, kid_at(c, rows, i)));
		say_cell(c, rows, i, MADE_AT);
		say_row(c);
	}
	say_list_end(c);
	return true;
}

/* ---- make ------------------------------------------------------------------------- */

static bool
registered(const struct db_rows *rows, struct str kid)
{
	size_t i;

	for (i = 0; i < db_count(rows); i++)
		if (str_eq(db_text(rows, i, KID), kid))
			return true;
	return false;
}

/* The kid of a file that an earlier run left without its row; NULL: none. */
static const char *
begun(struct command *c, const char *dir, const struct db_rows *rows)
{
	const char *kid = NULL;
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && !kid && (entry = readdir(d))) {
		struct str name = str_of(entry->d_name);
		struct err e = { .kind = ERR_NONE };

		if (name.len != BOX_KID_LEN + 4 || name.at[0] == '.' ||
		    strcmp(name.at + BOX_KID_LEN, ".key") != 0)
			continue;
		name.len = BOX_KID_LEN;
		if (!registered(rows, name))
			kid = str_text(command_arena(c), name);
		if (kid && !is_good(dir, kid, &e))
			kid = NULL;
	}
	if (d)
		closedir(d);
	return kid;
}

/* A new private key in a file named after it. NULL: e says why not. */
static const char *
write_new(struct command *c, const char *dir, struct err *e)
{
	unsigned char private[CRYPT_X25519_BYTES], public[CRYPT_X25519_BYTES];
	char text[2 * CRYPT_X25519_BYTES + 1];
	char *kid = arena_get(command_arena(c), BOX_KID_LEN + 1);
	bool made;

	do { /* one that begins with a hyphen would be typed as an option */
		crypt_random(private, sizeof private);
		crypt_x25519_public(public, private);
		box_kid(kid, public);
	} while (kid[0] == '-');
	enc_hex(text, private, sizeof private);
	text[sizeof text - 1] = '\n';
	made = keyfile_write(
	    dir, file_of(c, kid), (struct str){ text, sizeof text }, true, e);
	crypt_wipe(private, sizeof private);
	crypt_wipe(text, sizeof text);
	return made ? kid : NULL;
}

/* What lies on the disk now is what facade will find. */
static bool
enter(struct command *c, const char *dir, const char *kid, struct err *e)
{
	unsigned char private[CRYPT_X25519_BYTES], public[CRYPT_X25519_BYTES];
	const struct db_rows *rows;
	struct db_arg args[2];

	if (!credential_key(dir, kid, private, e))
		return false;
	crypt_x25519_public(public, private);
	crypt_wipe(private, sizeof private);
	args[0] = db_arg_text(str_of(kid));
	args[1] =
	    db_arg_bytes((struct str){ (const char *)public, sizeof public });
	if (!(rows = command_ask(c, "sealing_key_add", args, 2, e)))
		return false;
	say_text(c, "kid", kid);
	say_str(c, "stage", db_text(rows, 0, 0));
	say_text(c, "file",
	    arena_printf(command_arena(c), "%s/%s", dir, file_of(c, kid)));
	say_note(c, "Copy the file to every other host that runs facade, %s",
	    str_is(db_text(rows, 0, 0), "use")
		? "before anything is sealed to it."
		: "and then run `wardgate key rotate seal` again.");
	return true;
}

static bool
make(struct command *c, const struct conf *conf, struct err *e)
{
	const char *dir = conf->sealing_key_dir, *kid;
	const struct db_rows *rows =
	    command_ask(c, "sealing_key_list", NULL, 0, e);

	if (!rows)
		return false;
	if ((kid = begun(c, dir, rows)))
		say_note(c,
		    "Taking up the key %s that is in %s and not registered.",
		    kid, dir);
	else
		kid = write_new(c, dir, e);
	return kid && enter(c, dir, kid, e);
}

bool
key_make_seal(struct command *c, struct err *e)
{
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       make(c, conf, e);
}

/* ---- use ----------------------------------------------------------------------------- */

static bool
use(struct command *c, const struct conf *conf, const char *kid, struct err *e)
{
	const struct db_arg arg = db_arg_text(str_of(kid));
	const struct db_rows *rows;

	if (!is_good(conf->sealing_key_dir, kid, e) ||
	    !(rows = command_ask(c, "sealing_key_use", &arg, 1, e)))
		return false;
	say_text(c, "in_use", kid);
	say_cell(c, rows, 0, 0);
	say_cell(c, rows, 0, 1);
	if (!db_null(rows, 0, 1))
		say_note(c, "What is sealed to the retired key still opens; "
			    "`wardgate key reseal` seals it to this one.");
	return true;
}

bool
key_use_seal(struct command *c, struct err *e)
{
	const char *kid = command_word(c, "KID");
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       use(c, conf, kid, e);
}

/* ---- reseal ----------------------------------------------------------------------------- */

struct resealing {
	struct command *c;
	const char *dir;
	unsigned char public[CRYPT_X25519_BYTES];
	struct guid beyond;
	bool begun;
	unsigned done, failed;
};

/* false: the database does not answer. */
static bool
reseal_one(struct resealing *r, struct arena *a, const struct db_rows *rows,
    size_t i, struct err *e)
{
	struct credential_for of = { .tenant = db_guid(rows, i, 0) };
	struct err why = { .kind = ERR_NONE };
	const struct db_rows *changed;
	struct db_arg args[3];
	const char *fresh = NULL;

	if (credential_kind_read(db_text(rows, i, 1), &of.kind))
		fresh = credential_reseal(
		    a, r->dir, &of, db_text(rows, i, 2), r->public, &why);
	if (!fresh) {
		r->failed++;
		say_guid(r->c, "tenant", &of.tenant);
		say_text(r->c, "why", why.why[0] ? why.why : why.said);
		say_row(r->c);
		return true;
	}
	args[0] = db_arg_guid(&of.tenant);
	args[1] = db_arg_text(db_text(rows, i, 2));
	args[2] = db_arg_text(str_of(fresh));
	if (!(changed = db_ask(
		  command_db(r->c, e), a, "credential_reseal", args, 3, e)))
		return false;
	r->done += db_bool(changed, 0, 0);
	return true;
}

/* Some more of them. *last: there were none left. */
static bool
reseal_some(struct resealing *r, bool *last, struct err *e)
{
	const struct db_arg args[] = { r->begun ? db_arg_guid(&r->beyond)
						: db_arg_null(),
		db_arg_int(AT_ONCE) };
	struct arena *a = arena_new();
	struct db *db = command_db(r->c, e);
	const struct db_rows *rows =
	    db ? db_ask(db, a, "credential_outdated", args, 2, e) : NULL;
	bool good = rows != NULL;
	size_t i;

	for (i = 0; good && i < db_count(rows); i++) {
		good = reseal_one(r, a, rows, i, e);
		r->beyond = db_guid(rows, i, 0);
		r->begun = true;
	}
	*last = rows && !db_count(rows);
	arena_free(a);
	return good;
}

static bool
reseal(struct command *c, const struct conf *conf, struct err *e)
{
	struct resealing r = { .c = c, .dir = conf->sealing_key_dir };
	const char *kid;
	bool last = false;

	if (!seal_key(c, r.public, &kid, e))
		return false;
	say_text(c, "sealed_to", kid);
	say_list(c, "unopened");
	while (!last)
		if (!reseal_some(&r, &last, e))
			return false;
	say_list_end(c);
	say_int(c, "resealed", r.done);
	return !r.failed ||
	       err_set(e, ERR_CONFLICT,
		   "%u %s could not be opened and left as before. Run this "
		   "where the key files are, or seal again.",
		   r.failed, r.failed == 1 ? "credential" : "credentials");
}

bool
key_reseal(struct command *c, struct err *e)
{
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       reseal(c, conf, e);
}

/* ---- remove --------------------------------------------------------------------------------- */

static bool
withdraw(
    struct command *c, const struct conf *conf, const char *kid, struct err *e)
{
	const struct db_arg arg = db_arg_text(str_of(kid));
	const struct db_rows *rows =
	    command_ask(c, "sealing_key_remove", &arg, 1, e);

	if (!rows || !keyfile_remove(conf->sealing_key_dir, file_of(c, kid), e))
		return false;
	say_text(c, "kid", kid);
	say_cell(c, rows, 0, 0);
	say_note(c, "Remove the file from the other hosts too. A backup of the "
		    "database from before needs it: keep it where the backup "
		    "is kept, or with neither.");
	return true;
}

bool
key_remove_seal(struct command *c, struct err *e)
{
	const char *kid = command_word(c, "KID");
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       withdraw(c, conf, kid, e);
}

/* ---- rotate ----------------------------------------------------------------------------------- */

static int64_t
boxes_of(const struct db_rows *rows, const char *stage)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < db_count(rows); i++)
		if (str_is(db_text(rows, i, STAGE), stage))
			n += db_int(rows, i, BOXES);
	return n;
}

bool
key_rotate_seal(struct command *c, struct err *e)
{
	const struct db_rows *rows;
	const struct conf *conf;
	size_t retired, waiting;

	if (!command_end(c, e) || !(conf = command_conf(c, e)) ||
	    !(rows = command_ask(c, "sealing_key_list", NULL, 0, e)))
		return false;
	retired = first_of(c, conf, rows, "retired", false);
	waiting = first_of(c, conf, rows, "published", true);
	if (boxes_of(rows, "retired")) {
		say_text(c, "step", "reseal");
		return reseal(c, conf, e);
	}
	if (retired < db_count(rows)) {
		say_text(c, "step", "remove");
		return withdraw(c, conf, kid_at(c, rows, retired), e);
	}
	if (waiting < db_count(rows)) {
		say_text(c, "step", "use");
		return use(c, conf, kid_at(c, rows, waiting), e);
	}
	say_text(c, "step", "publish");
	return make(c, conf, e);
}
