/* rehearsal_date.h - FHIR dates as spans of time that compare as text
 * SPDX-License-Identifier: Apache-2.0
 *
 * "2026-11" is not an instant but a month: from its first moment up to, and
 * not including, the next one's. Both ends are written in UTC as
 * "2026-11-01T00:00:00.000000": 26 characters that sort as the times do. */
#ifndef APP_REHEARSAL_DATE_H
#define APP_REHEARSAL_DATE_H

#include "base/str.h"

#define REHEARSAL_DATE_LEN 26
/* What stands for an end that is not known: before and after everything. */
#define REHEARSAL_DATE_MIN "0000-00-00T00:00:00.000000"
#define REHEARSAL_DATE_MAX "9999-99-99T99:99:99.999999"

struct rehearsal_span {
	char from[REHEARSAL_DATE_LEN + 1]; /* inclusive */
	char upto[REHEARSAL_DATE_LEN + 1]; /* exclusive */
};

/* rehearsal_date_span - YYYY, YYYY-MM, YYYY-MM-DD, or a time down to minutes,
 * seconds or a fraction of them, with Z, an offset, or none (then UTC). A
 * blank where the + of an offset belongs is taken as one: that is what a
 * query makes of it. false: not a date. Source: FHIR R4 search 3.1.1.4.7. */
bool rehearsal_date_span(struct rehearsal_span *span, struct str text);

/* rehearsal_date_moved - a point of time (REHEARSAL_DATE_LEN characters) moved
 * by us microseconds, kept within years 1 to 9999. The open ends stay. */
void rehearsal_date_moved(
    char to[REHEARSAL_DATE_LEN + 1], const char *point, int64_t us);

/* rehearsal_date_http - "Thu, 19 Nov 2026 08:00:00 GMT" (RFC 9110 5.6.7), for
 * a FHIR instant; "" if it is none. Returns to. */
#define REHEARSAL_HTTP_LEN 30 /* bytes with NUL */
char *rehearsal_date_http(char to[REHEARSAL_HTTP_LEN], struct str instant);

#endif
