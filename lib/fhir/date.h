/* date.h - FHIR dates as the spans of time that they are, and how they compare
 * SPDX-License-Identifier: Apache-2.0
 *
 * "2026-11" is not an instant but a month: from its first moment up to, and
 * not including, the next one's. Times are microseconds since 1970 UTC in the
 * proleptic Gregorian calendar. */
#ifndef FHIR_DATE_H
#define FHIR_DATE_H

#include "base/str.h"

#define DATE_SECOND_US ((int64_t)1000000)
#define DATE_MINUTE_US (60 * DATE_SECOND_US)
#define DATE_DAY_US    (24 * 60 * DATE_MINUTE_US)

/* What stands for the end of a Period that is not known: before and after
 * every date. */
#define DATE_OPEN_FROM INT64_MIN
#define DATE_OPEN_UPTO INT64_MAX

/* How far a date goes. */
enum date_depth { DATE_YEAR, DATE_MONTH, DATE_DAY, DATE_TIME };

struct date_span {
	int64_t from_us; /* inclusive */
	int64_t upto_us; /* exclusive */
	enum date_depth depth;
};

/* date_span - YYYY, YYYY-MM, YYYY-MM-DD, or a time down to minutes, seconds
 * or a fraction of them (at most nine digits, of which six count), with Z, an
 * offset, or none (then UTC). A blank where the + of an offset belongs is taken
 * as one: that is what a query makes of it. false: not a date. Source: FHIR R4
 * search 3.1.1.4.7. */
bool date_span(struct date_span *span, struct str text);

/* date_calendar - year, month and day of a day that is counted from
 * 1970-01-01; the year may be 0 or 10000 at the ends of what date_span reads. */
void date_calendar(
    int64_t days, unsigned *year, unsigned *month, unsigned *day);

enum date_prefix {
	DATE_EQ,
	DATE_NE,
	DATE_GT,
	DATE_LT,
	DATE_GE,
	DATE_LE,
	DATE_SA,
	DATE_EB,
	DATE_AP,
	DATE_PREFIX__MAX
};

/* date_prefix - takes a prefix from the front of text; DATE_EQ where none
 * stands. */
enum date_prefix date_prefix(struct str *text);

/* date_fits - does what a record says compare so with what is wanted? eq is
 * "within", gt "some of it after", ge "gt or within", sa "all of it after",
 * ap is "within a day of it". Source: FHIR R4 search 3.1.1.4.7, 3.1.1.4.5. */
bool date_fits(enum date_prefix prefix, const struct date_span *want,
    const struct date_span *have);

#endif
