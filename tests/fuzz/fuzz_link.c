/* fuzz_link.c - URLs of a provider: outward in records, inward in page links
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: the provider's base up to the first line feed, then a URL. A page
 * link leads only to a plain path under the base, and what is rewritten begins
 * with our face and names the provider's host nowhere before its query. */
#include <stdlib.h>
#include <string.h>

#include "fhir/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
plain(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			abort();
}

static void
check_inward(struct str path, struct str query)
{
	struct str rest = path, one;

	plain(path);
	plain(query);
	if (path.len && path.at[0] == '/')
		abort();
	while (rest.at) {
		one = str_cut(rest, '/', &rest);
		if (str_is(one, ".") || str_is(one, ".."))
			abort();
	}
	if (memchr(path.at, '?', path.len) || memchr(path.at, '#', path.len) ||
	    (query.len && memchr(query.at, '#', query.len)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char ours[] = "https://gw.example/fhir/r4";
	struct str url, base = str_cut((struct str){ (const char *)data, size },
			    '\n', &url);
	struct arena *a = arena_new();
	struct str path, query, out;
	struct links l;

	if (url.at && links_open(&l, a, base, str_of(ours))) {
		if (links_inward(&l, a, url, STR("Patient"), &path, &query))
			check_inward(path, query);
		out = links_outward(&l, a, url);
		if (out.at && !str_starts(out, ours))
			abort();
	}
	arena_free(a);
	return 0;
}
