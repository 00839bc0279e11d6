/* serve_body.c - where a request's bytes come from and an answer's go to
 * SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <unistd.h>

#include "ext/fcgi.h"
#include "web/serve.h"
#include "web/serve_line.h"

#define BODY_STEP ((size_t)16 * 1024)

/* Plain CGI: whoever started us may forget to close our standard input. */
static size_t
stdin_read(char *to, size_t n, int wait_ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t got = -1;

	if (poll(&p, 1, wait_ms) == 1)
		got = read(STDIN_FILENO, to, n);
	return got > 0 ? (size_t)got : 0;
}

static size_t
line_read(struct serve_line *l, char *to, size_t n)
{
	return l->fcgi ? fcgi_read(l->fcgi, to, n)
	               : stdin_read(to, n, l->wait_ms);
}

static bool
write_all(const char *text, size_t n)
{
	ssize_t put;

	for (; n; text += put, n -= (size_t)put)
		if ((put = write(STDOUT_FILENO, text, n)) <= 0)
			return false;
	return true;
}

bool
serve_answer(struct serve_line *l, struct str head, struct str body)
{
	return l->fcgi ? fcgi_answer(l->fcgi, head, body)
	               : write_all(head.at, head.len) &&
	                     write_all(body.at, body.len);
}

/* The declared length is what a whole body has: libfcgi shows a body that was
 * cut off as one that simply ended. Two lengths for one body are how one
 * request is smuggled behind another, so more is refused as well. */
static bool
body_whole(struct work *w, size_t len)
{
	struct fcgi *f = w->line->fcgi;
	char more;

	if (w->req->has_length && len < w->req->length)
		return err_set(&w->err, ERR_MALFORMED,
		    "The request body ended before its declared length.");
	if (f && w->req->has_length && fcgi_read(f, &more, 1))
		return err_set(&w->err, ERR_MALFORMED,
		    "The request body is longer than its declared length.");
	if (f && fcgi_cut(f))
		return err_set(
		    &w->err, ERR_MALFORMED, "The request body was cut off.");
	return true;
}

/* In plain CGI a body without a length is none (RFC 3875 4.1.2): standard
 * input need not end. */
static uint64_t
body_expected(const struct work *w, size_t max)
{
	if (w->req->has_length)
		return w->req->length;
	return w->line->fcgi ? max + 1 : 0;
}

bool
serve_body(struct work *w, size_t max, struct str *body)
{
	struct buf b = buf_new(w->a, max + 1);
	uint64_t left = body_expected(w, max);
	size_t got;

	if (w->req->encoded)
		return err_set(&w->err, ERR_ENCODED, NULL);
	if (w->req->has_length && w->req->length > max)
		return err_set(&w->err, ERR_TOO_LARGE,
		    "The request body is larger than %zu bytes.", max);
	while (left) {
		size_t step = left < BODY_STEP ? (size_t)left : BODY_STEP;
		char *to;

		if (step > max + 1 - b.len)
			step = max + 1 - b.len;
		if (!step || !(to = buf_room(&b, step)))
			break;
		if (!(got = line_read(w->line, to, step)))
			break;
		buf_filled(&b, got);
		left -= got;
	}
	if (b.len > max)
		return err_set(&w->err, ERR_TOO_LARGE,
		    "The request body is larger than %zu bytes.", max);
	*body = (struct str){ b.at ? b.at : "", b.len };
	return body_whole(w, b.len);
}

bool
serve_raw(struct work *w, const char *text, size_t n)
{
	w->raw = true;
	return w->line->fcgi ? fcgi_write(w->line->fcgi, text, n)
	                     : write_all(text, n);
}

void
serve_break(struct work *w)
{
	w->raw = true;
	if (w->line->fcgi)
		fcgi_break(w->line->fcgi);
}
