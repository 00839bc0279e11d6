/* test_web_csv.c - tables as text that a spreadsheet does not run
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/csv.h"

static void
cells_are_quoted_and_formulas_are_text(void **state)
{
	static const struct {
		const char *cell, *written;
	} cases[] = { { "", "\"\"" }, { "a,b", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"" }, { "=1+1", "\"'=1+1\"" },
		{ "+1", "\"'+1\"" }, { "-1", "\"'-1\"" },
		{ "@SUM(A1)", "\"'@SUM(A1)\"" }, { "\tx", "\"'\tx\"" },
		{ "\rx", "\"'\rx\"" }, { "\nx", "\"'\nx\"" },
		{ "a=1", "\"a=1\"" }, { " =1", "\" =1\"" } };
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_new(a, 100);

		csv_cell(&b, str_of(cases[i].cell));
		assert_string_equal(buf_text(&b), cases[i].written);
	}
	arena_free(a);
}

static void
rows_end_as_the_standard_says(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 100);
	int row;

	(void)state;
	for (row = 0; row < 2; row++) {
		csv_cell(&b, STR("a"));
		csv_cell(&b, STR(""));
		csv_cell(&b, STR("line\nend"));
		csv_end(&b);
	}
	assert_string_equal(buf_text(&b), "\"a\",\"\",\"line\nend\"\r\n"
					  "\"a\",\"\",\"line\nend\"\r\n");
	arena_free(a);
}

static void
values_of_the_database_have_one_spelling(void **state)
{
	static const char *const names[] = { "t", "n", "b", "at", "id", "x",
		NULL };
	static const struct db_cell cells[] = {
		{ 25, { "=a", 2 } },                  /* text */
		{ 20, { "\0\0\0\0\0\0\0\7", 8 } },    /* bigint */
		{ 16, { "\1", 1 } },                  /* boolean */
		{ 1184, { "\0\0\0\0\0\0\0\0", 8 } },  /* since 2000 */
		{ 2950, { "0123456789abcdef", 16 } }, /* uuid */
		{ 17, { "secret", 6 } },              /* bytea */
		{ 25, { NULL, 0 } },
		{ 20, { NULL, 0 } },
		{ 16, { "\0", 1 } },
		{ 1184, { NULL, 0 } },
		{ 2950, { NULL, 0 } },
		{ 17, { NULL, 0 } },
	};
	const struct db_rows rows = { 2, 6, names, cells };
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 1000);

	(void)state;
	csv_rows(&b, &rows);
	assert_string_equal(buf_text(&b),
	    "\"t\",\"n\",\"b\",\"at\",\"id\",\"x\"\r\n"
	    "\"'=a\",\"7\",\"yes\",\"2000-01-01T00:00:00.000Z\","
	    "\"30313233-3435-3637-3839-616263646566\",\"\"\r\n"
	    "\"\",\"\",\"\",\"\",\"\",\"\"\r\n");
	arena_free(a);
}

static void
what_is_too_long_fails_whole(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 10);

	(void)state;
	csv_cell(&b, STR("0123456789"));
	csv_end(&b);
	assert_true(b.failed);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_quoted_and_formulas_are_text),
		cmocka_unit_test(rows_end_as_the_standard_says),
		cmocka_unit_test(values_of_the_database_have_one_spelling),
		cmocka_unit_test(what_is_too_long_fails_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
