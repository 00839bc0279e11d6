/* test_base_enc.c - one spelling for every value, all others refused
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/enc.h"

static void
base64url_goes_there_and_back(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "\xfb\xff\xfe", "-__-" },
	};
	char text[32], bytes[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		n = enc_b64url(text, rows[i].bytes, strlen(rows[i].bytes));
		assert_int_equal(n, ENC_B64_LEN(strlen(rows[i].bytes)));
		assert_true(str_is((struct str){ text, n }, rows[i].text));
		n = sizeof bytes;
		assert_true(dec_b64url(bytes, &n, str_of(rows[i].text)));
		assert_int_equal(n, strlen(rows[i].bytes));
		assert_memory_equal(bytes, rows[i].bytes, n);
	}
}

static void
base64_has_one_spelling(void **state)
{
	static const char *const url[] = { "Zg==", "Zg=", "Z", "Zh", "Zm9",
		"Zm9v!", "Zm+v", "Zm/v", " Zg", "Zg\n", "Zm9vY" };
	static const char *const plain[] = { "Zg",
		"Zg=", "Zh==", "Zm9=", "Zg===", "====", "Zm-v",
		"Zg==Zg==", " Zg==" };
	static const char *const words[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	char to[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(url); i++) {
		n = sizeof to;
		assert_false(dec_b64url(to, &n, str_of(url[i])));
	}
	for (i = 0; i < COUNT(plain); i++) {
		n = sizeof to;
		assert_false(dec_b64(to, &n, str_of(plain[i])));
	}
	n = sizeof to;
	assert_true(dec_b64(to, &n, STR("Zm9vYg==")));
	assert_int_equal(n, 4);
	for (i = 0; i < COUNT(words); i++) { /* RFC 4648 10 */
		n = enc_b64(to, words[i][0], strlen(words[i][0]));
		assert_true(str_is((struct str){ to, n }, words[i][1]));
	}
	n = enc_b64(to, "\xfb\xff\xbe", 3);
	assert_true(str_is((struct str){ to, n }, "+/++"));
	n = 3;
	assert_false(dec_b64(to, &n, STR("Zm9vYg==")));
}

static void
percent_decoding_yields_text_or_nothing(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} rows[] = {
		{ "", "" },
		{ "a+b%20c", "a b c" },
		{ "%41%c3%bC", "A\xc3\xbc" },
		{ "%", NULL },
		{ "%4", NULL },
		{ "%4g", NULL },
		{ "%00", NULL },
		{ "%ff", NULL },
		{ "%C0%80", NULL },
		{ "%ED%A0%80", NULL },
		{ "%F4%90%80%80", NULL },
	};
	struct arena *a = arena_new();
	struct str out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		bool fine = dec_percent(a, str_of(rows[i].in), true, &out);

		assert_int_equal(fine, rows[i].out != NULL);
		if (fine)
			assert_true(str_is(out, rows[i].out));
	}
	assert_true(dec_percent(a, STR("a+b"), false, &out));
	assert_true(str_is(out, "a+b"));
	arena_free(a);
}

static void
percent_encoding_leaves_unreserved_alone(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 100);

	(void)state;
	enc_percent(&b, STR("aZ9-._~ /?&=+%\xc3\xbc\r"));
	assert_string_equal(
	    buf_text(&b), "aZ9-._~%20%2F%3F%26%3D%2B%25%C3%BC%0D");
	arena_free(a);
}

static void
a_guid_has_its_hyphens_and_digits_and_nothing_else(void **state)
{
	static const char *const bad[] = { "",
		"00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeefff",
		"{00112233-4455-6677-8899-aabbccddeeff}",
		"00112233445566778899aabbccddeeff",
		"00112233-4455-6677-8899_aabbccddeeff",
		"0011223g-4455-6677-8899-aabbccddeeff",
		" 0112233-4455-6677-8899-aabbccddeeff",
		"001122334-455-6677-8899-aabbccddeeff" };
	char text[GUID_LEN + 1];
	struct guid g, other;
	size_t i;

	(void)state;
	assert_true(guid_read(&g, STR("00112233-4455-6677-8899-AABBCCDDEEFF")));
	assert_string_equal(
	    guid_write(text, &g), "00112233-4455-6677-8899-aabbccddeeff");
	assert_true(guid_read(&other, str_of(text)));
	assert_true(guid_eq(&g, &other));
	assert_true(guid_usable(&g));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(guid_read(&g, str_of(bad[i])));
	memset(&g, 0, sizeof g);
	assert_false(guid_usable(&g));
	memset(&g, 0xff, sizeof g);
	assert_false(guid_usable(&g));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64url_goes_there_and_back),
		cmocka_unit_test(base64_has_one_spelling),
		cmocka_unit_test(percent_decoding_yields_text_or_nothing),
		cmocka_unit_test(percent_encoding_leaves_unreserved_alone),
		cmocka_unit_test(
		    a_guid_has_its_hyphens_and_digits_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
