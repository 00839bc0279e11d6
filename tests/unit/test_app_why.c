/* test_app_why.c - every reason code has words for the client's owner
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/why.h"
#include "base/err.h"
#include "web/fail.h"

static void
every_kind_of_failure_has_words(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < ERR__MAX; kind++) {
		const char *reason = fail_reason((enum err_kind)kind);
		const struct why *w = why_find(str_of(reason));

		if (!w)
			fail_msg("%s has no words", reason);
		assert_string_equal(w->reason, reason);
		assert_true(strlen(w->happened) > 10);
		assert_int_equal(w->act != NULL, w->who != NULL);
	}
}

static void
causes_that_look_alike_outside_are_told_apart(void **state)
{
	static const char *const alike[][2] = {
		{ "client_unknown", "secret_wrong" },
		{ "secret_expired", "secret_invalidated" },
		{ "tenant_unknown", "tenant_not_granted" },
		{ "token_expired", "token_key_unknown" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(alike); i++)
		assert_string_not_equal(why_find(str_of(alike[i][0]))->happened,
		    why_find(str_of(alike[i][1]))->happened);
}

static void
an_unknown_reason_has_none(void **state)
{
	(void)state;
	assert_null(why_find(STR("no_such_reason")));
	assert_null(why_find(STR("")));
	assert_null(why_find((struct str){ NULL, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_failure_has_words),
		cmocka_unit_test(causes_that_look_alike_outside_are_told_apart),
		cmocka_unit_test(an_unknown_reason_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
