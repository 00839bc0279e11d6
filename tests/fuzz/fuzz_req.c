/* fuzz_req.c - FastCGI parameters, as a web server or an enemy passes them
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: NAME=value lines. A request that is read has one plain path, ids fit
 * for a log, and a length that is a number. */
#include <stdlib.h>
#include <string.h>

#include "web/req.h"

#define VARS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct req *r)
{
	if (!r->path.len || r->path.at[0] != '/' || !str_plain(r->path) ||
	    memchr(r->path.at, '%', r->path.len) ||
	    memmem(r->path.at, r->path.len, "/..", 3) ||
	    memmem(r->path.at, r->path.len, "//", 2))
		abort();
	if (r->length > 9999999999u)
		abort();
	req_media(r, "application/x-www-form-urlencoded");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf conf = { .request_wait_ms = 1000 };
	struct str rest = { (const char *)data, size };
	struct arena *a = arena_new();
	char *vars[VARS_MAX + 1] = { NULL };
	struct err e = { .kind = ERR_NONE };
	struct req r;
	size_t n = 0;

	while (rest.at && n < VARS_MAX)
		vars[n++] = str_text(a, str_cut(rest, '\n', &rest));
	if (req_read(&r, &conf, vars, &e))
		check(&r);
	if (strlen(r.trace.id) != 32 || !r.trace.request_id[0] ||
	    strpbrk(r.trace.request_id, " \"\\\r\n\t\x1b"))
		abort();
	arena_free(a);
	return 0;
}
