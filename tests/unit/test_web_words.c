/* test_web_words.c - languages, and how they count
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/words.h"

static void
the_best_of_what_is_asked_for(void **state)
{
	static const struct {
		const char *field;
		enum words_lang lang;
	} cases[] = { { NULL, WORDS_EN }, { "", WORDS_EN }, { "de", WORDS_EN },
		{ "it", WORDS_IT }, { "IT-ch", WORDS_IT },
		{ "de, ru;q=0.8, it;q=0.9", WORDS_IT },
		{ "zh-CN,zh;q=0.9,en;q=0.8", WORDS_ZH_HANS },
		{ "pt", WORDS_PT_BR }, { "ru;q=0", WORDS_EN },
		{ "ru;q=1.0, it", WORDS_RU }, { "ru;q=2, it;q=0.1", WORDS_IT },
		{ "it;q=abc", WORDS_EN }, { ",;,;q=", WORDS_EN },
		{ "italian", WORDS_EN }, { "en;q=0.5,ru;q=0.501", WORDS_RU } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (words_accepted(str_of(cases[i].field)) != cases[i].lang)
			fail_msg("%s", cases[i].field);
}

static void
tags_are_ours_or_none(void **state)
{
	(void)state;
	assert_int_equal(words_lang_of(STR("PT-br")), WORDS_PT_BR);
	assert_int_equal(words_lang_of(STR("pt")), WORDS__MAX);
	assert_int_equal(words_lang_of(STR("")), WORDS__MAX);
}

static void
numbers_are_grouped_as_the_language_does(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(words_number(a, WORDS_EN, 999), "999");
	assert_string_equal(words_number(a, WORDS_EN, 1234567), "1,234,567");
	assert_string_equal(words_number(a, WORDS_IT, 1234), "1234");
	assert_string_equal(words_number(a, WORDS_IT, 12345), "12.345");
	assert_string_equal(words_number(a, WORDS_RU, 1234), "1\xc2\xa0"
							     "234");
	assert_string_equal(words_number(a, WORDS_EN, -12), "\xe2\x88\x92"
							    "12");
	assert_string_equal(words_number(a, WORDS_EN, INT64_MIN),
	    "\xe2\x88\x92"
	    "9,223,372,036,854,775,808");
	arena_free(a);
}

static void
without_a_catalogue_it_is_english(void **state)
{
	(void)state;
	assert_true(str_is(words_of(WORDS_RU, STR("Save")), "Save"));
	assert_true(
	    str_is(words_count(WORDS_EN, STR("one"), STR("many"), 1), "one"));
	assert_true(
	    str_is(words_count(WORDS_RU, STR("one"), STR("many"), 2), "many"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_of_what_is_asked_for),
		cmocka_unit_test(tags_are_ours_or_none),
		cmocka_unit_test(numbers_are_grouped_as_the_language_does),
		cmocka_unit_test(without_a_catalogue_it_is_english),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
