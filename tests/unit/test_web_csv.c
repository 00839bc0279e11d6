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
		cmocka_unit_test(what_is_too_long_fails_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
