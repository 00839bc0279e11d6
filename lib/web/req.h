/* req.h - an HTTP request as data, whichever server brought it
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_REQ_H
#define WEB_REQ_H

#include "base/conf.h"
#include "base/enc.h"
#include "base/err.h"

enum req_method {
	REQ_GET,
	REQ_HEAD,
	REQ_POST,
	REQ_OTHER, /* PUT, PATCH, DELETE, OPTIONS and whatever else */
	REQ__MAX
};

/* Who asks and how the request is followed through all hops. */
struct req_trace {
	char id[33];         /* ours, 32 hex digits, made here, unique */
	char request_id[65]; /* the caller's X-Request-Id, else id */
	char parent[33];     /* trace-id of a valid traceparent, else "" */
	char flags[3];       /* its flags, else "01" */
};

struct req {
	enum req_method method;
	struct str method_text;
	struct str path;  /* as sent; no percent, no dot segment, no // */
	struct str query; /* as sent; absent without ? */
	struct str content_type;
	struct str authorization; /* absent if the header is */
	struct str accept;
	struct str prefer;
	struct str if_none_match;
	struct str accept_language;
	struct str cookie;
	struct str origin;     /* RFC 6454 7 */
	struct str fetch_site; /* Sec-Fetch-Site */
	struct str user_agent;
	struct str remote_user;   /* whom the web server has signed in */
	struct str tls_port;      /* where TLS came in; absent: it did not */
	struct str client_verify; /* SSL_CLIENT_VERIFY: what the web server
	                             holds of the client's certificate */
	struct str client_name;   /* the common name in it */
	struct str remote_addr; /* who asks, behind our proxies (web/source) */
	struct str peer;        /* who is connected to the web server */
	bool direct;            /* no field tells of a proxy */
	struct str tenant_header; /* X-Tenant or the like, see req.c; refused */
	bool encoded;             /* a Content-Encoding other than identity */
	bool has_length;
	uint64_t length;     /* CONTENT_LENGTH, bytes */
	int64_t start_us;    /* wall clock when it arrived */
	int64_t deadline_ms; /* monotonic; nothing is begun after it */
	struct req_trace trace;
};

/* req_read - from CGI variables (RFC 3875 4.1; header fields HTTP_*).
 *   vars  NAME=value strings, NULL at the end; must outlive the request
 * A repeated variable that bears on security, a malformed length:
 * ERR_MALFORMED. A target that is not a plain absolute path: ERR_ADDRESS; one
 * over 8 KiB: ERR_ADDRESS_LONG. r is filled as far as
 * possible even then, so that the refusal can be traced and recorded. */
bool req_read(
    struct req *r, const struct conf *conf, char *const *vars, struct err *e);

/* req_media - is the Content-Type this media type, with no charset other than
 * UTF-8? */
bool req_media(const struct req *r, const char *type);

/* req_cookie - the value of a cookie (RFC 6265 5.4); absent when there is none of
 * that name, or more than one: two are two claims. */
struct str req_cookie(struct str cookies, const char *name);

#endif
