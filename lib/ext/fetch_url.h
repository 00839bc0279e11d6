/* fetch_url.h - URLs and dates, read by the same code that will connect
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXT_FETCH_URL_H
#define EXT_FETCH_URL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* A URL in its parsed parts (RFC 3986). Host in lower case, a literal IPv6
 * address without brackets; port always there; path starts with a slash and
 * is as written. */
struct fetch_url {
	bool https; /* else http; nothing else is read */
	const char *host;
	bool v6; /* host is an IPv6 literal */
	uint16_t port;
	const char *path;
	const char *query; /* NULL: no question mark */
};

/* fetch_date - an HTTP date (RFC 9110 5.6.7) in seconds since 1970; -1: none. */
int64_t fetch_date(const char *text);

/* fetch_url_read - borrowed from a. false for what is no absolute http or
 * https URL, for one with user part or fragment, and for an IPv4 address in
 * another spelling than four decimal numbers. */
bool fetch_url_read(struct arena *a, struct str text, struct fetch_url *u);

/* fetch_url_write - the URL of these parts; base port left out when it is
 * the scheme's own. Borrowed from a. */
const char *fetch_url_write(struct arena *a, const struct fetch_url *u);

#endif
