/* command_say.c - what a verb said, as text or as JSON
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/command_say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "ext/crypt.h"

#define OUTPUT_MAX  ((size_t)1 << 30)
#define SECRET_ROOM ((size_t)64 * 1024) /* so that a secret is never moved */
#define COLUMNS_MAX 64

enum part_kind { VALUE, LIST, ROW, LIST_END };

/* What was said, in order. */
struct part {
	struct part *next;
	enum part_kind kind;
	const char *name;
	char *text; /* NULL: null */
	size_t len;
	bool quoted; /* text in JSON; otherwise a number or truth value */
};

struct say {
	struct arena *a; /* of this flush */
	struct part *first, **last;
	bool json, secret;
	/* Tables that go on over several flushes keep their shape. */
	char headed[64];
	size_t width[COLUMNS_MAX];
};

static void
forget(struct say *s)
{
	struct part *p;

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

static struct part *
add(struct command *c, enum part_kind kind, const char *name)
{
	struct say *s = command_say(c);
	struct part *p = arena_get(s->a, sizeof *p);

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
	struct part *p = add(c, VALUE, name);

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
	add(c, LIST, name);
}

void
say_row(struct command *c)
{
	add(c, ROW, NULL);
}

void
say_list_end(struct command *c)
{
	add(c, LIST_END, NULL);
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

/* ---- JSON -------------------------------------------------------------------- */

static void
json_value(struct buf *b, const struct part *p)
{
	buf_json(b, p->name, strlen(p->name));
	buf_char(b, ':');
	if (!p->text)
		buf_str(b, "null");
	else if (p->quoted)
		buf_json(b, p->text, p->len);
	else
		buf_str(b, p->text);
}

/* The rows of a list, p being its first part; returns the part after it. */
static const struct part *
json_list(struct buf *b, const struct part *p)
{
	bool inside = false, any = false;

	buf_char(b, '[');
	for (; p && p->kind != LIST_END; p = p->next) {
		if (p->kind == ROW) {
			buf_str(b, inside ? "}" : any ? ",{}" : "{}");
			any = true;
			inside = false;
			continue;
		}
		buf_str(b, inside ? "," : any ? ",{" : "{");
		inside = true;
		json_value(b, p);
	}
	buf_char(b, ']');
	return p ? p->next : NULL;
}

static void
json(struct buf *b, const struct part *p)
{
	const char *before = "{";

	while (p) {
		buf_str(b, before);
		before = ",";
		if (p->kind == LIST) {
			buf_json(b, p->name, strlen(p->name));
			buf_char(b, ':');
			p = json_list(b, p->next);
		} else {
			json_value(b, p);
			p = p->next;
		}
	}
	buf_str(b, *before == '{' ? "{}\n" : "}\n");
}

/* ---- text -------------------------------------------------------------------- */

static const char *
shown(const struct part *p)
{
	return p->text ? p->text : "-";
}

/* Characters, not bytes; every one counts as one column. */
static size_t
width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Text of strangers must not steer the terminal. */
static void
put_plain(struct buf *b, const char *text)
{
	size_t n = strlen(text), step;

	for (; n; text += step, n -= step) {
		step = utf8_step(text, n);
		if (!step || !str_plain((struct str){ text, step })) {
			buf_char(b, '?');
			step = step ? step : 1;
		} else {
			buf_put(b, text, step);
		}
	}
}

static void
put_cell(struct buf *b, const char *text, size_t wide, bool last)
{
	size_t n = width(text);

	put_plain(b, text);
	while (!last && n++ < wide + 2)
		buf_char(b, ' ');
}

static void
measure(struct say *s, const struct part *p)
{
	size_t k = 0;

	for (; p && p->kind != LIST_END; p = p->next) {
		if (p->kind == ROW) {
			k = 0;
		} else if (k < COLUMNS_MAX) {
			size_t n = width(shown(p)), head = width(p->name);

			n = n > head ? n : head;
			if (s->width[k] < n)
				s->width[k] = n;
			k++;
		}
	}
}

static bool
ends_row(const struct part *p)
{
	return !p->next || p->next->kind != VALUE;
}

static void
put_head(struct say *s, struct buf *b, const struct part *p)
{
	size_t k = 0;

	for (; p && p->kind == VALUE; p = p->next, k++)
		put_cell(b, p->name, s->width[k % COLUMNS_MAX], ends_row(p));
	buf_char(b, '\n');
}

static const struct part *
table(struct say *s, struct buf *b, const struct part *list)
{
	const struct part *p = list->next;
	size_t k = 0;

	if (strcmp(s->headed, list->name)) {
		memset(s->width, 0, sizeof s->width);
		measure(s, p);
		if (p && p->kind == VALUE) {
			put_head(s, b, p);
			snprintf(s->headed, sizeof s->headed, "%s", list->name);
		} else {
			buf_fmt(b, "no %s\n", list->name);
		}
	}
	for (; p && p->kind != LIST_END; p = p->next) {
		if (p->kind == ROW) {
			buf_char(b, '\n');
			k = 0;
		} else {
			put_cell(b, shown(p), s->width[k++ % COLUMNS_MAX],
			    ends_row(p));
		}
	}
	return p ? p->next : NULL;
}

static void
text(struct say *s, struct buf *b, const struct part *p)
{
	while (p) {
		if (p->kind == LIST) {
			p = table(s, b, p);
			continue;
		}
		put_plain(b, p->name);
		buf_str(b, ": ");
		put_plain(b, shown(p));
		buf_char(b, '\n');
		p = p->next;
	}
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
		json(&b, s->first);
	else
		text(s, &b, s->first);
	ok = !b.failed && write_all(b.at, b.len);
	if (b.at)
		crypt_wipe(b.at, b.cap);
	forget(s);
	return ok;
}
