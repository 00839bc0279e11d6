/* upstream.h - one call to a tenant's provider: answered, or told why not
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sentences of this floor meet here: the address is resolved and checked
 * (relay/resolve), the transfer is handed to the process's one loop
 * (relay/engine), and what comes back is either an answer that can be read or
 * one error kind. Nothing here is shared between threads. */
#ifndef RELAY_UPSTREAM_H
#define RELAY_UPSTREAM_H

#include "base/enc.h"
#include "gate/credential.h"
#include "relay/engine.h"
#include "relay/upstream_judge.h"
#include "relay/upstream_url.h"

/* A provider as the directory knows it. */
struct upstream_target {
	struct guid provider; /* these two name the pool of connections: ... */
	int64_t revision;     /* ... another revision never gets an old one */
	const char *base_url; /* https://host[:port][/path], without query */
	unsigned connect_ms;  /* 0: the setting provider_connect_ms */
	unsigned total_ms;    /* 0: provider_wait_ms; retry included */
	unsigned calls_per_s; /* so often it may be asked; 0: as one likes */
	bool http2;           /* offer HTTP/2; else HTTP/1.1 */

	/* What it wants to be shown; kept by the caller until the call is over.
	 * NULL: nothing. */
	const char *credential;      /* a header field */
	const struct fetch_tls *tls; /* our certificate, a CA of its own */
	/* relay/upauth gets a token so, and keeps it there. */
	const struct credential_token *token;
	struct upauth *tokens;

	/* Private networks that may be reached; kept like those. */
	const struct fetch_net *nets;
	size_t nets_n;
	bool loopback_http; /* this machine too, http:// used there */

	unsigned cell; /* its tenant's, in gate/meter */
	bool apart;    /* another server of the tenant: left alone by itself */
};

enum upstream_method {
	UPSTREAM_GET,
	UPSTREAM_POST_FORM, /* body is application/x-www-form-urlencoded */
	UPSTREAM_POST_JSON  /* a Bundle of reads, of the media type that is
	                     * accepted; as safe as they are, so that it may be
	                     * tried again */
};

/* What the call turned out to be, whether it failed or not: for the audit
 * row and the log. */
struct upstream_seen {
	int status;          /* of the last answer; 0: there was none */
	unsigned tries;      /* 0: never left the house */
	unsigned elapsed_ms; /* resolving and retry included */
	size_t bytes;        /* of the last answer's body, decoded */
};

struct upstream_ask {
	const struct upstream_target *to;
	enum upstream_method method;
	struct str path; /* under the base, no slash in front, percent-encoded;
	                  * empty: the base itself */
	/* percent-encoded, without ?; absent or empty: none */
	struct str query;
	struct str body;          /* of UPSTREAM_POST_FORM and _JSON */
	const char *accept;       /* NULL: application/fhir+json */
	struct str if_none_match; /* these three: absent, or printable ASCII */
	struct str traceparent;
	struct str request_id;
	int64_t deadline_ms;   /* clock_mono_ms of the whole request; 0: none */
	bool once;             /* not to be tried a second time */
	bool look;             /* the server's certificate is wanted */
	size_t body_bytes_max; /* 0: the setting answer_bytes */
	struct upstream_seen *seen; /* NULL, or filled in whatever happens */
};

struct upstream_answer {
	int status; /* 200, or 304 when If-None-Match was sent */
	struct str content_type;
	struct str body; /* contiguous; empty with 304; not looked into */
	struct str etag, last_modified, location; /* absent when not sent */
	struct str date;                          /* the same */
	/* if asked for, and the connection is new */
	struct fetch_certificate certificate;
	unsigned retry_after_s; /* 0: not sent */
	unsigned elapsed_ms;
};

/* upstream_call - ask a provider and wait, until the nearest of deadline_ms
 * and total_ms. The arena is lent to the engine meanwhile. A read
 * that could not connect, or was answered 502, 503 or 504 (without a
 * Retry-After that asks for patience), is tried once more.
 *
 * Returns: the answer, borrowed from a. Its content type is a JSON one; that
 * the body is JSON is for the reader to find out. NULL:
 *   ERR_UPSTREAM_ADDRESS    a URL or an address where we may not go: of
 *                           several, the others are used (ext/fetch_guard)
 *   ERR_UPSTREAM_CONNECT    no name, no TCP, no TLS
 *   ERR_UPSTREAM_TIMEOUT    connect, whole call, or too few bytes a second
 *   ERR_UPSTREAM_REDIRECT   3xx: never followed
 *   ERR_UPSTREAM_AUTH       401, 403, 407
 *   ERR_UPSTREAM_NOT_FOUND  404
 *   ERR_UPSTREAM_GONE       410
 *   ERR_UPSTREAM_LIMIT      429; retry_after_s as sent, 1 to 3600
 *   ERR_UPSTREAM_REFUSED    every other 4xx
 *   ERR_UPSTREAM_BUSY       503, or our own queue for this provider is full;
 *                           retry_after_s as sent
 *   ERR_UPSTREAM_OPEN       left alone (relay/breaker); so is who asked for
 *                           patience lately: ERR_UPSTREAM_LIMIT or _BUSY
 *   ERR_UPSTREAM_QUOTA      calls_per_s is used up
 *   ERR_UPSTREAM_FAILED     every other 5xx
 *   ERR_UPSTREAM_BAD        cut off, not HTTP, a content type that is not
 *                           JSON, a 2xx that is not 200
 *   ERR_UPSTREAM_LARGE      more bytes, headers or header bytes than allowed
 *   ERR_BUSY                the process's byte budget is spent, or it stops
 *   ERR_DEADLINE            deadline_ms had passed before the call began
 *   ERR_BROKEN              the ask is not well formed: our own fault
 * `why` holds libcurl's or our own words, never a URL, query or body. */
const struct upstream_answer *upstream_call(struct engine *en, struct arena *a,
    const struct upstream_ask *ask, struct err *e);

#endif
