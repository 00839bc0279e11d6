/* test_ext_pass.c - passphrases, codes from a phone, and poor choices
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ext/otp.h"
#include "ext/pass.h"
#include "gate/phrase.h"

static void
what_is_stored_fits_its_passphrase_alone(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	const char *stored = pass_make(a, STR("a quiet harbour"), &e);
	bool old = true;

	(void)state;
	assert_non_null(stored);
	assert_true(!strncmp(stored, "scrypt$15$8$3$", 14));
	assert_true(
	    pass_fits(str_of(stored), STR("a quiet harbour"), &old, &e));
	assert_false(old);
	assert_false(
	    pass_fits(str_of(stored), STR("a quiet harbou"), NULL, &e));
	assert_false(
	    pass_fits(str_of(stored), STR("a quiet harbour "), NULL, &e));
	assert_false(pass_fits(STR_NONE, STR(""), NULL, &e));
	assert_int_equal(e.kind, ERR_NONE);
	assert_string_not_equal(
	    stored, pass_make(a, STR("a quiet harbour"), &e));
	arena_free(a);
}

/* A row that is not whole is our own fault, not a wrong passphrase. */
static void
what_cannot_be_read_is_told(void **state)
{
	static const char stored[] = "scrypt$14$8$1$U29kaXVtQ2hsb3JpZGU$";
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_false(pass_fits(STR(stored), STR("x"), NULL, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
}

static void
one_text_has_one_spelling(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct str composed, apart;

	(void)state;
	assert_true(pass_normal(a, STR("caf\xc3\xa9"), &composed, &e));
	assert_true(pass_normal(a, STR("cafe\xcc\x81"), &apart, &e));
	assert_true(str_eq(composed, apart));
	assert_false(pass_normal(a, STR("a\0b"), &apart, &e));
	assert_int_equal(e.kind, ERR_MALFORMED);
	arena_free(a);
}

/* RFC 6238 B, the last six digits of the eight printed there. */
static void
codes_are_those_of_the_standard(void **state)
{
	static const struct {
		int64_t at;
		const char *code;
	} cases[] = { { 59, "287082" }, { 1111111109, "081804" },
		{ 1234567890, "005924" }, { INT64_C(20000000000), "353130" } };
	const unsigned char *key =
	    (const unsigned char *)"12345678901234567890";
	struct err e = { .kind = ERR_NONE };
	char code[7];
	size_t i;

	(void)state;
	assert_true(otp_start(&e));
	for (i = 0; i < COUNT(cases); i++) {
		otp_code(key, cases[i].at, code);
		assert_string_equal(code, cases[i].code);
		assert_int_equal(
		    otp_step(key, str_of(code), cases[i].at), cases[i].at / 30);
		assert_int_equal(otp_step(key, str_of(code), cases[i].at + 30),
		    cases[i].at / 30);
		assert_int_equal(
		    otp_step(key, str_of(code), cases[i].at + 90), -1);
	}
	assert_int_equal(otp_step(key, STR("28708"), 59), -1);
}

static void
the_square_holds_the_address(void **state)
{
	struct arena *a = arena_new();
	unsigned char key[OTP_KEY_BYTES] = "12345678901234567890";
	const char *uri = otp_uri(a, key, STR("A & B"), STR("x@y"));
	unsigned modules = 0;

	(void)state;
	assert_string_equal(uri,
	    "otpauth://totp/A%20%26%20B:x%40y?secret="
	    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%26%20B"
	    "&algorithm=SHA1&digits=6&period=30");
	assert_non_null(otp_square(a, uri, &modules));
	assert_int_equal(modules % 4, (21 + 8) % 4);
	arena_free(a);
}

static void
poor_passphrases_are_refused(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "a quiet harbour in winter", true },
		{ "\xd1\x82\xd0\xb8\xd1\x85\xd0\xb0\xd1\x8f \xd0\xb3\xd0\xb0"
		  "\xd0\xb2\xd0\xb0\xd0\xbd\xd1\x8c",
		    false }, /* 12 characters */
		{ "fourteen chars", false },
		{ "aaaaaaaaaaaaaaaaaaaa", false },
		{ "abcabcabcabcabcabc", false },
		{ "123456789012345678", false },
		{ "Correct Horse Battery Staple", false },
		{ "PasswordPassword", false },
		{ "ada@example.org", false },
		{ "ada@example.org12", false },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };

		if (phrase_good(a, str_of(cases[i].text),
			STR("ada@example.org"), &e) != cases[i].good)
			fail_msg("%s", cases[i].text);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stored_fits_its_passphrase_alone),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(one_text_has_one_spelling),
		cmocka_unit_test(codes_are_those_of_the_standard),
		cmocka_unit_test(the_square_holds_the_address),
		cmocka_unit_test(poor_passphrases_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
