/* view.c - what a page is filled with: named values and lists of rows
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/view.h"

#include <string.h>

#include "base/buf.h"

#define TEXTS_BYTES_MAX ((size_t)64 * 1024)

struct view {
	struct arena *a;
	struct view_value *values;
	const struct view *around;
	struct view *next, *last; /* of a list: the last is told to the first */
};

struct view *
view_new(struct arena *a)
{
	struct view *v = arena_get(a, sizeof *v);

	v->a = a;
	return v;
}

struct arena *
view_arena(const struct view *v)
{
	return v->a;
}

/* Names are few on a page: a list is as good as anything. */
static struct view_value *
put(struct view *v, const char *name, enum view_kind kind)
{
	struct view_value *value = arena_get(v->a, sizeof *value);

	value->name = str_of(name);
	value->kind = kind;
	value->next = v->values;
	v->values = value;
	return value;
}

void
view_text(struct view *v, const char *name, struct str text)
{
	put(v, name, VIEW_TEXT)->text = text;
}

void
view_link(struct view *v, const char *name, struct str href)
{
	put(v, name, VIEW_LINK)->text = href;
}

void
view_number(struct view *v, const char *name, int64_t n)
{
	put(v, name, VIEW_NUMBER)->number = n;
}

void
view_time(struct view *v, const char *name, int64_t us)
{
	put(v, name, VIEW_TIME)->number = us;
}

void
view_flag(struct view *v, const char *name, bool set)
{
	view_text(v, name, set ? STR("yes") : STR_NONE);
}

struct view *
view_row(struct view *v, const char *name)
{
	const struct view_value *list = view_find(v, str_of(name));
	struct view *row = view_new(v->a), *first;

	row->around = v;
	if (!list || list->kind != VIEW_ROWS) {
		put(v, name, VIEW_ROWS)->first = row;
		row->last = row;
		return row;
	}
	first = (struct view *)(uintptr_t)list->first;
	first->last->next = row;
	first->last = row;
	return row;
}

static struct str
joined(struct arena *a, const struct str *texts, size_t n)
{
	struct buf b = buf_new(a, TEXTS_BYTES_MAX);
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_put(&b, texts[i].at, texts[i].len);
	}
	return (struct str){ b.at ? b.at : "", b.len };
}

/* Bytes are for programs, not for people. */
static void
put_cell(struct view *v, const char *name, struct db_cell cell)
{
	struct str text, *texts;
	struct guid g;
	int64_t n;
	size_t many;
	bool b;

	if (!cell.bytes.at)
		view_text(v, name, STR_NONE);
	else if (db_read_text(cell, &text))
		view_text(v, name, text);
	else if (db_read_int(cell, &n))
		view_number(v, name, n);
	else if (db_read_bool(cell, &b))
		view_flag(v, name, b);
	else if (db_read_time(cell, &n))
		view_time(v, name, n);
	else if (db_read_guid(cell, &g))
		view_text(v, name,
		    str_of(guid_write(arena_get(v->a, GUID_LEN + 1), &g)));
	else if (db_read_texts(cell, v->a, &texts, &many))
		view_text(v, name, joined(v->a, texts, many));
}

void
view_cells(struct view *v, const struct db_rows *rows, size_t r)
{
	size_t c;

	for (c = 0; c < rows->cols; c++)
		put_cell(v, rows->names[c], rows->cells[r * rows->cols + c]);
}

void
view_rows(struct view *v, const char *name, const struct db_rows *rows)
{
	size_t r;

	for (r = 0; r < db_count(rows); r++)
		view_cells(view_row(v, name), rows, r);
}

const struct view_value *
view_find(const struct view *v, struct str name)
{
	const struct view_value *value;

	for (; v; v = v->around)
		for (value = v->values; value; value = value->next)
			if (str_eq(name, value->name))
				return value;
	return NULL;
}

const struct view *
view_next(const struct view *row)
{
	return row->next;
}
