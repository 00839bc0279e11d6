/* crowd_unit.c - one line of the plan, and the requests that it stands for
 * SPDX-License-Identifier: Apache-2.0 */
#include "crowd_unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FORM_TYPE "Content-Type: application/x-www-form-urlencoded\r\n"

bool
unit_read(struct unit *u, struct text *plan)
{
	struct text line;
	const char *tab;
	int i;

	if (!text_line(plan, &line))
		return false;
	for (i = 0; i < UNIT__FIELDS; i++) {
		struct text *f = &u->field[i];

		tab = line.len ? memchr(line.at, '\t', line.len) : NULL;
		f->at = line.at;
		f->len = tab ? (size_t)(tab - line.at) : line.len;
		if (!f->len || (tab == NULL) != (i == UNIT__FIELDS - 1))
			return false;
		line.at += f->len + 1;
		line.len -= f->len + (tab != NULL);
	}
	return true;
}

bool
unit_has(const struct unit *u, enum unit_field field)
{
	return u->field[field].len != 1 || u->field[field].at[0] != '-';
}

bool
unit_follows(const struct unit *u)
{
	const struct text *m = &u->field[UNIT_METHOD];

	return m->at[m->len - 1] == '+';
}

struct writer {
	char *at;
	size_t len, room;
};

__attribute__((format(printf, 2, 3))) static void
put(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->at + w->len, w->room - w->len, format, args);
	va_end(args);
	w->len += n < 0 || (size_t)n > w->room - w->len ? w->room - w->len
	                                                : (size_t)n;
}

static void
put_body(struct writer *w, struct text body)
{
	put(w, FORM_TYPE "Content-Length: %zu\r\n\r\n%.*s", body.len,
	    (int)body.len, body.at);
}

/* The page of a search lies under the type: POST Patient/_search goes on at
 * GET Patient?_cursor=. */
static void
put_page_line(struct writer *w, struct text target, const char *cursor)
{
	static const char search[] = "/_search";
	const char *query = memchr(target.at, '?', target.len);
	size_t n = query ? (size_t)(query - target.at) : target.len;
	size_t tail = strlen(search);

	if (n > tail && !memcmp(target.at + n - tail, search, tail))
		n -= tail;
	put(w, "GET %.*s?_cursor=%s HTTP/1.1\r\n", (int)n, target.at, cursor);
}

static void
put_first_line(struct writer *w, const struct unit *u)
{
	struct text method = u->field[UNIT_METHOD];
	struct text target = u->field[UNIT_TARGET];

	put(w, "%.*s %.*s HTTP/1.1\r\n", (int)method.len - unit_follows(u),
	    method.at, (int)target.len, target.at);
}

size_t
unit_write(char *to, size_t room, const struct unit *u, enum unit_kind kind,
    const char *token, const char *cursor)
{
	struct writer w = { to, 0, room };

	if (kind == UNIT_TOKEN)
		put(&w, "POST /oauth2/token HTTP/1.1\r\n");
	else if (kind == UNIT_PAGE)
		put_page_line(&w, u->field[UNIT_TARGET], cursor);
	else
		put_first_line(&w, u);
	put(&w, "Host: crowd\r\n");
	if (kind != UNIT_TOKEN && unit_has(u, UNIT_FORM))
		put(&w, "Authorization: Bearer %s\r\n", token);
	if (kind != UNIT_TOKEN && unit_has(u, UNIT_HEADER))
		put(&w, "%.*s\r\n", (int)u->field[UNIT_HEADER].len,
		    u->field[UNIT_HEADER].at);
	if (kind == UNIT_TOKEN)
		put_body(&w, u->field[UNIT_FORM]);
	else if (kind == UNIT_FIRST && unit_has(u, UNIT_BODY))
		put_body(&w, u->field[UNIT_BODY]);
	else
		put(&w, "\r\n");
	return w.len;
}
