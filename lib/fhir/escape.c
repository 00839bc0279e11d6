/* escape.c - escapes in JSON strings: what may stand there, what it means
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/escape.h"

#include <string.h>

#include "base/arena.h"

static inline int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of \uXXXX at p; -1 if that is not what stands there. */
static int
unit(const char *p, const char *end)
{
	int v = 0, i, d;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		if ((d = digit(p[i])) < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

const char *
escape_check(const char *p, const char *end, size_t *n)
{
	int v, low;

	*n = 2;
	if (end - p >= 2 && memchr("\"\\/bfnrt", p[1], 8))
		return NULL;
	if (end - p < 2 || p[1] != 'u')
		return "an escape that JSON lacks";
	*n = 6;
	if ((v = unit(p, end)) < 0)
		return "\\u without four hexadecimal digits";
	if (!v)
		return "\\u0000";
	if (v < 0xd800 || v > 0xdfff)
		return NULL;
	*n = 12;
	low = v < 0xdc00 ? unit(p + 6, end) : -1;
	if (low >= 0xdc00 && low <= 0xdfff)
		return NULL;
	return "a surrogate without its other half";
}

/* The UTF-8 form of one character (RFC 3629 3). */
static char *
put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* One escape that escape_check has passed. Returns the byte behind it. */
static const char *
put_escape(char **to, const char *p, const char *end)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *at;
	unsigned c;

	if (p[1] != 'u') {
		at = memchr(letters, p[1], 5);
		*(*to)++ = at ? meant[at - letters] : p[1];
		return p + 2;
	}
	c = (unsigned)unit(p, end);
	p += 6;
	if (c >= 0xd800 && c < 0xe000) { /* RFC 8259 7: a pair */
		c = 0x10000 +
		    ((c & 0x3ff) << 10 | ((unsigned)unit(p, end) & 0x3ff));
		p += 6;
	}
	*to = put_utf8(*to, c);
	return p;
}

const struct str *
escape_decode(struct arena *a, struct str raw)
{
	struct str *s = arena_raw(a, sizeof *s + raw.len);
	const char *p = raw.at, *end = p + raw.len, *back;
	char *first = (char *)(s + 1), *to = first;

	while ((back = memchr(p, '\\', (size_t)(end - p)))) {
		memcpy(to, p, (size_t)(back - p));
		to += back - p;
		p = put_escape(&to, back, end);
	}
	memcpy(to, p, (size_t)(end - p));
	to += end - p;
	*s = (struct str){ first, (size_t)(to - first) };
	return s;
}
