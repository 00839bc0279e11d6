/* test_rehearsal_smart.c - which assertions a ward takes, and what it says of others
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signed by the code that signs for the gateway (ext/jws_client). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ext/jws_client.h"
#include "rehearsal/rehearsal_smart.h"

#define NOW_S  1800000000
#define URL    "http://127.0.0.1:8080/rehearsal/r4/~smart/token"
#define CLIENT "0f8fad5b-d9cb-469f-a165-70867728950e"

static struct arena *a;
static struct jws_pair es, rs, other;
static struct str known; /* the JWK Set of CLIENT */

static int
start(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	a = arena_new();
	if (!jws_client_make(a, "ES384", &es, &e) ||
	    !jws_client_make(a, "RS384", &rs, &e) ||
	    !jws_client_make(a, "ES384", &other, &e))
		return -1;
	known = str_of(arena_printf(a, "{\"keys\":[%s,%s]}", es.jwk, rs.jwk));
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* NULL: it counts. */
static const char *
told(const struct jws_claims *c, const struct jws_pair *key, struct str set,
    enum err_kind *kind)
{
	struct err *e = arena_get(a, sizeof *e);
	struct assertion t;
	const char *compact = jws_client_sign(a, c, key->pem, e);

	assert_non_null(compact);
	if (rehearsal_smart_claims(
		&t, a, STR(URL), str_of(compact), NOW_S, e) &&
	    rehearsal_smart_signed(&t, a, set, e))
		return NULL;
	*kind = e->kind;
	return e->said;
}

/* exp: seconds after NOW_S. */
static struct jws_claims
claims(const char *alg, const char *kid, const char *client, const char *aud,
    int exp)
{
	return (struct jws_claims){ alg, kid, client, aud, NOW_S + exp };
}

static void
each_thing_that_is_wrong_has_its_words(void **state)
{
	const struct {
		struct jws_claims claims;
		const struct jws_pair *key;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ claims("ES384", es.kid, CLIENT, URL, 180), &es, ERR_NONE,
		    NULL },
		{ claims("RS384", rs.kid, CLIENT, URL, 180), &rs, ERR_NONE,
		    NULL },
		{ claims("ES384", es.kid, CLIENT, URL "/", 180), &es,
		    ERR_ASSERTION_AUDIENCE, "aud is " URL " and" },
		{ claims("ES384", es.kid, CLIENT, URL, -60), &es,
		    ERR_ASSERTION_EXPIRED, "1800000000" },
		{ claims("ES384", es.kid, CLIENT, URL, 3600), &es,
		    ERR_ASSERTION_LIFE, "300 s" },
		{ claims("ES384", es.kid, "gateway", URL, 180), &es,
		    ERR_ASSERTION_CLAIMS, "tenant ID" },
		{ claims("ES384", other.kid, CLIENT, URL, 180), &other,
		    ERR_ASSERTION_KEY, "no such kid" },
		{ claims("ES384", rs.kid, CLIENT, URL, 180), &es,
		    ERR_ASSERTION_KEY, "RS384" },
		{ claims("ES384", es.kid, CLIENT, URL, 180), &other,
		    ERR_ASSERTION_SIGNATURE, "wrong signature" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum err_kind kind = ERR_NONE;
		const char *words =
		    told(&rows[i].claims, rows[i].key, known, &kind);

		if (kind != rows[i].kind || !words != !rows[i].words ||
		    (words && !strstr(words, rows[i].words)))
			fail_msg("%zu: %s", i, words ? words : "it counts");
	}
}

static void
a_tenant_without_keys_is_told_how_to_have_one(void **state)
{
	const struct jws_claims good =
	    claims("ES384", es.kid, CLIENT, URL, 180);
	enum err_kind kind = ERR_NONE;
	const char *words = told(&good, &es, STR_NONE, &kind);

	(void)state;
	assert_non_null(words);
	assert_int_equal(kind, ERR_ASSERTION_KEY);
	assert_non_null(strstr(words, "wardgate key make provider"));
	assert_non_null(strstr(words, CLIENT));
}

static void
what_is_no_assertion_is_unreadable(void **state)
{
	static const char *const texts[] = { NULL, "", "x", "a.b.c",
		"eyJhbGciOiJub25lIn0.e30.e30" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct err e = { .kind = ERR_NONE };
		struct assertion t;

		assert_false(rehearsal_smart_claims(
		    &t, a, STR(URL), str_of(texts[i]), NOW_S, &e));
		assert_int_equal(e.kind, ERR_ASSERTION_MALFORMED);
		assert_non_null(strstr(e.said, "unreadable"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing_that_is_wrong_has_its_words),
		cmocka_unit_test(a_tenant_without_keys_is_told_how_to_have_one),
		cmocka_unit_test(what_is_no_assertion_is_unreadable),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
