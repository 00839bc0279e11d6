/* test_base_err.c - the first failure wins
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/err.h"

static void
failing_returns_false_and_says_what(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_false(err_set(&e, ERR_ID, "no id %d of %s", 7, "seven"));
	assert_int_equal(e.kind, ERR_ID);
	assert_string_equal(e.said, "no id 7 of seven");
	assert_string_equal(e.why, "");
}

static void
what_only_the_log_sees_is_not_said(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_false(err_why(&e, ERR_DB, "host %s", "db.internal"));
	assert_int_equal(e.kind, ERR_DB);
	assert_string_equal(e.said, "");
	assert_string_equal(e.why, "host db.internal");
}

static void
without_words_the_standing_sentence_stays(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_false(err_set(&e, ERR_TYPE, NULL));
	assert_int_equal(e.kind, ERR_TYPE);
	assert_string_equal(e.said, "");
}

static void
the_first_failure_wins(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	err_set(&e, ERR_ID, "first");
	assert_false(err_set(&e, ERR_TYPE, "second"));
	assert_false(err_why(&e, ERR_DB, "third"));
	assert_int_equal(e.kind, ERR_ID);
	assert_string_equal(e.said, "first");
	assert_string_equal(e.why, "");
}

static void
nobody_has_to_listen(void **state)
{
	(void)state;
	assert_false(err_set(NULL, ERR_ID, "unheard"));
	assert_false(err_why(NULL, ERR_ID, "unheard"));
}

static void
long_words_are_cut_and_stay_text(void **state)
{
	struct err e = { .kind = ERR_NONE };
	static char text[8000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set(&e, ERR_ID, "%s", text);
	assert_int_equal(strlen(e.said), sizeof e.said - 1);
	err_clear(&e);
	err_why(&e, ERR_ID, "%s", text);
	assert_int_equal(strlen(e.why), sizeof e.why - 1);
}

static void
what_is_cleared_can_fail_again(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	err_set(&e, ERR_ID, "first");
	e.retry_after_s = 5;
	err_clear(&e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_int_equal(e.retry_after_s, 0);
	assert_string_equal(e.said, "");
	err_why(&e, ERR_DB, "second");
	assert_int_equal(e.kind, ERR_DB);
	assert_string_equal(e.why, "second");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failing_returns_false_and_says_what),
		cmocka_unit_test(what_only_the_log_sees_is_not_said),
		cmocka_unit_test(without_words_the_standing_sentence_stays),
		cmocka_unit_test(the_first_failure_wins),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(long_words_are_cut_and_stay_text),
		cmocka_unit_test(what_is_cleared_can_fail_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
