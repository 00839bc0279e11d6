/* cmd_key_pepper.c - wardgate key use pepper, remove pepper, status
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_key_pepper.h"

#include <unistd.h>

#include "app/keyfile.h"
#include "ext/crypt.h"
#include "gate/secret.h"

static bool
read_version(struct command *c, int64_t *version, struct err *e)
{
	const char *text = command_word(c, "VERSION");
	uint64_t n;

	if (!command_end(c, e))
		return false;
	if (!str_number(str_of(text), 2, &n) || n < 1 || n > SECRET_PEPPERS)
		return command_misused(
		    c, e, "VERSION is a number from 1 to %d.", SECRET_PEPPERS);
	*version = (int64_t)n;
	return true;
}

static const char *
path_of(struct command *c, const struct conf *conf, int64_t version)
{
	return arena_printf(
	    command_arena(c), "%s/%lld", conf->pepper_dir, (long long)version);
}

static bool
is_good(const char *path, struct err *e)
{
	unsigned char key[CRYPT_KEY_BYTES];
	bool good = crypt_key_file(path, key, e);

	crypt_wipe(key, sizeof key);
	return good;
}

bool
key_use_pepper(struct command *c, struct err *e)
{
	const struct conf *conf;
	const struct db_rows *rows;
	struct db_arg arg;
	int64_t version;

	if (!read_version(c, &version, e) || !(conf = command_conf(c, e)) ||
	    !is_good(path_of(c, conf, version), e))
		return false;
	arg = db_arg_int(version);
	if (!(rows = command_ask(c, "pepper_use", &arg, 1, e)))
		return false;
	say_int(c, "version", version);
	say_cell(c, rows, 0, 0);
	say_note(c, "Each secret is stored under it when it is next used. "
		    "`wardgate key status` says how many are left.");
	return true;
}

bool
key_remove_pepper(struct command *c, struct err *e)
{
	const struct conf *conf;
	const struct db_rows *rows;
	struct db_arg arg;
	int64_t version;

	if (!read_version(c, &version, e) || !(conf = command_conf(c, e)))
		return false;
	arg = db_arg_int(version);
	if (!(rows = command_ask(c, "pepper_remove", &arg, 1, e)) ||
	    !keyfile_remove(conf->pepper_dir,
		arena_printf(command_arena(c), "%lld", (long long)version), e))
		return false;
	say_int(c, "version", version);
	say_cell(c, rows, 0, 0);
	say_note(c, "Remove the file from the other hosts too.");
	return true;
}

/* false: the database did not say. A version that nobody has needs no row. */
static bool
say_version(struct command *c, const struct conf *conf, int64_t version,
    int64_t in_use, struct err *e)
{
	const struct db_arg arg = db_arg_int(version);
	const struct db_rows *rows =
	    command_ask(c, "pepper_needed", &arg, 1, e);
	const char *path = path_of(c, conf, version);
	bool here = !access(path, F_OK);
	struct err bad = { .kind = ERR_NONE };

	if (!rows)
		return false;
	if (!here && !db_int(rows, 0, 0))
		return true;
	say_int(c, "version", version);
	say_bool(c, "in_use", version == in_use);
	say_text(c, "file",
	    !here                 ? "none"
	    : is_good(path, &bad) ? "good"
				  : "bad");
	say_cell(c, rows, 0, 0);
	say_row(c);
	return true;
}

bool
key_status(struct command *c, struct err *e)
{
	const struct conf *conf;
	const struct db_rows *rows;
	int64_t version;

	if (!command_end(c, e) || !(conf = command_conf(c, e)) ||
	    !(rows = command_ask(c, "pepper_in_use", NULL, 0, e)))
		return false;
	say_list(c, "peppers");
	for (version = 1; version <= SECRET_PEPPERS; version++)
		if (!say_version(c, conf, version, db_int(rows, 0, 0), e))
			return false;
	say_list_end(c);
	return true;
}
