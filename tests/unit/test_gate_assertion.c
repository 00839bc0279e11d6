/* test_gate_assertion.c - how a client may prove itself, and how it may not
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gate/assertion.h"
#include "keypair.h"

#define NOW  1800000000
#define BASE "https://gw.example.org"
#define URL  BASE "/oauth2/token"

#define PUBLISHED "https://app.example/keys"
#define CLIENT    "0f8fad5b-d9cb-469f-a165-70867728950e"
#define OTHER     "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define HEAD      "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define WHO       "\"iss\":\"" CLIENT "\",\"sub\":\"" CLIENT "\""
#define AUD       ",\"aud\":\"" URL "\""
#define JTI       ",\"jti\":\"one\""
#define EXP       ",\"exp\":1800000200"
#define CLAIMS    "{" WHO AUD JTI EXP "}"

static const struct assertion_rules rules = { BASE, URL, 60 };
static struct arena *a;
static EVP_PKEY *key;
static struct jwk_set *keys;

static int
start(void **state)
{
	struct err e = { 0 };

	(void)state;
	a = arena_new();
	key = keypair_make(JWA_ES256);
	keys = jwk_set_read(str_of(arena_printf(a, "{\"keys\":[%s]}",
				keypair_jwk(a, key, JWA_ES256, "k"))),
	    &e);
	return keys ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	jwk_set_free(keys);
	EVP_PKEY_free(key);
	arena_free(a);
	return 0;
}

static const char *
part(const char *text)
{
	size_t n = strlen(text);
	char *to = arena_get(a, ENC_B64_LEN(n) + 1);

	enc_b64url(to, text, n);
	return to;
}

static struct str
made(const char *head, const char *claims)
{
	const char *input = arena_printf(a, "%s.%s", part(head), part(claims));
	struct str sig = keypair_sign(a, key, JWA_ES256, str_of(input));

	return str_of(arena_printf(a, "%s.%.*s", input, STR_FMT(sig)));
}

/* The whole ladder, as the token endpoint climbs it. */
static enum err_kind
refusal(struct str compact, struct assertion *t)
{
	struct err e = { .kind = ERR_NONE };

	if (assertion_read(t, a, &rules, compact, NOW, &e))
		assertion_key(t, keys, PUBLISHED, &e);
	return e.kind;
}

static void
a_good_assertion_names_its_client(void **state)
{
	struct assertion t;
	char guid[GUID_LEN + 1];

	(void)state;
	assert_int_equal(refusal(made(HEAD, CLAIMS), &t), ERR_NONE);
	assert_string_equal(guid_write(guid, &t.client), CLIENT);
	assert_true(str_is(t.jti, "one"));
	assert_true(str_is(t.kid, "k"));
	assert_int_equal(t.alg, JWA_ES256);
	assert_int_equal(t.end_s, 1800000260);
}

#define TAIL ",\"exp\":1800000200}"

static const struct {
	const char *claims;
	enum err_kind kind;
} claims[] = {
	{ CLAIMS, ERR_NONE },
	{ "{" WHO ",\"aud\":\"" BASE "\"" JTI EXP "}", ERR_NONE },
	{ "{" WHO ",\"aud\":[\"" URL "\"]" JTI EXP "}", ERR_NONE },
	{ "{" WHO AUD JTI EXP ",\"more\":{\"a\":[1]}}", ERR_NONE },
	/* who */
	{ "{" AUD JTI EXP "}", ERR_ASSERTION_MALFORMED },
	{ "{\"iss\":\"" CLIENT "\"" AUD JTI TAIL, ERR_ASSERTION_CLAIMS },
	{ "{\"sub\":\"" CLIENT "\"" AUD JTI TAIL, ERR_ASSERTION_CLAIMS },
	{ "{\"iss\":\"" CLIENT "\",\"sub\":\"" OTHER "\"" AUD JTI TAIL,
	    ERR_ASSERTION_CLAIMS },
	{ "{\"iss\":\"x\",\"sub\":\"x\"" AUD JTI TAIL, ERR_ASSERTION_CLAIMS },
	{ "{\"iss\":1,\"sub\":1" AUD JTI TAIL, ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD TAIL, ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD ",\"jti\":\"\"" TAIL, ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD ",\"jti\":7" TAIL, ERR_ASSERTION_CLAIMS },
	/* for whom */
	{ "{" WHO JTI TAIL, ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":\"\"" JTI TAIL, ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":[]" JTI TAIL, ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":[\"" URL "\",\"" BASE "\"]" JTI TAIL,
	    ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":[[\"" URL "\"]]" JTI TAIL, ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":\"" BASE "/fhir\"" JTI TAIL,
	    ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":\"" BASE "/\"" JTI TAIL, ERR_ASSERTION_AUDIENCE },
	{ "{" WHO ",\"aud\":\"" BASE ".evil.example\"" JTI TAIL,
	    ERR_ASSERTION_AUDIENCE },
	/* for when */
	{ "{" WHO AUD JTI "}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":\"1800000200\"}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":1800000200.0}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":1e300}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":1e9}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":-1}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":null}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":9223372036854775807}",
	    ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI ",\"exp\":1799999941}", ERR_NONE },
	{ "{" WHO AUD JTI ",\"exp\":1799999940}", ERR_ASSERTION_EXPIRED },
	{ "{" WHO AUD JTI ",\"exp\":0}", ERR_ASSERTION_EXPIRED },
	{ "{" WHO AUD JTI ",\"exp\":1800000360}", ERR_NONE },
	{ "{" WHO AUD JTI ",\"exp\":1800000361}", ERR_ASSERTION_LIFE },
	{ "{" WHO AUD JTI EXP ",\"iat\":1800000060}", ERR_NONE },
	{ "{" WHO AUD JTI EXP ",\"iat\":1800000061}", ERR_ASSERTION_EARLY },
	{ "{" WHO AUD JTI EXP ",\"iat\":1799999900}", ERR_NONE },
	{ "{" WHO AUD JTI EXP ",\"iat\":1799999899}", ERR_ASSERTION_LIFE },
	{ "{" WHO AUD JTI EXP ",\"iat\":1800000200}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI EXP ",\"iat\":\"1\"}", ERR_ASSERTION_CLAIMS },
	{ "{" WHO AUD JTI EXP ",\"nbf\":1800000060}", ERR_NONE },
	{ "{" WHO AUD JTI EXP ",\"nbf\":1800000061}", ERR_ASSERTION_EARLY },
	{ "{" WHO AUD JTI EXP ",\"nbf\":true}", ERR_ASSERTION_CLAIMS },
	/* not an object */
	{ "[]", ERR_ASSERTION_MALFORMED },
	{ "", ERR_ASSERTION_MALFORMED },
	{ "{" WHO AUD JTI EXP EXP "}", ERR_ASSERTION_MALFORMED },
	{ "\xef\xbb\xbf" CLAIMS, ERR_ASSERTION_MALFORMED },
	{ CLAIMS "x", ERR_ASSERTION_MALFORMED },
};

static void
claims_are_checked_one_by_one(void **state)
{
	struct assertion t;

	(void)state;
	for (size_t i = 0; i < COUNT(claims); i++) {
		enum err_kind k = refusal(made(HEAD, claims[i].claims), &t);

		if (k != claims[i].kind)
			fail_msg("%s: %d", claims[i].claims, k);
	}
}

static const struct {
	const char *head;
	enum err_kind kind;
} heads[] = {
	{ "{\"alg\":\"ES256\",\"kid\":\"k\"}", ERR_NONE },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":"
	  "\"client-authentication+jwt\"}",
	    ERR_NONE },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"" PUBLISHED "\","
	  "\"jwk\":{},\"x5c\":[],\"x5u\":\"x\"}",
	    ERR_NONE },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"https://e.example\"}",
	    ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"\"}", ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"" PUBLISHED "/\"}",
	    ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":[\"" PUBLISHED "\"]}",
	    ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"none\",\"kid\":\"k\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"nOnE\",\"kid\":\"k\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"HS256\",\"kid\":\"k\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"es256\",\"kid\":\"k\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":7,\"kid\":\"k\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"kid\":\"k\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES384\",\"kid\":\"k\"}", ERR_ASSERTION_KEY },
	{ "{\"alg\":\"RS256\",\"kid\":\"k\"}", ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"kid\":1}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"kid\":\"\"}", ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\",\"kid\":\"K\"}", ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\",\"kid\":\"k \"}", ERR_ASSERTION_KEY },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\\u0000\"}", ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[]}",
	    ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":true}",
	    ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}",
	    ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":1}",
	    ERR_ASSERTION_MALFORMED },
	{ "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k\"}",
	    ERR_ASSERTION_MALFORMED },
	{ "[]", ERR_ASSERTION_MALFORMED },
};

static void
headers_are_checked_before_claims(void **state)
{
	struct assertion t;

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		enum err_kind k = refusal(made(heads[i].head, CLAIMS), &t);

		if (k != heads[i].kind)
			fail_msg("%s: %d", heads[i].head, k);
	}
}

static void
a_jti_has_256_bytes_at_most(void **state)
{
	struct assertion t;

	(void)state;
	for (int n = 255; n < 258; n++) {
		const char *text =
		    arena_printf(a, "{" WHO AUD EXP ",\"jti\":\"%0*d\"}", n, 0);

		assert_int_equal(refusal(made(HEAD, text), &t),
		    n > 256 ? ERR_ASSERTION_CLAIMS : ERR_NONE);
	}
}

static void
text_that_is_no_jws_is_malformed(void **state)
{
	static const char *const texts[] = { "", ".", "..", "a", "a.b", "a.b.c",
		"....", "a..c", ".b.c", "e30.e30.e30", "e30=.e30.AA" };
	struct str good = made(HEAD, CLAIMS);
	struct assertion t;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    refusal(str_of(texts[i]), &t), ERR_ASSERTION_MALFORMED);
	assert_int_equal(refusal(STR_NONE, &t), ERR_ASSERTION_MALFORMED);
	for (size_t i = 0; i < good.len; i++)
		assert_int_not_equal(
		    refusal((struct str){ good.at, i }, &t), ERR_NONE);
	assert_int_not_equal(
	    refusal(str_of(arena_printf(a, "%.*s.x", STR_FMT(good))), &t),
	    ERR_NONE);
	assert_int_equal(
	    refusal(
		str_of(arena_printf(a, "%.*s%08200d", STR_FMT(good), 0)), &t),
	    ERR_ASSERTION_MALFORMED);
}

/* Every character of the signed part belongs to what was signed. */
static void
an_altered_assertion_is_refused(void **state)
{
	struct str good = made(HEAD, CLAIMS);
	struct assertion t;

	(void)state;
	for (size_t i = 0; i < good.len; i++) {
		char *text = str_text(a, good);

		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(
		    refusal((struct str){ text, good.len }, &t), ERR_NONE);
	}
}

static void
a_client_without_keys_has_none_that_fits(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct assertion t;

	(void)state;
	assert_int_equal(refusal(made(HEAD, CLAIMS), &t), ERR_NONE);
	assert_null(assertion_key(&t, NULL, NULL, &e));
	assert_int_equal(e.kind, ERR_ASSERTION_KEY);
}

static void
whose_keys_are_registered_by_value_names_no_address(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct assertion t;

	(void)state;
	assert_int_equal(
	    refusal(made("{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"" PUBLISHED
			 "\"}",
			CLAIMS),
		&t),
	    ERR_NONE);
	assert_null(assertion_key(&t, keys, NULL, &e));
	assert_int_equal(e.kind, ERR_ASSERTION_KEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_assertion_names_its_client),
		cmocka_unit_test(claims_are_checked_one_by_one),
		cmocka_unit_test(headers_are_checked_before_claims),
		cmocka_unit_test(a_jti_has_256_bytes_at_most),
		cmocka_unit_test(text_that_is_no_jws_is_malformed),
		cmocka_unit_test(an_altered_assertion_is_refused),
		cmocka_unit_test(a_client_without_keys_has_none_that_fits),
		cmocka_unit_test(
		    whose_keys_are_registered_by_value_names_no_address),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
