/* fetch_run.h - one transfer: what is asked, what comes back, what is refused
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever hygiene libcurl needs is here: its options, and the callbacks that
 * count what a provider sends. The loop over many of them is ext/fetch. */
#ifndef EXT_FETCH_RUN_H
#define EXT_FETCH_RUN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "ext/fetch_guard.h"
#include "ext/fetch_url.h"

#define FETCH_ADDRS_MAX 8
#define FETCH_HEADS_MAX 12  /* request headers of one transfer */
#define FETCH_HOST_MAX  254 /* bytes with NUL (RFC 1035 2.3.4) */
#define FETCH_DETAIL    256 /* CURL_ERROR_SIZE */

#define FETCH_ADDR_TEXT 46 /* bytes of an address as text, with NUL */

struct fetch_limits {
	size_t body_bytes;     /* decoded; over it ERR_UPSTREAM_LARGE */
	size_t header_bytes;   /* status lines and interim answers included */
	unsigned headers;      /* the same in lines */
	unsigned slow_bytes_s; /* fewer than this a second ... */
	unsigned slow_s;       /* ... over this long since the answer began */
};

/* What the server showed, and was believed. Only of a connection made for the
 * transfer: one that is used again shows none. */
struct fetch_certificate {
	struct str subject,
	    names; /* names: subjectAltName as OpenSSL says it */
	struct str issuer;
	int64_t starts_s, ends_s; /* since 1970 UTC; 0: none was shown */
};

/* What TLS takes beyond the usual: PEM texts, "": not said. Kept by the caller
 * until done, wiped by it. */
struct fetch_tls {
	const char *chain; /* our certificate, and what leads to its CA */
	const char *key;   /* of it; "" only without one */
	const char *ca; /* trusted instead of the system's CAs. With CRLs among
	                   them, a server's certificate is looked up in these */
};

/* One transfer. The caller fills the first part and keeps the whole alive and
 * untouched until done is called; texts are NUL-terminated. */
struct fetch_job {
	struct arena *a;   /* takes the answer; used by whoever moves it */
	struct guid owner; /* owner and revision name the pool; a pool of an */
	int64_t revision;  /* older revision goes as soon as it is idle */
	struct fetch_url url;           /* https, or http with plain_http */
	const struct fetch_addr *addrs; /* the only ones to be used, one port */
	unsigned addrs_n;
	struct fetch_guard guard;     /* asked again when a socket is opened */
	const struct fetch_tls *tls;  /* NULL: nothing; of one pool always the
	                               * same */
	bool plain_http, http2;       /* may be http; offers HTTP/2 */
	bool look;                    /* certificate is wanted */
	char *heads[FETCH_HEADS_MAX]; /* "Name: value", NULL ends; sent as is */
	struct str post;              /* absent: GET */
	unsigned connect_ms, total_ms;
	const struct fetch_limits *limits;
	void (*done)(struct fetch_job *); /* by whoever finds out */
	void *ctx;

	/* The answer, borrowed from a; whole once done is called. */
	struct err e; /* ERR_NONE: the answer came whole */
	int status;   /* 0: none; may be set although e is */
	bool sent;    /* the request may have reached the provider */
	bool fresh;   /* a new connection was made for it */
	struct str content_type, etag, last_modified, location, retry_after;
	struct str date, challenge; /* Date, WWW-Authenticate */
	struct fetch_certificate certificate;
	struct buf body; /* of status 200 only; other bodies are dropped */
	unsigned elapsed_ms;

	struct fetch_run *run; /* NULL unless it runs */
};

/* What a job needs while it runs; lives in the job's arena. The members are
 * for ext/fetch alone. */
struct fetch_run {
	struct fetch_job *job;
	struct fetch_pool *pool;
	struct fetch_run *prev, *next; /* all that run */
	void *easy;                    /* libcurl's handle */
	enum err_kind kind;            /* why a callback of ours cut it off */
	const char *why;
	size_t head_bytes, body_bytes;
	unsigned head_lines;
	unsigned chosen; /* connections tried; more than one: some were dead */
	bool in_body;
	int64_t began_us;
	int64_t slow_since_ms; /* 0: no answer yet */
	size_t slow_bytes;     /* that had come by then */
	char detail[FETCH_DETAIL];
};

/* fetch_handle_new - a handle of libcurl with all that never changes. Owned;
 * curl_easy_cleanup. Handles are not moved between pools. */
void *fetch_handle_new(const char *ca_dir);

/* fetch_run_set - all that a job changes; every pointer that an earlier job
 * left in the handle is replaced. */
void fetch_run_set(struct fetch_run *r);

/* fetch_run_cut - remember why we end it; the first reason stays. Returns 0,
 * which libcurl takes for a refusal. */
size_t fetch_run_cut(struct fetch_run *r, enum err_kind kind, const char *why);

/* fetch_run_slow - has the answer, once begun, been slower than the limit?
 * To be asked about once a second. */
bool fetch_run_slow(struct fetch_run *r, int64_t now_ms);

/* fetch_run_over - fill the answer part of the job; code is libcurl's. */
void fetch_run_over(struct fetch_run *r, int code);

#endif
