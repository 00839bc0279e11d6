/* buf.c - text that grows inside an arena, up to a ceiling set at birth
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define CAP_FIRST 256u

struct buf
buf_new(struct arena *a, size_t max)
{
	return (struct buf){ .a = a, .max = max };
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : CAP_FIRST;

	if (b->failed || n > b->max || b->len > b->max - n) {
		b->failed = true;
		return NULL;
	}
	while (cap < b->len + n)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	if (cap > b->cap) {
		b->at = arena_grow(b->a, b->at, b->cap, cap);
		b->cap = cap;
	}
	return b->at + b->len;
}

void
buf_filled(struct buf *b, size_t n)
{
	b->len += n;
}

void
buf_put(struct buf *b, const void *bytes, size_t n)
{
	char *to;

	if (n && (to = buf_room(b, n))) {
		memcpy(to, bytes, n);
		b->len += n;
	}
}

void
buf_str(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void
buf_char(struct buf *b, char c)
{
	/* buf_text may have made room for a NUL past the ceiling */
	if (b->len < b->cap && b->len < b->max && !b->failed)
		b->at[b->len++] = c;
	else
		buf_put(b, &c, 1);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	char small[256];
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof small) {
		buf_put(b, small, (size_t)n);
	} else if (n >= 0) {
		char *text = arena_raw(b->a, (size_t)n + 1);

		vsnprintf(text, (size_t)n + 1, fmt, again);
		buf_put(b, text, (size_t)n);
	} else {
		b->failed = true;
	}
	va_end(again);
}

static void
json_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"':
		buf_put(b, "\\\"", 2);
		break;
	case '\\':
		buf_put(b, "\\\\", 2);
		break;
	case '\n':
		buf_put(b, "\\n", 2);
		break;
	case '\r':
		buf_put(b, "\\r", 2);
		break;
	case '\t':
		buf_put(b, "\\t", 2);
		break;
	default:
		buf_fmt(b, "\\u%04x", c);
	}
}

void
buf_json(struct buf *b, const char *text, size_t n)
{
	size_t i = 0, from = 0, step;

	buf_char(b, '"');
	while (i < n) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		step = utf8_step(text + i, n - i);
		if (step > 1) {
			i += step;
			continue;
		}
		buf_put(b, text + from, i - from);
		if (!step)
			buf_put(b, "\xef\xbf\xbd", 3);
		else
			json_escape(b, c);
		from = ++i;
	}
	buf_put(b, text + from, n - from);
	buf_char(b, '"');
}

char *
buf_text(struct buf *b)
{
	if (b->failed)
		return NULL;
	if (b->len == b->cap) {
		b->at = arena_grow(b->a, b->at, b->cap, b->len + 1);
		b->cap = b->len + 1;
	}
	b->at[b->len] = '\0';
	return b->at;
}
