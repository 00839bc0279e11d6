/* test_base_fold.c - names are found however they are written
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fold.h"

static const struct {
	const char *text, *folded;
} cases[] = {
	{ "", "" },
	{ "Beer", "beer" },
	{ "Ångström", "angstrom" },
	{ "ØSTERGÅRD", "ostergard" },
	{ "Weiß", "weiss" },
	{ "GROẞ", "gross" },
	{ "Nguyễn Đặng", "nguyen dang" },
	{ "Łódź", "lodz" },
	{ "İrem Kılıç", "irem kilic" },
	{ "Þórdís Æsa", "thordis aesa" },
	{ "e\xcc\x81te\xcc\x81", "ete" }, /* combining acute */
	{ "Παπαδοπούλου", "παπαδοπουλου" },
	{ "ΆΝΝΑΣ", "αννασ" },
	{ "Йосип Їжакевич", "иосип іжакевич" },
	{ "王小明", "王小明" },
	{ "3 × 4 ÷ 2", "3 × 4 ÷ 2" }, /* no letters, though among them */
	{ "\xf0\x9f\x8f\xa5 X", "\xf0\x9f\x8f\xa5 x" },
	{ "a\xff\x42", "a\xff\x62" }, /* not UTF-8: kept */
	{ "\xc3", "\xc3" },
};

static void
case_and_accents_vanish_and_nothing_else_does(void **state)
{
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str got = fold_text(a, str_of(cases[i].text));

		if (!str_is(got, cases[i].folded))
			fail_msg("%s became %.*s", cases[i].text, STR_FMT(got));
		assert_true(got.len <= str_of(cases[i].text).len);
	}
	arena_free(a);
}

static void
folding_twice_changes_nothing(void **state)
{
	struct arena *a = arena_new();
	unsigned c;

	(void)state;
	for (c = 0x80; c < 0x2000; c++) {
		char text[3] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 63)),
			0 };
		struct str once, twice;

		if (c >= 0x800) {
			text[0] = (char)(0xe0 | c >> 12);
			text[1] = (char)(0x80 | (c >> 6 & 63));
			text[2] = (char)(0x80 | (c & 63));
		}
		once = fold_text(a, (struct str){ text, c < 0x800 ? 2 : 3 });
		twice = fold_text(a, once);
		if (!str_eq(once, twice))
			fail_msg("U+%04X is not stable", c);
		assert_true(utf8_valid(once));
	}
	arena_free(a);
}

static void
an_absent_text_stays_absent(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_null(fold_text(a, STR_NONE).at);
	assert_non_null(fold_text(a, STR("")).at);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_and_accents_vanish_and_nothing_else_does),
		cmocka_unit_test(folding_twice_changes_nothing),
		cmocka_unit_test(an_absent_text_stays_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
