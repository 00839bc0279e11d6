/* cmd_key.c - wardgate key: making the keys that lie in files
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_key.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd_key_seal.h"
#include "app/keyfile.h"
#include "ext/crypt.h"
#include "ext/jws.h"
#include "gate/keys.h"
#include "gate/secret.h"

#define HEX_LEN ((size_t)CRYPT_KEY_BYTES * 2)

/* ---- keys of 64 hex digits --------------------------------------------------- */

bool
key_make_hex(
    struct command *c, const char *dir, const char *name, struct err *e)
{
	unsigned char key[CRYPT_KEY_BYTES];
	char text[HEX_LEN + 1];
	bool made;

	crypt_random(key, sizeof key);
	enc_hex(text, key, sizeof key);
	text[HEX_LEN] = '\n';
	made = keyfile_write(
	    dir, name, (struct str){ text, sizeof text }, true, e);
	crypt_wipe(key, sizeof key);
	crypt_wipe(text, sizeof text);
	if (made)
		say_text(c, "file",
		    arena_printf(command_arena(c), "%s/%s", dir, name));
	return made;
}

/* The highest version that has a file; 0: none. */
static int
newest_pepper(struct command *c, const char *dir)
{
	int v;

	for (v = SECRET_PEPPERS; v > 0; v--)
		if (!access(
			arena_printf(command_arena(c), "%s/%d", dir, v), F_OK))
			break;
	return v;
}

bool
key_make_pepper(struct command *c, struct err *e)
{
	const struct conf *conf;
	int v;

	if (!command_end(c, e) || !(conf = command_conf(c, e)))
		return false;
	v = newest_pepper(c, conf->pepper_dir) + 1;
	if (v > SECRET_PEPPERS)
		return err_set(e, ERR_CONFLICT, "There are %d peppers already.",
		    SECRET_PEPPERS);
	if (!key_make_hex(c, conf->pepper_dir,
		arena_printf(command_arena(c), "%d", v), e))
		return false;
	say_int(c, "version", v);
	say_note(c, "New secrets are stored under this version. Copy the file "
		    "to every host that runs token before making secrets.");
	return true;
}

static bool
make_at(struct command *c, const char *setting, const char *path, struct err *e)
{
	char *dir = arena_dup(command_arena(c), path, strlen(path));
	char *slash = strrchr(dir, '/');

	if (!slash || !slash[1])
		return err_set(e, ERR_CONF, "%s names no file.", setting);
	*slash = '\0';
	return key_make_hex(c, *dir ? dir : "/", slash + 1, e);
}

bool
key_make_cursor(struct command *c, struct err *e)
{
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       make_at(c, "cursor_key_file", conf->cursor_key_file, e);
}

bool
key_make_portal(struct command *c, struct err *e)
{
	const struct conf *conf;

	return command_end(c, e) && (conf = command_conf(c, e)) &&
	       make_at(c, "portal_key_file", conf->portal_key_file, e);
}

/* ---- signing keys ------------------------------------------------------------- */

/* What is known of one key: to the database, and on this host. */
struct known {
	char kid[JWS_KID_LEN + 1];
	long row;             /* in the database's answer; -1: it has none */
	bool private, public; /* is there a file? */
};

struct known_keys {
	const struct db_rows *rows;
	struct known at[4 * KEYS_MAX];
	size_t n;
};

/* NULL: there are too many. */
static struct known *
known(struct known_keys *k, struct str kid)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (str_is(kid, k->at[i].kid))
			return &k->at[i];
	if (k->n == COUNT(k->at))
		return NULL;
	memcpy(k->at[k->n].kid, kid.at, JWS_KID_LEN);
	k->at[k->n].row = -1;
	return &k->at[k->n++];
}

static bool
know_folder(struct known_keys *k, const char *dir, bool private, struct err *e)
{
	struct dirent *entry;
	struct known *one;
	struct str name;
	DIR *d = opendir(dir);

	if (!d)
		return errno == ENOENT ||
		       err_set(e, ERR_CONF, "%s: cannot be read: %s.", dir,
			   strerror(errno));
	while ((entry = readdir(d))) {
		name = str_of(entry->d_name);
		if (name.len != JWS_KID_LEN + 4 || name.at[0] == '.' ||
		    strcmp(name.at + JWS_KID_LEN, ".pem") != 0 ||
		    !(one = known(k, (struct str){ name.at, JWS_KID_LEN })))
			continue;
		if (private)
			one->private = true;
		else
			one->public = true;
	}
	closedir(d);
	return true;
}

static struct known_keys *
know(struct command *c, const struct conf *conf, struct err *e)
{
	struct known_keys *k = arena_get(command_arena(c), sizeof *k);
	struct known *one;
	size_t i;

	k->rows = command_ask(c, "signing_key_list", NULL, 0, e);
	if (!k->rows)
		return NULL;
	for (i = 0; i < db_count(k->rows); i++)
		if ((one = known(k, db_text(k->rows, i, 0))))
			one->row = (long)i;
	return know_folder(k, conf->signing_key_dir, true, e) &&
	               know_folder(k, conf->public_key_dir, false, e)
	           ? k
	           : NULL;
}

/* A pair that an earlier run began, else a new one; owned. */
static struct jws_key *
begun_or_new(const struct known_keys *k, const struct conf *conf, bool *begun,
    struct err *e)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->at[i].row < 0 && k->at[i].private)
			break;
	*begun = i < k->n;
	return *begun ? keys_file(conf->signing_key_dir, k->at[i].kid, true, e)
	              : jws_key_make(e);
}

/* A file that is there already is fine if it holds that key: an earlier run
 * made it. What lies on the disk now is what programs will find. */
static bool
write_pem(const char *dir, const char *kid, const char *pem, bool private,
    struct err *e)
{
	char name[JWS_KID_LEN + 5];
	struct err why = { 0 };
	struct jws_key *k;

	snprintf(name, sizeof name, "%s.pem", kid);
	if (!keyfile_write(dir, name, str_of(pem), private, &why) &&
	    why.kind != ERR_CONFLICT)
		return err_set(e, why.kind, "%s", why.said);
	k = keys_file(dir, kid, private, e);
	jws_key_free(k);
	return k != NULL;
}

/* Private half, public half, row: a key signs only when all three are there,
 * and what an interruption leaves can be taken up again. */
static bool
write_pair(struct command *c, const struct conf *conf, const struct jws_key *k,
    struct err *e)
{
	struct arena *a = command_arena(c);
	char *private = jws_private_pem(a, k);
	bool written = private && write_pem(conf->signing_key_dir, jws_kid(k),
				      private, true, e);

	if (private)
		crypt_wipe(private, strlen(private));
	return written && write_pem(conf->public_key_dir, jws_kid(k),
			      jws_public_pem(a, k), false, e);
}

static bool
enter(struct command *c, const char *kid, struct err *e)
{
	const struct db_arg arg = db_arg_text(str_of(kid));
	const struct db_rows *rows =
	    command_ask(c, "signing_key_add", &arg, 1, e);
	struct str stage;

	if (!rows) {
		say_note(c, "The key files are there but not registered; run "
			    "`wardgate key make signing` again to finish.");
		return false;
	}
	stage = db_text(rows, 0, 0);
	say_text(c, "kid", kid);
	say_str(c, "stage", stage);
	if (!str_is(stage, "use"))
		say_note(c, "It is published and does not sign yet: another "
			    "key is in use. `wardgate key rotate` goes on.");
	return true;
}

bool
key_make_signing(struct command *c, struct err *e)
{
	return command_end(c, e) && key_publish(c, NULL, e);
}

bool
key_publish(struct command *c, const char **kid, struct err *e)
{
	const struct conf *conf;
	struct known_keys *known_now;
	struct jws_key *k;
	bool begun, done;

	if (!(conf = command_conf(c, e)) || !(known_now = know(c, conf, e)) ||
	    !(k = begun_or_new(known_now, conf, &begun, e)))
		return false;
	if (begun)
		say_note(c,
		    "Taking up the key %s that is in %s and not "
		    "registered.",
		    jws_kid(k), conf->signing_key_dir);
	done = write_pair(c, conf, k, e) && enter(c, jws_kid(k), e);
	if (kid)
		*kid = arena_dup(command_arena(c), jws_kid(k), JWS_KID_LEN);
	jws_key_free(k);
	return done;
}

/* ---- what there is -------------------------------------------------------------- */

/* Whether the file is one that programs will take, in a word. */
static const char *
fitness(const char *dir, const char *kid, bool there, bool private)
{
	struct err e = { 0 };
	struct jws_key *k;

	if (!there)
		return "none";
	k = keys_file(dir, kid, private, &e);
	jws_key_free(k);
	return k ? "good" : "bad";
}

static void
say_signing(
    struct command *c, const struct conf *conf, const struct known_keys *k)
{
	size_t i;

	say_list(c, "signing_keys");
	for (i = 0; i < k->n; i++) {
		const struct known *one = &k->at[i];

		say_text(c, "kid", one->kid);
		if (one->row >= 0)
			say_str(
			    c, "stage", db_text(k->rows, (size_t)one->row, 1));
		else
			say_text(c, "stage", "unregistered");
		say_text(c, "private_file",
		    fitness(
			conf->signing_key_dir, one->kid, one->private, true));
		say_text(c, "public_file",
		    fitness(
			conf->public_key_dir, one->kid, one->public, false));
		if (one->row >= 0)
			say_time(c, "made_at",
			    db_time(k->rows, (size_t)one->row, 2));
		else
			say_null(c, "made_at");
		say_row(c);
	}
	say_list_end(c);
}

static const char *
hex_fitness(const char *path)
{
	unsigned char key[CRYPT_KEY_BYTES];
	struct err e = { 0 };
	bool good;

	if (access(path, F_OK))
		return "none";
	good = crypt_key_file(path, key, &e);
	crypt_wipe(key, sizeof key);
	return good ? "good" : "bad";
}

static void
say_peppers(struct command *c, const struct conf *conf)
{
	const char *found;
	int v;

	say_list(c, "peppers");
	for (v = 1; v <= SECRET_PEPPERS; v++) {
		found = hex_fitness(arena_printf(
		    command_arena(c), "%s/%d", conf->pepper_dir, v));
		if (!strcmp(found, "none"))
			continue;
		say_int(c, "version", v);
		say_text(c, "file", found);
		say_row(c);
	}
	say_list_end(c);
}

bool
key_list(struct command *c, struct err *e)
{
	const struct conf *conf;
	struct known_keys *k;

	if (!command_end(c, e) || !(conf = command_conf(c, e)) ||
	    !(k = know(c, conf, e)))
		return false;
	say_signing(c, conf, k);
	say_peppers(c, conf);
	say_text(c, "cursor_key_file", hex_fitness(conf->cursor_key_file));
	return key_seal_list(c, conf, e);
}
