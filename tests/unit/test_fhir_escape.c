/* test_fhir_escape.c - every escape of JSON, and what comes near one
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "fhir/escape.h"

static const char *
check(const char *text, size_t *n)
{
	return escape_check(text, text + strlen(text), n);
}

static void
eight_letters_may_follow_a_backslash_and_u(void **state)
{
	char text[3] = "\\?";
	unsigned c;
	size_t n;

	(void)state;
	for (c = 1; c < 256; c++) {
		text[1] = (char)c;
		assert_int_equal(
		    !check(text, &n), !!strchr("\"\\/bfnrt", (int)c));
		if (!check(text, &n))
			assert_int_equal(n, 2);
	}
	assert_non_null(escape_check("\\\0", (const char *)"\\\0" + 2, &n));
}

/* Every \uXXXX alone: good but for 0 and the surrogates, and decoded to
 * well-formed UTF-8 that says the same number. */
static void
every_single_unit_is_judged_and_decoded(void **state)
{
	struct arena *a = arena_new();
	char text[8];
	unsigned c;
	size_t n;

	(void)state;
	for (c = 0; c < 0x10000; c++) {
		bool good = c && (c < 0xd800 || c > 0xdfff);
		const struct str *s;
		unsigned char b[3] = { 0 };

		snprintf(text, sizeof text, c % 2 ? "\\u%04x" : "\\u%04X", c);
		assert_int_equal(!check(text, &n), good);
		if (!good)
			continue;
		assert_int_equal(n, 6);
		s = escape_decode(a, (struct str){ text, 6 });
		assert_int_equal(utf8_step(s->at, s->len), s->len);
		memcpy(b, s->at, s->len);
		assert_int_equal(c,
		    s->len == 1   ? b[0]
		    : s->len == 2 ? (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu)
				  : (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 |
					(b[2] & 0x3fu));
		arena_reset(a);
	}
	arena_free(a);
}

static void
a_pair_is_a_high_and_then_a_low_one(void **state)
{
	static const unsigned units[] = { 0xd7ff, 0xd800, 0xd83d, 0xdbff,
		0xdc00, 0xde00, 0xdfff, 0xe000 };
	struct arena *a = arena_new();
	char text[16];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(units); i++)
		for (j = 0; j < COUNT(units); j++) {
			bool high = units[i] >= 0xd800 && units[i] < 0xdc00;
			bool low = units[j] >= 0xdc00 && units[j] < 0xe000;
			const struct str *s;

			snprintf(text, sizeof text, "\\u%04x\\u%04x", units[i],
			    units[j]);
			if (units[i] < 0xd800 || units[i] > 0xdfff)
				continue;
			assert_int_equal(!check(text, &n), high && low);
			if (!high || !low)
				continue;
			assert_int_equal(n, 12);
			s = escape_decode(a, (struct str){ text, 12 });
			assert_int_equal(s->len, 4);
			assert_int_equal(utf8_step(s->at, 4), 4);
		}
	assert_true(str_is(
	    *escape_decode(a, STR("\\ud83d\\ude00")), "\xf0\x9f\x98\x80"));
	arena_free(a);
}

static void
what_is_no_escape_stays(void **state)
{
	static const struct {
		const char *raw, *text;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\\n", "\n" },
		{ "a\\\\n", "a\\n" },
		{ "\\\\\\\\", "\\\\" },
		{ "\\b\\f\\n\\r\\t\\/\\\"", "\b\f\n\r\t/\"" },
		{ "x\\u0041y\\u00DFz", "xAy\xc3\x9fz" },
		{ "\xc3\xa9\\u00e9\xe2\x82\xac",
		    "\xc3\xa9\xc3\xa9\xe2\x82\xac" },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_true(str_is(
		    *escape_decode(a, str_of(rows[i].raw)), rows[i].text));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_letters_may_follow_a_backslash_and_u),
		cmocka_unit_test(every_single_unit_is_judged_and_decoded),
		cmocka_unit_test(a_pair_is_a_high_and_then_a_low_one),
		cmocka_unit_test(what_is_no_escape_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
