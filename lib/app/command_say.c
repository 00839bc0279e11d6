/* command_say.c - what a verb said, as text or as JSON
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/command_say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/command_shape.h"
#include "base/buf.h"
#include "base/clock.h"
#include "ext/crypt.h"

#define OUTPUT_MAX  ((size_t)1 << 30)
#define SECRET_ROOM ((size_t)64 * 1024) /* so that a secret is never moved */

struct say {
	struct arena *a; /* of this flush */
	struct said *first, **last;
	struct said_table table;
	bool json, secret;
};

static void
forget(struct say *s)
{
	struct said *p;

	for (p = s->first; p && s->secret; p = p->next)
		if (p->text)
			crypt_wipe(p->text, p->len);
	arena_reset(s->a);
	s->first = NULL;
	s->last = &s->first;
	s->secret = false;
}

static void
drop(void *say)
{
	struct say *s = say;

	forget(s);
	arena_free(s->a);
}

struct say *
say_open(struct arena *a, bool json)
{
	struct say *s = arena_get(a, sizeof *s);

	s->a = arena_new();
	s->json = json;
	s->last = &s->first;
	return arena_adopt(a, s, drop);
}

/* ---- saying ------------------------------------------------------------------ */

static struct said *
add(struct command *c, enum said_kind kind, const char *name)
{
	struct say *s = command_say(c);
	struct said *p = arena_get(s->a, sizeof *p);

	p->kind = kind;
	if (name)
		p->name = arena_dup(s->a, name, strlen(name));
	*s->last = p;
	s->last = &p->next;
	return p;
}

static void
value(struct command *c, const char *name, struct str text, bool quoted)
{
	struct said *p = add(c, SAID_VALUE, name);

	p->quoted = quoted;
	p->len = text.len;
	if (text.at)
		p->text = arena_dup(command_say(c)->a, text.at, text.len);
}

void
say_str(struct command *c, const char *name, struct str text)
{
	value(c, name, text, true);
}

void
say_text(struct command *c, const char *name, const char *text)
{
	value(c, name, str_of(text), true);
}

void
say_null(struct command *c, const char *name)
{
	value(c, name, STR_NONE, false);
}

void
say_int(struct command *c, const char *name, int64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)n);
	value(c, name, str_of(text), false);
}

void
say_bool(struct command *c, const char *name, bool b)
{
	value(c, name, str_of(b ? "true" : "false"), false);
}

void
say_time(struct command *c, const char *name, int64_t us)
{
	char text[CLOCK_TEXT_LEN];

	if (us == INT64_MAX || us == INT64_MIN)
		say_text(c, name, us < 0 ? "-infinity" : "infinity");
	else
		say_text(c, name, clock_text(text, us));
}

void
say_guid(struct command *c, const char *name, const struct guid *g)
{
	char text[GUID_LEN + 1];

	say_text(c, name, guid_write(text, g));
}

void
say_secret(struct command *c, const char *name, const char *text)
{
	command_say(c)->secret = true;
	say_text(c, name, text);
}

void
say_list(struct command *c, const char *name)
{
	add(c, SAID_LIST, name);
}

void
say_row(struct command *c)
{
	add(c, SAID_ROW, NULL);
}

void
say_list_end(struct command *c)
{
	add(c, SAID_LIST_END, NULL);
}

static void
hex(struct command *c, const char *name, struct str bytes)
{
	struct arena *a = command_say(c)->a;
	char *text = arena_get(a, bytes.len * 2 + 1);

	enc_hex(text, bytes.at, bytes.len);
	say_text(c, name, text);
}

/* Any type that ext/db reads but text[], which no answer needs. */
void
say_cell(struct command *c, const struct db_rows *rows, size_t r, size_t k)
{
	struct db_cell v = rows->cells[r * rows->cols + k];
	const char *name = rows->names[k];
	struct str s;
	struct guid g;
	int64_t n;
	bool b;

	if (!v.bytes.at)
		say_null(c, name);
	else if (db_read_text(v, &s))
		say_str(c, name, s);
	else if (db_read_int(v, &n))
		say_int(c, name, n);
	else if (db_read_bool(v, &b))
		say_bool(c, name, b);
	else if (db_read_guid(v, &g))
		say_guid(c, name, &g);
	else if (db_read_time(v, &n))
		say_time(c, name, n);
	else if (db_read_bytes(v, &s))
		hex(c, name, s);
	else
		say_null(c, name);
}

void
say_rows(struct command *c, const char *name, const struct db_rows *rows)
{
	size_t r, k;

	say_list(c, name);
	for (r = 0; r < rows->rows; r++) {
		for (k = 0; k < rows->cols; k++)
			say_cell(c, rows, r, k);
		say_row(c);
	}
	say_list_end(c);
}

/* ---- printing ---------------------------------------------------------------- */

/* Past stdio, whose buffer would keep a secret. */
static bool
write_all(const char *at, size_t n)
{
	while (n) {
		ssize_t done = write(STDOUT_FILENO, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

void
say_forget(struct command *c)
{
	forget(command_say(c));
}

bool
say_flush(struct command *c)
{
	struct say *s = command_say(c);
	struct buf b = buf_new(s->a, OUTPUT_MAX);
	bool ok;

	if (!s->first)
		return true;
	if (s->secret)
		buf_room(&b, SECRET_ROOM);
	if (s->json)
		said_json(&b, s->first);
	else
		said_text(&s->table, &b, s->first);
	ok = !b.failed && write_all(b.at, b.len);
	if (b.at)
		crypt_wipe(b.at, b.cap);
	forget(s);
	return ok;
}
