/* fuzz_portal.c - what a browser sends to the portal: cookies and a form
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: the Cookie field up to the first line feed, then the form. Fields that
 * are accepted are plain UTF-8 without NUL, each name once; a cookie is ours
 * only when it stands there once. */
#include <stdlib.h>
#include <string.h>

#include "app/params.h"
#include "gate/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
sound(struct str s, size_t most)
{
	must(s.at && s.len <= most && utf8_valid(s) &&
	     !memchr(s.at, '\0', s.len));
}

static void
check_form(const struct params *p, size_t most)
{
	size_t i;

	must(p->n <= PARAMS_MAX);
	for (i = 0; i < p->n; i++) {
		sound(p->at[i].name, most);
		sound(p->at[i].value, most);
		must(!memmem(p->at[i].value.at, p->at[i].value.len, "\r\n", 2));
		must(params_find(p, p->at[i].name.at).at == p->at[i].value.at);
	}
}

/* Of the same bytes, twice: then nobody is signed in. */
static void
check_cookie(struct arena *a, struct str cookies)
{
	unsigned char hash[CRYPT_SHA256_BYTES], again[CRYPT_SHA256_BYTES];
	const char *twice =
	    arena_printf(a, "%.*s; %.*s", STR_FMT(cookies), STR_FMT(cookies));

	if (!session_cookie(cookies, hash))
		return;
	must(cookies.len >= sizeof SESSION_COOKIE + SESSION_COOKIE_LEN);
	must(session_cookie(cookies, again) &&
	     !memcmp(hash, again, sizeof hash));
	if (!memchr(cookies.at, '\0', cookies.len))
		must(!session_cookie(str_of(twice), again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body,
	    cookies =
		str_cut((struct str){ (const char *)data, size }, '\n', &body);
	struct arena *a = arena_new();
	struct params form = { .n = 0 };
	struct err e = { .kind = ERR_NONE };

	check_cookie(a, cookies);
	if (params_read(&form, a, body, &e))
		check_form(&form, body.len);
	else
		must(e.kind == ERR_MALFORMED || e.kind == ERR_REPEATED ||
		     e.kind == ERR_TOO_MANY);
	err_clear(&e);
	arena_free(a);
	return 0;
}
