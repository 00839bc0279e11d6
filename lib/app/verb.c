/* verb.c - what several verbs of the command take and do alike
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool
digits(struct str text, size_t at, size_t n, int *to)
{
	uint64_t v;

	if (!str_number((struct str){ text.at + at, n }, (unsigned)n, &v))
		return false;
	*to = (int)v;
	return true;
}

bool
verb_time_read(struct str text, int64_t *us)
{
	struct tm t = { 0 }, back;
	char same[32];
	time_t s;

	if ((text.len != 10 && text.len != 20) ||
	    !digits(text, 0, 4, &t.tm_year) || !digits(text, 5, 2, &t.tm_mon) ||
	    !digits(text, 8, 2, &t.tm_mday))
		return false;
	if (text.len == 20 && (!digits(text, 11, 2, &t.tm_hour) ||
				  !digits(text, 14, 2, &t.tm_min) ||
				  !digits(text, 17, 2, &t.tm_sec)))
		return false;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	s = timegm(&t);
	if (!gmtime_r(&s, &back))
		return false;
	strftime(same, sizeof same,
	    text.len == 10 ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &back);
	*us = (int64_t)s * 1000000;
	return str_is(text, same);
}

bool
verb_time(struct command *c, const char *name, struct db_arg *at, struct err *e)
{
	const char *text = command_option(c, name);
	int64_t us;

	*at = db_arg_null();
	if (!text)
		return true;
	if (!verb_time_read(str_of(text), &us))
		return command_misused(c, e,
		    "%s takes a day or a time in UTC: 2026-11-20 or "
		    "2026-11-20T09:30:00Z.",
		    name);
	*at = db_arg_time(us);
	return true;
}

bool
verb_guid(struct command *c, const char *what, struct db_arg *to, struct err *e)
{
	const char *text = command_word(c, what);
	struct guid g;

	if (!text)
		return command_end(c, e); /* says what is missing */
	if (!command_guid(c, what, text, &g, e))
		return false;
	*to = db_arg_guid(&g);
	return true;
}

struct db_arg
verb_text(struct command *c, const char *name)
{
	const char *text = command_option(c, name);

	return db_arg_text(text ? str_of(text) : STR(""));
}

bool
verb_file(struct command *c, const char *path, size_t most, struct str *to,
    struct err *e)
{
	bool standard = !strcmp(path, "-"), bad;
	FILE *f = standard ? stdin : fopen(path, "rb");
	char *text = arena_raw(command_arena(c), most);

	if (!f)
		return err_set(e, ERR_CONF, "%s: %s.", path, strerror(errno));
	*to = (struct str){ text, fread(text, 1, most, f) };
	bad = ferror(f);
	if (!standard)
		fclose(f);
	return !bad || err_set(e, ERR_CONF, "%s cannot be read.", path);
}

bool
verb_outcome(struct command *c, const char *statement,
    const struct db_arg *args, size_t n, struct err *e)
{
	const struct db_rows *rows = command_ask(c, statement, args, n, e);

	if (!rows)
		return false;
	say_str(c, "outcome", db_text(rows, 0, 0));
	return true;
}
