/* cmd_key_cursor.c - wardgate key rotate cursor: another key for page cursors
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_key_cursor.h"

#include <string.h>
#include <sys/stat.h>

#include "app/cmd_key.h"
#include "app/keyfile.h"
#include "base/clock.h"

#define KNOWN_S 5  /* programs look at the files once a second */
#define SPARE_S 60 /* for clocks */

/* The settings' file, taken apart. */
struct place {
	const char *dir, *name;
	int64_t life_s; /* of a cursor */
};

static bool
find_place(struct command *c, struct place *p, struct err *e)
{
	const struct conf *conf = command_conf(c, e);
	char *dir, *slash;

	if (!conf)
		return false;
	dir = arena_dup(command_arena(c), conf->cursor_key_file,
	    strlen(conf->cursor_key_file));
	if (!(slash = strrchr(dir, '/')) || !slash[1])
		return err_set(e, ERR_CONF, "cursor_key_file names no file.");
	*slash = '\0';
	*p = (struct place){ *dir ? dir : "/", slash + 1, conf->cursor_life_s };
	return true;
}

/* When the file NAME.suffix was written, in s since 1970; 0: there is none. */
static int64_t
written(struct command *c, const struct place *p, const char *suffix)
{
	struct stat st;

	return stat(arena_printf(
			command_arena(c), "%s/%s%s", p->dir, p->name, suffix),
		   &st)
	           ? 0
	           : st.st_mtim.tv_sec;
}

static void
say_step(struct command *c, const char *step, int64_t next_s, const char *what)
{
	char at[CLOCK_TEXT_LEN];

	say_text(c, "step", step);
	if (!next_s) {
		say_null(c, "next_at");
		return;
	}
	say_time(c, "next_at", next_s * 1000000);
	say_note(c, "%s From %s on, run `wardgate key rotate cursor` again.",
	    what, clock_text(at, next_s * 1000000));
}

static bool
remove_old(
    struct command *c, const struct place *p, int64_t at_s, struct err *e)
{
	int64_t due = at_s + p->life_s + SPARE_S;

	if (clock_now_s() < due) {
		say_step(c, "wait", due, "Cursors of the old key live.");
		return true;
	}
	if (!keyfile_remove(
		p->dir, arena_printf(command_arena(c), "%s.old", p->name), e))
		return false;
	say_step(c, "remove", 0, NULL);
	return true;
}

static bool
use_next(struct command *c, const struct place *p, int64_t at_s, struct err *e)
{
	int64_t now = clock_now_s();

	if (now < at_s + KNOWN_S) {
		say_step(c, "wait", at_s + KNOWN_S,
		    "Copy the file to every other host that runs facade.");
		return true;
	}
	if (!keyfile_succeed(p->dir, p->name, e))
		return false;
	say_step(c, "use", now + p->life_s + SPARE_S,
	    "It seals. Do the same on every other host.");
	return true;
}

static bool
make_next(struct command *c, const struct place *p, struct err *e)
{
	if (!key_make_hex(c, p->dir,
		arena_printf(command_arena(c), "%s.next", p->name), e))
		return false;
	say_step(c, "make", clock_now_s() + KNOWN_S,
	    "It opens cursors. Copy the file to every other host that runs "
	    "facade.");
	return true;
}

bool
key_rotate_cursor(struct command *c, struct err *e)
{
	struct place p = { NULL, NULL, 0 };
	int64_t at_s;

	if (!command_end(c, e) || !find_place(c, &p, e))
		return false;
	if ((at_s = written(c, &p, ".old")))
		return remove_old(c, &p, at_s, e);
	if ((at_s = written(c, &p, ".next")))
		return use_next(c, &p, at_s, e);
	return make_next(c, &p, e);
}
