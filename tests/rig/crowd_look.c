/* crowd_look.c - what an answer says about itself: trace, marks, token, end
 * SPDX-License-Identifier: Apache-2.0 */
#include "crowd_look.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MARK "mark-"

static void
copy(char *to, size_t room, const char *at, size_t len)
{
	size_t n = len < room ? len : room - 1;

	memcpy(to, at, n);
	to[n] = '\0';
}

void
look_header(
    char *to, size_t room, const char *head, size_t len, const char *name)
{
	size_t n = strlen(name);
	const char *line = head, *end = head + len, *stop;

	to[0] = '\0';
	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if ((size_t)(end - line) <= n || line[n] != ':' ||
		    strncasecmp(line, name, n) != 0)
			continue;
		line += n + 1;
		while (line < end && *line == ' ')
			line++;
		stop = memchr(line, '\r', (size_t)(end - line));
		copy(to, room, line, (size_t)((stop ? stop : end) - line));
		return;
	}
}

static bool
named(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Is this name one of those in the list already? */
static bool
listed(const char *list, const char *name, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, name, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

void
look_marks(char *to, size_t room, const char *body, size_t len)
{
	const char *at = body, *end = body + len;
	size_t used = 0, n;

	to[0] = '\0';
	while ((at = memmem(at, (size_t)(end - at), MARK, strlen(MARK)))) {
		at += strlen(MARK);
		for (n = 0; at + n < end && named(at[n]); n++)
			;
		if (listed(to, at, n))
			continue;
		if (used + n + 5 > room) {
			memcpy(to + used, "...", 4);
			return;
		}
		if (used)
			to[used++] = ',';
		memcpy(to + used, at, n);
		used += n;
		to[used] = '\0';
	}
}

bool
look_member(
    char *to, size_t room, const char *body, size_t len, const char *name)
{
	char quoted[64];
	size_t n = (size_t)snprintf(quoted, sizeof quoted, "\"%s\"", name);
	const char *at = memmem(body, len, quoted, n), *end = body + len;
	const char *close;

	to[0] = '\0';
	if (!at || !(at = memchr(at + n, '"', (size_t)(end - at - (long)n))))
		return false;
	at++;
	close = memchr(at, '"', (size_t)(end - at));
	if (!close || (size_t)(close - at) >= room)
		return false;
	copy(to, room, at, (size_t)(close - at));
	return true;
}

static int
digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* base64url until the first byte that is none. */
static size_t
decode(char *to, size_t room, const char *text)
{
	uint32_t bits = 0;
	size_t n = 0;
	int have = 0, d;

	for (; (d = digit(*text)) >= 0 && n < room; text++) {
		bits = bits << 6 | (uint32_t)d;
		if ((have += 6) < 8)
			continue;
		have -= 8;
		to[n++] = (char)(bits >> have & 0xff);
	}
	return n;
}

void
look_claims(char *to, size_t room, const char *token)
{
	char json[TOKEN_ROOM], scope[64], jti[64];
	const char *payload = strchr(token, '.');
	size_t n;

	to[0] = '\0';
	if (!payload)
		return;
	n = decode(json, sizeof json, payload + 1);
	if (look_member(scope, sizeof scope, json, n, "scope") &&
	    look_member(jti, sizeof jti, json, n, "jti"))
		snprintf(to, room, "%s/%s", scope, jti);
}

/* Links are objects: the relation of a URL stands close in front of it. */
bool
look_cursor(char *to, size_t room, const char *body, size_t len)
{
	static const char next[] = "\"next\"", hook[] = "?_cursor=";
	const char *at = memmem(body, len, next, strlen(next)), *end, *close;

	if (!at)
		return false;
	end = body + len;
	at = memmem(at, (size_t)(end - at), hook, strlen(hook));
	if (!at)
		return false;
	at += strlen(hook);
	close = memchr(at, '"', (size_t)(end - at));
	if (!close || (size_t)(close - at) >= room)
		return false;
	copy(to, room, at, (size_t)(close - at));
	return true;
}

bool
look_whole(const char *body, size_t len)
{
	bool text = false;
	long depth = 0;
	size_t i;

	if (!len || body[0] != '{')
		return false;
	for (i = 0; i < len; i++) {
		if (text) {
			if (body[i] == '\\')
				i++;
			else if (body[i] == '"')
				text = false;
			continue;
		}
		text = body[i] == '"';
		depth += (body[i] == '{' || body[i] == '[') -
		         (body[i] == '}' || body[i] == ']');
		if (!depth && i + 1 < len)
			return body[i + 1] == '\n' && i + 2 == len;
	}
	return !depth && !text;
}
