/* fetch.h - the one door to libcurl: many transfers, one thread, no surprises
 * SPDX-License-Identifier: Apache-2.0
 *
 * A struct fetch is an event loop (epoll over curl_multi_socket_action) and
 * its pools. A pool is everything that one provider credential shares:
 * connections, TLS sessions, handles. Two pools share nothing (the class of
 * CVE-2016-5419, CVE-2022-27782, CVE-2026-8932).
 *
 * What no caller can switch on: redirects, proxies, netrc, protocols other
 * than https (http where allowed), HTTP/0.9, TLS below 1.2 or unverified,
 * content codings other than gzip, names resolved by libcurl. Addresses are
 * given by the caller, pinned, and compared again when the socket is opened.
 *
 * Everything but fetch_wake and the URL readers belongs to one thread. */
#ifndef EXT_FETCH_H
#define EXT_FETCH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"

#define FETCH_ADDRS_MAX    8
#define FETCH_HEADS_MAX    12  /* request headers of one transfer */
#define FETCH_HOST_MAX     254 /* bytes with NUL (RFC 1035 2.3.4) */
#define FETCH_POOLS_MAX    256 /* kept; the longest idle goes first */
#define FETCH_POOL_IDLE_MS (3 * 60 * 1000)

/* An address to connect to: network byte order as in sockaddr. */
struct fetch_addr {
	bool v6;
	uint16_t port;        /* host byte order */
	unsigned char at[16]; /* IPv4: the first four */
};

struct fetch_limits {
	size_t body_bytes;     /* decoded; over it ERR_UPSTREAM_LARGE */
	size_t header_bytes;   /* status lines and interim answers included */
	unsigned headers;      /* the same in lines */
	unsigned slow_bytes_s; /* fewer than this a second ... */
	unsigned slow_s;       /* ... over this long since the answer began */
};

/* One transfer. The caller fills the first part and keeps the whole alive and
 * untouched until done is called; texts are NUL-terminated. */
struct fetch_job {
	struct arena *a;   /* takes the answer; used by the loop's thread */
	struct guid owner; /* owner and revision name the pool; a pool of an */
	int64_t revision;  /* older revision goes as soon as it is idle */
	const char *url;   /* http only with plain_http */
	const char *host;  /* of the url, as fetch_url_read gives it */
	const struct fetch_addr *addrs; /* the only ones to be used, one port */
	unsigned addrs_n;
	bool plain_http, http2;
	const char *heads[FETCH_HEADS_MAX]; /* "Name: value", NULL ends */
	struct str post;                    /* absent: GET */
	unsigned connect_ms, total_ms;
	const struct fetch_limits *limits;
	void (*done)(struct fetch_job *); /* on the loop's thread */
	void *ctx;

	/* The answer, borrowed from a; whole once done is called. */
	struct err e; /* ERR_NONE: the answer came whole */
	int status;   /* 0: none; may be set although e is */
	bool sent;    /* the request may have reached the provider */
	bool fresh;   /* a new connection was made for it */
	struct str content_type, etag, last_modified, location, retry_after;
	struct buf body; /* of status 200 only; other bodies are dropped */
	unsigned elapsed_ms;

	struct fetch_run *run; /* fetch.c's own */
};

struct fetch;

/* fetch_init - once per process, before threads. false: ERR_BROKEN. */
bool fetch_init(struct err *e);

/* fetch_new - a loop of its own. ca_dir: hashed folder of trusted CAs; NULL:
 * the system's. Owned; fetch_free (jobs under way are ended with ERR_BUSY).
 * NULL: ERR_BROKEN. */
struct fetch *fetch_new(const char *ca_dir, struct err *e);
void fetch_free(struct fetch *f);

/* fetch_begin - take a job on. done may be called before this returns. Errors
 * (in job->e):
 *   ERR_UPSTREAM_CONNECT  no TCP or TLS connection
 *   ERR_UPSTREAM_TIMEOUT  connect_ms, total_ms, or slower than the limit
 *   ERR_UPSTREAM_BAD      cut off, not HTTP/1 or /2, bad coding
 *   ERR_UPSTREAM_LARGE    over a limit
 *   ERR_BUSY              the byte budget is spent; or ended by fetch_free
 *   ERR_BROKEN            the job makes no sense */
void fetch_begin(struct fetch *f, struct fetch_job *job);

/* fetch_end - give a job up: its done is called, with err kind and words. */
void fetch_end(struct fetch *f, struct fetch_job *job, enum err_kind kind,
    const char *why);

/* fetch_turn - one turn of the loop: wait (at most wait_ms, -1: as long as
 * nothing happens), move what can be moved, call done where it is. */
void fetch_turn(struct fetch *f, int wait_ms);

/* fetch_wake - makes a fetch_turn that waits return; from any thread. */
void fetch_wake(struct fetch *f);

/* fetch_pools, fetch_running - how many, for tests and figures. */
unsigned fetch_pools(const struct fetch *f);
unsigned fetch_running(const struct fetch *f);

/* A URL in its parsed parts (RFC 3986), read by the same code that will
 * connect. Host in lower case, a literal IPv6 address without brackets, odd
 * spellings of IPv4 made dotted; port always there; path starts with a slash
 * and is as written. */
struct fetch_url {
	bool https; /* else http; nothing else is read */
	const char *host;
	bool v6; /* host is an IPv6 literal */
	uint16_t port;
	const char *path;
	const char *query; /* NULL: no question mark */
};

/* fetch_url_read - borrowed from a. false for what is no absolute http or
 * https URL, and for one with user part or fragment. */
bool fetch_url_read(struct arena *a, struct str text, struct fetch_url *u);

/* fetch_url_write - the URL of these parts; base port left out when it is
 * the scheme's own. Borrowed from a. */
const char *fetch_url_write(struct arena *a, const struct fetch_url *u);

#endif
