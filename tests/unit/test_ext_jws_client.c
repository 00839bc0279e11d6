/* test_ext_jws_client.c - what we sign is believed by who has the public half
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made and signed with EVP and libjwt; read and verified by ext/jwk, which
 * knows neither of the two. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/enc.h"
#include "ext/js.h"
#include "ext/jwk.h"
#include "ext/jws_client.h"

#define END_S 2000000000

static const struct jws_claims wanted = { .client = "us & \"them\"",
	.audience = "https://login.example/t?a=b",
	.end_s = END_S };

static const struct json_t *
part(struct arena *a, struct str text)
{
	struct err e = { .kind = ERR_NONE };
	size_t n = text.len;
	char *bytes = arena_get(a, n + 1);
	const struct json_t *o;

	assert_true(dec_b64url(bytes, &n, text));
	o = js_read(a, (struct str){ bytes, n }, 4096, &e);
	assert_non_null(o);
	return o;
}

static void
assert_says(const struct json_t *o, const char *name, const char *value)
{
	struct str s;

	assert_true(js_text(o, name, &s));
	assert_true(str_is(s, value));
}

/* Returns its jti. */
static struct str
assert_believed(struct arena *a, const struct jwk_set *set,
    const struct jws_pair *pair, const char *alg, const char *compact)
{
	struct str head, claims, sig, rest, jti;
	const struct jwk *k = jwk_set_find(set, str_of(pair->kid));
	const struct json_t *o;
	int64_t end = 0;

	head = str_cut(str_of(compact), '.', &rest);
	claims = str_cut(rest, '.', &sig);
	assert_non_null(k);
	assert_string_equal(jwa_name(jwk_alg(k)), alg);
	assert_true(jwk_verify(
	    k, (struct str){ compact, head.len + 1 + claims.len }, sig));
	o = part(a, head);
	assert_says(o, "alg", alg);
	assert_says(o, "typ", "JWT");
	assert_says(o, "kid", pair->kid);
	o = part(a, claims);
	assert_says(o, "iss", wanted.client);
	assert_says(o, "sub", wanted.client);
	assert_says(o, "aud", wanted.audience);
	assert_true(js_integer(o, "exp", &end) && end == END_S);
	assert_int_equal(js_count(o), 5);
	assert_true(js_text(o, "jti", &jti) && jti.len == 22);
	return jti;
}

static void
what_is_signed_is_believed_by_who_has_the_public_half(void **state)
{
	static const char *const algs[] = { "ES384", "RS384" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		struct arena *a = arena_new();
		struct err e = { .kind = ERR_NONE };
		struct jws_claims c = wanted;
		struct jws_pair pair;
		struct jwk_set *set;
		struct str one, two;

		assert_true(jws_client_make(a, algs[i], &pair, &e));
		assert_true(strlen(pair.pem) <= JWS_CLIENT_PEM_MAX);
		assert_null(strstr(pair.jwk, "\"d\""));
		set = jwk_set_read(
		    str_of(arena_printf(a, "{\"keys\":[%s]}", pair.jwk)), &e);
		if (!set)
			fail_msg("%s", e.said);
		c.alg = algs[i];
		c.kid = pair.kid;
		one = assert_believed(a, set, &pair, algs[i],
		    jws_client_sign(a, &c, pair.pem, &e));
		two = assert_believed(a, set, &pair, algs[i],
		    jws_client_sign(a, &c, pair.pem, &e));
		assert_false(str_eq(one, two));
		jwk_set_free(set);
		arena_free(a);
	}
}

static void
what_is_no_key_signs_nothing(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct jws_claims c = wanted;
	struct jws_pair pair;

	(void)state;
	assert_true(jws_client_make(a, "ES384", &pair, &e));
	c.kid = pair.kid;
	c.alg = "ES384";
	assert_null(jws_client_sign(a, &c, "", &e));
	assert_int_equal(e.kind, ERR_BROKEN);
	assert_null(jws_client_sign(a, &c, "-----BEGIN", &e));
	c.alg = "RS384"; /* not of this key */
	assert_null(jws_client_sign(a, &c, pair.pem, &e));
	c.alg = "none";
	assert_null(jws_client_sign(a, &c, pair.pem, &e));
	c.alg = "HS256";
	assert_null(jws_client_sign(a, &c, pair.pem, &e));
	arena_free(a);
}

static void
only_what_every_server_takes_is_made(void **state)
{
	static const char *const no[] = { "none", "HS384", "es384", "RS256",
		"" };
	struct arena *a = arena_new();
	struct jws_pair pair;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(no); i++) {
		struct err e = { .kind = ERR_NONE };

		assert_false(jws_client_knows(str_of(no[i])));
		assert_false(jws_client_make(a, no[i], &pair, &e));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_signed_is_believed_by_who_has_the_public_half),
		cmocka_unit_test(what_is_no_key_signs_nothing),
		cmocka_unit_test(only_what_every_server_takes_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
