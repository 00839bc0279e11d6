/* date.c - FHIR dates as the spans of time that they are, and how they compare
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/date.h"

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

void
date_calendar(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*year = (unsigned)(yoe + era * 400 + (*month <= 2));
}

/* ---- reading ------------------------------------------------------------- */

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

/* YYYY[-MM[-DD]]: the span of whole days. */
static bool
read_days(struct str *s, struct date_span *span)
{
	unsigned year, month = 1, day = 1;
	int64_t last;

	if (!take(s, 4, &year) || !year)
		return false;
	span->depth = DATE_YEAR;
	if (!take_char(s, '-')) {
		last = days_of(year + 1, 1, 1);
	} else if (!take(s, 2, &month) || month < 1 || month > 12) {
		return false;
	} else if (!take_char(s, '-')) {
		last = days_of(year, month, 1) + month_days(year, month);
		span->depth = DATE_MONTH;
	} else {
		if (!take(s, 2, &day) || day < 1 ||
		    day > month_days(year, month))
			return false;
		last = days_of(year, month, day) + 1;
		span->depth = DATE_DAY;
	}
	span->from_us = days_of(year, month, day) * DATE_DAY_US;
	span->upto_us = last * DATE_DAY_US;
	return true;
}

/* .fff, at most nine digits, of which six count: *step is the length of the
 * last one. */
static bool
read_fraction(struct str *s, int64_t *us, int64_t *step)
{
	unsigned digit, n;

	for (n = 0; n < 9 && take(s, 1, &digit); n++)
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
	*step = DATE_MINUTE_US;
	if (take_char(s, ':')) {
		if (!take(s, 2, &second) || second > 60)
			return false;
		*step = DATE_SECOND_US;
	}
	*us = (hour * 60 + minute) * DATE_MINUTE_US + second * DATE_SECOND_US;
	return *step != DATE_SECOND_US || !take_char(s, '.') ||
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
	*us = (hour * 60 + minute) * DATE_MINUTE_US * (west ? -1 : 1);
	return true;
}

bool
date_span(struct date_span *span, struct str s)
{
	int64_t time, step, offset;

	if (!read_days(&s, span))
		return false;
	if (!s.len)
		return true;
	if (span->depth != DATE_DAY || !take_char(&s, 'T') ||
	    !read_time(&s, &time, &step) || !read_offset(&s, &offset) || s.len)
		return false;
	span->from_us += time - offset;
	span->upto_us = span->from_us + step;
	span->depth = DATE_TIME;
	return true;
}

/* ---- comparing ----------------------------------------------------------- */

enum date_prefix
date_prefix(struct str *text)
{
	static const char names[DATE_PREFIX__MAX][3] = { "eq", "ne", "gt", "lt",
		"ge", "le", "sa", "eb", "ap" };

	for (unsigned i = 0; i < DATE_PREFIX__MAX; i++)
		if (str_starts(*text, names[i])) {
			text->at += 2;
			text->len -= 2;
			return (enum date_prefix)i;
		}
	return DATE_EQ;
}

/* Does some of `have` lie less than a day from `want`? Its open ends are as
 * far away as can be. */
static bool
about(const struct date_span *want, const struct date_span *have)
{
	return have->from_us < want->upto_us + DATE_DAY_US &&
	       have->upto_us > want->from_us - DATE_DAY_US;
}

bool
date_fits(enum date_prefix prefix, const struct date_span *want,
    const struct date_span *have)
{
	bool before = have->from_us < want->from_us;
	bool after = have->upto_us > want->upto_us;
	bool within = !before && !after;

	switch (prefix) {
	case DATE_NE:
		return !within;
	case DATE_GT:
		return after;
	case DATE_LT:
		return before;
	case DATE_GE:
		return after || within;
	case DATE_LE:
		return before || within;
	case DATE_SA:
		return have->from_us >= want->upto_us;
	case DATE_EB:
		return have->upto_us <= want->from_us;
	case DATE_AP:
		return about(want, have);
	default:
		return within;
	}
}
