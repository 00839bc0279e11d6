/* command_shape.c - what a verb said, written as JSON or as text
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/command_shape.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/str.h"

/* ---- JSON -------------------------------------------------------------------- */

static void
json_value(struct buf *b, const struct said *p)
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
static const struct said *
json_list(struct buf *b, const struct said *p)
{
	bool inside = false, any = false;

	buf_char(b, '[');
	for (; p && p->kind != SAID_LIST_END; p = p->next) {
		if (p->kind == SAID_ROW) {
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

void
said_json(struct buf *b, const struct said *p)
{
	const char *before = "{";

	while (p) {
		buf_str(b, before);
		before = ",";
		if (p->kind == SAID_LIST) {
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
shown(const struct said *p)
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
measure(struct said_table *t, const struct said *p)
{
	size_t k = 0;

	for (; p && p->kind != SAID_LIST_END; p = p->next) {
		if (p->kind == SAID_ROW) {
			k = 0;
		} else if (k < SAID_COLUMNS_MAX) {
			size_t n = width(shown(p)), head = width(p->name);

			n = n > head ? n : head;
			if (t->width[k] < n)
				t->width[k] = n;
			k++;
		}
	}
}

static bool
ends_row(const struct said *p)
{
	return !p->next || p->next->kind != SAID_VALUE;
}

static void
put_head(struct said_table *t, struct buf *b, const struct said *p)
{
	size_t k = 0;

	for (; p && p->kind == SAID_VALUE; p = p->next, k++)
		put_cell(
		    b, p->name, t->width[k % SAID_COLUMNS_MAX], ends_row(p));
	buf_char(b, '\n');
}

static const struct said *
table(struct said_table *t, struct buf *b, const struct said *list)
{
	const struct said *p = list->next;
	size_t k = 0;

	if (strcmp(t->headed, list->name)) {
		memset(t->width, 0, sizeof t->width);
		measure(t, p);
		if (p && p->kind == SAID_VALUE) {
			put_head(t, b, p);
			snprintf(t->headed, sizeof t->headed, "%s", list->name);
		} else {
			buf_fmt(b, "no %s\n", list->name);
		}
	}
	for (; p && p->kind != SAID_LIST_END; p = p->next) {
		if (p->kind == SAID_ROW) {
			buf_char(b, '\n');
			k = 0;
		} else {
			put_cell(b, shown(p), t->width[k++ % SAID_COLUMNS_MAX],
			    ends_row(p));
		}
	}
	return p ? p->next : NULL;
}

void
said_text(struct said_table *t, struct buf *b, const struct said *p)
{
	while (p) {
		if (p->kind == SAID_LIST) {
			p = table(t, b, p);
			continue;
		}
		put_plain(b, p->name);
		buf_str(b, ": ");
		put_plain(b, shown(p));
		buf_char(b, '\n');
		p = p->next;
	}
}
