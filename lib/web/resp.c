/* resp.c - an HTTP answer as data, written once at the end
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/resp.h"

#include <string.h>

static const struct {
	unsigned status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 204, "No Content" },
	{ 302, "Found" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

const char *
resp_phrase(unsigned status)
{
	size_t i;

	for (i = 0; i < COUNT(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Unknown";
}

void
resp_header(struct resp *r, const char *name, const char *value)
{
	if (value && r->n < RESP_HEADERS_MAX && !strpbrk(value, "\r\n")) {
		r->header[r->n].name = name;
		r->header[r->n].value = value;
		r->n++;
	}
}

void
resp_drop(struct resp *r)
{
	memset(r, 0, sizeof *r);
}

static void
put_field(struct buf *b, const char *name, const char *value)
{
	buf_str(b, name);
	buf_put(b, ": ", 2);
	buf_str(b, value);
	buf_put(b, "\r\n", 2);
}

void
resp_head(struct buf *b, const struct resp *r)
{
	size_t i;

	buf_fmt(b, "Status: %u %s\r\n", r->status, resp_phrase(r->status));
	if (r->type)
		put_field(b, "Content-Type", r->type);
	for (i = 0; i < r->n; i++)
		put_field(b, r->header[i].name, r->header[i].value);
	if (r->status != 304)
		buf_fmt(b, "Content-Length: %zu\r\n", r->body.len);
	buf_put(b, "\r\n", 2);
}
