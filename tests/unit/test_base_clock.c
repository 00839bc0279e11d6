/* test_base_clock.c - what time it is, and how long something took
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

static void
times_are_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1795167000123456, "2026-11-20T09:30:00.123Z" },
		{ 1795167000999999, "2026-11-20T09:30:00.999Z" },
		{ 951782400000000, "2000-02-29T00:00:00.000Z" },
		{ 4107542399999999, "2100-02-28T23:59:59.999Z" },
		{ 253402300799999999, "9999-12-31T23:59:59.999Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000000, "1969-12-31T23:59:59.000Z" },
		{ -999000, "1969-12-31T23:59:59.001Z" },
	};
	char text[CLOCK_TEXT_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(clock_text(text, rows[i].us), rows[i].text);
}

static void
the_zone_of_the_machine_does_not_matter(void **state)
{
	char text[CLOCK_TEXT_LEN];

	(void)state;
	setenv("TZ", "Asia/Kathmandu", 1);
	tzset();
	assert_string_equal(
	    clock_text(text, 1795167000000000), "2026-11-20T09:30:00.000Z");
	unsetenv("TZ");
	tzset();
}

static void
impossible_times_stay_within_their_room(void **state)
{
	char text[CLOCK_TEXT_LEN];

	(void)state;
	assert_ptr_equal(clock_text(text, INT64_MAX), text);
	assert_int_equal(text[CLOCK_TEXT_LEN - 1], '\0');
	clock_text(text, INT64_MIN);
	assert_int_equal(text[CLOCK_TEXT_LEN - 1], '\0');
}

static void
the_units_agree(void **state)
{
	int64_t s = clock_now_s(), us = clock_now_us();
	int64_t ms = clock_mono_ms(), mono_us = clock_mono_us();

	(void)state;
	assert_in_range(us / 1000000 - s, 0, 60);
	assert_in_range(mono_us / 1000 - ms, 0, 60000);
	assert_true(s > 1700000000);
	assert_true(clock_mono_us() >= mono_us);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
		cmocka_unit_test(the_zone_of_the_machine_does_not_matter),
		cmocka_unit_test(impossible_times_stay_within_their_room),
		cmocka_unit_test(the_units_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
