/* rehearsal_wire.c - how an answer travels: whole, cut, slow, without end
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_wire.h"

#include <string.h>

#include "rehearsal/rehearsal_fake.h"

#define HEAD_BYTES_MAX ((size_t)8 * 1024)
#define PIECE          ((size_t)64 * 1024)
#define MEGABYTE       ((uint64_t)1024 * 1024)
#define DRIP_MS        500u
#define DRIP_S         120u /* then the rest comes at once */
#define RETRY_429      "7"
#define RETRY_503      "11"

/* ---- heads ---- */

static void
put_fields(struct work *w, const struct rehearsal_reply *reply)
{
	struct resp *r = w->resp;

	resp_header(r, "ETag", reply->etag);
	resp_header(r, "Last-Modified", reply->modified);
	resp_header(r, "Location", reply->location);
	if (reply->status == 401)
		resp_header(r, "WWW-Authenticate",
		    reply->faults.demand == REHEARSAL_BASIC
			? "Basic realm=\"rehearsal\", charset=\"UTF-8\""
			: "Bearer realm=\"rehearsal\"");
	if (reply->status == 429)
		resp_header(r, "Retry-After", RETRY_429);
	if (reply->status == 503)
		resp_header(r, "Retry-After", RETRY_503);
}

/* length: what Content-Length says; 0: no such field. */
static bool
send_head(struct work *w, const struct rehearsal_reply *reply, uint64_t length)
{
	struct buf b = buf_new(w->a, HEAD_BYTES_MAX);

	buf_fmt(&b, "Status: %u %s\r\nContent-Type: %s\r\n", reply->status,
	    resp_phrase(reply->status), reply->type);
	if (length)
		buf_fmt(
		    &b, "Content-Length: %llu\r\n", (unsigned long long)length);
	buf_fmt(&b, "X-Trace-Id: %s\r\n\r\n", w->req->trace.id);
	return serve_raw(w, b.at, b.len);
}

/* ---- bodies ---- */

/* Half of it, under the length of all; then the connection breaks. */
static void
send_cut(struct work *w, const struct rehearsal_reply *reply)
{
	if (send_head(w, reply, reply->body.len))
		serve_raw(w, reply->body.at, reply->body.len / 2);
	serve_break(w);
}

static void
send_drip(struct work *w, const struct rehearsal_reply *reply)
{
	size_t i = 0;

	if (!send_head(w, reply, reply->body.len))
		return;
	for (; i < reply->body.len && i < DRIP_S * 1000 / DRIP_MS; i++) {
		if (!serve_raw(w, reply->body.at + i, 1))
			return;
		rehearsal_wait(DRIP_MS);
	}
	serve_raw(w, reply->body.at + i, reply->body.len - i);
}

/* n bytes of filling between a beginning and an end. */
static void
send_filled(struct work *w, const char *begin, uint64_t n, char filling,
    const char *end)
{
	char *piece = arena_get(w->a, PIECE);

	memset(piece, filling, PIECE);
	if (!serve_raw(w, begin, strlen(begin)))
		return;
	for (; n; n -= n < PIECE ? n : PIECE)
		if (!serve_raw(w, piece, n < PIECE ? (size_t)n : PIECE))
			return;
	serve_raw(w, end, strlen(end));
}

/* Valid FHIR, and far too much of it: a narrative of so many megabytes. */
static void
send_huge(struct work *w, const struct rehearsal_reply *reply)
{
	bool set = reply->searched || !reply->resource_type;
	const char *type = set ? "Basic" : reply->resource_type;
	const char *begin = arena_printf(w->a,
	    "%s{\"resourceType\":\"%s\",\"id\":\"%.*s\",\"text\":"
	    "{\"status\":\"generated\",\"div\":\"",
	    set ? "{\"resourceType\":\"Bundle\",\"type\":\"searchset\","
		  "\"total\":1,\"entry\":[{\"resource\":"
		: "",
	    type, STR_FMT(set ? STR("huge") : reply->resource_id));
	const char *end = set ? "\"}}}]}" : "\"}}";
	uint64_t n = reply->faults.amount * MEGABYTE;

	if (send_head(w, reply, strlen(begin) + n + strlen(end)))
		send_filled(w, begin, n, 'x', end);
}

static void
send_endless(struct work *w, const struct rehearsal_reply *reply)
{
	if (send_head(w, reply, 0))
		send_filled(w, "{\"resourceType\":\"Bundle\",\"entry\":[",
		    REHEARSAL_ENDLESS_MB * MEGABYTE, ' ', "");
}

static void
send_whole(struct work *w, const struct rehearsal_reply *reply)
{
	w->resp->status = reply->status;
	w->resp->type = reply->type;
	w->resp->body = reply->body;
	if (reply->faults.bom)
		w->resp->body = str_of(arena_printf(
		    w->a, "\xef\xbb\xbf%.*s", STR_FMT(reply->body)));
	put_fields(w, reply);
}

void
rehearsal_send(struct work *w, const struct rehearsal_reply *reply)
{
	const struct rehearsal_faults *f = &reply->faults;

	if (w->req->method == REQ_HEAD)
		send_whole(w, reply);
	else if (f->instead == REHEARSAL_HUGE)
		send_huge(w, reply);
	else if (f->instead == REHEARSAL_ENDLESS)
		send_endless(w, reply);
	else if (f->cut)
		send_cut(w, reply);
	else if (f->drip)
		send_drip(w, reply);
	else
		send_whole(w, reply);
}
