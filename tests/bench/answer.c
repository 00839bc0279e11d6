/* answer.c - one HTTP/1.1 answer, found in bytes as they arrive
 * SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* header - the value of a header line, NULL if absent; head ends in CRLF. */
static const char *
header(const char *head, const char *end, const char *name)
{
	size_t n = strlen(name);
	const char *line = head;

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if ((size_t)(end - line) > n && line[n] == ':' &&
		    strncasecmp(line, name, n) == 0) {
			line += n + 1;
			while (*line == ' ')
				line++;
			return line;
		}
	}
	return NULL;
}

/* chunks_join - the chunks at `at` become one body there. */
static enum answer_is
chunks_join(struct answer *a, char *at, size_t len, bool join)
{
	char *p = at, *end = at + len, *eol, *stop;
	size_t n, total = 0;

	for (;;) {
		eol = memmem(p, (size_t)(end - p), "\r\n", 2);
		if (eol == NULL)
			return ANSWER_PART;
		n = strtoul(p, &stop, 16);
		if (stop == p || n > (size_t)1 << 30)
			return ANSWER_BAD;
		p = eol + 2;
		if ((size_t)(end - p) < n + 2)
			return ANSWER_PART;
		if (join)
			memmove(at + total, p, n);
		total += n;
		p += n + 2;
		if (n == 0)
			break;
	}
	a->body = at;
	a->body_len = total;
	return ANSWER_WHOLE;
}

static enum answer_is
body_read(
    struct answer *a, const char *head, char *body, size_t have, bool ended)
{
	const char *coding = header(head, body, "Transfer-Encoding");
	const char *length = header(head, body, "Content-Length");
	enum answer_is is;

	a->body = body;
	if (coding != NULL && strncasecmp(coding, "chunked", 7) == 0) {
		/* first count, then move: a part must stay as it came */
		is = chunks_join(a, body, have, false);
		if (is == ANSWER_WHOLE)
			is = chunks_join(a, body, have, true);
		return is == ANSWER_PART && ended ? ANSWER_BAD : is;
	}
	if (a->status == 204 || a->status == 304)
		return ANSWER_WHOLE;
	if (length == NULL) {
		a->closes = true;
		a->body_len = have;
		return ended ? ANSWER_WHOLE : ANSWER_PART;
	}
	a->body_len = strtoul(length, NULL, 10);
	if (have >= a->body_len)
		return ANSWER_WHOLE;
	return ended ? ANSWER_BAD : ANSWER_PART;
}

enum answer_is
answer_read(struct answer *a, char *at, size_t len, bool ended)
{
	char *blank = memmem(at, len, "\r\n\r\n", 4);
	const char *connection;

	if (blank == NULL)
		return ended ? ANSWER_BAD : ANSWER_PART;
	if (strncmp(at, "HTTP/1.", 7) != 0)
		return ANSWER_BAD;
	a->status = (int)strtol(at + 8, NULL, 10);
	blank += 4;
	connection = header(at, blank, "Connection");
	a->closes =
	    at[7] == '0' ||
	    (connection != NULL && strncasecmp(connection, "close", 5) == 0);
	return body_read(a, at, blank, len - (size_t)(blank - at), ended);
}
