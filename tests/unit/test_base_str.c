/* test_base_str.c - slices, numbers and UTF-8
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"

static void
absent_and_empty_are_not_the_same(void **state)
{
	struct str rest;

	(void)state;
	assert_null(str_of(NULL).at);
	assert_non_null(STR("").at);
	assert_true(str_is(str_cut(STR("a"), ',', &rest), "a"));
	assert_null(rest.at);
	assert_true(str_is(str_cut(STR("a,"), ',', &rest), "a"));
	assert_non_null(rest.at);
	assert_int_equal(rest.len, 0);
	assert_int_equal(str_cut(STR_NONE, ',', &rest).len, 0);
}

static void
text_compares_exactly_or_without_case(void **state)
{
	(void)state;
	assert_true(str_is_nocase(STR("BeArEr"), "bearer"));
	assert_false(str_is_nocase(STR("bearer "), "bearer"));
	assert_false(str_is(STR("a"), "A"));
	assert_true(str_starts_nocase(STR("HTTPS://x"), "https://"));
	assert_false(str_starts(STR("ht"), "http"));
	assert_true(str_is(str_trim(STR(" \t a b\r\n"), " \t\r\n"), "a b"));
	assert_int_equal(str_trim(STR("  "), " ").len, 0);
}

static void
a_number_is_digits(void **state)
{
	static const struct {
		const char *text;
		bool fine;
		uint64_t n;
	} rows[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "999999", true, 999999 },
		{ "1000000", false, 0 }, /* too many digits */
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1.0", false, 0 },
		{ "0x1", false, 0 },
	};
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    str_number(str_of(rows[i].text), 6, &n), rows[i].fine);
		if (rows[i].fine)
			assert_int_equal(n, rows[i].n);
	}
	assert_false(str_number(STR("1234567890123456789"), 30, &n));
}

static void
only_wellformed_utf8_is_text(void **state)
{
	static const struct {
		const char *text;
		bool valid, plain;
	} rows[] = {
		{ "abc", true, true },
		{ "J\xc3\xb6rg", true, true },
		{ "\xed\x9f\xbf\xee\x80\x80", true, true },
		{ "\xf4\x8f\xbf\xbf", true, true },
		{ "a\tb", true, false },
		{ "a\x7f", true, false },
		{ "\xc2\x85", true, false }, /* C1: next line */
		{ "\xc2\xa0", true, true },  /* no-break space */
		{ "\xc0\x80", false, false },
		{ "\xc1\xbf", false, false },
		{ "\xe0\x9f\xbf", false, false },
		{ "\xed\xa0\x80", false, false },
		{ "\xf0\x8f\xbf\xbf", false, false },
		{ "\xf4\x90\x80\x80", false, false },
		{ "\xf5\x80\x80\x80", false, false },
		{ "\x80", false, false },
		{ "\xe2\x82", false, false },
		{ "\xe2\x82x", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    utf8_valid(str_of(rows[i].text)), rows[i].valid);
		assert_int_equal(
		    str_plain(str_of(rows[i].text)), rows[i].plain);
	}
}

static void
copies_end_with_nul_and_lower_only_ascii(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_null(str_text(a, STR_NONE));
	assert_string_equal(str_text(a, (struct str){ "abc", 2 }), "ab");
	assert_true(str_is(str_lower(a, STR("AbZ\xc3\x84")), "abz\xc3\x84"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_and_empty_are_not_the_same),
		cmocka_unit_test(text_compares_exactly_or_without_case),
		cmocka_unit_test(a_number_is_digits),
		cmocka_unit_test(only_wellformed_utf8_is_text),
		cmocka_unit_test(copies_end_with_nul_and_lower_only_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
