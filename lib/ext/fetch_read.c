/* fetch_read.c - what libcurl calls during a transfer: headers, body, sockets
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fetch_run_inner.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define DROPPED_MAX ((size_t)64 * 1024)  /* of a body nobody will read */
#define FIRST_ROOM  ((size_t)256 * 1024) /* believed of Content-Length */
#define HEAD_VALUE  2048                 /* kept bytes of one header */

/* Kept, if it is printable ASCII that fits: it may travel on to the client. */
static void
keep_value(struct fetch_job *job, struct str *to, struct str value)
{
	size_t i;

	if (to->at || value.len > HEAD_VALUE)
		return;
	for (i = 0; i < value.len; i++)
		if (value.at[i] < 0x20 || value.at[i] > 0x7e)
			return;
	*to = (struct str){ arena_dup(job->a, value.at, value.len), value.len };
}

static size_t
read_field(struct fetch_run *r, struct str name, struct str value, size_t n)
{
	struct fetch_job *job = r->job;

	if (str_is_nocase(name, "content-type"))
		keep_value(job, &job->content_type, value);
	else if (str_is_nocase(name, "etag"))
		keep_value(job, &job->etag, value);
	else if (str_is_nocase(name, "last-modified"))
		keep_value(job, &job->last_modified, value);
	else if (str_is_nocase(name, "location"))
		keep_value(job, &job->location, value);
	else if (str_is_nocase(name, "retry-after"))
		keep_value(job, &job->retry_after, value);
	else if (str_is_nocase(name, "date"))
		keep_value(job, &job->date, value);
	else if (str_is_nocase(name, "www-authenticate"))
		keep_value(job, &job->challenge, value);
	else if (str_is_nocase(name, "content-encoding") &&
		 !str_is_nocase(value, "gzip") &&
		 !str_is_nocase(value, "x-gzip") &&
		 !str_is_nocase(value, "identity"))
		return fetch_run_cut(r, ERR_UPSTREAM_BAD,
		    "content coding that was not asked for");
	return n;
}

/* A status line opens a block; what interim answers said is forgotten, what
 * they cost is not. */
static void
read_status(struct fetch_job *job, struct str line)
{
	struct str rest;
	uint64_t n;

	str_cut(line, ' ', &rest);
	job->status = str_number(str_cut(rest, ' ', &rest), 3, &n) ? (int)n : 0;
	job->content_type = job->etag = job->last_modified = STR_NONE;
	job->location = job->retry_after = STR_NONE;
	job->date = job->challenge = STR_NONE;
}

size_t
fetch_on_header(char *at, size_t one, size_t n, void *ctx)
{
	struct fetch_run *r = ctx;
	const struct fetch_limits *l = r->job->limits;
	struct str line = str_trim((struct str){ at, n }, "\r\n"), value;
	struct str name = line;

	(void)one;
	r->head_bytes += n;
	if (r->head_bytes > l->header_bytes || ++r->head_lines > l->headers)
		return fetch_run_cut(r, ERR_UPSTREAM_LARGE, "too many headers");
	if (r->in_body)
		return n; /* trailers are counted and dropped */
	if (str_starts(line, "HTTP/")) {
		read_status(r->job, line);
		return n;
	}
	name = str_cut(line, ':', &value);
	if (!value.at)
		return n;
	return read_field(r, name, str_trim(value, " \t"), n);
}

static size_t
first_room(struct fetch_run *r)
{
	curl_off_t n = -1;

	curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
	if (n <= 0 || (size_t)n > r->job->limits->body_bytes)
		return 0;
	return (size_t)n < FIRST_ROOM ? (size_t)n : FIRST_ROOM;
}

static size_t
keep_body(struct fetch_run *r, const char *at, size_t n)
{
	struct buf *b = &r->job->body;

	if (!b->at)
		buf_room(b, first_room(r));
	if (b->len + n > b->cap && arena_over(r->job->a))
		return fetch_run_cut(r, ERR_BUSY, "the byte budget is spent");
	buf_put(b, at, n);
	return b->failed ? fetch_run_cut(r, ERR_UPSTREAM_LARGE,
			       "the body is over its limit")
	                 : n;
}

size_t
fetch_on_body(char *at, size_t one, size_t n, void *ctx)
{
	struct fetch_run *r = ctx;

	(void)one;
	r->in_body = true;
	r->body_bytes += n;
	if (r->job->status == 200)
		return keep_body(r, at, n);
	if (r->body_bytes > DROPPED_MAX)
		return fetch_run_cut(
		    r, ERR_UPSTREAM_LARGE, "the error's body is long");
	return n;
}

static bool
read_address(struct fetch_addr *at, const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	memset(at, 0, sizeof *at);
	at->v6 = sa->sa_family == AF_INET6;
	if (!at->v6 && sa->sa_family != AF_INET)
		return false;
	at->port = ntohs(at->v6 ? in6->sin6_port : in->sin_port);
	if (at->v6)
		memcpy(at->at, &in6->sin6_addr, 16);
	else
		memcpy(at->at, &in->sin_addr, 4);
	return true;
}

static bool
pinned(const struct fetch_job *job, const struct fetch_addr *to)
{
	unsigned i;

	for (i = 0; i < job->addrs_n; i++) {
		const struct fetch_addr *at = &job->addrs[i];

		if (at->v6 == to->v6 && at->port == to->port &&
		    !memcmp(at->at, to->at, to->v6 ? 16 : 4))
			return true;
	}
	return false;
}

/* The last word on where bytes go: whatever libcurl made of the URL. */
curl_socket_t
fetch_on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct fetch_run *r = ctx;
	const struct fetch_job *job = r->job;
	struct fetch_addr at;

	if (purpose != CURLSOCKTYPE_IPCXN || !read_address(&at, &to->addr) ||
	    !pinned(job, &at)) {
		fetch_run_cut(
		    r, ERR_UPSTREAM_ADDRESS, "address was not the pinned one");
		return CURL_SOCKET_BAD;
	}
	if (!fetch_guard_allows(&job->guard, &at, !job->url.https)) {
		fetch_run_cut(r, ERR_UPSTREAM_ADDRESS,
		    "address is not one that may be reached");
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}
