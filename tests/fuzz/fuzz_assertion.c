/* fuzz_assertion.c - key sets and assertions of any shape
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte says what the rest is: `k` a JWK Set, `a` a whole assertion,
 * `h` a header and `p` claims, to which the other part and a good signature are
 * added, so that what stands behind the signature is reached too. A set that
 * is taken reads the same when it is written; an assertion that is taken is
 * signed, ours, in time and one client's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/keypair.h"
#include "gate/assertion.h"

#define NOW    1800000000
#define BASE   "https://gw.example.org"
#define CLIENT "0f8fad5b-d9cb-469f-a165-70867728950e"
#define HEAD   "{\"alg\":\"ES256\",\"kid\":\"k\"}"
#define CLAIMS                                                                 \
	"{\"iss\":\"" CLIENT "\",\"sub\":\"" CLIENT "\",\"aud\":\"" BASE       \
	"\",\"exp\":1800000200,\"jti\":\"one\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct assertion_rules rules = { BASE, BASE "/oauth2/token", 60 };
static EVP_PKEY *key;
static struct jwk_set *keys;

static void
make_keys(void)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };

	key = keypair_make(JWA_ES256);
	keys = jwk_set_read(str_of(arena_printf(a, "{\"keys\":[%s]}",
				keypair_jwk(a, key, JWA_ES256, "k"))),
	    &e);
	keypair_must(keys != NULL);
	arena_free(a);
}

static void
try_set(struct arena *a, struct str text)
{
	struct err e = { .kind = ERR_NONE };
	struct jwk_set *set = jwk_set_read(text, &e), *again;

	keypair_must(set ? !e.kind : e.kind == ERR_CONF && *e.said);
	if (!set)
		return;
	keypair_must(
	    jwk_set_count(set) >= 1 && jwk_set_count(set) <= JWK_KEYS_MAX);
	again = jwk_set_read(str_of(jwk_set_write(a, set)), &e);
	keypair_must(
	    again && !strcmp(jwk_set_creds(a, set), jwk_set_creds(a, again)));
	jwk_set_free(again);
	jwk_set_free(set);
}

static void
try_assertion(struct arena *a, struct str compact)
{
	struct err e = { .kind = ERR_NONE };
	struct assertion *t = arena_get(a, sizeof *t);
	bool read = assertion_read(t, a, &rules, compact, NOW, &e);

	keypair_must(read == !e.kind);
	if (!read)
		return;
	keypair_must(t->end_s > NOW && t->end_s <= NOW + 300 + 2 * 60 &&
		     t->jti.len && t->jti.len <= ASSERTION_JTI_MAX);
	if (assertion_key(t, keys, NULL, &e))
		keypair_must(!t->jku.at && jwk_verify(jwk_set_at(keys, 0),
					       t->signed_, t->signature));
}

static const char *
part(struct arena *a, struct str text)
{
	char *to = arena_get(a, ENC_B64_LEN(text.len) + 1);

	enc_b64url(to, text.at, text.len);
	return to;
}

static struct str
signed_by_us(struct arena *a, struct str head, struct str claims)
{
	const char *input =
	    arena_printf(a, "%s.%s", part(a, head), part(a, claims));
	struct str sig = keypair_sign(a, key, JWA_ES256, str_of(input));

	return str_of(arena_printf(a, "%s.%.*s", input, STR_FMT(sig)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data + 1, size - 1 };
	struct arena *a;

	if (!size)
		return 0;
	if (!keys)
		make_keys();
	a = arena_new();
	switch (data[0]) {
	case 'k':
		try_set(a, rest);
		break;
	case 'a':
		try_assertion(a, rest);
		break;
	case 'h':
		try_assertion(a, signed_by_us(a, rest, STR(CLAIMS)));
		break;
	case 'p':
		try_assertion(a, signed_by_us(a, STR(HEAD), rest));
		break;
	}
	arena_free(a);
	return 0;
}
