/* test_ext_jwk.c - which public keys are taken, and which signatures are theirs
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keypair.h"

/* RFC 7517 A.1 */
#define X "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define Y "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
#define N                                                                      \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R" \
	"K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9" \
	"yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg" \
	"nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We" \
	"Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK" \
	"gw"
#define EC(more)                                                               \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y         \
	"\"" more "}"
#define RSA(more) "{\"kty\":\"RSA\",\"n\":\"" N "\",\"e\":\"AQAB\"" more "}"
#define KID(k)    ",\"kid\":\"" k "\""
#define SET(keys) "{\"keys\":[" keys "]}"

static struct jwk_set *
read_set(const char *json, struct err *e)
{
	*e = (struct err){ .kind = ERR_NONE };
	return jwk_set_read(str_of(json), e);
}

static void
a_key_stands_for_one_algorithm(void **state)
{
	static const struct {
		const char *key;
		enum jwa alg;
	} cases[] = {
		{ EC(KID("k")), JWA_ES256 },
		{ EC(KID("k") ",\"alg\":\"ES256\",\"use\":\"sig\""),
		    JWA_ES256 },
		{ EC(KID("k") ",\"key_ops\":[\"verify\"]"), JWA_ES256 },
		{ RSA(KID("k")), JWA_RS384 },
		{ RSA(KID("k") ",\"alg\":\"RS256\""), JWA_RS256 },
		{ RSA(KID("k") ",\"alg\":\"PS256\",\"x5c\":[\"!\"]"),
		    JWA_PS256 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct jwk_set *set =
		    read_set(arena_printf(a, SET("%s"), cases[i].key), &e);

		if (!set)
			fail_msg("%s: %s", cases[i].key, e.said);
		assert_int_equal(jwk_set_count(set), 1);
		assert_int_equal(jwk_alg(jwk_set_at(set, 0)), cases[i].alg);
		assert_string_equal(jwk_kid(jwk_set_at(set, 0)), "k");
		jwk_set_free(set);
		arena_free(a);
	}
}

/* What is wrong is said in words that its owner can act on. */
static const struct {
	const char *json, *said;
} refused[] = {
	{ "", "not one JSON object" },
	{ "[]", "not one JSON object" },
	{ "{\"keys\":[],\"keys\":[]}", "not one JSON object" },
	{ "{}", "no keys" },
	{ SET(""), "no keys" },
	{ "{\"keys\":{}}", "no keys" },
	{ SET("1"), "Key 1 of the key set has no kid" },
	{ SET("null"), "has no kid" },
	{ SET(EC("")), "has no kid" },
	{ SET(EC(",\"kid\":1")), "has no kid" },
	{ SET(EC(KID(""))), "has a kid that is not" },
	{ SET(EC(KID("\\u00e9"))), "has a kid that is not" },
	{ SET(EC(KID("\\u0022"))), "has a kid that is not" },
	{ SET(EC(KID("k")) "," RSA(KID("k"))),
	    "Key 2 of the key set has the kid of another key" },
	{ SET(EC(KID("k") ",\"d\":\"AA\"")), "private or symmetric part (d)" },
	{ SET(RSA(KID("k") ",\"dp\":null")), "private or symmetric part (dp)" },
	{ SET("{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"k\"}"),
	    "private or symmetric part (k)" },
	{ SET("{\"kty\":\"oct\",\"kid\":\"k\"}"), "kty other than" },
	{ SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\"}"),
	    "kty other than" },
	{ SET("{\"kid\":\"k\"}"), "has no kty" },
	{ SET(EC(KID("k") ",\"use\":\"enc\"")), "use other than sig" },
	{ SET(EC(KID("k") ",\"use\":1")), "use other than sig" },
	{ SET(EC(KID("k") ",\"key_ops\":[\"encrypt\"]")), "without verify" },
	{ SET(EC(KID("k") ",\"key_ops\":\"verify\"")), "without verify" },
	{ SET(EC(KID("k") ",\"alg\":\"ES384\"")), "not for its curve" },
	{ SET(EC(KID("k") ",\"alg\":\"RS256\"")), "not for its curve" },
	{ SET(EC(KID("k") ",\"alg\":\"HS256\"")), "an alg other than" },
	{ SET(EC(KID("k") ",\"alg\":\"es256\"")), "an alg other than" },
	{ SET(EC(KID("k") ",\"alg\":1")), "an alg other than" },
	{ SET(RSA(KID("k") ",\"alg\":\"ES256\"")), "not for RSA" },
	{ SET(RSA(KID("k") ",\"alg\":\"none\"")), "an alg other than" },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"k\"}"),
	    "another curve" },
	{ SET("{\"kty\":\"EC\",\"kid\":\"k\"}"), "another curve" },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X
	      "\",\"kid\":\"k\"}"),
	    "an x or y" },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y
	      "=\",\"kid\":\"k\"}"),
	    "an x or y" },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y
	      "\",\"kid\":\"k\"}"),
	    "an x or y" },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" Y "\",\"y\":\"" X
	      "\",\"kid\":\"k\"}"),
	    "off its curve" },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
	      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
	      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"kid\":"
	      "\"k\"}"),
	    "off its curve" },
	{ SET("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"kid\":\"k\"}"), "has no n" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"AAAA" N
	      "\",\"e\":\"AQAB\",\"kid\":\"k\"}"),
	    "has no n" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"" N "\",\"kid\":\"k\"}"), "has an e" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"" N "\",\"e\":\"AQ\",\"kid\":\"k\"}"),
	    "has an e" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"" N "\",\"e\":\"Aw\",\"kid\":\"k\"}"),
	    "has an e" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"" N "\",\"e\":\"AQAA\",\"kid\":\"k\"}"),
	    "has an e" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"" N
	      "\",\"e\":\"AAEAAQ\",\"kid\":\"k\"}"),
	    "has an e" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"" N
	      "\",\"e\":\"AQAAAAE\",\"kid\":\"k\"}"),
	    "has an e" },
	{ SET("{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZw\",\"e\":"
	      "\"AQAB\",\"kid\":\"k\"}"),
	    "fewer than 2048 bits" },
};

static void
what_is_wrong_with_a_key_is_said(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct jwk_set *set = read_set(refused[i].json, &e);

		if (set)
			fail_msg("taken: %s", refused[i].json);
		assert_int_equal(e.kind, ERR_CONF);
		if (!strstr(e.said, refused[i].said))
			fail_msg("%s: %s", refused[i].json, e.said);
	}
}

/* A modulus of n bytes, all ones but the first bit when `short_by_one`. */
static const char *
modulus(struct arena *a, size_t n, bool short_by_one, bool even)
{
	unsigned char *raw = arena_get(a, n);
	char *to = arena_get(a, ENC_B64_LEN(n) + 1);

	memset(raw, 0xff, n);
	raw[0] = short_by_one ? 0x7f : 0xff;
	raw[n - 1] = even ? 0xfe : 0xff;
	enc_b64url(to, raw, n);
	return to;
}

static void
rsa_keys_have_2048_to_8192_bits(void **state)
{
	static const struct {
		size_t bytes;
		bool short_by_one, even, taken;
	} cases[] = {
		{ 128, false, false, false },
		{ 256, true, false, false },
		{ 256, false, false, true },
		{ 256, false, true, false },
		{ 257, true, false, true },
		{ 1024, false, false, true },
		{ 1025, false, false, false },
		{ 2048, false, false, false },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		const char *n = modulus(
		    a, cases[i].bytes, cases[i].short_by_one, cases[i].even);
		struct jwk_set *set = read_set(
		    arena_printf(a,
			SET("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\","
			    "\"kid\":\"k\"}"),
			n),
		    &e);

		if (!set != !cases[i].taken)
			fail_msg("case %zu: %s", i, e.said);
		jwk_set_free(set);
		arena_free(a);
	}
}

static char *
many_keys(struct arena *a, int n, int fill)
{
	char *all = arena_dup(a, "", 0);

	for (int i = 0; i < n; i++)
		all = arena_printf(a,
		    "%s%s" EC(KID("k%d") ",\"x\\u0075\":\"%*d\""), all,
		    i ? "," : "", i, fill, 0);
	return arena_printf(a, SET("%s"), all);
}

static void
twenty_keys_and_64_kib_are_the_most(void **state)
{
	struct arena *a = arena_new();
	struct jwk_set *set;
	struct err e;

	(void)state;
	assert_non_null(set = read_set(many_keys(a, 20, 1), &e));
	assert_int_equal(jwk_set_count(set), 20);
	jwk_set_free(set);
	assert_null(read_set(many_keys(a, 21, 1), &e));
	assert_non_null(strstr(e.said, "21 keys"));
	assert_null(read_set(many_keys(a, 20, 3300), &e));
	assert_non_null(strstr(e.said, "65536 bytes"));
	arena_free(a);
}

static void
a_key_is_found_by_exactly_its_kid(void **state)
{
	static const char *const others[] = { "", "one ", "ONE", "on", "ones",
		"one\ntwo", "../one" };
	struct jwk_set *set;
	struct err e;

	(void)state;
	set = read_set(SET(EC(KID("one")) "," RSA(KID("two"))), &e);
	assert_ptr_equal(jwk_set_find(set, STR("one")), jwk_set_at(set, 0));
	assert_ptr_equal(jwk_set_find(set, STR("two")), jwk_set_at(set, 1));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_null(jwk_set_find(set, str_of(others[i])));
	assert_null(jwk_set_find(set, STR_NONE));
	jwk_set_free(set);
}

static void
what_is_written_is_what_verifying_needs(void **state)
{
	struct arena *a = arena_new();
	struct jwk_set *set, *again;
	struct err e;

	(void)state;
	set = read_set(SET(EC(KID("one") ",\"x5t\":\"junk\"") "," RSA(
			   KID("two") ",\"more\":{\"a\":[]}")),
	    &e);
	assert_string_equal(jwk_set_write(a, set),
	    SET(EC(",\"use\":\"sig\",\"alg\":\"ES256\"" KID("one")) "," RSA(
		",\"use\":\"sig\",\"alg\":\"RS384\"" KID("two"))));
	again = read_set(jwk_set_write(a, set), &e);
	assert_string_equal(jwk_set_creds(a, set), jwk_set_creds(a, again));
	jwk_set_free(again);
	jwk_set_free(set);
	arena_free(a);
}

/* The expected ids: SHA-256 of kid, line end and the thumbprint's input, its
 * first 40 bits in base32, worked out with Python. */
static void
a_credential_id_is_made_of_kid_and_key(void **state)
{
	struct arena *a = arena_new();
	struct jwk_set *set;
	struct err e;

	(void)state;
	set = read_set(
	    SET(EC(KID("one")) "," EC(KID("two")) "," RSA(KID("three"))), &e);
	assert_string_equal(
	    jwk_set_creds(a, set), "ljxvpnmv s7yuxcsc 2s4djctz");
	jwk_set_free(set);
	arena_free(a);
}

static void
a_signature_is_that_of_one_key_algorithm_and_text(void **state)
{
	struct arena *a = arena_new();
	EVP_PKEY *key[JWA__MAX], *other;
	struct jwk_set *set[JWA__MAX];
	struct err e;

	(void)state;
	for (int i = 0; i < JWA__MAX; i++) {
		key[i] = keypair_make((enum jwa)i);
		set[i] = read_set(arena_printf(a, SET("%s"),
				      keypair_jwk(a, key[i], (enum jwa)i, "k")),
		    &e);
		assert_non_null(set[i]);
	}
	for (int i = 0; i < JWA__MAX; i++) {
		enum jwa alg = (enum jwa)i;
		struct str sig = keypair_sign(a, key[i], alg, STR("a.b"));
		const struct jwk *k = jwk_set_at(set[i], 0);
		char *changed = str_text(a, sig);

		assert_true(jwk_verify(k, STR("a.b"), sig));
		assert_false(jwk_verify(k, STR("a.c"), sig));
		assert_false(jwk_verify(k, STR_NONE, sig));
		changed[5] = changed[5] == 'A' ? 'B' : 'A';
		assert_false(jwk_verify(k, STR("a.b"), str_of(changed)));
		for (int j = 0; j < JWA__MAX; j++)
			if (j != i)
				assert_false(jwk_verify(
				    jwk_set_at(set[j], 0), STR("a.b"), sig));
		other = keypair_make(alg);
		assert_false(jwk_verify(
		    k, STR("a.b"), keypair_sign(a, other, alg, STR("a.b"))));
		EVP_PKEY_free(other);
	}
	for (int i = 0; i < JWA__MAX; i++) {
		/* the same key under another algorithm */
		enum jwa wrong = i == JWA_RS256   ? JWA_RS384
		                 : i == JWA_RS384 ? JWA_PS256
		                                  : JWA_RS256;

		if (i <= JWA_PS256)
			assert_false(
			    jwk_verify(jwk_set_at(set[i], 0), STR("a.b"),
				keypair_sign(a, key[i], wrong, STR("a.b"))));
	}
	for (int i = 0; i < JWA__MAX; i++) {
		jwk_set_free(set[i]);
		EVP_PKEY_free(key[i]);
	}
	arena_free(a);
}

static void
signatures_of_another_length_are_refused_unread(void **state)
{
	static const size_t lengths[] = { 0, 1, 63, 65, 72, 95, 97, 255, 257,
		1024, 15000 };
	struct arena *a = arena_new();
	struct jwk_set *set;
	struct err e;

	(void)state;
	set = read_set(SET(EC(KID("one")) "," RSA(KID("two"))), &e);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		unsigned char *raw = arena_get(a, lengths[i] + 1);
		char *text = arena_get(a, ENC_B64_LEN(lengths[i]) + 1);
		size_t n = enc_b64url(text, raw, lengths[i]);

		for (size_t k = 0; k < 2; k++)
			assert_false(jwk_verify(jwk_set_at(set, k), STR("a.b"),
			    (struct str){ text, n }));
	}
	jwk_set_free(set);
	arena_free(a);
}

/* r or s zero, or beyond the order, and nothing of base64url. */
static void
signatures_without_sense_are_refused(void **state)
{
	struct jwk_set *set;
	char text[ENC_B64_LEN(64)];
	unsigned char raw[64];
	struct err e;

	(void)state;
	set = read_set(SET(EC(KID("one"))), &e);
	for (int i = 0; i < 4; i++) {
		memset(raw, i & 1 ? 0 : 0xff, 32);
		memset(raw + 32, i & 2 ? 0 : 0xff, 32);
		enc_b64url(text, raw, sizeof raw);
		assert_false(jwk_verify(jwk_set_at(set, 0), STR("a.b"),
		    (struct str){ text, sizeof text }));
	}
	memset(text, '=', sizeof text);
	assert_false(jwk_verify(
	    jwk_set_at(set, 0), STR("a.b"), (struct str){ text, sizeof text }));
	jwk_set_free(set);
}

static void
algorithms_are_known_by_their_exact_names(void **state)
{
	static const char *const others[] = { "none", "nOnE", "HS256", "rs256",
		"RS512", "ES256K", "EdDSA", "PS384", "ES256 ", "" };
	enum jwa alg;

	(void)state;
	for (int i = 0; i < JWA__MAX; i++) {
		assert_true(jwa_read(&alg, str_of(jwa_name((enum jwa)i))));
		assert_int_equal(alg, i);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(jwa_read(&alg, str_of(others[i])));
	assert_false(jwa_read(&alg, STR_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_stands_for_one_algorithm),
		cmocka_unit_test(what_is_wrong_with_a_key_is_said),
		cmocka_unit_test(rsa_keys_have_2048_to_8192_bits),
		cmocka_unit_test(twenty_keys_and_64_kib_are_the_most),
		cmocka_unit_test(a_key_is_found_by_exactly_its_kid),
		cmocka_unit_test(what_is_written_is_what_verifying_needs),
		cmocka_unit_test(a_credential_id_is_made_of_kid_and_key),
		cmocka_unit_test(
		    a_signature_is_that_of_one_key_algorithm_and_text),
		cmocka_unit_test(
		    signatures_of_another_length_are_refused_unread),
		cmocka_unit_test(signatures_without_sense_are_refused),
		cmocka_unit_test(algorithms_are_known_by_their_exact_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
