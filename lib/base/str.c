/* str.c - slices of text that somebody else owns
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

struct str
str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

bool
str_is(struct str s, const char *text)
{
	return str_eq(s, str_of(text));
}

bool
str_is_nocase(struct str s, const char *text)
{
	return s.len == strlen(text) && !strncasecmp(s.at, text, s.len);
}

bool
str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && !memcmp(s.at, prefix, n);
}

bool
str_starts_nocase(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && !strncasecmp(s.at, prefix, n);
}

struct str
str_cut(struct str s, char c, struct str *rest)
{
	const char *p = s.len ? memchr(s.at, c, s.len) : NULL;

	if (!p) {
		*rest = STR_NONE;
		return s;
	}
	*rest = (struct str){ p + 1, s.len - (size_t)(p - s.at) - 1 };
	return (struct str){ s.at, (size_t)(p - s.at) };
}

struct str
str_trim(struct str s, const char *set)
{
	while (s.len && s.at[0] && strchr(set, s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && s.at[s.len - 1] && strchr(set, s.at[s.len - 1]))
		s.len--;
	return s;
}

char *
str_text(struct arena *a, struct str s)
{
	return s.at ? arena_dup(a, s.at, s.len) : NULL;
}

struct str
str_lower(struct arena *a, struct str s)
{
	char *p = arena_raw(a, s.len);
	size_t i;

	for (i = 0; i < s.len; i++)
		p[i] = s.at[i] >= 'A' && s.at[i] <= 'Z'
		           ? (char)(s.at[i] - 'A' + 'a')
		           : s.at[i];
	return (struct str){ p, s.len };
}

bool
str_number(struct str s, unsigned digits, uint64_t *n)
{
	uint64_t v = 0;
	size_t i;

	if (!s.len || s.len > digits || s.len > 18)
		return false;
	for (i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.at[i] - '0');
	}
	*n = v;
	return true;
}

size_t
utf8_step(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i, len;

	if (!n)
		return 0;
	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
utf8_valid(struct str s)
{
	size_t i = 0, step;

	while (i < s.len) {
		if (!(step = utf8_step(s.at + i, s.len - i)))
			return false;
		i += step;
	}
	return true;
}

bool
str_plain(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < s.len &&
		    (unsigned char)s.at[i + 1] < 0xa0)
			return false;
	}
	return utf8_valid(s);
}
