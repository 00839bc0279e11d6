/* portal_traffic.h - how much was asked: tables, and a small picture of a day
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a call is, and which of them failed, stands in
 * sql/functions/56_traffic.sql and on the help page. */
#ifndef PORTAL_PORTAL_TRAFFIC_H
#define PORTAL_PORTAL_TRAFFIC_H

#include "portal/portal.h"

#define TRAFFIC_DAY  24 /* hours, the present one included */
#define TRAFFIC_WEEK 168
#define TRAFFIC_MOST 50 /* hospitals or apps in one table */

/* Calls of one hour. */
struct traffic_hour {
	int64_t calls, failed;
};

/* traffic_picture - bars for n hours, oldest first, as paths of an SVG that is
 * TRAFFIC_HIGH high and TRAFFIC_WIDE for each hour: into v as spark_calls and
 * spark_failed; spark_wide, and spark_most, the calls of the busiest. */
#define TRAFFIC_HIGH 48
#define TRAFFIC_WIDE 10
void traffic_picture(
    struct view *v, const struct traffic_hour *hours, size_t n);

/* traffic_hours - the last day of app or hospital args[1], by `statement`, into
 * the page: rows `hours`, and the picture. */
bool traffic_hours(
    struct page *p, const char *statement, const struct db_arg args[2]);

/* traffic_ahead - what traffic_until and traffic_hours will ask
 * (portal_route.ahead). */
void traffic_ahead(
    struct page *p, const char *statement, const struct db_arg args[2]);

/* traffic_until - up to when it is counted; `behind` when the keeper is. */
bool traffic_until(struct page *p);

/* traffic_ends - secrets that end soon, of app *client or, NULL, of all that the
 * reader may see, as rows `ends`. */
bool traffic_ends(struct page *p, const struct guid *client);

/* traffic_ends_ahead - what it will ask (portal_route.ahead). */
void traffic_ends_ahead(struct page *p, const struct guid *client);

#endif
