/* test_ext_jws.c - ES256 as RFC 7515 and libjwt know it
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jwt.h>

#include "base/enc.h"
#include "ext/js.h"
#include "ext/jws.h"
#include "test_pems.h"

/* RFC 7515 A.3.1 */
#define RFC_INPUT                                                              \
	"eyJhbGciOiJFUzI1NiJ9."                                                \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"     \
	"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RFC_SIG                                                                \
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"     \
	"pmWQxfKTUJqPP3-Kg6NU1Q"

static struct jws_key *
private_key(void)
{
	struct err e = { 0 };
	struct jws_key *k = jws_key_private(STR(PEM_PRIVATE), &e);

	if (!k)
		fail_msg("%s%s", e.said, e.why);
	return k;
}

static void
the_example_of_the_standard_verifies(void **state)
{
	struct err e = { 0 };
	struct jws_key *k = jws_key_public(STR(PEM_RFC7515), &e);

	(void)state;
	assert_non_null(k);
	assert_false(jws_signs(k));
	assert_string_equal(jws_kid(k), PEM_RFC7515_KID);
	assert_true(jws_verify(k, STR(RFC_INPUT), STR(RFC_SIG)));
	assert_false(jws_verify(k, STR(RFC_INPUT "x"), STR(RFC_SIG)));
	assert_false(jws_verify(k, STR(""), STR(RFC_SIG)));
	jws_key_free(k);
}

static void
a_signature_has_exactly_one_spelling(void **state)
{
	static const char *const bad[] = {
		"",
		"A",
		RFC_SIG "=",
		RFC_SIG "==",
		RFC_SIG ".",
		RFC_SIG "A",
		RFC_SIG "AA",
		/* unused bits set; foreign alphabet; cut */
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISl"
		"SApmWQxfKTUJqPP3-Kg6NU1R",
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6+Xx+F4GawxaepmXFCgfTjDxw5djxLa8ISl"
		"SApmWQxfKTUJqPP3+Kg6NU1Q",
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISl"
		"SApmWQxfKTUJqPP3-Kg6NU1",
		"\nDtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8I"
		"SlSApmWQxfKTUJqPP3-Kg6NU1",
	};
	struct err e = { 0 };
	struct jws_key *k = jws_key_public(STR(PEM_RFC7515), &e);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		if (jws_verify(k, STR(RFC_INPUT), str_of(bad[i])))
			fail_msg("taken: \"%s\"", bad[i]);
	assert_false(jws_verify(k, STR(RFC_INPUT), STR_NONE));
	jws_key_free(k);
}

/* Signatures of other lengths, of zeros, in DER, of 20 kB; r or s of zero or
 * of the order of the group. */
static void
numbers_out_of_range_are_refused(void **state)
{
	static const char order[] = "ffffffff00000000ffffffffffffffff"
				    "bce6faada7179e84f3b9cac2fc632551";
	static const size_t sizes[] = { 0, 1, 63, 65, 70, 71, 72, 15000 };
	struct jws_key *k = private_key();
	unsigned char raw[15000] = { 0 };
	char *text = malloc(20001), good[JWS_SIG_LEN];
	size_t i, n = JWS_SIG_BYTES;

	(void)state;
	assert_true(jws_sign(k, STR("a.b"), good, NULL));
	assert_true(
	    jws_verify(k, STR("a.b"), (struct str){ good, sizeof good }));
	for (i = 0; i < 5; i++) {
		size_t len = JWS_SIG_BYTES;

		assert_true(dec_b64url(raw, &n, (struct str){ good, 86 }));
		if (i == 0 || i == 2)
			memset(raw, 0, 32);
		if (i == 1 || i == 2)
			memset(raw + 32, 0, 32);
		if (i == 3)
			dec_hex(raw, 32, STR(order));
		if (i == 4)
			dec_hex(raw + 32, 32, STR(order));
		len = enc_b64url(text, raw, len);
		assert_false(
		    jws_verify(k, STR("a.b"), (struct str){ text, len }));
	}
	for (i = 0; i < COUNT(sizes); i++) {
		memset(raw, 0x30, sizeof raw);
		n = enc_b64url(text, raw, sizes[i]);
		assert_false(
		    jws_verify(k, STR("a.b"), (struct str){ text, n }));
	}
	free(text);
	jws_key_free(k);
}

static void
keys_survive_writing_and_reading(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct jws_key *made = jws_key_make(&e), *private, *public;
	char sig[JWS_SIG_LEN];

	(void)state;
	assert_non_null(made);
	private = jws_key_private(str_of(jws_private_pem(a, made)), &e);
	public = jws_key_public(str_of(jws_public_pem(a, made)), &e);
	assert_non_null(private);
	assert_non_null(public);
	assert_true(jws_signs(made) && jws_signs(private));
	assert_false(jws_signs(public));
	assert_null(jws_private_pem(a, public));
	assert_string_equal(jws_kid(made), jws_kid(private));
	assert_string_equal(jws_kid(made), jws_kid(public));
	assert_int_equal(strlen(jws_kid(made)), JWS_KID_LEN);
	assert_true(jws_sign(private, STR("h.p"), sig, &e));
	assert_true(jws_verify(public, STR("h.p"), (struct str){ sig, 86 }));
	assert_true(jws_verify(made, STR("h.p"), (struct str){ sig, 86 }));
	assert_false(jws_verify(made, STR("h.q"), (struct str){ sig, 86 }));
	assert_false(jws_sign(public, STR("h.p"), sig, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
	jws_key_free(made);
	jws_key_free(private);
	jws_key_free(public);
	arena_free(a);
}

/* Without the rule, four of five runs would meet one that is. */
static void
the_name_of_a_new_key_is_no_option(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		struct err e = { 0 };
		struct jws_key *k = jws_key_make(&e);

		assert_non_null(k);
		assert_int_not_equal(jws_kid(k)[0], '-');
		jws_key_free(k);
	}
}

static void
a_key_is_named_by_its_thumbprint_and_published_as_jwk(void **state)
{
	static const char *const names[] = { "kty", "crv", "use", "alg",
		"kid" };
	static const char *const values[] = { "EC", "P-256", "sig", "ES256",
		PEM_KID };
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct jws_key *k = private_key();
	const struct json_t *jwk;
	struct str s;
	size_t i;

	(void)state;
	assert_string_equal(jws_kid(k), PEM_KID);
	assert_string_equal(jws_private_pem(a, k), PEM_PRIVATE);
	assert_string_equal(jws_public_pem(a, k), PEM_PUBLIC);
	jwk = js_read(a, str_of(jws_jwk(a, k)), 1000, &e);
	assert_non_null(jwk);
	for (i = 0; i < COUNT(names); i++) {
		assert_true(js_text(jwk, names[i], &s));
		assert_true(str_is(s, values[i]));
	}
	assert_true(js_text(jwk, "x", &s) && s.len == 43);
	assert_true(js_text(jwk, "y", &s) && s.len == 43);
	assert_false(js_has(jwk, "d"));
	assert_int_equal(js_count(jwk), 7);
	jws_key_free(k);
	arena_free(a);
}

static void
other_keys_are_refused_with_a_reason(void **state)
{
	/* clang-format off */
	static const struct {
		const char *pem;
		bool private;
		const char *said; /* part of it */
	} rows[] = {
		{ "", true, "one PEM" },
		{ "", false, "one PEM" },
		{ "junk", false, "one PEM" },
		{ PEM_PUBLIC, true, "one PEM" },
		{ PEM_PRIVATE, false, "one PEM" },
		{ PEM_SEC1, true, "one PEM" },
		{ PEM_ENCRYPTED, true, "one PEM" },
		{ "x\n" PEM_PUBLIC, false, "one PEM" },
		{ PEM_PUBLIC "x", false, "one PEM" },
		{ PEM_PUBLIC PEM_RFC7515, false, "one PEM" },
		{ PEM_PRIVATE PEM_PUBLIC, true, "one PEM" },
		{ "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", false,
		    "can be read" },
		{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		    false, "can be read" },
		{ "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n",
		    true, "can be read" },
		{ PEM_P384, true, "P-256" },
		{ PEM_P384_PUBLIC, false, "P-256" },
		{ PEM_K1, true, "P-256" },
		{ PEM_ED25519, true, "P-256" },
		{ PEM_EXPLICIT, true, "P-256" },
		{ PEM_OFF_CURVE, false, "read" },
		{ PEM_TWO_HALVES, true, "halves" },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		struct str pem = str_of(rows[i].pem);

		if (rows[i].private ? jws_key_private(pem, &e)
				    : jws_key_public(pem, &e))
			fail_msg("row %zu was taken", i);
		assert_int_equal(e.kind, ERR_CONF);
		if (!strstr(e.said, rows[i].said))
			fail_msg("row %zu: %s", i, e.said);
	}
}

static void
line_ends_around_a_pem_do_not_matter(void **state)
{
	struct err e = { 0 };
	struct jws_key *k =
	    jws_key_public(STR("\r\n\n" PEM_PUBLIC "\r\n\n"), &e);

	(void)state;
	assert_non_null(k);
	assert_string_equal(jws_kid(k), PEM_KID);
	jws_key_free(k);
}

/* The library we check against does what the pitfalls say; if an upgrade
 * changes that, we want to know. */
static void
libjwt_is_still_what_we_think_it_is(void **state)
{
	/* {"alg":"HS256","typ":"JWT"} . {}, signed with the public PEM as an
	 * HMAC key */
	struct jws_key *k = private_key();
	const unsigned char *pem = (const unsigned char *)PEM_PUBLIC;
	jwt_t *j = NULL, *read = NULL;
	char *token, *dot;

	(void)state;
	assert_int_equal(jwt_new(&j), 0);
	assert_int_equal(
	    jwt_set_alg(j, JWT_ALG_HS256, pem, sizeof PEM_PUBLIC - 1), 0);
	token = jwt_encode_str(j);
	assert_int_equal(
	    jwt_decode(&read, token, pem, sizeof PEM_PUBLIC - 1), 0);
	dot = strrchr(token, '.');
	assert_false(jws_verify(
	    k, (struct str){ token, (size_t)(dot - token) }, str_of(dot + 1)));
	free(token);
	jwt_free(read);
	jwt_free(j);
	jws_key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_standard_verifies),
		cmocka_unit_test(a_signature_has_exactly_one_spelling),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(keys_survive_writing_and_reading),
		cmocka_unit_test(the_name_of_a_new_key_is_no_option),
		cmocka_unit_test(
		    a_key_is_named_by_its_thumbprint_and_published_as_jwk),
		cmocka_unit_test(other_keys_are_refused_with_a_reason),
		cmocka_unit_test(line_ends_around_a_pem_do_not_matter),
		cmocka_unit_test(libjwt_is_still_what_we_think_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
