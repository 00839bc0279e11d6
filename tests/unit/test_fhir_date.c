/* test_fhir_date.c - partial dates are spans, and spans compare as FHIR says
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhir/date.h"

static struct date_span
span_of(const char *text)
{
	struct date_span s;

	if (!date_span(&s, str_of(text)))
		fail_msg("%s", text);
	return s;
}

static const struct {
	const char *text;
	int64_t from_s, seconds;
	enum date_depth depth;
} spans[] = {
	{ "1970", 0, 365 * 86400, DATE_YEAR },
	{ "1972-02", 65750400, 29 * 86400, DATE_MONTH },
	{ "1970-01-02", 86400, 86400, DATE_DAY },
	{ "1969-12-31", -86400, 86400, DATE_DAY },
	{ "1970-01-01T00:10", 600, 60, DATE_TIME },
	{ "1970-01-01T00:10:05Z", 605, 1, DATE_TIME },
	{ "1970-01-01T01:00:00+01:00", 0, 1, DATE_TIME },
	{ "1970-01-01T01:00:00 01:00", 0, 1, DATE_TIME },
	{ "1969-12-31T18:30:00-05:30", 0, 1, DATE_TIME },
};

static void
a_date_spans_what_it_leaves_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spans); i++) {
		struct date_span s = span_of(spans[i].text);

		assert_int_equal(s.from_us, spans[i].from_s * DATE_SECOND_US);
		assert_int_equal(
		    s.upto_us - s.from_us, spans[i].seconds * DATE_SECOND_US);
		assert_int_equal(s.depth, spans[i].depth);
	}
	assert_int_equal(span_of("1970-01-01T00:00:00.25Z").from_us, 250000);
	assert_int_equal(span_of("1970-01-01T00:00:00.25Z").upto_us, 260000);
	assert_int_equal(
	    span_of("1970-01-01T00:00:00.1234567Z").from_us, 123456);
}

static void
what_is_no_date_is_refused(void **state)
{
	static const char *const bad[] = { "", "26", "0000", "2026-13",
		"2026-02-29", "2026-11-19T08", "2026-11-19T24:00",
		"09/17/2018 1:00:00 PM", "2018-09-17 13:00",
		"2026-11-19T08:00:00.1234567890Z", "2026-11-19T08:00+15:00" };
	struct date_span s;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (date_span(&s, str_of(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(date_span(&s, STR_NONE));
}

static void
a_day_is_found_again_in_the_calendar(void **state)
{
	static const char *const days[] = { "0001-01-01", "1582-10-15",
		"1900-02-28", "1970-01-01", "2000-02-29", "2026-12-31",
		"9999-12-31" };

	(void)state;
	for (size_t i = 0; i < COUNT(days); i++) {
		unsigned y, m, d;
		char c[9] = { 0 };
		int64_t day = span_of(days[i]).from_us / DATE_DAY_US;
		const char *t = days[i];

		date_calendar(day, &y, &m, &d);
		c[0] = (char)('0' + y / 1000);
		c[1] = (char)('0' + y / 100 % 10);
		c[2] = (char)('0' + y / 10 % 10);
		c[3] = (char)('0' + y % 10);
		assert_memory_equal(c, t, 4);
		assert_int_equal(m, (t[5] - '0') * 10 + t[6] - '0');
		assert_int_equal(d, (t[8] - '0') * 10 + t[9] - '0');
	}
}

/* Which of eq ne gt lt ge le sa eb ap hold, as a row of letters. */
static const struct {
	const char *want, *have, *holds; /* + or - for each prefix */
} compared[] = {
	{ "2026-11", "2026-11-19", "+---++--+" },
	{ "2026-11", "2026-12-01", "-++-+-+-+" },
	{ "2026-11", "2026-12-02", "-++-+-+--" },
	{ "2026-11", "2026-10-31", "-+-+-+-++" },
	{ "2026-11-19", "2026-11", "-+++++--+" },
	{ "2026-11-19", "2026-11-19T08:00:00Z", "+---++--+" },
	{ "2026-11-19T08:00:00Z", "2026-11-19T09:00:00+01:00", "+---++--+" },
	{ "1980-05-17", "1980-05-17", "+---++--+" },
};

static void
prefixes_compare_spans(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(compared); i++) {
		struct date_span want = span_of(compared[i].want);
		struct date_span have = span_of(compared[i].have);

		for (int p = 0; p < DATE_PREFIX__MAX; p++)
			if (date_fits((enum date_prefix)p, &want, &have) !=
			    (compared[i].holds[p] == '+'))
				fail_msg("%s %s prefix %d", compared[i].want,
				    compared[i].have, p);
	}
}

static void
an_open_period_reaches_as_far_as_can_be(void **state)
{
	struct date_span want = span_of("2026-11-19");
	struct date_span open = { .from_us = span_of("2020").from_us,
		.upto_us = DATE_OPEN_UPTO };
	struct date_span whole = { .from_us = DATE_OPEN_FROM,
		.upto_us = DATE_OPEN_UPTO };

	(void)state;
	assert_true(date_fits(DATE_GT, &want, &open));
	assert_true(date_fits(DATE_LT, &want, &open));
	assert_true(date_fits(DATE_AP, &want, &whole));
	assert_false(date_fits(DATE_EQ, &want, &open));
	assert_false(date_fits(DATE_SA, &want, &open));
	assert_false(date_fits(DATE_EB, &want, &open));
}

static void
a_prefix_is_taken_from_the_front(void **state)
{
	struct str s = STR("ge2026"), bare = STR("2026");

	(void)state;
	assert_int_equal(date_prefix(&s), DATE_GE);
	assert_true(str_is(s, "2026"));
	assert_int_equal(date_prefix(&bare), DATE_EQ);
	assert_true(str_is(bare, "2026"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_spans_what_it_leaves_open),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(a_day_is_found_again_in_the_calendar),
		cmocka_unit_test(prefixes_compare_spans),
		cmocka_unit_test(an_open_period_reaches_as_far_as_can_be),
		cmocka_unit_test(a_prefix_is_taken_from_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
