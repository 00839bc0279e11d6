/* fuzz_cert.c - certificates as somebody may paste them, and a key behind them
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: certificates up to the first empty line, then the key. What is accepted is
 * read again as the same, and holds nothing that the database would not take. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ext/cert.h"

#define NOW_S 1795300000 /* the corpus is in force */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* As wardgate.pem_read: blocks and nothing between. */
static void
plain_pem(const char *text)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "+/=\n- ";

	must(strspn(text, allowed) == strlen(text));
	must(str_starts(str_of(text), "-----BEGIN "));
}

static void
facts(struct arena *a, struct str pem)
{
	struct err e = { .kind = ERR_NONE };
	size_t n = 0, i;
	struct cert_facts *f = cert_facts(a, pem, &n, &e);

	must(!f == (e.kind == ERR_MALFORMED));
	for (i = 0; f && i < n; i++) {
		must(str_plain(f[i].issuer));
		must(f[i].list ? !f[i].subject.at : str_plain(f[i].subject));
		must(strlen(f[i].fingerprint) == CERT_FINGERPRINT_LEN);
	}
}

static void
own(struct arena *a, struct str pem, struct str key)
{
	struct err e = { .kind = ERR_NONE };
	struct cert_own one, two;

	if (!cert_own_read(a, pem, key, NOW_S, &one, &e)) {
		must(e.kind == ERR_MALFORMED && e.said[0]);
		return;
	}
	plain_pem(one.chain);
	must(strlen(one.key) <= CERT_KEY_MAX);
	must(cert_own_read(
	    a, str_of(one.chain), str_of(one.key), NOW_S, &two, &e));
	must(!strcmp(one.chain, two.chain) && !strcmp(one.key, two.key));
}

static void
authorities(struct arena *a, struct str pem)
{
	struct err e = { .kind = ERR_NONE };
	const char *one = cert_authorities_read(a, pem, NOW_S, &e), *two;

	if (!one) {
		must(e.kind == ERR_MALFORMED && e.said[0]);
		return;
	}
	plain_pem(one);
	two = cert_authorities_read(a, str_of(one), NOW_S, &e);
	must(two && !strcmp(one, two));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str pem = { (const char *)data, size }, key = STR("");
	const char *gap = size ? memmem(data, size, "\n\n", 2) : NULL;
	struct arena *a = arena_new();

	if (gap) {
		pem.len = (size_t)(gap + 1 - pem.at);
		key.at = gap + 2;
		key.len = size - pem.len - 1;
	}
	facts(a, pem);
	own(a, pem, key);
	authorities(a, pem);
	arena_free(a);
	return 0;
}
