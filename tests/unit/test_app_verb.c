/* test_app_verb.c - times as an operator types them
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/verb.h"

static void
a_time_has_two_spellings(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int64_t s; /* -1: refused */
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "2026-11-20", 1795132800 },
		{ "2026-11-20T09:30:00Z", 1795167000 },
		{ "2028-02-29T23:59:59Z", 1835481599 },
		{ "2027-02-29", -1 },
		{ "2026-02-30", -1 },
		{ "2026-13-01", -1 },
		{ "2026-00-01", -1 },
		{ "2026-01-00", -1 },
		{ "2026-11-20T24:00:00Z", -1 },
		{ "2026-11-20T09:60:00Z", -1 },
		{ "2026-11-20T09:30:60Z", -1 },
		{ "2026-11-20T09:30:00", -1 },
		{ "2026-11-20T09:30:00z", -1 },
		{ "2026-11-20 09:30:00Z", -1 },
		{ "2026-11-20T09:30:00+01:00", -1 },
		{ "2026-11-20T09:30:00.0Z", -1 },
		{ "2026/11/20", -1 },
		{ "26-11-20", -1 },
		{ "2026-11-2x", -1 },
		{ "2026-11- 2", -1 },
		{ "-026-11-20", -1 },
		{ "tomorrow", -1 },
		{ "", -1 },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int64_t us = -7;
		bool read = verb_time_read(str_of(rows[i].text), &us);

		if (read != (rows[i].s >= 0) ||
		    (read && us != rows[i].s * 1000000))
			fail_msg("\"%s\": %d, %lld", rows[i].text, read,
			    (long long)us);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_has_two_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
