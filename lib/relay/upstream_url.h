/* upstream_url.h - where a provider lives, and what lies under it
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAY_UPSTREAM_URL_H
#define RELAY_UPSTREAM_URL_H

#include "base/err.h"
#include "ext/fetch_url.h"

/* upstream_under - is this absolute URL (a paging link, say) under that base?
 * Scheme, host and port are compared as parsed parts, the path by segments
 * (RFC 3986 3). true: *path and *query are what upstream_ask wants to reach
 * it again, borrowed from a. false: another place, or not a URL we may use:
 * user part, fragment, dot segments. */
bool upstream_under(struct arena *a, const char *base_url, struct str url,
    struct str *path, struct str *query);

/* upstream_base_ok - can base_url be a provider's base? https (http only with
 * loopback_http), a host, no user part, query or fragment, no dot segments.
 * false: ERR_CONF with a sentence that a person can act on. */
bool upstream_base_ok(const char *base_url, bool loopback_http, struct err *e);

/* upstream_path_ok - a path as upstream_ask takes it: percent-encoded, no
 * slash in front, no segment that is empty or consists of dots.
 * upstream_query_ok - the same for a query, without its question mark. */
bool upstream_path_ok(struct str path);
bool upstream_query_ok(struct str query);

/* upstream_url - the parsed URL of a path and query (both found well before)
 * under a base; texts borrowed from a. false: as upstream_base_ok. */
bool upstream_url(struct arena *a, const char *base_url, bool loopback_http,
    struct str path, struct str query, struct fetch_url *u, struct err *e);

#endif
