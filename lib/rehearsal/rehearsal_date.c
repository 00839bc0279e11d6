/* rehearsal_date.c - FHIR dates as spans of time that compare as text
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_date.h"

#include <stdio.h>
#include <string.h>

#define SECOND_US ((int64_t)1000000)
#define MINUTE_US (60 * SECOND_US)
#define DAY_US    (24 * 60 * MINUTE_US)
#define FIRST_US  (-62135596800 * SECOND_US)     /* 0001-01-01 */
#define LAST_US   (253402300800 * SECOND_US - 1) /* end of 9999 */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years
 * begin in March, so that the leap day is the last of its year. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = y / 400, yoe = y % 400; /* year 0 and later only */
	int64_t doy = (153 * (int64_t)((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
date_of(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*year = (unsigned)(yoe + era * 400 + (*month <= 2));
}

static void
write_point(char to[REHEARSAL_DATE_LEN + 1], int64_t us)
{
	int64_t days, rest;
	unsigned year;
	unsigned month, day, second;

	us = us < FIRST_US ? FIRST_US : us > LAST_US ? LAST_US : us;
	days = us / DAY_US - (us % DAY_US < 0);
	rest = us - days * DAY_US;
	second = (unsigned)(rest / SECOND_US);
	date_of(days, &year, &month, &day);
	snprintf(to, REHEARSAL_DATE_LEN + 1,
	    "%04u-%02u-%02uT%02u:%02u:%02u.%06u", year % 10000, month % 100,
	    day % 100, second / 3600 % 100, second / 60 % 60, second % 60,
	    (unsigned)(rest % SECOND_US));
}

/* Takes exactly n digits from the front. */
static bool
take(struct str *s, unsigned n, unsigned *value)
{
	uint64_t v;

	if (s->len < n || !str_number((struct str){ s->at, n }, n, &v))
		return false;
	*value = (unsigned)v;
	s->at += n;
	s->len -= n;
	return true;
}

static bool
take_char(struct str *s, char c)
{
	if (!s->len || s->at[0] != c)
		return false;
	s->at++;
	s->len--;
	return true;
}

static unsigned
month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* YYYY[-MM[-DD]]: the span of whole days, as microseconds. */
static bool
read_days(struct str *s, int64_t *from, int64_t *upto, bool *whole)
{
	unsigned year, month = 1, day = 1;
	int64_t last;

	if (!take(s, 4, &year) || !year)
		return false;
	*whole = false;
	if (!take_char(s, '-')) {
		last = days_of(year + 1, 1, 1);
	} else if (!take(s, 2, &month) || month < 1 || month > 12) {
		return false;
	} else if (!take_char(s, '-')) {
		last = days_of(year, month, 1) + month_days(year, month);
	} else {
		if (!take(s, 2, &day) || day < 1 ||
		    day > month_days(year, month))
			return false;
		last = days_of(year, month, day) + 1;
		*whole = true;
	}
	*from = days_of(year, month, day) * DAY_US;
	*upto = last * DAY_US;
	return true;
}

/* .fff, of which six digits count: *step is the length of the last one. */
static bool
read_fraction(struct str *s, int64_t *us, int64_t *step)
{
	unsigned digit, n;

	for (n = 0; take(s, 1, &digit); n++)
		if (n < 6) {
			*step /= 10;
			*us += digit * *step;
		}
	return n > 0;
}

/* hh:mm[:ss[.fff]]: time of day, and how long its last digit lasts. */
static bool
read_time(struct str *s, int64_t *us, int64_t *step)
{
	unsigned hour, minute, second = 0;

	if (!take(s, 2, &hour) || hour > 23 || !take_char(s, ':') ||
	    !take(s, 2, &minute) || minute > 59)
		return false;
	*step = MINUTE_US;
	if (take_char(s, ':')) {
		if (!take(s, 2, &second) || second > 60)
			return false;
		*step = SECOND_US;
	}
	*us = (hour * 60 + minute) * MINUTE_US + second * SECOND_US;
	return *step != SECOND_US || !take_char(s, '.') ||
	       read_fraction(s, us, step);
}

/* Z, +hh:mm, -hh:mm or nothing. */
static bool
read_offset(struct str *s, int64_t *us)
{
	unsigned hour, minute;
	bool west;

	*us = 0;
	if (!s->len || take_char(s, 'Z'))
		return true;
	west = s->at[0] == '-';
	if (!west && s->at[0] != '+' && s->at[0] != ' ')
		return false;
	s->at++;
	s->len--;
	if (!take(s, 2, &hour) || hour > 14 || !take_char(s, ':') ||
	    !take(s, 2, &minute) || minute > 59)
		return false;
	*us = (hour * 60 + minute) * MINUTE_US * (west ? -1 : 1);
	return true;
}

static bool
read_span(struct str s, int64_t *from, int64_t *upto)
{
	int64_t time, step, offset;
	bool whole;

	if (!read_days(&s, from, upto, &whole))
		return false;
	if (!s.len)
		return true;
	if (!whole || !take_char(&s, 'T') || !read_time(&s, &time, &step) ||
	    !read_offset(&s, &offset) || s.len)
		return false;
	*from += time - offset;
	*upto = *from + step;
	return true;
}

bool
rehearsal_date_span(struct rehearsal_span *span, struct str text)
{
	int64_t from, upto;

	if (!read_span(text, &from, &upto))
		return false;
	write_point(span->from, from);
	write_point(span->upto, upto);
	return true;
}

void
rehearsal_date_moved(
    char to[REHEARSAL_DATE_LEN + 1], const char *point, int64_t us)
{
	int64_t from, upto;

	if (read_span(str_of(point), &from, &upto))
		write_point(to, from + us);
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
	int64_t from, upto, day_number;
	unsigned year;
	unsigned month, day, second;

	to[0] = '\0';
	if (!memchr(instant.at ? instant.at : "", 'T', instant.len) ||
	    !read_span(instant, &from, &upto) || from < 0)
		return to;
	day_number = from / DAY_US;
	second = (unsigned)(from % DAY_US / SECOND_US);
	date_of(day_number, &year, &month, &day);
	snprintf(to, REHEARSAL_HTTP_LEN, "%s, %02u %s %04u %02u:%02u:%02u GMT",
	    days[day_number % 7], day % 100, months[(month - 1) % 12],
	    year % 10000, second / 3600 % 100, second / 60 % 60, second % 60);
	return to;
}
