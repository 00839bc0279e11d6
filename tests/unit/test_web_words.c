/* test_web_words.c - languages, and how they count
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- with a catalogue ---------------------------------------------------------- */

#define PAIRS 7

/* Sorted by the English text, as msgfmt writes them. */
static const char *const pairs[PAIRS][2] = {
	{ "", "Content-Type: text/plain; charset=UTF-8\n" },
	{ "Key {1} of the set {2}.", "Del gruppo, la chiave {1} {2}." },
	{ "Save", "Salva" },
	{ "The {1} is {2} long; {3} at most.", "{3} al massimo: {1} ha {2}." },
	{ "The URL {1} {2}.", "L'URL {1} {2}." },
	{ "has fewer than {1} bits", "ha meno di {1} bit" },
	{ "name", "nome" },
};

static void
write_catalogue(const char *dir, const char *tag)
{
	uint32_t head[7] = { 0x950412de, 0, PAIRS, 28, 28 + PAIRS * 8, 0, 0 };
	uint32_t at = 28 + 2 * PAIRS * 8, row[2];
	char path[200];
	FILE *f;
	size_t k, i;

	snprintf(path, sizeof path, "%s/%s.mo", dir, tag);
	assert_non_null(f = fopen(path, "w"));
	fwrite(head, sizeof head, 1, f);
	for (k = 0; k < 2; k++)
		for (i = 0; i < PAIRS; i++) {
			row[0] = (uint32_t)strlen(pairs[i][k]);
			row[1] = at;
			at += row[0] + 1;
			fwrite(row, sizeof row, 1, f);
		}
	for (k = 0; k < 2; k++)
		for (i = 0; i < PAIRS; i++)
			fwrite(pairs[i][k], strlen(pairs[i][k]) + 1, 1, f);
	assert_int_equal(fclose(f), 0);
}

static void
read_catalogues(struct arena *a)
{
	char dir[] = "/tmp/wg-words-XXXXXX", path[200];
	struct err e = { .kind = ERR_NONE };
	enum words_lang lang;

	assert_non_null(mkdtemp(dir));
	for (lang = WORDS_IT; lang < WORDS__MAX; lang++)
		write_catalogue(dir, words_tag(lang));
	assert_true(words_start(a, dir, &e));
	for (lang = WORDS_IT; lang < WORDS__MAX; lang++) {
		snprintf(path, sizeof path, "%s/%s.mo", dir, words_tag(lang));
		unlink(path);
	}
	rmdir(dir);
}

/* What is told with values in it is found by its form. */
static void
sentences_with_values_are_translated(void **state)
{
	static const struct {
		const char *english, *italian;
	} cases[] = {
		{ "Save", "Salva" },
		{ "", "" },
		{ "Nobody knows this.", "Nobody knows this." },
		{ "The name is 300 long; 200 at most.",
		    "200 al massimo: nome ha 300." },
		{ "The purpose is 300 long; 200 at most.",
		    "200 al massimo: purpose ha 300." },
		{ "The name is 300 long; 200 at most", /* no full stop */
		    "The name is 300 long; 200 at most" },
		{ "Key 3 of the set has fewer than 2048 bits.",
		    "Del gruppo, la chiave 3 ha meno di 2048 bit." },
		{ "The URL \"a b\" has fewer than 3 bits.",
		    "L'URL \"a b\" ha meno di 3 bit." },
		{ "The URL \"a \"b\" is odd.", "L'URL \"a \"b\" is odd." },
		{ "The URL \"a b is odd.", "The URL \"a b is odd." },
		{ "The URL {2} {1}.", "L'URL {2} {1}." }, /* not again */
		{ "The URL  .", "L'URL  ." },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	read_catalogues(a);
	for (i = 0; i < COUNT(cases); i++) {
		struct str english = str_of(cases[i].english);

		if (!str_is(words_said(a, WORDS_IT, english), cases[i].italian))
			fail_msg("%s: %.*s", cases[i].english,
			    STR_FMT(words_said(a, WORDS_IT, english)));
		assert_true(str_eq(words_said(a, WORDS_EN, english), english));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_of_what_is_asked_for),
		cmocka_unit_test(tags_are_ours_or_none),
		cmocka_unit_test(numbers_are_grouped_as_the_language_does),
		cmocka_unit_test(without_a_catalogue_it_is_english),
		cmocka_unit_test(sentences_with_values_are_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
