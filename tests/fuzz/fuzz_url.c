/* fuzz_url.c - a provider's links, read against its base
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: the base, a newline, the link. Whatever is found under the base must
 * lead back to the same host, port and path when it is asked for. */
#include <stdlib.h>
#include <string.h>

#include "relay/upstream_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* What was read is written so that it reads the same. */
static void
round_trip(struct arena *a, struct str text)
{
	struct fetch_url u, v;
	const char *again;

	if (!fetch_url_read(a, text, &u))
		return;
	must(u.port && u.path[0] == '/' && u.host[0]);
	must(!strpbrk(u.host, "/?#@\\% "));
	again = fetch_url_write(a, &u);
	must(again && fetch_url_read(a, str_of(again), &v));
	must(u.https == v.https && u.port == v.port && u.v6 == v.v6);
	must(!strcmp(u.host, v.host) && !strcmp(u.path, v.path));
	must(!u.query == !v.query && (!u.query || !strcmp(u.query, v.query)));
}

static void
under(struct arena *a, const char *base, struct str link)
{
	struct str path, query;
	struct fetch_url u, was;
	struct err e = { 0 };

	if (!upstream_under(a, base, link, &path, &query))
		return;
	must(upstream_path_ok(path) && upstream_query_ok(query));
	must(upstream_url(a, base, true, path, query, &u, &e));
	must(fetch_url_read(a, link, &was));
	must(u.https == was.https && u.port == was.port);
	must(!strcmp(u.host, was.host));
	must(!strncmp(u.path, was.path, strlen(u.path)));
	must(!strstr(u.path, "/../") && !strstr(u.path, "//"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct str link, all = { (const char *)data, size };
	struct str base = str_cut(all, '\n', &link);

	round_trip(a, base);
	if (link.at) {
		round_trip(a, link);
		under(a, str_text(a, base), link);
	}
	arena_free(a);
	return 0;
}
