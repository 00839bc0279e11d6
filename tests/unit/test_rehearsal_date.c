/* test_rehearsal_date.c - partial dates become the right spans
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rehearsal/rehearsal_date.h"

static const struct {
	const char *text, *from, *upto;
} spans[] = {
	{ "2026", "2026-01-01T00:00:00.000000", "2027-01-01T00:00:00.000000" },
	{ "2026-11", "2026-11-01T00:00:00.000000",
	    "2026-12-01T00:00:00.000000" },
	{ "2026-12", "2026-12-01T00:00:00.000000",
	    "2027-01-01T00:00:00.000000" },
	{ "2024-02", "2024-02-01T00:00:00.000000",
	    "2024-03-01T00:00:00.000000" },
	{ "2024-02-29", "2024-02-29T00:00:00.000000",
	    "2024-03-01T00:00:00.000000" },
	{ "1900-02-28", "1900-02-28T00:00:00.000000",
	    "1900-03-01T00:00:00.000000" },
	{ "1969-12-31", "1969-12-31T00:00:00.000000",
	    "1970-01-01T00:00:00.000000" },
	{ "0001", "0001-01-01T00:00:00.000000", "0002-01-01T00:00:00.000000" },
	{ "9999", "9999-01-01T00:00:00.000000", "9999-12-31T23:59:59.999999" },
	{ "2026-11-19T08:00", "2026-11-19T08:00:00.000000",
	    "2026-11-19T08:01:00.000000" },
	{ "2026-11-19T08:00:30Z", "2026-11-19T08:00:30.000000",
	    "2026-11-19T08:00:31.000000" },
	{ "2026-11-19T08:00:30.25Z", "2026-11-19T08:00:30.250000",
	    "2026-11-19T08:00:30.260000" },
	{ "2026-11-19T08:00:00.1234567Z", "2026-11-19T08:00:00.123456",
	    "2026-11-19T08:00:00.123457" },
	{ "2026-11-19T00:30:00+01:00", "2026-11-18T23:30:00.000000",
	    "2026-11-18T23:30:01.000000" },
	{ "2026-11-19T00:30:00 01:00", "2026-11-18T23:30:00.000000",
	    "2026-11-18T23:30:01.000000" },
	{ "2026-12-31T20:00:00-05:30", "2027-01-01T01:30:00.000000",
	    "2027-01-01T01:30:01.000000" },
	{ "1582-10-15T12:00:00Z", "1582-10-15T12:00:00.000000",
	    "1582-10-15T12:00:01.000000" },
};

static const char *const refused[] = { "", "26", "0000", "2026-", "2026-13",
	"2026-00", "2026-02-29", "2026-11-31", "2026-11-19T",
	"2026-11-19T24:00", "2026-11-19T08", "2026-11-19T08:60",
	"2026-11T08:00", "2026-11-19T08:00:00.", "2026-11-19T08:00:00+1:00",
	"2026-11-19T08:00:00Zx", "2026-11-19 08:00", "11/19/2026", "2026x",
	"+2026", " 2026", "2026-11-19T08:00:00+15:00" };

static void
partial_dates_span_what_they_leave_open(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(spans); i++) {
		struct rehearsal_span s;

		if (!rehearsal_date_span(&s, str_of(spans[i].text)))
			fail_msg("%s refused", spans[i].text);
		assert_string_equal(s.from, spans[i].from);
		assert_string_equal(s.upto, spans[i].upto);
	}
}

static void
what_is_no_date_is_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		struct rehearsal_span s;

		if (rehearsal_date_span(&s, str_of(refused[i])))
			fail_msg("%s became %s", refused[i], s.from);
	}
}

static void
points_move_and_open_ends_stay(void **state)
{
	char to[REHEARSAL_DATE_LEN + 1];

	(void)state;
	rehearsal_date_moved(to, "2027-01-01T00:00:00.000000", -1);
	assert_string_equal(to, "2026-12-31T23:59:59.999999");
	rehearsal_date_moved(to, "1970-01-01T00:00:00.000000", -1);
	assert_string_equal(to, "1969-12-31T23:59:59.999999");
	rehearsal_date_moved(to, "0001-01-01T00:00:00.000000", -1);
	assert_string_equal(to, "0001-01-01T00:00:00.000000");
	rehearsal_date_moved(to, REHEARSAL_DATE_MAX, -1);
	assert_string_equal(to, REHEARSAL_DATE_MAX);
	rehearsal_date_moved(to, REHEARSAL_DATE_MIN, 1);
	assert_string_equal(to, REHEARSAL_DATE_MIN);
}

static void
instants_become_http_dates(void **state)
{
	char to[REHEARSAL_HTTP_LEN];

	(void)state;
	assert_string_equal(
	    rehearsal_date_http(to, STR("2026-11-19T08:05:09.5+01:00")),
	    "Thu, 19 Nov 2026 07:05:09 GMT");
	assert_string_equal(
	    rehearsal_date_http(to, STR("1994-11-06T08:49:37Z")),
	    "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(rehearsal_date_http(to, STR("2026-11-19")), "");
	assert_string_equal(rehearsal_date_http(to, STR_NONE), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partial_dates_span_what_they_leave_open),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(points_move_and_open_ends_stay),
		cmocka_unit_test(instants_become_http_dates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
