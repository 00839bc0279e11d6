/* links.h - turns every URL of a provider into one of ours
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure text work: URLs are compared as parsed scheme, host, port and path
 * segments (RFC 3986), never by prefix of the whole. */
#ifndef FHIR_LINKS_H
#define FHIR_LINKS_H

#include "fhir/tree.h"

/* One provider base and what stands for it outside. */
struct links {
	struct str scheme; /* of the provider's base, lower case */
	struct str host;   /* lower case; IPv6 with its brackets */
	unsigned port;     /* the scheme's own when none is written */
	struct str path;   /* "" or "/...", no slash at the end */
	struct str ours;   /* our face: "https://gw.example/fhir/r4" */
};

/* links_open - reads a provider's base URL. Text is borrowed from a and from
 * its arguments. false: it is no http(s) URL with a host and a plain path. */
bool links_open(
    struct links *l, struct arena *a, struct str base, struct str ours);

/* links_outward - a provider's URL as ours; absent when it is not under the
 * provider's base and so is none of our business. Borrowed from a. */
struct str links_outward(
    const struct links *l, struct arena *a, struct str url);

/* links_under - is this URL under the provider's base? *rest receives what
 * follows it, "" or "/...", a slice of url. A URL with a query
 * or fragment is none. */
bool links_under(const struct links *l, struct str url, struct str *rest);

/* links_rewrite - every reference, fullUrl, link, response location and
 * attachment URL below root. URLs of extensions are names of definitions and
 * stay, and so do identifiers' systems. */
void links_rewrite(
    const struct links *l, struct arena *a, struct tree_node *root);

/* links_inward - where a paging link leads, as path and query under the
 * provider's base, ready for relay/upstream. Relative links are resolved
 * against the search that was asked (base/asked); a link that names another
 * host (providers behind proxies do) is followed on the provider's own host
 * if its path is under the base's path. The result is percent-encoded ASCII
 * without dot segments. false: it leads to no place that we may ask. */
bool links_inward(const struct links *l, struct arena *a, struct str link,
    struct str asked, struct str *path, struct str *query);

#endif
