/* rehearsal_date.c - FHIR dates as spans of time that compare as text
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_date.h"

#include <stdio.h>

#include "fhir/date.h"

#define FIRST_US (-62135596800 * DATE_SECOND_US)     /* 0001-01-01 */
#define LAST_US  (253402300800 * DATE_SECOND_US - 1) /* end of 9999 */

static void
write_point(char to[REHEARSAL_DATE_LEN + 1], int64_t us)
{
	int64_t days, rest;
	unsigned year;
	unsigned month, day, second;

	us = us < FIRST_US ? FIRST_US : us > LAST_US ? LAST_US : us;
	days = us / DATE_DAY_US - (us % DATE_DAY_US < 0);
	rest = us - days * DATE_DAY_US;
	second = (unsigned)(rest / DATE_SECOND_US);
	date_calendar(days, &year, &month, &day);
	snprintf(to, REHEARSAL_DATE_LEN + 1,
	    "%04u-%02u-%02uT%02u:%02u:%02u.%06u", year % 10000, month % 100,
	    day % 100, second / 3600 % 100, second / 60 % 60, second % 60,
	    (unsigned)(rest % DATE_SECOND_US));
}

bool
rehearsal_date_span(struct rehearsal_span *span, struct str text)
{
	struct date_span read;

	if (!date_span(&read, text))
		return false;
	write_point(span->from, read.from_us);
	write_point(span->upto, read.upto_us);
	return true;
}

void
rehearsal_date_moved(
    char to[REHEARSAL_DATE_LEN + 1], const char *point, int64_t us)
{
	struct date_span read;

	if (date_span(&read, str_of(point)))
		write_point(to, read.from_us + us);
	else
		snprintf(to, REHEARSAL_DATE_LEN + 1, "%s", point);
}

char *
rehearsal_date_http(char to[REHEARSAL_HTTP_LEN], struct str instant)
{
	static const char days[][4] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" }; /* 1970 began on a Thursday */
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct date_span read;
	int64_t day_number;
	unsigned year, month, day, second;

	to[0] = '\0';
	if (!date_span(&read, instant) || read.depth != DATE_TIME ||
	    read.from_us < 0)
		return to;
	day_number = read.from_us / DATE_DAY_US;
	second = (unsigned)(read.from_us % DATE_DAY_US / DATE_SECOND_US);
	date_calendar(day_number, &year, &month, &day);
	snprintf(to, REHEARSAL_HTTP_LEN, "%s, %02u %s %04u %02u:%02u:%02u GMT",
	    days[day_number % 7], day % 100, months[(month - 1) % 12],
	    year % 10000, second / 3600 % 100, second / 60 % 60, second % 60);
	return to;
}
